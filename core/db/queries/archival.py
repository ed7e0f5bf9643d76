"""The life of an archival or a restoration. Every write of the work names its lease; a lost one changes nothing."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Update, and_, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from core.db.models import ArchiveRunRow, ArchiveSliceRow, UserRow
from core.domain.archival import (
    OPEN_ARCHIVE_STATES,
    ArchiveRun,
    ArchiveState,
    Direction,
    Policy,
    archive_states_before,
)
from core.domain.permissions import Role

# Any number; with the policy's name it makes the lock under which a run of the policy is opened.
_OPEN_LOCK = 7_340_201
_RATE_SLICES = 20
_RESTORE = aliased(ArchiveRunRow)


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveLease:
    """The right to write for a run: good while its row still says this attempt and `running`."""

    run_id: UUID
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class NewArchiveRun:
    """What is asked of a run; `state` is proposed, or queued."""

    id: UUID
    policy: Policy
    direction: Direction
    state: ArchiveState
    planned_rows: int
    file: str
    actor: str
    cutoff: datetime | None = None
    source_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Slice:
    """A line of the manifest. Slice 0 is the file's head; `sha256` is of the uncompressed bytes."""

    number: int
    rows: int
    end: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Totals:
    """What one slice adds to its run."""

    done: int
    skipped: int = 0
    bytes: int = 0


async def lock_policy(session: AsyncSession, policy: Policy) -> None:
    """One opener of runs of a policy at a time; the next one then sees what this one has opened."""
    key = text("SELECT pg_advisory_xact_lock(:space, hashtext(:policy))")
    await session.execute(key, {"space": _OPEN_LOCK, "policy": policy.value})


async def find_open(session: AsyncSession, policy: Policy) -> ArchiveRun | None:
    """The run of this policy that is not over, in either direction."""
    statement = _runs().where(ArchiveRunRow.policy == policy.value, ArchiveRunRow.state.in_(OPEN_ARCHIVE_STATES))
    row = (await session.scalars(statement)).one_or_none()
    return None if row is None else _run(row, await _rows_per_s(session, row))


async def insert_archive_run(session: AsyncSession, new: NewArchiveRun, *, now: datetime) -> None:
    await session.execute(
        insert(ArchiveRunRow).values(
            id=new.id, policy=new.policy.value, direction=new.direction.value, state=new.state.value,
            cutoff=new.cutoff, planned_rows=new.planned_rows, file=new.file, source_id=new.source_id,
            actor=new.actor, created_at=now,
        )
    )  # fmt: skip


async def find_archive_run(session: AsyncSession, run_id: UUID) -> ArchiveRun | None:
    row = (await session.scalars(_runs().where(ArchiveRunRow.id == run_id))).one_or_none()
    return None if row is None else _run(row, await _rows_per_s(session, row))


async def find_by_file(session: AsyncSession, file: str) -> ArchiveRun | None:
    """The archival that wrote this file."""
    row = (await session.scalars(_archives().where(ArchiveRunRow.file == file))).one_or_none()
    return None if row is None else _run(row)


async def last_archive_run(session: AsyncSession, policy: Policy) -> ArchiveRun | None:
    """The newest archival of this policy."""
    statement = _archives().where(ArchiveRunRow.policy == policy.value).order_by(ArchiveRunRow.created_at.desc())
    row = (await session.scalars(statement.limit(1))).one_or_none()
    return None if row is None else _run(row, await _rows_per_s(session, row))


async def list_files(session: AsyncSession, *, limit: int) -> list[tuple[ArchiveRun, int]]:
    """Archivals whose file stands for rows that are nowhere else, newest first, and how many of each were put back."""
    back = (
        select(func.coalesce(func.sum(ArchiveSliceRow.rows), 0))
        .join(_RESTORE, _RESTORE.id == ArchiveSliceRow.run_id)
        .where(_RESTORE.direction == Direction.RESTORE.value, _RESTORE.source_id == ArchiveRunRow.id)
        .correlate(ArchiveRunRow)
        .scalar_subquery()
    )
    statement = (
        select(ArchiveRunRow, back.label("back"))
        .where(
            ArchiveRunRow.direction == Direction.ARCHIVE.value,
            ArchiveRunRow.state.in_([ArchiveState.DONE.value, ArchiveState.FAILED.value]),
            ArchiveRunRow.done_rows > 0,
        )
        .order_by(ArchiveRunRow.created_at.desc())
        .limit(limit)
    )
    return [(_run(row.ArchiveRunRow), int(row.back)) for row in await session.execute(statement)]


async def list_expired(session: AsyncSession, *, now: datetime) -> list[ArchiveRun]:
    """Archives whose time to be put back is over, those included that broke off damaged."""
    statement = _archives().where(
        ArchiveRunRow.state.in_(archive_states_before(ArchiveState.EXPIRED)), ArchiveRunRow.expires_at <= now
    )
    return [_run(row) for row in await session.scalars(statement.order_by(ArchiveRunRow.expires_at))]


async def list_silent(session: AsyncSession, *, before: datetime) -> list[ArchiveRun]:
    """Running runs whose process has shown no sign of life since `before`, locked; one that writes now is alive."""
    statement = _runs().where(ArchiveRunRow.state == ArchiveState.RUNNING.value, ArchiveRunRow.heartbeat_at < before)
    return [_run(row) for row in await session.scalars(statement.with_for_update(skip_locked=True))]


async def list_without_job(session: AsyncSession, *, before: datetime) -> list[UUID]:
    """Queued runs that no job will carry out, and that nobody has touched since `before`."""
    found = await session.execute(
        text(
            """
            SELECT a.id FROM archive_runs a
             WHERE a.state = 'queued' AND coalesce(a.heartbeat_at, a.created_at) < :before
               AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs job
                                WHERE job.lock = a.id::text AND job.status IN ('todo', 'doing'))
            """
        ),
        {"before": before},
    )
    return [row.id for row in found]


async def claim_archive_run(session: AsyncSession, run_id: UUID, *, now: datetime) -> ArchiveLease | None:
    """Takes the run over for one process, which must hold the file's lock; None where there is nothing to take."""
    attempt = await session.scalar(
        _update()
        .where(ArchiveRunRow.id == run_id, ArchiveRunRow.state.in_(archive_states_before(ArchiveState.RUNNING)))
        .values(
            state=ArchiveState.RUNNING.value,
            attempt=ArchiveRunRow.attempt + 1,
            started_at=func.coalesce(ArchiveRunRow.started_at, now),
            heartbeat_at=now,
            is_stop_asked=False,
            failure=None,
        )
        .returning(ArchiveRunRow.attempt)
    )
    return None if attempt is None else ArchiveLease(run_id=run_id, attempt=attempt)


async def is_held(session: AsyncSession, lease: ArchiveLease) -> bool:
    """False where the lease is lost. A look without a lock: what counts is `note_slice`, at the end."""
    return await session.scalar(select(ArchiveRunRow.id).where(*_held_by(lease))) is not None


async def beat(session: AsyncSession, lease: ArchiveLease, *, now: datetime) -> bool | None:
    """A sign of life. True where somebody asked the run to stop, None where the lease is lost."""
    statement = _update().where(*_held_by(lease)).values(heartbeat_at=now)
    asked: bool | None = await session.scalar(statement.returning(ArchiveRunRow.is_stop_asked))
    return asked


async def note_slice(session: AsyncSession, lease: ArchiveLease, made: Slice, totals: Totals, *, now: datetime) -> bool:
    """Writes the manifest's line and what it adds to the run, in the transaction of the slice itself.

    False where the lease is lost: the transaction must then be undone. Until it ends nobody can take the run over.
    """
    await session.execute(
        insert(ArchiveSliceRow).values(
            run_id=lease.run_id, slice=made.number, rows=made.rows, end_offset=made.end, sha256=made.sha256,
            written_at=now,
        )
    )  # fmt: skip
    changed = {
        "done_rows": ArchiveRunRow.done_rows + totals.done,
        "skipped_rows": ArchiveRunRow.skipped_rows + totals.skipped,
        "bytes": totals.bytes,
        "heartbeat_at": now,
    }
    return await _write(session, lease, changed)


async def list_slices(session: AsyncSession, run_id: UUID) -> tuple[Slice, ...]:
    """The manifest, in order."""
    statement = select(ArchiveSliceRow).where(ArchiveSliceRow.run_id == run_id).order_by(ArchiveSliceRow.slice)
    return tuple(
        Slice(number=row.slice, rows=row.rows, end=row.end_offset, sha256=row.sha256)
        for row in await session.scalars(statement)
    )


async def restored_slices(session: AsyncSession, source_id: UUID | None, slices: Iterable[Slice]) -> frozenset[int]:
    """Which of an archive's slices some restoration has put back: rows without a key must not come back twice.

    A file from elsewhere (`source_id` None) is known by what its slices hold: it may lie under another name by now.
    """
    digests = {each.sha256: each.number for each in slices}
    same = (
        _RESTORE.source_id == source_id
        if source_id is not None
        else and_(_RESTORE.source_id.is_(None), ArchiveSliceRow.sha256.in_(list(digests)))
    )
    statement = (
        select(ArchiveSliceRow.slice, ArchiveSliceRow.sha256)
        .join(_RESTORE, _RESTORE.id == ArchiveSliceRow.run_id)
        .where(_RESTORE.direction == Direction.RESTORE.value, same)
    )
    found = await session.execute(statement)
    return frozenset(row.slice if source_id is not None else digests[row.sha256] for row in found)


async def finish_archive_run(
    session: AsyncSession,
    lease: ArchiveLease,
    *,
    sha256: str | None,
    size: int,
    now: datetime,
    expires_at: datetime | None,
) -> bool:
    """Ends a run that is through; False where the lease is lost."""
    done = {"state": ArchiveState.DONE.value, "sha256": sha256, "bytes": size, "finished_at": now}
    return await _write(session, lease, {**done, "expires_at": expires_at, "heartbeat_at": now})


async def leave_archive_run(
    session: AsyncSession,
    lease: ArchiveLease,
    state: ArchiveState,
    *,
    failure: str | None = None,
    now: datetime,
    expires_at: datetime | None = None,
) -> bool:
    """Lets go of a run that is not through: stopped, queued again, or failed; False where the lease is lost.

    `expires_at`: when the file of a failed archival goes.
    """
    ended = {"finished_at": now, "expires_at": expires_at} if state is ArchiveState.FAILED else {}
    return await _write(session, lease, {"state": state.value, "failure": failure, **ended})


async def ask_stop(session: AsyncSession, run_id: UUID) -> ArchiveState | None:
    """Stops a run that has not begun, or asks a running one to stop after its slice; the state before, or None."""
    row = (
        await session.execute(select(ArchiveRunRow.state).where(ArchiveRunRow.id == run_id).with_for_update())
    ).one_or_none()
    if row is None or row.state not in {ArchiveState.QUEUED.value, ArchiveState.RUNNING.value}:
        return None
    changed: dict[str, object] = {"is_stop_asked": True}
    if row.state == ArchiveState.QUEUED.value:
        changed = {"state": ArchiveState.STOPPED.value}
    await session.execute(_update().where(ArchiveRunRow.id == run_id).values(changed))
    return ArchiveState(row.state)


async def move_archive_run(
    session: AsyncSession, run_id: UUID, to: ArchiveState, *, since: Iterable[ArchiveState], **values: object
) -> bool:
    """Changes the state of a run that nobody is carrying out; False where it is in none of the states `since`."""
    allowed = [state.value for state in since if state.value in archive_states_before(to)]
    statement = _update().where(ArchiveRunRow.id == run_id, ArchiveRunRow.state.in_(allowed))
    return await session.scalar(statement.values(state=to.value, **values).returning(ArchiveRunRow.id)) is not None


async def replace_file(
    session: AsyncSession, run_id: UUID, *, file: str, sha256: str, size: int, slices: Iterable[Slice]
) -> None:
    """Points a finished archival at a file that was written anew, with its manifest."""
    rows = 0
    for made in slices:
        rows += made.rows
        where = (ArchiveSliceRow.run_id == run_id, ArchiveSliceRow.slice == made.number)
        values = {"rows": made.rows, "end_offset": made.end, "sha256": made.sha256}
        changed_slice = update(ArchiveSliceRow).where(*where).values(values)
        await session.execute(changed_slice.execution_options(synchronize_session=False))
    changed = {"file": file, "sha256": sha256, "bytes": size, "done_rows": rows}
    await session.execute(_update().where(ArchiveRunRow.id == run_id).values(changed))


async def count_admins(session: AsyncSession) -> int:
    """How many people could give a second consent."""
    statement = select(func.count()).where(UserRow.role == Role.ADMIN.value, UserRow.banned_at.is_(None))
    return await session.scalar(statement) or 0


async def read_overdue(session: AsyncSession) -> dict[str, list[int]]:
    """For each policy, what was overdue at its last scheduled times, oldest first."""
    found = await session.scalar(text("SELECT value FROM installation_facts WHERE name = 'archival_overdue'"))
    return found or {}


async def note_overdue(session: AsyncSession, policy: Policy, rows: int, *, keep: int, now: datetime) -> None:
    """Adds what is overdue now, and forgets all but the last `keep`."""
    await lock_policy(session, policy)
    await session.execute(_NOTE_OVERDUE, {"policy": policy.value, "rows": rows, "keep": keep, "now": now})


_NOTE_OVERDUE = text(
    """
    INSERT INTO installation_facts AS f (name, value, written_at)
    VALUES ('archival_overdue',
            jsonb_build_object(CAST(:policy AS text), jsonb_build_array(CAST(:rows AS bigint))), :now)
    ON CONFLICT (name) DO UPDATE SET written_at = excluded.written_at, value = f.value || jsonb_build_object(
        CAST(:policy AS text),
        (SELECT jsonb_agg(each ORDER BY place) FROM (
            SELECT each, place FROM jsonb_array_elements(
                coalesce(f.value -> CAST(:policy AS text), '[]') || to_jsonb(CAST(:rows AS bigint)))
              WITH ORDINALITY AS listed (each, place) ORDER BY place DESC LIMIT :keep) AS newest))
    """
)


def _runs() -> Select[ArchiveRunRow]:
    """Rows as they are now, whatever the session has read of them before."""
    return select(ArchiveRunRow).execution_options(populate_existing=True)


def _archives() -> Select[ArchiveRunRow]:
    return _runs().where(ArchiveRunRow.direction == Direction.ARCHIVE.value)


def _update() -> Update:
    return update(ArchiveRunRow).execution_options(synchronize_session=False)


def _held_by(lease: ArchiveLease) -> tuple[ColumnElement[bool], ...]:
    row = ArchiveRunRow
    return row.id == lease.run_id, row.attempt == lease.attempt, row.state == ArchiveState.RUNNING.value


async def _write(session: AsyncSession, lease: ArchiveLease, values: dict[str, object]) -> bool:
    statement = _update().where(*_held_by(lease)).values(values)
    return await session.scalar(statement.returning(ArchiveRunRow.id)) is not None


async def _rows_per_s(session: AsyncSession, row: ArchiveRunRow) -> float | None:
    """The pace of the newest slices; None before there are two."""
    if row.state != ArchiveState.RUNNING.value:
        return None
    newest = (
        select(ArchiveSliceRow.rows, ArchiveSliceRow.written_at)
        .where(ArchiveSliceRow.run_id == row.id)
        .order_by(ArchiveSliceRow.slice.desc())
        .limit(_RATE_SLICES)
    )
    slices = (await session.execute(newest)).all()
    if len(slices) < 2:
        return None
    took_s = (slices[0].written_at - slices[-1].written_at).total_seconds()
    return sum(each.rows for each in slices[:-1]) / took_s if took_s > 0 else None


def _run(row: ArchiveRunRow, rows_per_s: float | None = None) -> ArchiveRun:
    return ArchiveRun(
        id=row.id, policy=Policy(row.policy), direction=Direction(row.direction), state=ArchiveState(row.state),
        attempt=row.attempt, cutoff=row.cutoff, planned_rows=row.planned_rows, done_rows=row.done_rows,
        skipped_rows=row.skipped_rows,
        bytes=row.bytes, file=row.file, sha256=row.sha256, source_id=row.source_id, actor=row.actor,
        approved_by=row.approved_by, is_stop_asked=row.is_stop_asked, failure=row.failure,
        created_at=row.created_at, started_at=row.started_at, heartbeat_at=row.heartbeat_at,
        finished_at=row.finished_at, expires_at=row.expires_at, rows_per_s=rows_per_s,
    )  # fmt: skip
