"""The life of a run. Every write of the work itself names its `Lease`; a lease that was lost changes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, bindparam, select, text, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.models import RunRow, SummaryVersionRow
from core.domain.document import AttemptDocument
from core.domain.run import OPEN_STATES, RunState, states_before
from core.errors import Unavailable

_TRIES_TO_JOIN = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRun:
    """What is asked of a run. `request_key` names it: one open run a key.

    `request_id` is of the request that asked, `payer` who is charged for it (`Owner.payer`).
    """

    request_key: str
    engine: str
    options: dict[str, object] = field(default_factory=dict)
    video_id: str | None = None
    transcript_id: UUID | None = None
    request_id: UUID | None = None
    payer: str = ""
    upload_id: UUID | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedRun:
    """`is_new` is False where somebody else's open run was joined."""

    run_id: UUID
    is_new: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to write for a run: good while its row still says this attempt and `running`."""

    run_id: UUID
    attempt: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ClaimedRun:
    """A run as the worker that took it finds it."""

    lease: Lease
    engine: str
    options: dict[str, object]
    video_id: str | None
    transcript_id: UUID | None
    request_id: UUID | None
    created_at: datetime
    payer: str
    upload_id: UUID | None
    waiting_since: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NewVersion:
    """What a run made of its words: `draft` is `SummaryDraft.to_json()`."""

    engine: str
    draft: dict[str, object]
    lines: int
    supported_lines: int


async def find_done_run(session: AsyncSession, request_key: str, *, since: datetime) -> UUID | None:
    """Id of a run that answered the same request after `since`; it can't be swept before the transaction ends."""
    return await session.scalar(
        select(RunRow.id)
        .where(
            RunRow.request_key == request_key,
            RunRow.state == RunState.DONE.value,
            RunRow.version_id.is_not(None),
            RunRow.finished_at > since,
        )
        .order_by(RunRow.finished_at.desc())
        .limit(1)
        .with_for_update(read=True)
    )


async def open_run(session: AsyncSession, new: NewRun, *, now: datetime) -> OpenedRun:
    """A new run, or the open one with the same request key, held so that it can't be cancelled meanwhile.

    Raises Unavailable where runs with this key begin and end faster than one can be joined.
    """
    values = {
        "id": uuid4(), "request_key": new.request_key, "engine": new.engine, "options": new.options,
        "video_id": new.video_id, "transcript_id": new.transcript_id, "request_id": new.request_id,
        "payer": new.payer,
        "upload_id": new.upload_id, "state": RunState.QUEUED.value, "created_at": now,
    }  # fmt: skip
    statement = (
        insert(RunRow)
        .values(values)
        .on_conflict_do_nothing(index_elements=[RunRow.request_key], index_where=RunRow.state.in_(OPEN_STATES))
    )
    for _ in range(_TRIES_TO_JOIN):
        new_id = await session.scalar(statement.returning(RunRow.id))
        if new_id is not None:
            return OpenedRun(run_id=new_id, is_new=True)
        joined = select(RunRow.id).where(RunRow.request_key == new.request_key, RunRow.state.in_(OPEN_STATES))
        open_id = await session.scalar(joined.with_for_update(read=True))
        if open_id is not None:
            return OpenedRun(run_id=open_id, is_new=False)
    raise Unavailable("Too many people asked for this at the same moment. Try again in a few seconds.")


async def claim_run(session: AsyncSession, run_id: UUID, job_id: int, *, now: datetime) -> ClaimedRun | None:
    """Takes the run over for one worker; None where it is final, or where the job was taken from this worker.

    The job's row is looked at under a lock: a worker that was stopped between fetching its job and this claim has
    lost the job to a rescue, and must not take the run from whoever has it now.
    """
    job = text("SELECT 1 FROM procrastinate_jobs WHERE id = :id AND status = 'doing' FOR SHARE")
    if await session.scalar(job, {"id": job_id}) is None:
        return None
    found = await session.execute(
        update(RunRow)
        .where(RunRow.id == run_id, RunRow.state.in_(states_before(RunState.RUNNING)))
        .values(state=RunState.RUNNING.value, attempt=RunRow.attempt + 1, started_at=now)
        .returning(RunRow.attempt, RunRow.engine, RunRow.options, RunRow.video_id, RunRow.transcript_id,
                   RunRow.request_id, RunRow.created_at, RunRow.payer, RunRow.upload_id,
                   RunRow.waiting)
    )  # fmt: skip
    row = found.one_or_none()
    if row is None:
        return None
    return ClaimedRun(
        lease=Lease(run_id=run_id, attempt=row.attempt), engine=row.engine, options=row.options,
        video_id=row.video_id, transcript_id=row.transcript_id, request_id=row.request_id, created_at=row.created_at,
        payer=row.payer or "", upload_id=row.upload_id, waiting_since=_since(row.waiting),
    )  # fmt: skip


def _since(waiting: Mapping[str, str] | None) -> datetime | None:
    return datetime.fromisoformat(waiting["since"]) if waiting else None


async def rest_run(session: AsyncSession, lease: Lease, waiting: Mapping[str, object]) -> bool:
    """Puts a run back into the queue with the reason why it rests; False where the lease is lost."""
    return await _write(session, lease, {"state": RunState.QUEUED.value, "waiting": dict(waiting)})


async def go_on(session: AsyncSession, lease: Lease) -> bool:
    """The run rests no longer; False where the lease is lost."""
    return await _write(session, lease, {"waiting": None})


async def save_recipe(session: AsyncSession, lease: Lease, recipe: str) -> bool:
    """The exact input, known with the words: what is finished of it is found by this name."""
    return await _write(session, lease, {"recipe": recipe})


async def release_run(session: AsyncSession, lease: Lease) -> bool:
    """Puts a run back into the queue with its checkpoint; False where the lease is lost."""
    return await _write(session, lease, {"state": RunState.QUEUED.value})


async def save_words(session: AsyncSession, lease: Lease, transcript_id: UUID) -> bool:
    """The checkpoint: the words are stored, whoever takes the run over need not fetch them."""
    return await _write(session, lease, {"transcript_id": transcript_id})


async def hold_run(session: AsyncSession, lease: Lease) -> bool:
    """Locks the run until the transaction ends; False where the lease is lost."""
    held = select(RunRow.id).where(*_held_by(lease)).with_for_update()
    return await session.scalar(held) is not None


async def save_attempts(session: AsyncSession, lease: Lease, tried: list[AttemptDocument]) -> bool:
    return await _write(session, lease, {"tried": tried})


async def fail_run(session: AsyncSession, lease: Lease, failure: Mapping[str, object], *, now: datetime) -> bool:
    """Ends a run without a summary; `failure` is what the person reads."""
    ended: dict[str, object] = {
        "state": RunState.FAILED.value,
        "failure": dict(failure),
        "waiting": None,
        "finished_at": now,
    }
    return await _write(session, lease, ended)


async def finish_run(
    session: AsyncSession, lease: Lease, cache_key: str, new: NewVersion | None, *, now: datetime
) -> UUID | None:
    """Ends a run with a version and returns its id; None where the lease is lost or no version was there to take.

    Of all runs with one cache key the first makes the version and the others take it over; `new` None means that
    only an existing one will do.
    """
    await session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": cache_key})
    made = await _find_made(session, cache_key)
    if made is None and new is None:
        return None
    done: dict[str, object] = {"state": RunState.DONE.value, "finished_at": now, "failure": None, "waiting": None}
    if made is not None:
        return made if await _write(session, lease, {**done, "version_id": made}) else None
    if new is None or not await _write(session, lease, {**done, "cache_key": cache_key}):
        return None
    return await _store_version(session, lease.run_id, new, now)


async def cancel_run(session: AsyncSession, run_id: UUID, *, now: datetime) -> bool:
    """Ends an open run for good. The raised attempt makes every write of its worker void."""
    ended = await session.scalar(
        update(RunRow)
        .where(RunRow.id == run_id, RunRow.state.in_(states_before(RunState.CANCELLED)))
        .values(state=RunState.CANCELLED.value, attempt=RunRow.attempt + 1, finished_at=now)
        .returning(RunRow.id)
    )
    return ended is not None


async def copy_cancelled(session: AsyncSession, run_id: UUID, *, now: datetime) -> UUID:
    """A cancelled run of its own for one of several people who wait for `run_id`."""
    copy_id = uuid4()
    await session.execute(
        text(
            """
            INSERT INTO runs (id, request_key, engine, options, video_id, transcript_id, request_id, state, attempt,
                              tried, payer, recipe, upload_id, created_at, started_at, finished_at)
            SELECT :copy_id, request_key, engine, options, video_id, transcript_id, request_id, 'cancelled', 0,
                   tried, payer, recipe, upload_id, created_at, started_at, :now
              FROM runs WHERE id = :id
            """
        ),
        {"id": run_id, "copy_id": copy_id, "now": now},
    )
    return copy_id


async def get_request(session: AsyncSession, run_id: UUID) -> NewRun:
    """What was asked of a run, to ask it again."""
    row = (await session.execute(select(RunRow).where(RunRow.id == run_id))).scalar_one()
    return NewRun(
        request_key=row.request_key, engine=row.engine, options=row.options,
        video_id=row.video_id, transcript_id=row.transcript_id, upload_id=row.upload_id,
    )  # fmt: skip


async def find_lost_leases(session: AsyncSession, leases: Iterable[Lease]) -> set[UUID]:
    """Ids of the runs that are no longer held by these leases: cancelled, taken over, or gone."""
    asked = {lease.run_id: lease for lease in leases}
    found = await session.execute(select(RunRow.id, RunRow.attempt, RunRow.state).where(RunRow.id.in_(asked)))
    held = {row.id for row in found if row.state == RunState.RUNNING.value and row.attempt == asked[row.id].attempt}
    return set(asked) - held


def _held_by(lease: Lease) -> tuple[ColumnElement[bool], ...]:
    return RunRow.id == lease.run_id, RunRow.attempt == lease.attempt, RunRow.state == RunState.RUNNING.value


async def _write(session: AsyncSession, lease: Lease, values: dict[str, object]) -> bool:
    written = await session.scalar(update(RunRow).where(*_held_by(lease)).values(values).returning(RunRow.id))
    return written is not None


async def _find_made(session: AsyncSession, cache_key: str) -> UUID | None:
    """The version another run made from the same input; a key whose version is gone is set free."""
    row = (
        await session.execute(select(RunRow.id, RunRow.version_id).where(RunRow.cache_key == cache_key))
    ).one_or_none()
    if row is not None and row.version_id is None:
        await session.execute(update(RunRow).where(RunRow.id == row.id).values(cache_key=None))
        return None
    return row.version_id if row else None


async def _store_version(session: AsyncSession, run_id: UUID, new: NewVersion, now: datetime) -> UUID:
    version_id = uuid4()
    words = select(RunRow.transcript_id).where(RunRow.id == run_id).scalar_subquery()
    await session.execute(
        insert(SummaryVersionRow).values(
            id=version_id, run_id=run_id, transcript_id=words, engine=new.engine, draft=new.draft,
            lines=new.lines, supported_lines=new.supported_lines, created_at=now,
        )
    )  # fmt: skip
    await session.execute(update(RunRow).where(RunRow.id == run_id).values(version_id=version_id))
    return version_id


_FAIL_WORN_OUT = text(
    """
    UPDATE runs SET state = 'failed', failure = :failure, finished_at = :now, attempt = attempt + 1
     WHERE id = :id AND state IN ('queued', 'running')
    RETURNING id
    """
).bindparams(bindparam("failure", type_=JSONB))


async def fail_worn_out(session: AsyncSession, run_id: UUID, failure: Mapping[str, object], *, now: datetime) -> bool:
    """Ends a run that no worker survives."""
    ended = await session.scalar(_FAIL_WORN_OUT, {"id": run_id, "failure": dict(failure), "now": now})
    return ended is not None


async def requeue_run(session: AsyncSession, run_id: UUID) -> bool:
    """Takes a run from a worker that is gone; the next claim raises the attempt. False where the run is final."""
    queued = await session.scalar(
        update(RunRow)
        .where(RunRow.id == run_id, RunRow.state.in_(states_before(RunState.QUEUED)))
        .values(state=RunState.QUEUED.value)
        .returning(RunRow.id)
    )
    return queued is not None
