"""/summaries/{id}: progress while it is made, then the summary, or what became of it, all in one page."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from uuid import UUID

from nicegui import background_tasks, ui
from starlette.requests import Request
from starlette.responses import Response

from core.api.owners import owner_of
from core.domain.library import SummaryState
from core.domain.owner import Owner
from core.domain.run import RunState
from core.errors import AppError, Conflict, NotFound
from core.services.summaries import Summaries
from pages.components.elements import box
from pages.components.failure import show_failure
from pages.components.next_notice import NextNotice
from pages.components.partial import show_what_is_finished
from pages.components.progress import JobProgress
from pages.components.reader import show_summary
from pages.errors import not_found_page
from pages.navigation import frame
from pages.reading import title_of


def register(summaries: Summaries) -> None:
    """The page. Strangers get the same 404 as for what does not exist."""

    @ui.page("/summaries/{summary_id}")
    async def summary_page(request: Request, summary_id: str, tab: str = "") -> Response | None:
        owner = owner_of(request)
        state = await _find(summaries, summary_id, owner)
        if owner is None or state is None:
            return not_found_page(request)
        frame(title_of(state.document), script="summary.js")
        screen = _Screen(summaries, owner, state, tab=tab)
        await ui.context.client.connected()
        if not ui.context.client.is_deleted:
            screen.follow()
        return None


async def _find(summaries: Summaries, summary_id: str, owner: Owner | None) -> SummaryState | None:
    try:
        return await summaries.get(UUID(summary_id), owner) if owner else None
    except (ValueError, NotFound):
        return None


class _Screen:
    """One open page: shows each state as it comes, and asks the service for what the person asks for."""

    def __init__(self, summaries: Summaries, owner: Owner, state: SummaryState, *, tab: str) -> None:
        self._summaries = summaries
        self._owner = owner
        self._state = state
        self._tab = tab
        self._client = ui.context.client
        self._progress: JobProgress | None = None
        self._next: NextNotice | None = None
        self._watching: asyncio.Task[None] | None = None
        self._place = box("div")
        self._client.on_delete(self._stop_watching)
        self._show(state)

    def follow(self) -> None:
        """Watches until nothing can change any more; the watch ends with the page."""
        self._stop_watching()
        if self._state.state.is_final and "next" not in self._state.document:
            return
        self._watching = background_tasks.create(self._watch(), name="watch a summary")

    def _stop_watching(self) -> None:
        if self._watching is not None:
            self._watching.cancel()

    async def _watch(self) -> None:
        try:
            async for state in self._summaries.watch(self._state.id, self._owner):
                self._show(state)
        except NotFound:
            with self._place:
                ui.navigate.to("/library")

    def _show(self, state: SummaryState) -> None:
        was, self._state = self._state, state
        if self._progress and not state.state.is_final:
            self._progress.show(state)
        elif self._next and state.state is RunState.DONE:
            self._tell_of_next(self._next, state)
        else:
            self._draw(state)
            if title_of(was.document) != title_of(state.document):
                with self._place:
                    ui.page_title(f"{title_of(state.document)} · Sightline")

    def _tell_of_next(self, notice: NextNotice, state: SummaryState) -> None:
        """Somebody may be reading: the summary changes only when they ask for it."""
        coming = state.document.get("next")
        if coming is not None:
            notice.show(coming)
        else:
            notice.offer(self._show_newest)

    async def _show_newest(self) -> None:
        self._draw(self._state)

    def _draw(self, state: SummaryState) -> None:
        self._progress = self._next = None
        self._place.clear()
        with self._place:
            self._build(state)

    def _build(self, state: SummaryState) -> None:
        document = state.document
        if state.state is RunState.DONE:
            if "next" in document:
                self._next = NextNotice(document["next"])
            show_summary(state, tab=self._tab)
        elif state.state.is_final and document["chapters"]:
            show_what_is_finished(state, on_retry=self._retry, on_take_offline=self._take_offline)
        elif state.state.is_final:
            show_failure(state, on_retry=self._retry, on_take_offline=self._take_offline)
        else:
            self._progress = JobProgress(state, on_stop=self._stop, on_take_offline=self._take_offline)

    async def _stop(self) -> None:
        try:
            await self._summaries.cancel(self._state.id, self._owner)
        except Conflict:
            return  # it finished in the same moment: the watch shows that

    async def _retry(self) -> None:
        await self._ask(self._summaries.retry)

    async def _take_offline(self) -> None:
        await self._ask(self._summaries.take_offline)

    async def _ask(self, act: Callable[[UUID, Owner], Awaitable[None]]) -> None:
        """Asks the service for something, and follows what comes of it."""
        try:
            await act(self._state.id, self._owner)
            state = await self._summaries.get(self._state.id, self._owner)
        except AppError as error:
            ui.notify(error.message)
            return
        self._show(state)
        self.follow()
