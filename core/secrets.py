"""The key that signs the session cookie: given by the operator, or made once and kept beside the data."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

from core.config import ConfigurationError, Settings

# 32 bytes, as many as SHA-256 (which signs the cookie through HMAC) can make use of.
_KEY_BYTES = 32
# Shorter keys can be guessed; 16 characters are what common generators give at the least.
_SHORTEST_KEY_CHARS = 16
_FILE_NAME = "secret-key"


def session_key(settings: Settings) -> str:
    """The signing key of this installation; the same for every process that shares its data folder.

    Raises ConfigurationError where SECRET_KEY is too short, and where it is missing although DATABASE_URL is set:
    several web processes on several machines would each make their own and refuse each other's cookies.
    """
    given = settings.secret_key.get_secret_value().strip() if settings.secret_key else ""
    if given:
        if len(given) < _SHORTEST_KEY_CHARS:
            raise ConfigurationError(f"SECRET_KEY is too short: give it {_SHORTEST_KEY_CHARS} characters or more.")
        return given
    if settings.database_url is not None:
        raise ConfigurationError(
            "SECRET_KEY is missing. With DATABASE_URL set, every web process needs the same key: set SECRET_KEY to a "
            "long random text, for example the output of `openssl rand -hex 32`."
        )
    return _kept_key(settings.data_dir / _FILE_NAME)


def _kept_key(path: Path) -> str:
    """The key in the file, made first where there is none; readable by its owner only."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        _write_once(path)
    key = path.read_text("ascii").strip()
    if len(key) < _SHORTEST_KEY_CHARS:
        raise ConfigurationError(
            f"The file {path} does not hold a key. Delete it: a new one is made at the next start."
        )
    path.chmod(0o600)
    return key


def _write_once(path: Path) -> None:
    """Creates the file whole or not at all; of two processes that try at once, the first wins for both."""
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(secrets.token_urlsafe(_KEY_BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
