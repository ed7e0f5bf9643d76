"""/summaries/{id}: progress while it is made, then the summary, or what became of it, all in one page."""

from __future__ import annotations

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
from pages.components.progress import JobProgress
from pages.components.reader import show_summary
from pages.errors import not_found_page
from pages.navigation import frame
from pages.reading import title_of


def register(summaries: Summaries) -> None:
    """The page. Strangers get the same 404 as for what does not exist."""

    @ui.page("/summaries/{summary_id}")
    async def summary_page(request: Request, summary_id: str) -> Response | None:
        owner = owner_of(request)
        state = await _find(summaries, summary_id, owner)
        if owner is None or state is None:
            return not_found_page(request)
        frame(title_of(state.document), script="summary.js")
        screen = _Screen(summaries, owner, state)
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

    def __init__(self, summaries: Summaries, owner: Owner, state: SummaryState) -> None:
        self._summaries = summaries
        self._owner = owner
        self._state = state
        self._client = ui.context.client
        self._progress: JobProgress | None = None
        self._place = box("div")
        self._show(state)

    def follow(self) -> None:
        """Watches until the summary is finished; the watch ends with the page."""
        if self._state.state.is_final:
            return
        task = background_tasks.create(self._watch(), name="watch a summary")
        self._client.on_delete(lambda: task.cancel() and None)

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
            return
        self._progress = None
        self._place.clear()
        with self._place:
            self._build(state)
            if title_of(was.document) != title_of(state.document):
                ui.page_title(f"{title_of(state.document)} · Sightline")

    def _build(self, state: SummaryState) -> None:
        if state.state is RunState.DONE:
            show_summary(state)
        elif state.state.is_final:
            show_failure(state, on_retry=self._retry)
        else:
            self._progress = JobProgress(state, on_stop=self._stop)

    async def _stop(self) -> None:
        try:
            await self._summaries.cancel(self._state.id, self._owner)
        except Conflict:
            return  # it finished in the same moment: the watch shows that

    async def _retry(self) -> None:
        try:
            await self._summaries.retry(self._state.id, self._owner)
            state = await self._summaries.get(self._state.id, self._owner)
        except AppError as error:
            ui.notify(error.message)
            return
        self._show(state)
        self.follow()
