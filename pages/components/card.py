"""A summary as a card of the library."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from core.domain.library import SummaryListItem
from core.domain.run import RunState
from pages.components.elements import box, markup, text
from pages.components.picture import show_picture, tint_of
from pages.icons import icon
from pages.words import clock

_STATES = {
    RunState.QUEUED: ("now", "in the queue"),
    RunState.RUNNING: ("now", "being read"),
    RunState.FAILED: ("warn", "not summarised"),
    RunState.CANCELLED: ("", "stopped"),
}


class Card:
    """One card; `show` draws it again when its summary has moved on."""

    def __init__(self, item: SummaryListItem, *, on_delete: Callable[[SummaryListItem], Awaitable[None]]) -> None:
        self.item = item
        self._on_delete = on_delete
        self._frame = box("article", "panel card")
        self._build()

    def show(self, item: SummaryListItem) -> None:
        """The same card with what is known now; nothing moves where nothing changed."""
        if item == self.item:
            return
        self.item = item
        self._frame.clear()
        self._build()

    def remove(self) -> None:
        """Takes the card off the page."""
        self._frame.delete()

    def _build(self) -> None:
        item = self.item
        title = item.title or ("Untitled video" if item.video_id else "Untitled transcript")
        self._frame.props["data-tint"] = tint_of(item.channel or title)
        with self._frame:
            with show_picture(item.thumbnail_url, title):
                if item.duration_s is not None:
                    text("time", clock(item.duration_s))
            with box("div", "words"):
                with box("h3"):
                    text("a", title, href=f"/summaries/{item.id}", dir="auto")
                text("p", item.gist or item.failure_message or "", "gist", dir="auto")
                self._foot(title)

    def _foot(self, title: str) -> None:
        item = self.item
        with box("div", "foot"):
            text("span", item.channel or ("YouTube" if item.video_id else "Caption file"))
            with box("div", "end"):
                if item.state is RunState.DONE:
                    text(
                        "span",
                        f"{item.supported_lines}/{item.lines} lines",
                        "figures",
                        title="Lines that rest on what was said",
                    )
                else:
                    tone, word = _STATES[item.state]
                    text("span", word, f"state {tone}")
                remove = box("button", "icon-btn compact", type="button", aria_label=f"Delete {title}", title="Delete")
                with remove:
                    markup(icon("trash"), tag="span")
                remove.on("click", self._ask)

    async def _ask(self) -> None:
        await self._on_delete(self.item)


def show_waiting_card() -> None:
    """The shape of a card that is still to come."""
    with box("div", "panel card", aria_hidden="true"):
        box("div", "picture")
        with box("div", "words"):
            box("i", "bone").style("width: 70%")
            box("i", "bone")
            box("i", "bone wide")
