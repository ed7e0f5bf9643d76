"""Takes batches on: reads their lists, and begins the next video where one has ended. Safe to run twice, and to kill.

A look every few seconds finds the batches that can go a step further, whatever became of the process that was at it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

from procrastinate import App
from sqlalchemy.ext.asyncio import AsyncSession

from core.config import Settings
from core.db.database import Database, driver_connection
from core.db.queries.batch_feeding import (
    NextItem,
    Order,
    count_open,
    find_next,
    find_order,
    find_with_work,
    has_items,
    hold_order,
    refuse_item,
    start_item,
    try_look_lock,
)
from core.db.queries.batches import insert_items, move_batch
from core.db.queries.jobs import fail_stalled_jobs
from core.db.statement_times import unrecorded
from core.domain.addresses import ListAddress, parse_list_address
from core.domain.batch import MOST_ITEMS, BatchState, BatchVideo
from core.domain.library import AddressRequest
from core.domain.video_lists import ListedVideo
from core.errors import AppError, Conflict, NextStep, NotFound, Unavailable
from core.integrations.calls import recorded
from core.integrations.video_lists import list_videos
from core.jobs.messages import RunFailure, failure_of
from core.jobs.queue import BATCH_QUEUE, BATCH_TASK
from core.logging import EventLog, describe
from core.ports import Jobs, Recording
from core.services.batches import read_options
from core.services.summaries import Summaries

_log = EventLog(__name__)

# The next video begins so long after one has ended, at most.
LOOK_EVERY_S = 2.0
ListVideos = Callable[[ListAddress], Awaitable[tuple[ListedVideo, ...]]]
_BUG: RunFailure = {
    "code": "internal_error",
    "message": "Something went wrong on our side. Try again; if it happens again, the operators can see why.",
    "next_step": NextStep.TRY_AGAIN.value,
    "retryable": True,
    "detail": {},
}


class Overtaken(Conflict):
    """The batch was paused, claimed or deleted, or the item begun, while this one was at it."""


class BatchFeeding:
    """Any number of workers begin each item once: the batch's row is held while an item is begun."""

    def __init__(
        self, *, database: Database, jobs: Jobs, summaries: Summaries, lists: ListVideos, settings: Settings
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._summaries = summaries
        self._lists = lists
        self._settings = settings

    async def advance(self, batch_id: UUID) -> None:
        """Takes this batch as far as it can go at the moment."""
        is_more = True
        while is_more:
            async with self._database.read() as session:
                order = await find_order(session, batch_id)
            is_more = order is not None and await self._step(order)

    async def look(self) -> int:
        """How many batches that can go further were given a job. Two looks at once do no more than one."""
        with unrecorded():
            async with self._database.transaction() as session:
                if not await try_look_lock(session):
                    return 0
                await fail_stalled_jobs(session, BATCH_TASK, stalled_after_s=self._settings.stalled_after_s)
                found = await find_with_work(session, at_once=self._settings.batch_at_once)
                for batch_id in found:
                    await self._jobs.enqueue_batch(await driver_connection(session), batch_id)
        return len(found)

    async def keep_looking(self) -> None:
        """Goes on until cancelled."""
        while True:
            try:
                await self.look()
            except Exception as error:  # the next look may succeed; without it every batch would stand still
                _log.warning("batches.look_failed", **describe(error))
            await asyncio.sleep(LOOK_EVERY_S)

    async def _step(self, order: Order) -> bool:
        """False where nothing more can be done at the moment."""
        if order.state is BatchState.LISTING:
            return await self._list(order)
        if order.state not in {BatchState.RUNNING, BatchState.PAUSED}:
            return False
        async with self._database.read() as session:
            open_items = await count_open(session, order.batch_id)
            item = await find_next(session, order.batch_id)
        if item is None:
            return open_items == 0 and await self._finish(order)
        has_room = open_items < self._settings.batch_at_once
        return has_room and order.state is BatchState.RUNNING and await self._begin(order, item)

    async def _list(self, order: Order) -> bool:
        try:
            listed = await self._lists(parse_list_address(order.source_url or ""))
        except AppError as error:
            return await self._give_up(order, failure_of(error))
        except Exception as error:  # a person waits for this list, and has to be told
            _log.exception("batches.list_failed", error, batch=str(order.batch_id))
            return await self._give_up(order, _BUG)
        async with self._database.transaction() as session:
            if await hold_order(session, order) and not await has_items(session, order.batch_id):
                await insert_items(session, order.batch_id, _without_repeats(listed))
                await move_batch(session, order.batch_id, BatchState.RUNNING)
        _log.info("batches.listed", batch=str(order.batch_id), videos=len(listed))
        return True

    async def _give_up(self, order: Order, failure: RunFailure) -> bool:
        async with self._database.transaction() as session:
            await move_batch(session, order.batch_id, BatchState.FAILED, failure=dict(failure))
        return False

    async def _finish(self, order: Order) -> bool:
        async with self._database.transaction() as session:
            if await hold_order(session, order) and await find_next(session, order.batch_id) is None:
                await move_batch(session, order.batch_id, BatchState.DONE)
        return False

    async def _begin(self, order: Order, item: NextItem) -> bool:
        try:
            if item.summary_id is None or not await self._take_up_again(order, item, item.summary_id):
                await self._submit(order, item)
        except (Overtaken, Unavailable) as error:
            _log.info("batches.left_for_later", batch=str(order.batch_id), number=item.number, code=error.code)
            return False
        except AppError as error:
            await self._refuse(order, item, failure_of(error))
        except Exception as error:  # one video must not hold up all that come after it
            _log.exception("batches.item_failed", error, batch=str(order.batch_id), number=item.number)
            await self._refuse(order, item, _BUG)
        return True

    async def _submit(self, order: Order, item: NextItem) -> None:
        options, languages = read_options(order.options)
        request = AddressRequest(address=item.video.address, languages=languages, options=options)

        async def note(session: AsyncSession, summary_id: UUID) -> None:
            await self._note_started(session, order, item, summary_id)

        await self._summaries.submit(request, order.owner, along=note)

    async def _take_up_again(self, order: Order, item: NextItem, summary_id: UUID) -> bool:
        """Tries the item's own summary again; False where its owner no longer has it."""
        try:
            await self._summaries.retry(summary_id, order.owner)
        except NotFound:
            return False
        except Conflict:
            _log.info("batches.taken_up_already", batch=str(order.batch_id), number=item.number)
        async with self._database.transaction() as session:
            await self._note_started(session, order, item, summary_id)
        return True

    async def _note_started(self, session: AsyncSession, order: Order, item: NextItem, summary_id: UUID) -> None:
        is_held = await hold_order(session, order)
        has_room = await count_open(session, order.batch_id) < self._settings.batch_at_once
        if not (is_held and has_room and await start_item(session, order.batch_id, item.number, summary_id)):
            raise Overtaken("This batch has moved on meanwhile.")

    async def _refuse(self, order: Order, item: NextItem, failure: RunFailure) -> None:
        async with self._database.transaction() as session:
            await refuse_item(session, order.batch_id, item.number, dict(failure))


def register_batches(queue: App, feeding: BatchFeeding) -> None:
    """Defines `batches:advance` on this queue. The lock keeps two jobs of one batch apart."""

    @queue.task(name=BATCH_TASK, queue=BATCH_QUEUE)
    async def advance(batch_id: str) -> None:
        await feeding.advance(UUID(batch_id))


def youtube_lists(settings: Settings, recording: Recording) -> ListVideos:
    """YouTube's playlists and channels, read in a thread."""
    told, on_call = settings.for_engine(), recorded(recording)

    async def read(address: ListAddress) -> tuple[ListedVideo, ...]:
        return await asyncio.to_thread(list_videos, address, told, on_call)

    return read


def _without_repeats(listed: tuple[ListedVideo, ...]) -> list[BatchVideo]:
    """Each video once, in the list's order."""
    found: dict[str, BatchVideo] = {}
    for video in listed[:MOST_ITEMS]:
        found.setdefault(video.id, BatchVideo(video_id=video.id, title=video.title, duration_ms=video.duration_ms))
    return list(found.values())
