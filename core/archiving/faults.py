"""The numbered steps of an archival and of a restoration, and a way to die at each of them: only tests ask for it."""

from __future__ import annotations

import os
import signal
from enum import StrEnum


class Step(StrEnum):
    """In the order in which they are reached: what stands in database and file differs from one to the next."""

    ARCHIVE_CLAIMED = "archive-01-claimed"
    HEAD_SYNCED = "archive-02-head-synced"
    HEAD_NOTED = "archive-03-head-noted"
    ROWS_LOCKED = "archive-04-rows-locked"
    SLICE_HALF_WRITTEN = "archive-05-slice-half-written"
    SLICE_WRITTEN = "archive-06-slice-written"
    SLICE_SYNCED = "archive-07-slice-synced"
    SLICE_READ_BACK = "archive-08-slice-read-back"
    SLICE_NOTED = "archive-09-slice-noted"
    ROWS_DELETED = "archive-10-rows-deleted"
    SLICE_COMMITTED = "archive-11-slice-committed"
    MANIFEST_SYNCED = "archive-12-manifest-synced"
    FILE_VERIFIED = "archive-13-file-verified"
    ARCHIVE_FINISHED = "archive-14-finished"
    ARCHIVE_DONE = "archive-15-done"
    RESTORE_CLAIMED = "restore-01-claimed"
    SLICE_CHECKED = "restore-02-slice-checked"
    PLACE_MADE = "restore-03-place-made"
    ROWS_INSERTED = "restore-04-rows-inserted"
    RESTORE_NOTED = "restore-05-slice-noted"
    RESTORE_COMMITTED = "restore-06-slice-committed"
    RESTORE_FINISHED = "restore-07-finished"
    RESTORE_DONE = "restore-08-done"


class Faults:
    """`kill_at` names a step, or "step:n" its n-th time; None, as always but in tests, is never reached."""

    def __init__(self, kill_at: str | None = None) -> None:
        name, _, times = (kill_at or "").partition(":")
        self._step = Step(name) if name else None
        self._left = int(times or 1)

    def reach(self, step: Step) -> None:
        """Ends the process on the spot, as a power cut does, where this is the step it was told."""
        if step is not self._step:
            return
        self._left -= 1
        if self._left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
