"""The data folder of the embedded server: made whole or not at all, its settings written anew at every start."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from core.db.embedded.binaries import wheel_version
from core.db.embedded.errors import EmbeddedServerError
from core.db.embedded.place import Place
from core.db.embedded.processes import cluster_name, processes_naming
from core.logging import EventLog

ROLE = "sightline"
_DRAFT_PREFIX = "data.draft-"
_REMOVAL_ATTEMPTS = 20
# sun_path holds 108 bytes on Linux and 104 on macOS, the socket's own name and the closing zero included.
_LONGEST_SOCKET_PATH_BYTES = 100

_SETTINGS = """\
# Written anew at every start. For settings of your own: ALTER SYSTEM SET name = value, then start again.
listen_addresses = ''
unix_socket_permissions = 0700
max_connections = 100
shared_buffers = '128MB'
shared_preload_libraries = 'pg_stat_statements'
io_method = sync
# In the data folder: containers give /dev/shm too little, and what a killed server left there would stay.
dynamic_shared_memory_type = mmap
jit = off
max_wal_size = '512MB'
timezone = 'UTC'
log_timezone = 'UTC'
logging_collector = on
log_directory = 'log'
log_filename = 'postgresql-%a.log'
log_rotation_age = '1d'
log_rotation_size = 0
log_truncate_on_rotation = on
# Details of an error quote rows, which may be somebody's transcript.
log_error_verbosity = terse
"""
# For data that nobody will miss: a crash of the machine may lose it, a killed process loses nothing.
_QUICK_SETTINGS = """\
fsync = off
full_page_writes = off
"""

log = EventLog(__name__)


def make_cluster(place: Place, programs: Path, *, is_durable: bool) -> None:
    """Runs initdb in a draft folder and puts it in place with one rename.

    Raises EmbeddedServerError with initdb's own words.
    """
    draft = place.make_folder(place.folder / f"{_DRAFT_PREFIX}{secrets.token_hex(8)}")
    done = place.run(
        programs / "initdb",
        f"--pgdata={draft}",
        f"--username={ROLE}",
        "--encoding=UTF8",
        # The builtin provider sorts the same everywhere; C is the one locale that every machine has.
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--auth-local=trust",
        "--auth-host=reject",
        "--no-instructions",
        *([] if is_durable else ["--no-sync", "--wal-segsize=4"]),
    )
    if done.returncode != 0:
        shutil.rmtree(draft, ignore_errors=True)
        raise EmbeddedServerError(f"The database could not be set up in {place.folder}: {last_lines(done.stderr)}")
    draft.rename(place.data)
    _sync_folder(place.folder)


def remove_drafts(place: Place) -> None:
    """Takes away what killed attempts left, and ends an initdb that outlived whoever ran it."""
    for draft in place.folder.glob(f"{_DRAFT_PREFIX}*"):
        log.info("database.unfinished_setup_removed", folder=str(draft))
        for pid in processes_naming(draft, owner_uid=place.owner_uid):
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        # What initdb itself had started ends with it, but may write one more file while it does.
        for _ in range(_REMOVAL_ATTEMPTS):
            shutil.rmtree(draft, ignore_errors=True)
            if not draft.exists():
                break
            time.sleep(0.05)


def write_settings(place: Place, *, is_durable: bool) -> None:
    place.write(place.data / "postgresql.conf", _SETTINGS + ("" if is_durable else _QUICK_SETTINGS))


def refuse_other_version(place: Place) -> None:
    """Raises EmbeddedServerError where the data was written by another major version of PostgreSQL."""
    made_by = (place.data / "PG_VERSION").read_text().strip()
    present = wheel_version().partition(".")[0]
    if made_by != present:
        raise EmbeddedServerError(
            f"The database in {place.data} was made by PostgreSQL {made_by}, and this is PostgreSQL {present}. Go back "
            "to the version of Sightline that made it, or restore one of its backups into a new data folder."
        )


def make_socket_folder(place: Place) -> Path:
    """A folder that only the server's account can enter: beside the data, or a short one where that path is too long.

    Raises EmbeddedServerError where the short one belongs to somebody else.
    """
    beside = place.folder / "socket"
    # libpq reads a comma in a host as the border between two hosts.
    if _fits(beside) and "," not in str(beside):
        return place.make_folder(beside)
    folder = _short_socket_folder(place)
    try:
        folder.mkdir(mode=0o700)
    except FileExistsError:
        _refuse_foreign(folder, place)
    place.give(folder)
    return folder


def remove_short_socket_folder(place: Place) -> None:
    folder = _short_socket_folder(place)
    if folder.is_dir() and not folder.is_symlink() and folder.stat().st_uid == place.owner_uid:
        shutil.rmtree(folder, ignore_errors=True)


def last_lines(text: str) -> str:
    """The end of what a program said, fit for a message."""
    return " ".join(line.strip() for line in text.strip().splitlines()[-3:])[-400:] or "it gave no reason."


def _short_socket_folder(place: Place) -> Path:
    name = f"{cluster_name(place.data)}-{place.owner_uid}"
    folder = Path(tempfile.gettempdir()) / name
    return folder if _fits(folder) else Path("/tmp") / name  # noqa: S108  owner and mode are checked


def _fits(folder: Path) -> bool:
    return len(bytes(folder / ".s.PGSQL.5432.lock")) <= _LONGEST_SOCKET_PATH_BYTES


def _refuse_foreign(folder: Path, place: Place) -> None:
    state = folder.lstat()
    is_closed_folder = state.st_mode & 0o170077 == 0o040000
    if not is_closed_folder or state.st_uid not in (place.owner_uid, os.geteuid()):
        raise EmbeddedServerError(
            f"{folder}, where the database's socket should lie, belongs to somebody else or is open to others. Remove "
            "it, or set SIGHTLINE_DATA_DIR to a folder with a shorter path."
        )


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
