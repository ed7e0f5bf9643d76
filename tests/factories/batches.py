"""Batches on a test's own database, fed in the test's own loop, with runs that end when the test says so."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import text

from core.bootstrap import Services
from core.config import Settings
from core.domain.addresses import ListAddress
from core.domain.batch import Batch, BatchRequest, BatchState
from core.domain.owner import Owner
from core.domain.video_lists import ListedVideo
from core.jobs.batches import BatchFeeding
from core.jobs.queue import QueuedJobs, build_queue
from tests.factories.applications import ANN

PLAYLIST = "https://www.youtube.com/playlist?list=PLabcdefghijkl"


def request_for(count: int, *, first: int = 1) -> BatchRequest:
    """A batch of so many videos: `video_id(first)` and those that follow it."""
    numbers = range(first, first + count)
    return BatchRequest(addresses=tuple(f"https://youtu.be/{video_id(number)}" for number in numbers))


def video_id(number: int) -> str:
    return f"video{number:06d}"


class ListsInHand:
    """Stands for YouTube's lists: gives `videos`, or raises `error`, and keeps what was asked for."""

    def __init__(self, *videos: ListedVideo, error: Exception | None = None) -> None:
        self.videos = videos
        self.error = error
        self.asked: list[ListAddress] = []

    async def __call__(self, address: ListAddress) -> tuple[ListedVideo, ...]:
        self.asked.append(address)
        if self.error is not None:
            raise self.error
        return self.videos


def feeding_on(services: Services, settings: Settings, lists: ListsInHand | None = None) -> BatchFeeding:
    """What a worker's feeding is, on the services' own database."""
    return BatchFeeding(
        database=services.database,
        jobs=QueuedJobs(build_queue("postgresql://")),
        summaries=services.summaries,
        lists=lists or ListsInHand(),
        settings=settings,
    )


async def states_of(services: Services, batch_id: UUID, owner: Owner = ANN) -> list[str]:
    return [item.state.value for item in await services.batches.items(batch_id, owner, limit=500)]


async def end_open(services: Services, batch_id: UUID, state: str = "done", numbers: Sequence[int] = ()) -> None:
    """The open runs of the batch, or of these rows of it, end like that."""
    async with services.database.transaction() as session:
        await session.execute(
            text(
                """
                UPDATE runs SET state = :state, finished_at = now(), failure = CAST(:failure AS jsonb) WHERE id IN (
                    SELECT s.run_id FROM summaries s JOIN batch_items i ON i.summary_id = s.id
                     WHERE i.batch_id = :batch AND (i.number = ANY(:numbers) OR :numbers = '{}'))
                   AND state IN ('queued', 'running')
                """
            ),
            {
                "state": state, "batch": batch_id, "numbers": list(numbers),
                "failure": '{"message": "There are no captions."}' if state == "failed" else None,
            },
        )  # fmt: skip


async def batch_where(
    services: Services, batch_id: UUID, state: BatchState, owner: Owner = ANN, *, within_s: float = 60
) -> Batch:
    """The batch once it is in this state."""
    async with asyncio.timeout(within_s):
        async for batch in services.batches.watch(batch_id, owner):
            if batch.state is state:
                return batch
    raise AssertionError("the batch came to rest in another state")


async def values(services: Services, sql: str) -> list[object]:
    async with services.database.read() as session:
        return list(await session.scalars(text(sql)))
