"""What the workers ask of batches: which have work, what comes next, and whether it may still be begun."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.models import BatchItemRow, BatchRow
from core.db.queries.batches import ITEMS, SUMMARY_STATE
from core.domain.batch import BatchState, BatchVideo, Place
from core.domain.owner import Owner


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """A batch as a worker finds it. `options` as the service has stored them."""

    batch_id: UUID
    owner: Owner
    state: BatchState
    source_url: str | None
    options: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class NextItem:
    """An item that waits. `summary_id`: it had a summary before, which is to be tried again."""

    number: int
    video: BatchVideo
    summary_id: UUID | None


# Any number, the same in every process: one look at a time in a database.
_LOOK_LOCK = 7_350_118_904
# Counted over the batch of the row that asks: a summary is looked at by its key, so the few open ones cost little.
_OPEN = f"""SELECT count(*) {ITEMS}
    WHERE b.id = {{batch}} AND i.state = 'started' AND {SUMMARY_STATE} IN ('queued', 'running')"""
_WITH_WORK = text(
    f"""
    SELECT at_work.id
      FROM batches at_work
      CROSS JOIN LATERAL ({_OPEN.format(batch="at_work.id")}) AS opened (items)
      CROSS JOIN LATERAL (SELECT EXISTS (SELECT 1 FROM batch_items
                                          WHERE batch_id = at_work.id AND state = 'waiting')) AS waiting (is_any)
     WHERE at_work.state IN ('listing', 'running', 'paused')
       AND (at_work.state = 'listing'
            OR (at_work.state = 'running' AND waiting.is_any AND opened.items < :at_once)
            OR (NOT waiting.is_any AND opened.items = 0))
       AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs job
                        WHERE job.lock = at_work.id::text AND job.status IN ('todo', 'doing'))
     ORDER BY at_work.created_at LIMIT 200
    """  # noqa: S608
)


async def try_look_lock(session: AsyncSession) -> bool:
    """True for one transaction at a time. A lock of the transaction, so it holds behind a pooler too."""
    return bool(await session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _LOOK_LOCK}))


async def find_with_work(session: AsyncSession, *, at_once: int) -> list[UUID]:
    """Batches that can go a step further and that no job is about to take there; at most 200."""
    return list(await session.scalars(_WITH_WORK, {"at_once": at_once}))


async def find_order(session: AsyncSession, batch_id: UUID) -> Order | None:
    """None where the batch was deleted."""
    row = await session.get(BatchRow, batch_id)
    if row is None:
        return None
    owner = Owner(user_id=row.user_id, anonymous_id=row.anonymous_id)
    return Order(
        batch_id=row.id, owner=owner, state=BatchState(row.state), source_url=row.source_url, options=row.options
    )


async def find_next(session: AsyncSession, batch_id: UUID) -> NextItem | None:
    """The first item that waits."""
    waiting = select(BatchItemRow).where(BatchItemRow.batch_id == batch_id, BatchItemRow.state == Place.WAITING.value)
    row = (await session.scalars(waiting.order_by(BatchItemRow.number).limit(1))).one_or_none()
    if row is None:
        return None
    video = BatchVideo(video_id=row.video_id, start_ms=row.start_ms, title=row.title, duration_ms=row.duration_ms)
    return NextItem(number=row.number, video=video, summary_id=row.summary_id)


async def count_open(session: AsyncSession, batch_id: UUID) -> int:
    """How many items are in the queue or being read."""
    return int(await session.scalar(text(_OPEN.format(batch=":batch_id")), {"batch_id": batch_id}) or 0)


async def hold_order(session: AsyncSession, order: Order) -> bool:
    """Locks the batch until the transaction ends; False where it is no longer as `order` has it."""
    state = select(BatchRow.state).where(
        BatchRow.id == order.batch_id,
        BatchRow.user_id == order.owner.user_id,
        BatchRow.anonymous_id.is_not_distinct_from(order.owner.anonymous_id),
        BatchRow.state == order.state.value,
    )
    return await session.scalar(state.with_for_update()) is not None


async def start_item(session: AsyncSession, batch_id: UUID, number: int, summary_id: UUID) -> bool:
    """False where it waits no longer."""
    return await _end_waiting(session, batch_id, number, {"state": Place.STARTED.value, "summary_id": summary_id})


async def refuse_item(session: AsyncSession, batch_id: UUID, number: int, failure: Mapping[str, object]) -> bool:
    """Keeps why no summary could be asked for; False where it waits no longer."""
    return await _end_waiting(session, batch_id, number, {"state": Place.REFUSED.value, "failure": dict(failure)})


async def has_items(session: AsyncSession, batch_id: UUID) -> bool:
    return bool(await session.scalar(select(func.count()).where(BatchItemRow.batch_id == batch_id)))


async def _end_waiting(session: AsyncSession, batch_id: UUID, number: int, values: Mapping[str, object]) -> bool:
    written = await session.scalar(
        update(BatchItemRow)
        .where(
            BatchItemRow.batch_id == batch_id,
            BatchItemRow.number == number,
            BatchItemRow.state == Place.WAITING.value,
        )
        .values(dict(values))
        .returning(BatchItemRow.number)
    )
    return written is not None
