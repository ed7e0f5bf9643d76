"""Archival by button: what is due, what was frozen by a preview, and how a run stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID


class Policy(StrEnum):
    """What can be archived; `core/archiving` holds one file for each. The values are the words of the command line."""

    ANONYMOUS_SUMMARIES = "anonymous-summaries"
    PROGRESS = "progress"
    EVENTS = "events"


class Direction(StrEnum):
    ARCHIVE = "archive"
    RESTORE = "restore"


class ArchiveState(StrEnum):
    PROPOSED = "proposed"  # waits for a second admin
    QUEUED = "queued"
    RUNNING = "running"
    STOPPED = "stopped"  # by a person or a death of its process: can be resumed
    DONE = "done"
    FAILED = "failed"
    EXPIRED = "expired"  # done or failed, and the file is gone after its 30 days


_ALLOWED = {
    ArchiveState.PROPOSED: {ArchiveState.QUEUED, ArchiveState.FAILED},
    ArchiveState.QUEUED: {ArchiveState.QUEUED, ArchiveState.RUNNING, ArchiveState.STOPPED, ArchiveState.FAILED},
    ArchiveState.RUNNING: {
        ArchiveState.RUNNING, ArchiveState.QUEUED, ArchiveState.STOPPED, ArchiveState.DONE, ArchiveState.FAILED,
    },
    ArchiveState.STOPPED: {ArchiveState.QUEUED, ArchiveState.RUNNING, ArchiveState.FAILED},
    ArchiveState.DONE: {ArchiveState.EXPIRED},
    ArchiveState.FAILED: {ArchiveState.EXPIRED},
}  # fmt: skip
OPEN_ARCHIVE_STATES = tuple(
    state.value for state in (ArchiveState.PROPOSED, ArchiveState.QUEUED, ArchiveState.RUNNING, ArchiveState.STOPPED)
)
RUNS_BEHIND_TOO_MANY = 3
# How long what was archived can be put back.
KEPT_FOR = timedelta(days=30)
# A preview is good for so long: whoever comes back later looks again.
TOKEN_GOOD_FOR = timedelta(minutes=10)
# A count that moved by more than this share since the preview makes the preview void.
DRIFT_RATIO = 0.01
# The two-person rule (ASVS 2.3.5) also binds what takes so large a share of a table, where it is not a handful.
_LARGE_SHARE = 0.2
_HANDFUL_ROWS = 1_000


def archive_states_before(to: ArchiveState) -> tuple[str, ...]:
    """Values of the states from which a run may become `to`: every write of a state names them in its WHERE."""
    return tuple(state.value for state in ArchiveState if to in _ALLOWED.get(state, set()))


def is_large(rows: int, table_rows: int, *, limit_rows: int) -> bool:
    """True where so many rows of a table are not for one person alone to delete."""
    return rows > limit_rows or (rows > _HANDFUL_ROWS and rows > _LARGE_SHARE * table_rows)


def has_drifted(previewed: int, now: int) -> bool:
    """True where the count is no longer the one that was looked at."""
    return abs(now - previewed) > DRIFT_RATIO * previewed


@dataclass(frozen=True, slots=True, kw_only=True)
class Dependent:
    """Rows of other tables that go with those of a policy: copied into the archive, or deleted with them."""

    table: str
    rows: int
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivePreview:
    """What a run would do, counted in one snapshot. `token` is good for ten minutes and for nothing else than this.

    `kept_back`: rows older than the cut-off that stay, with the reason. `sql`: the statement it comes down to.
    `bytes`: of the rows themselves, as they are stored. `free_bytes`: room where the archive is written.
    """

    policy: Policy
    title: str
    cutoff: datetime
    rows: int
    table_rows: int
    bytes: int
    oldest: datetime | None
    newest: datetime | None
    dependents: tuple[Dependent, ...]
    kept_back: tuple[tuple[str, int], ...]
    samples: tuple[str, ...]
    expected_s: float
    slices: int
    sql: str
    free_bytes: int
    token: str
    needs_second_admin: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RestorePreview:
    """What putting an archive back would do: of its `rows`, `existing` are there already and stay as they are."""

    run_id: UUID | None
    policy: Policy
    title: str
    file: str
    rows: int
    existing: int
    dependents: tuple[Dependent, ...]
    token: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveRun:
    """One archival or restoration, as the page and the command line show it."""

    id: UUID
    policy: Policy
    direction: Direction
    state: ArchiveState
    attempt: int
    cutoff: datetime | None
    planned_rows: int
    done_rows: int
    skipped_rows: int
    bytes: int
    file: str
    sha256: str | None
    source_id: UUID | None
    actor: str
    approved_by: str | None
    is_stop_asked: bool
    failure: str | None
    created_at: datetime
    started_at: datetime | None
    heartbeat_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None
    rows_per_s: float | None = None

    @property
    def left_s(self) -> float | None:
        """Seconds until it is through, at the pace of its last slices; None where there is none yet."""
        if self.state is not ArchiveState.RUNNING or not self.rows_per_s:
            return None
        return max(self.planned_rows - self.done_rows - self.skipped_rows, 0) / self.rows_per_s

    @property
    def ratio(self) -> float:
        """How far it is, 0…1."""
        if self.planned_rows == 0:
            return 1.0 if self.state is ArchiveState.DONE else 0.0
        return min((self.done_rows + self.skipped_rows) / self.planned_rows, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyState:
    """A row of the maintenance page: what is due now, the last run, and when the next one is scheduled."""

    policy: Policy
    title: str
    keeps: str
    due_rows: int
    bytes: int
    oldest: datetime | None
    last: ArchiveRun | None
    open_run: ArchiveRun | None
    next_at: datetime | None
    runs_behind: int

    @property
    def is_behind(self) -> bool:
        """What is overdue has grown three times in a row: the schedule does not keep up."""
        return self.runs_behind >= RUNS_BEHIND_TOO_MANY


class FileState(StrEnum):
    CHECKED = "checked"  # read back whole and found to be what was deleted
    DAMAGED = "damaged"  # not what was written
    MISSING = "missing"  # no such file in the archive folder of this machine


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveFile:
    """A written archive that can be put back until `expires_at`; `restored` what was put back from it so far."""

    run: ArchiveRun
    path: str
    state: FileState
    restored_rows: int


class HoldSubject(StrEnum):
    SUMMARY = "summary"
    USER = "user"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """A legal hold on a summary, or on all of a person's."""

    subject_kind: str
    subject_id: str
    reason: str
    placed_by: str
    placed_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """One line of the audit log."""

    id: int
    at: datetime
    actor: str
    action: str
    subject: str
    detail: dict[str, str | int | float | bool | None]
    hash: str
