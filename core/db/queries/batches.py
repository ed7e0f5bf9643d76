"""People's batches. Every query a person can cause takes the Owner; a stranger's batch is as good as absent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Row, and_, delete, func, insert, select, text, tuple_, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.models import BatchItemRow, BatchRow
from core.domain.batch import (
    Batch,
    BatchCounts,
    BatchItem,
    BatchState,
    BatchVideo,
    ItemState,
    Place,
    batch_states_before,
    item_state,
)
from core.domain.owner import ANONYMOUS_USER, Owner
from core.domain.run import RunState, Stage
from core.errors import NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class NewBatch:
    """`videos` are empty where `source_url`, a list's address, is still to be read."""

    owner: Owner
    title: str | None
    source_url: str | None
    options: Mapping[str, object]
    videos: Sequence[BatchVideo]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredItem:
    """An item with what is seen of it; `summary_id` may name a summary that its owner no longer has."""

    number: int
    state: ItemState
    summary_id: UUID | None


Position = tuple[datetime, UUID]

# An item's summary counts only while it is the batch owner's: what a legal hold keeps is gone for them.
ITEMS = """
      FROM batches b
      JOIN batch_items i ON i.batch_id = b.id
      LEFT JOIN summaries s ON s.id = i.summary_id AND s.user_id = b.user_id
                           AND s.anonymous_id IS NOT DISTINCT FROM b.anonymous_id
      LEFT JOIN runs r ON r.id = s.run_id
      LEFT JOIN progress_tracking p ON p.run_id = r.id
"""
SUMMARY_STATE = "CASE WHEN s.version_id IS NOT NULL THEN 'done' ELSE r.state END"
_COUNTS = text(
    f"""
    SELECT b.id, i.state AS place, {SUMMARY_STATE} AS summary_state, count(*) AS items, sum(coalesce(p.seq, 0)) AS seqs
      {ITEMS} WHERE b.id = ANY(:ids) GROUP BY 1, 2, 3
    """
)
_ROWS = text(
    f"""
    SELECT i.number, i.video_id, coalesce(s.title, i.title) AS title, s.channel,
           coalesce(s.duration_ms, i.duration_ms) AS duration_ms, s.thumbnail_url, i.state AS place,
           {SUMMARY_STATE} AS summary_state, p.stage, p.ratio, s.id AS summary_id,
           coalesce(i.failure ->> 'message', r.failure ->> 'message') AS failure_message
      {ITEMS} WHERE b.id = :batch_id AND i.number > :after ORDER BY i.number LIMIT :limit
    """
)
_STORED = text(
    f"""
    SELECT i.number, i.state AS place, {SUMMARY_STATE} AS summary_state, i.summary_id {ITEMS} WHERE b.id = :batch_id
    """
)


async def insert_batch(session: AsyncSession, new: NewBatch, *, now: datetime) -> UUID:
    batch_id = uuid4()
    state = BatchState.RUNNING if new.videos else BatchState.LISTING
    await session.execute(
        insert(BatchRow).values(
            id=batch_id, user_id=new.owner.user_id, anonymous_id=new.owner.anonymous_id, title=new.title,
            source_url=new.source_url, options=dict(new.options), state=state.value, created_at=now,
        )
    )  # fmt: skip
    await insert_items(session, batch_id, new.videos)
    return batch_id


async def insert_items(session: AsyncSession, batch_id: UUID, videos: Sequence[BatchVideo]) -> None:
    """The items of a batch that has none yet, numbered from 1."""
    rows = [
        {"batch_id": batch_id, "number": number, "video_id": video.video_id, "start_ms": video.start_ms,
         "title": video.title, "duration_ms": video.duration_ms, "state": Place.WAITING.value}
        for number, video in enumerate(videos, start=1)
    ]  # fmt: skip
    if rows:
        await session.execute(insert(BatchItemRow), rows)


async def get_batch(session: AsyncSession, batch_id: UUID, owner: Owner) -> Batch:
    """Raises NotFound, for strangers too."""
    found = (await session.scalars(select(BatchRow).where(BatchRow.id == batch_id, _owned_by(owner)))).one_or_none()
    if found is None:
        raise _not_found()
    [batch] = await _counted(session, [found])
    return batch


async def list_batches(session: AsyncSession, owner: Owner, *, after: Position | None, limit: int) -> list[Batch]:
    """At most `limit` of this owner's batches, newest first, older than the one at `after`."""
    statement = (
        select(BatchRow)
        .where(_owned_by(owner))
        .order_by(BatchRow.created_at.desc(), BatchRow.id.desc())
        .limit(limit)
    )  # fmt: skip
    if after is not None:
        statement = statement.where(tuple_(BatchRow.created_at, BatchRow.id) < after)
    return await _counted(session, (await session.scalars(statement)).all())


async def count_batches(session: AsyncSession, owner: Owner) -> int:
    return await session.scalar(select(func.count()).select_from(BatchRow).where(_owned_by(owner))) or 0


async def list_items(session: AsyncSession, batch_id: UUID, *, after: int, limit: int) -> list[BatchItem]:
    """The rows that come after number `after`. The caller has made sure whose batch it is."""
    found = await session.execute(_ROWS, {"batch_id": batch_id, "after": after, "limit": limit})
    return [_item(row) for row in found]


async def hold_batch(session: AsyncSession, batch_id: UUID, owner: Owner) -> BatchState:
    """Its state, with the row locked until the transaction ends. Raises NotFound, for strangers too."""
    held = select(BatchRow.state).where(BatchRow.id == batch_id, _owned_by(owner)).with_for_update()
    state = await session.scalar(held)
    if state is None:
        raise _not_found()
    return BatchState(state)


async def move_batch(
    session: AsyncSession, batch_id: UUID, to: BatchState, *, failure: Mapping[str, object] | None = None
) -> bool:
    """False where it is in no state from which it may become that."""
    moved = await session.scalar(
        update(BatchRow)
        .where(BatchRow.id == batch_id, BatchRow.state.in_(batch_states_before(to)))
        .values(state=to.value, failure=None if failure is None else dict(failure))
        .returning(BatchRow.id)
    )
    return moved is not None


async def delete_batch(session: AsyncSession, batch_id: UUID) -> None:
    """Its items go with it; the summaries that were made stay."""
    await session.execute(delete(BatchRow).where(BatchRow.id == batch_id))


async def stored_items(session: AsyncSession, batch_id: UUID) -> list[StoredItem]:
    """All of a batch, in no order. The caller has made sure whose it is."""
    return [
        StoredItem(number=row.number, state=_state(row), summary_id=row.summary_id)
        for row in await session.execute(_STORED, {"batch_id": batch_id})
    ]


async def place_items(session: AsyncSession, batch_id: UUID, numbers: Iterable[int], place: Place) -> None:
    await session.execute(
        update(BatchItemRow)
        .where(BatchItemRow.batch_id == batch_id, BatchItemRow.number.in_(list(numbers)))
        .values(state=place.value, failure=None)
    )


async def claim_batches(session: AsyncSession, user_id: UUID, anonymous_ids: Iterable[str]) -> None:
    """Makes the batches of these anonymous browsers this person's.

    To be called before their summaries are claimed: a worker that is about to add one to a batch holds the batch, so
    either its summary is there to be claimed by then, or it finds the batch's owner changed.
    """
    await session.execute(
        update(BatchRow)
        .where(BatchRow.user_id == ANONYMOUS_USER, BatchRow.anonymous_id.in_(list(anonymous_ids)))
        .values(user_id=str(user_id), anonymous_id=None)
    )


async def delete_old_batches(session: AsyncSession, *, before: datetime) -> int:
    """How many batches of anonymous people, made before then, were deleted: their summaries are archived by now."""
    old = delete(BatchRow).where(BatchRow.user_id == ANONYMOUS_USER, BatchRow.created_at < before)
    return len((await session.execute(old.returning(BatchRow.id))).all())


async def _counted(session: AsyncSession, rows: Sequence[BatchRow]) -> list[Batch]:
    counts: dict[UUID, dict[ItemState, int]] = {row.id: defaultdict(int) for row in rows}
    seqs: dict[UUID, int] = defaultdict(int)
    for row in await session.execute(_COUNTS, {"ids": list(counts)}) if rows else ():
        counts[row.id][_state(row)] += row.items
        seqs[row.id] += int(row.seqs)
    return [_batch(row, counts[row.id], seqs[row.id]) for row in rows]


def _batch(row: BatchRow, counts: Mapping[ItemState, int], seqs: int) -> Batch:
    failure = row.failure or {}
    return Batch(
        id=row.id,
        created_at=row.created_at,
        title=row.title,
        source_url=row.source_url,
        state=BatchState(row.state),
        failure_message=failure.get("message"),
        counts=BatchCounts(
            done=counts[ItemState.DONE],
            failed=counts[ItemState.FAILED],
            open=counts[ItemState.QUEUED] + counts[ItemState.RUNNING],
            waiting=counts[ItemState.WAITING],
            cancelled=counts[ItemState.CANCELLED],
            left_out=counts[ItemState.LEFT_OUT] + counts[ItemState.DELETED],
        ),
        mark=f"{seqs}.{counts[ItemState.RUNNING]}.{counts[ItemState.DELETED]}",
    )


def _item(row: Row[tuple[object, ...]]) -> BatchItem:
    state = _state(row)
    return BatchItem(
        number=row.number,
        video_id=row.video_id,
        title=row.title,
        channel=row.channel,
        duration_s=None if row.duration_ms is None else row.duration_ms / 1000,
        thumbnail_url=row.thumbnail_url,
        state=state,
        stage=Stage(row.stage) if state.is_open and row.stage else None,
        ratio=row.ratio if state.is_open else None,
        summary_id=row.summary_id,
        failure_message=row.failure_message if state is ItemState.FAILED else None,
    )


def _state(row: Row[tuple[object, ...]]) -> ItemState:
    return item_state(Place(row.place), RunState(row.summary_state) if row.summary_state else None)


def _owned_by(owner: Owner) -> ColumnElement[bool]:
    anonymous = BatchRow.anonymous_id
    same = anonymous.is_(None) if owner.anonymous_id is None else anonymous == owner.anonymous_id
    return and_(BatchRow.user_id == owner.user_id, same)


def _not_found() -> NotFound:
    return NotFound("There is no such batch, or it belongs to somebody else.")
