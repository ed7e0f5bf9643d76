"""Many videos at once: a person hands in a list, pauses and resumes it, and tries single rows again."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator, Iterable, Mapping
from datetime import datetime
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.db.database import Database, driver_connection
from core.db.queries.batches import (
    NewBatch,
    Position,
    StoredItem,
    count_batches,
    delete_batch,
    get_batch,
    hold_batch,
    insert_batch,
    list_batches,
    list_items,
    move_batch,
    place_items,
    stored_items,
)
from core.domain.addresses import parse_list_address
from core.domain.batch import (
    LONGEST_TITLE_CHARS,
    MOST_ITEMS,
    Batch,
    BatchItem,
    BatchPage,
    BatchRequest,
    BatchState,
    ItemState,
    Place,
    list_url,
    read_videos,
)
from core.domain.library import SummaryOptions
from core.domain.owner import Owner
from core.domain.summary import EngineName, Length
from core.errors import Conflict, InvalidInput, NotFound
from core.ports import Jobs
from core.services.summaries import Summaries

LONGEST_PAGE = 100
# Watchers read so often: two videos of a batch are at work at a time, and nobody follows a list frame by frame.
READ_AGAIN_AFTER_S = 1.0


class Batches:
    """Everything takes the Owner: what is another's is not found. The workers do what is asked for here."""

    def __init__(self, *, database: Database, jobs: Jobs, summaries: Summaries, clock: Clock) -> None:
        self._database = database
        self._jobs = jobs
        self._summaries = summaries
        self._clock = clock

    async def create(self, request: BatchRequest, owner: Owner) -> UUID:
        """Id of the new batch. A playlist or channel is only read once a worker takes it up.

        Raises InvalidInput, with the number of each line that names no video.
        """
        new = _read(request, owner)
        async with self._database.transaction() as session:
            batch_id = await insert_batch(session, new, now=self._clock.now())
            await self._set_to_work(session, batch_id)
        return batch_id

    async def get(self, batch_id: UUID, owner: Owner) -> Batch:
        """Raises NotFound."""
        async with self._database.read() as session:
            return await get_batch(session, batch_id, owner)

    async def items(self, batch_id: UUID, owner: Owner, *, after: int = 0, limit: int = 50) -> tuple[BatchItem, ...]:
        """The rows that come after number `after`, in order. Raises NotFound."""
        limit = min(max(limit, 1), MOST_ITEMS)
        async with self._database.read() as session:
            await get_batch(session, batch_id, owner)
            return tuple(await list_items(session, batch_id, after=after, limit=limit))

    async def list_page(self, owner: Owner, *, cursor: str | None = None, limit: int = 24) -> BatchPage:
        """A page of this owner's batches, newest first. Raises InvalidInput for a cursor that is none of ours."""
        after = _read_cursor(cursor) if cursor else None
        limit = min(max(limit, 1), LONGEST_PAGE)
        async with self._database.read() as session:
            total = await count_batches(session, owner)
            rows = await list_batches(session, owner, after=after, limit=limit + 1)
        page = tuple(rows[:limit])
        return BatchPage(items=page, total=total, next_cursor=_write_cursor(page[-1]) if len(rows) > limit else None)

    async def watch(self, batch_id: UUID, owner: Owner) -> AsyncIterator[Batch]:
        """The batch as it is now, then each change, until nothing changes by itself any more, or it is deleted.

        Raises NotFound before the first.
        """
        shown: Batch | None = None
        while True:
            try:
                batch = await self.get(batch_id, owner)
            except NotFound:
                if shown is None:
                    raise
                return
            if batch != shown:
                shown = batch
                yield batch
            if not batch.is_open:
                return
            await asyncio.sleep(READ_AGAIN_AFTER_S)

    async def pause(self, batch_id: UUID, owner: Owner) -> None:
        """No further video is begun; those that are being read go on. Raises Conflict, NotFound."""
        async with self._database.transaction() as session:
            state = await hold_batch(session, batch_id, owner)
            if state is not BatchState.PAUSED and not await move_batch(session, batch_id, BatchState.PAUSED):
                raise Conflict("Only a batch that is at work can be paused.")

    async def resume(self, batch_id: UUID, owner: Owner) -> None:
        """Raises Conflict, NotFound."""
        async with self._database.transaction() as session:
            state = await hold_batch(session, batch_id, owner)
            if state is BatchState.RUNNING:
                return
            if state is not BatchState.PAUSED:
                raise Conflict("This batch is not paused.")
            await self._go_on(session, batch_id)

    async def retry_item(self, batch_id: UUID, number: int, owner: Owner) -> None:
        """Puts one row back in line: one that failed, was stopped or left out, or whose summary was deleted.

        Raises Conflict, NotFound. In a paused batch it waits until the batch goes on.
        """
        async with self._database.transaction() as session:
            state = await hold_batch(session, batch_id, owner)
            item = await _find_item(session, batch_id, number)
            if not item.state.can_be_retried:
                raise Conflict("This video is in line already, or done.")
            await self._put_back(session, batch_id, state, [item])

    async def retry_failed(self, batch_id: UUID, owner: Owner) -> int:
        """How many rows that had failed were put back in line; 0 where it is the list that is read again.

        Raises Conflict where nothing had failed, NotFound.
        """
        async with self._database.transaction() as session:
            state = await hold_batch(session, batch_id, owner)
            if await move_batch(session, batch_id, BatchState.LISTING):
                await self._set_to_work(session, batch_id)
                return 0
            failed = [item for item in await stored_items(session, batch_id) if item.state is ItemState.FAILED]
            if not failed:
                raise Conflict("Nothing in this batch has failed.")
            await self._put_back(session, batch_id, state, failed)
        return len(failed)

    async def cancel_item(self, batch_id: UUID, number: int, owner: Owner) -> None:
        """Stops a row that is in the queue or being read; leaves out one that is not. Raises Conflict, NotFound.

        Its summary, where it has one, stays.
        """
        async with self._database.transaction() as session:
            await hold_batch(session, batch_id, owner)
            item = await _find_item(session, batch_id, number)
            if item.state.can_be_left_out:
                await place_items(session, batch_id, [number], Place.SKIPPED)
                return
        if not item.state.is_open or item.summary_id is None:
            raise Conflict("This video is done, or left out already.")
        await self._summaries.cancel(item.summary_id, owner)

    async def delete(self, batch_id: UUID, owner: Owner) -> None:
        """Removes the list for good; the summaries that it has made or begun stay in the library. Raises NotFound."""
        async with self._database.transaction() as session:
            await hold_batch(session, batch_id, owner)
            await delete_batch(session, batch_id)

    async def _put_back(
        self, session: AsyncSession, batch_id: UUID, state: BatchState, items: Iterable[StoredItem]
    ) -> None:
        await place_items(session, batch_id, [item.number for item in items], Place.WAITING)
        if state is not BatchState.PAUSED:
            await self._go_on(session, batch_id)

    async def _go_on(self, session: AsyncSession, batch_id: UUID) -> None:
        await move_batch(session, batch_id, BatchState.RUNNING)
        await self._set_to_work(session, batch_id)

    async def _set_to_work(self, session: AsyncSession, batch_id: UUID) -> None:
        await self._jobs.enqueue_batch(await driver_connection(session), batch_id)


def stored_options(request: BatchRequest) -> dict[str, object]:
    """What was chosen for all videos of a batch, as it is kept with it."""
    options = request.options
    return {
        "languages": list(request.languages),
        "engine": None if options.engine is None else options.engine.value,
        "language": options.language,
        "length": options.length.value,
    }


def read_options(stored: Mapping[str, object]) -> tuple[SummaryOptions, tuple[str, ...]]:
    """The options and the languages of captions that `stored_options` wrote."""
    engine, language, languages = stored.get("engine"), stored.get("language"), stored.get("languages")
    options = SummaryOptions(
        engine=EngineName(engine) if isinstance(engine, str) else None,
        language=language if isinstance(language, str) else None,
        length=Length(str(stored.get("length", Length.STANDARD))),
    )
    return options, tuple(map(str, languages)) if isinstance(languages, list) else ("en",)


def _read(request: BatchRequest, owner: Owner) -> NewBatch:
    if (request.list_address is None) == (not request.addresses):
        raise InvalidInput("Give either the addresses of videos, or the address of a playlist or channel.")
    address = None if request.list_address is None else parse_list_address(request.list_address)
    title = " ".join((request.title or "").replace("\0", "").split())[:LONGEST_TITLE_CHARS] or None
    return NewBatch(
        owner=owner,
        title=title,
        source_url=None if address is None else list_url(address),
        options=stored_options(request),
        videos=read_videos(request.addresses) if request.addresses else (),
    )


async def _find_item(session: AsyncSession, batch_id: UUID, number: int) -> StoredItem:
    for item in await stored_items(session, batch_id):
        if item.number == number:
            return item
    raise NotFound("There is no such row in this batch.")


def _write_cursor(batch: Batch) -> str:
    return base64.urlsafe_b64encode(f"{batch.created_at.isoformat()}|{batch.id}".encode()).decode()


def _read_cursor(cursor: str) -> Position:
    wrong = InvalidInput("This page of the batches cannot be found. Go back to the first page.")
    try:
        created_at, _, batch_id = base64.urlsafe_b64decode(cursor.encode()).decode().partition("|")
        moment, position_id = datetime.fromisoformat(created_at), UUID(batch_id)
    except (ValueError, binascii.Error):
        raise wrong from None
    if moment.tzinfo is None:
        raise wrong
    return moment, position_id
