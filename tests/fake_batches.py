"""A hand-written stand-in for the batches service: keeps batches in a dictionary, and writes down what was asked."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

from core.domain.batch import (
    Batch,
    BatchCounts,
    BatchItem,
    BatchPage,
    BatchRequest,
    BatchState,
    ItemState,
    read_videos,
)
from core.domain.owner import Owner
from core.domain.run import Stage
from core.errors import Conflict, NotFound

MORNING = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@dataclass
class KeptBatch:
    owner: Owner
    batch: Batch
    items: list[BatchItem]
    changes: list[asyncio.Queue[Batch]] = field(default_factory=list)


class FakeBatches:
    """`put` changes a row, and whoever watches sees that; `error` is raised by whatever is asked next."""

    def __init__(self) -> None:
        self.kept: dict[UUID, KeptBatch] = {}
        self.asked: list[tuple[object, ...]] = []
        self.error: Exception | None = None

    async def create(self, request: BatchRequest, owner: Owner) -> UUID:
        videos = read_videos(request.addresses) if request.addresses else ()
        batch = Batch(
            id=uuid.uuid4(), created_at=MORNING + timedelta(minutes=len(self.kept)), title=request.title,
            source_url=request.list_address, state=BatchState.RUNNING if videos else BatchState.LISTING,
            failure_message=None, counts=BatchCounts(waiting=len(videos)),
        )  # fmt: skip
        items = [row(number, ItemState.WAITING, video_id=video.video_id) for number, video in enumerate(videos, 1)]
        self.kept[batch.id] = KeptBatch(owner, batch, items)
        return batch.id

    async def get(self, batch_id: UUID, owner: Owner) -> Batch:
        return self._find(batch_id, owner).batch

    async def items(self, batch_id: UUID, owner: Owner, *, after: int = 0, limit: int = 50) -> tuple[BatchItem, ...]:
        return tuple(item for item in self._find(batch_id, owner).items if item.number > after)[:limit]

    async def list_page(self, owner: Owner, *, cursor: str | None = None, limit: int = 24) -> BatchPage:
        if self.error is not None:
            raise self.error
        mine = [kept.batch for kept in reversed(self.kept.values()) if kept.owner == owner]
        start = int(cursor or 0)
        rest = str(start + limit) if start + limit < len(mine) else None
        return BatchPage(items=tuple(mine[start : start + limit]), total=len(mine), next_cursor=rest)

    async def watch(self, batch_id: UUID, owner: Owner) -> AsyncIterator[Batch]:
        kept = self._find(batch_id, owner)
        changes: asyncio.Queue[Batch] = asyncio.Queue()
        kept.changes.append(changes)
        batch = kept.batch
        yield batch
        while batch.is_open:
            batch = await changes.get()
            yield batch

    async def pause(self, batch_id: UUID, owner: Owner) -> None:
        self._act(batch_id, owner, "pause")
        if self.kept[batch_id].batch.state is not BatchState.RUNNING:
            raise Conflict("Only a batch that is at work can be paused.")
        self.move(batch_id, BatchState.PAUSED)

    async def resume(self, batch_id: UUID, owner: Owner) -> None:
        self._act(batch_id, owner, "resume")
        self.move(batch_id, BatchState.RUNNING)

    async def retry_item(self, batch_id: UUID, number: int, owner: Owner) -> None:
        self._act(batch_id, owner, "retry_item", number)
        self.put(batch_id, row(number, ItemState.WAITING))

    async def retry_failed(self, batch_id: UUID, owner: Owner) -> int:
        self._act(batch_id, owner, "retry_failed")
        self.move(batch_id, BatchState.RUNNING)
        failed = [item for item in self.kept[batch_id].items if item.state is ItemState.FAILED]
        self.put(batch_id, *(replace(item, state=ItemState.WAITING, failure_message=None) for item in failed))
        return len(failed)

    async def cancel_item(self, batch_id: UUID, number: int, owner: Owner) -> None:
        self._act(batch_id, owner, "cancel_item", number)
        self.put(batch_id, row(number, ItemState.LEFT_OUT))

    async def delete(self, batch_id: UUID, owner: Owner) -> None:
        self._act(batch_id, owner, "delete")
        del self.kept[batch_id]

    def move(self, batch_id: UUID, state: BatchState, *, failure: str | None = None) -> None:
        """The batch is in this state from now on."""
        batch = self.kept[batch_id].batch
        self._tell(batch_id, replace(batch, state=state, failure_message=failure))

    def put(self, batch_id: UUID, *items: BatchItem) -> None:
        """These rows take the places of those with their numbers, or are added."""
        kept = self.kept[batch_id]
        rows = {item.number: item for item in [*kept.items, *items]}
        kept.items = [rows[number] for number in sorted(rows)]
        mark = str(int(kept.batch.mark or 0) + 1)
        self._tell(batch_id, replace(kept.batch, counts=counted(kept.items), mark=mark))

    def _tell(self, batch_id: UUID, batch: Batch) -> None:
        kept = self.kept[batch_id]
        kept.batch = batch
        for changes in kept.changes:
            changes.put_nowait(batch)

    def _act(self, batch_id: UUID, owner: Owner, *what: object) -> None:
        self._find(batch_id, owner)
        self.asked.append(what)
        if self.error is not None:
            raise self.error

    def _find(self, batch_id: UUID, owner: Owner) -> KeptBatch:
        kept = self.kept.get(batch_id)
        if kept is None or kept.owner != owner:
            raise NotFound("There is no such batch.")
        return kept


def row(number: int, state: ItemState, *, video_id: str | None = None, title: str | None = None) -> BatchItem:
    """A row as it would be seen in this state."""
    is_begun = state not in {ItemState.WAITING, ItemState.LEFT_OUT, ItemState.DELETED}
    return BatchItem(
        number=number,
        video_id=video_id or f"video{number:06d}",
        title=title,
        channel="A channel" if state is ItemState.DONE else None,
        duration_s=754.0 + 61 * number if title else None,
        thumbnail_url=None,
        state=state,
        stage=Stage.WRITING if state is ItemState.RUNNING else Stage.QUEUED if state is ItemState.QUEUED else None,
        ratio=0.62 if state is ItemState.RUNNING else None,
        summary_id=uuid.uuid4() if is_begun else None,
        failure_message="This video has no captions. Upload them as a file." if state is ItemState.FAILED else None,
    )


def counted(items: Sequence[BatchItem]) -> BatchCounts:
    def many(*states: ItemState) -> int:
        return sum(item.state in states for item in items)

    return BatchCounts(
        done=many(ItemState.DONE),
        failed=many(ItemState.FAILED),
        open=many(ItemState.QUEUED, ItemState.RUNNING),
        waiting=many(ItemState.WAITING),
        cancelled=many(ItemState.CANCELLED),
        left_out=many(ItemState.LEFT_OUT, ItemState.DELETED),
    )
