"""/batch/{id}: many videos that were asked for at once, a row each."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable
from uuid import UUID

from nicegui import background_tasks, ui
from starlette.requests import Request
from starlette.responses import Response

from core.api.owners import owner_of
from core.domain.batch import Batch, BatchItem, BatchState
from core.domain.owner import Owner
from core.errors import AppError, NotFound
from core.services.batches import Batches
from pages.batch_words import batch_name
from pages.components.act_button import ActButton
from pages.components.batch_head import BatchActs, BatchHead
from pages.components.batch_rows import BatchRows, RowActs
from pages.components.confirm_dialog import confirm
from pages.components.elements import box, text
from pages.errors import error_page
from pages.navigation import frame

_ROWS_A_PAGE = 50


def register(batches: Batches) -> None:
    """The page. Strangers get the same 404 as for what does not exist."""

    @ui.page("/batch/{batch_id}")
    async def batch_page(request: Request, batch_id: str) -> Response | None:
        owner = owner_of(request)
        batch = await _find(batches, batch_id, owner)
        if owner is None or batch is None:
            words = "This list does not exist, or it was made in another browser or by somebody else."
            return error_page(NotFound(words), request)
        frame(batch_name(batch), here="/library")
        screen = _Screen(batches, owner, batch)
        await ui.context.client.connected()
        if not ui.context.client.is_deleted:  # a crawler never connects: nothing is loaded for it
            await screen.follow()
        return None


async def _find(batches: Batches, batch_id: str, owner: Owner | None) -> Batch | None:
    try:
        return await batches.get(UUID(batch_id), owner) if owner else None
    except (ValueError, NotFound):
        return None


class _Screen:
    """One open page: shows the batch as it gets on, fifty rows at a time."""

    def __init__(self, batches: Batches, owner: Owner, batch: Batch) -> None:
        self._batches = batches
        self._owner = owner
        self._batch = batch
        self._after = 0
        self._loading = asyncio.Lock()
        self._watching: asyncio.Task[None] | None = None
        acts = BatchActs(
            pause=self._pause, resume=self._resume, retry_failed=self._retry_failed, delete=self._ask_to_delete
        )
        self._page = box("div", "page batch")
        with self._page:
            self._head = BatchHead(batch, acts)
            self._rows = BatchRows(RowActs(retry=self._retry, cancel=self._cancel))
            self._after_rows = box("div", "after-rows")
        ui.context.client.on_delete(self._stop_watching)

    async def follow(self) -> None:
        """Shows what there is, then each change until nothing can change any more; ends with the page."""
        self._stop_watching()
        self._watching = background_tasks.create(self._watch(), name="watch a batch")

    def _stop_watching(self) -> None:
        if self._watching is not None:
            self._watching.cancel()

    async def _watch(self) -> None:
        try:
            async for batch in self._batches.watch(self._batch.id, self._owner):
                self._batch = batch
                self._head.show(batch)
                await self._load()
        except NotFound:
            with self._after_rows:
                ui.navigate.to("/library")
        except AppError as error:
            self._show_error(error)

    async def _load(self) -> None:
        """The rows of the present page. Raises AppError."""
        async with self._loading:
            if self._batch.state is BatchState.LISTING:
                return
            items = await self._batches.items(self._batch.id, self._owner, after=self._after, limit=_ROWS_A_PAGE)
            self._rows.show(items)
            self._show_pager(len(items))

    def _show_pager(self, shown: int) -> None:
        counts = self._batch.counts
        total = counts.total + counts.left_out
        self._after_rows.clear()
        with self._after_rows:
            if not total and self._batch.state is not BatchState.FAILED:
                text("p", "There are no videos in this list.", "muted")
            if total > _ROWS_A_PAGE:
                text("span", f"{self._after + 1:,} to {self._after + shown:,} of {total:,}", "muted figures")
                if self._after:
                    ActButton("Before", self._page_back, "btn compact")
                if self._after + shown < total:
                    ActButton("Next", self._page_on, "btn compact")

    def _show_error(self, error: AppError) -> None:
        self._after_rows.clear()
        with self._after_rows, box("div", "empty", role="alert"):
            text("h2", "The list could not be read")
            text("p", error.message, "lead")
            ActButton("Try again", self.follow, "btn primary")

    async def _page_on(self) -> None:
        await self._turn_to(self._after + _ROWS_A_PAGE)

    async def _page_back(self) -> None:
        await self._turn_to(max(0, self._after - _ROWS_A_PAGE))

    async def _turn_to(self, after: int) -> None:
        self._after = after
        try:
            await self._load()
        except AppError as error:
            self._show_error(error)

    async def _pause(self) -> None:
        await self._ask(self._batches.pause(self._batch.id, self._owner))

    async def _resume(self) -> None:
        await self._ask(self._batches.resume(self._batch.id, self._owner))

    async def _retry_failed(self) -> None:
        await self._ask(self._batches.retry_failed(self._batch.id, self._owner))

    async def _retry(self, item: BatchItem) -> None:
        await self._ask(self._batches.retry_item(self._batch.id, item.number, self._owner))

    async def _cancel(self, item: BatchItem) -> None:
        await self._ask(self._batches.cancel_item(self._batch.id, item.number, self._owner))

    async def _ask(self, act: Awaitable[object]) -> None:
        """Asks the service for something, and follows what comes of it. The button may be gone by then."""
        with self._page:
            try:
                await act
            except AppError as error:
                ui.notify(error.message)
        await self.follow()

    async def _ask_to_delete(self) -> None:
        consequence = "Nothing further is begun. The summaries it has made, or is making, stay in your library."
        with self._page:  # the button may be gone by then
            if await confirm("Delete this list?", consequence, "Delete it"):
                await self._delete()

    async def _delete(self) -> None:
        self._stop_watching()
        try:
            await self._batches.delete(self._batch.id, self._owner)
        except NotFound:
            pass  # already gone, in another tab say: what was wanted holds
        except AppError as error:
            ui.notify(error.message)
            return
        ui.navigate.to("/library")
