"""/library: what a person has had summarised, newest first."""

from __future__ import annotations

from uuid import UUID

from nicegui import ui
from starlette.requests import Request

from core.api.owners import owner_of
from core.domain.library import SummaryListItem, SummaryPage
from core.domain.owner import Owner
from core.errors import AppError, NotFound
from core.services.batches import Batches
from core.services.summaries import Summaries
from pages.components.batch_strip import show_batches
from pages.components.card import Card, show_waiting_card
from pages.components.confirm_dialog import confirm
from pages.components.elements import box, markup, text
from pages.composer import NOTHING_KEPT, NOTHING_WRONG
from pages.navigation import frame
from pages.templating import render

_PAGE_SIZE = 24
_REFRESH_S = 5.0
_MOST_REFRESHED = 100
_EMPTY = SummaryPage(items=(), total=0, next_cursor=None)


def register(summaries: Summaries, batches: Batches) -> None:
    """The page. Whoever has no summaries yet sees how to make the first."""

    @ui.page("/library")
    async def library_page(request: Request) -> None:
        frame("Library", here="/library")
        shelf = _Shelf(summaries, batches, owner_of(request))
        await ui.context.client.connected()
        if not ui.context.client.is_deleted:  # a crawler never connects: nothing is loaded for it
            await shelf.load()


class _Shelf:
    """The cards of one open page."""

    def __init__(self, summaries: Summaries, batches: Batches, owner: Owner | None) -> None:
        self._summaries = summaries
        self._batches = batches
        self._owner = owner
        self._cards: dict[UUID, Card] = {}
        self._cursor: str | None = None
        self._total = 0
        with box("div", "page library"):
            with box("div", "split"):
                self._heading = text("h1", "Library")
                self._count = text("span", "", "muted figures", role="status")
            self._strip = box("div")
            self._room = box("div", "cards", aria_busy="true")
            self._after = box("div", "more")
        with self._room:
            for _ in range(3):
                show_waiting_card()
        self._refresher = ui.timer(_REFRESH_S, self._refresh, active=False)

    async def load(self) -> None:
        """The first page, or why it did not come and a way to try again."""
        try:
            page = await self._fetch(None, _PAGE_SIZE)
            self._strip.clear()
            with self._strip:
                await show_batches(self._batches, self._owner)
        except AppError as error:
            self._show_error(error)
            return
        self._room.clear()
        self._room.props["aria-busy"] = "false"
        self._room.update()
        self._append(page)
        if not page.items:
            self._show_empty()

    async def _fetch(self, cursor: str | None, limit: int) -> SummaryPage:
        if self._owner is None:
            return _EMPTY
        return await self._summaries.list_page(self._owner, cursor=cursor, limit=limit)

    def _append(self, page: SummaryPage) -> None:
        self._cursor, self._total = page.next_cursor, page.total
        with self._room:
            for item in page.items:
                if item.id not in self._cards:
                    self._cards[item.id] = Card(item, on_delete=self._ask_to_delete)
        self._after.clear()
        if self._cursor:
            with self._after:
                text("button", "Show more", "btn", type="button").on("click", self._show_more)
        self._say_how_many()

    def _say_how_many(self) -> None:
        self._count.set_text(
            "" if not self._total else f"{self._total:,} {'summary' if self._total == 1 else 'summaries'}"
        )
        self._refresher.active = any(not card.item.state.is_final for card in self._cards.values())

    async def _show_more(self) -> None:
        try:
            self._append(await self._fetch(self._cursor, _PAGE_SIZE))
        except AppError as error:
            ui.notify(error.message)

    async def _refresh(self) -> None:
        try:
            page = await self._fetch(None, min(max(len(self._cards), _PAGE_SIZE), _MOST_REFRESHED))
        except AppError:
            return  # the next tick asks again
        for item in page.items:
            if item.id in self._cards:
                self._cards[item.id].show(item)
        self._say_how_many()

    async def _ask_to_delete(self, item: SummaryListItem) -> None:
        named = f"“{item.title}”" if item.title else "This summary"
        answer = await confirm(
            "Delete this summary?", f"{named} goes for good. The video itself is not touched.", "Delete"
        )
        if answer:
            await self._delete(item)

    async def _delete(self, item: SummaryListItem) -> None:
        if self._owner is None:
            return
        try:
            await self._summaries.delete(item.id, self._owner)
        except NotFound:
            pass  # already gone, in another tab say: what was wanted holds
        except AppError as error:
            ui.notify(error.message)
            return
        self._cards.pop(item.id).remove()
        self._total -= 1
        self._say_how_many()
        if not self._cards:
            await self.load()

    def _show_error(self, error: AppError) -> None:
        self._room.clear()
        self._after.clear()
        with self._after, box("div", "empty", role="alert"):
            text("h2", "The library could not be read")
            text("p", error.message, "lead")
            text("button", "Try again", "btn primary", type="button").on("click", self.load)

    def _show_empty(self) -> None:
        self._room.clear()
        self._after.clear()
        with self._after, box("div", "empty"):
            text("h2", "Nothing here yet")
            text("p", "Your summaries will stand here. Begin with a video that is too long to watch.", "lead")
            markup(render("composer.html.jinja", kept=NOTHING_KEPT, wrong=NOTHING_WRONG, autofocus=False))
