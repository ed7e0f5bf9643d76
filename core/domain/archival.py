"""Archival by button: what is due, what was frozen by a preview, and how a run stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
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
    EXPIRED = "expired"  # done, and the file is gone after its 30 days


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
    token: str
    needs_second_admin: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveRun:
    """One archival or restoration, as the page and the command line show it."""

    id: UUID
    policy: Policy
    direction: Direction
    state: ArchiveState
    cutoff: datetime | None
    planned_rows: int
    done_rows: int
    skipped_rows: int
    bytes: int
    file: str
    sha256: str | None
    source_id: UUID | None
    actor: str
    is_stop_asked: bool
    failure: str | None
    created_at: datetime
    started_at: datetime | None
    heartbeat_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None

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
