"""Dumps of the embedded database, made before a migration touches it."""

from __future__ import annotations

import os
import subprocess
from datetime import UTC, datetime
from pathlib import Path

from core.db.embedded.binaries import wheel_programs
from core.errors import Unavailable
from core.logging import EventLog

_KEPT = 5

log = EventLog(__name__)


def back_up(url: str, folder: Path, *, revision: str) -> Path:
    """A dump for `pg_restore`, named after the moment and the schema it holds; only the newest five stay.

    Raises Unavailable where it cannot be written: then nothing may be migrated either.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise _not_saved(f"{folder}: {error.strerror}") from error
    whole = folder / f"sightline-{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{revision}.dump"
    draft = whole.with_suffix(".draft")
    done = subprocess.run(
        [wheel_programs() / "pg_dump", "--format=custom", f"--file={draft}", url],
        env={"PATH": os.defpath, "LC_ALL": "C"},
        umask=0o077,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        draft.unlink(missing_ok=True)
        raise _not_saved(done.stderr.strip())
    draft.rename(whole)
    _forget_old(folder)
    log.info("database.backed_up", file=str(whole), bytes=whole.stat().st_size)
    return whole


def _not_saved(reason: str) -> Unavailable:
    return Unavailable(f"The database could not be saved before its migration, so it was left as it is: {reason}")


def _forget_old(folder: Path) -> None:
    for old in sorted(folder.glob("sightline-*.dump"))[:-_KEPT]:
        old.unlink(missing_ok=True)
    for unfinished in folder.glob("sightline-*.draft"):
        unfinished.unlink(missing_ok=True)
