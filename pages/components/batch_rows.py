"""The rows of a batch: a video each, with its state and what can be done with it alone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from functools import partial

from core.domain.batch import BatchItem
from pages.batch_words import item_title, retry_words, state_words
from pages.components.act_button import ActButton
from pages.components.elements import box, text
from pages.components.picture import show_picture
from pages.words import clock

ItemAct = Callable[[BatchItem], Awaitable[None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class RowActs:
    """What the buttons of a row do: `retry` puts it back in line, `cancel` stops it or leaves it out."""

    retry: ItemAct
    cancel: ItemAct


class BatchRows:
    """One page of rows; a row stays where it is while its video gets on."""

    def __init__(self, acts: RowActs) -> None:
        self._acts = acts
        self._rows: dict[int, _Row] | None = None
        self._list = box("ol", "batch-rows", aria_busy="true")
        with self._list:
            for _ in range(4):
                _show_waiting_row()

    def show(self, items: tuple[BatchItem, ...]) -> None:
        """These rows and no others."""
        rows = self._rows
        if rows is None or list(rows) != [item.number for item in items]:
            rows = self._rows = self._build(items)
        for item in items:
            rows[item.number].show(item)

    def _build(self, items: tuple[BatchItem, ...]) -> dict[int, _Row]:
        self._list.clear()
        self._list.props["aria-busy"] = "false"
        self._list.props["start"] = str(items[0].number if items else 1)
        self._list.update()
        with self._list:
            return {item.number: _Row(item, self._acts) for item in items}


class _Row:
    def __init__(self, item: BatchItem, acts: RowActs) -> None:
        self._acts = acts
        self._shown: BatchItem | None = None
        self._frame = box("li")
        self.show(item)

    def show(self, item: BatchItem) -> None:
        """Of a video that is being read only the words change; anything else is drawn anew."""
        was, self._shown = self._shown, item
        if was == item:
            return
        if was is None or _kind(was) != _kind(item):
            self._frame.clear()
            self._frame.props["data-state"] = item.state.value
            self._frame.update()
            with self._frame:
                self._build(item)
        tone, words = state_words(item)
        self._state.set_text(words)
        self._state.classes(replace=f"state {tone}".strip())

    def _build(self, item: BatchItem) -> None:
        title = item_title(item)
        picture = item.thumbnail_url or f"https://i.ytimg.com/vi/{item.video_id}/mqdefault.jpg"
        text("span", f"{item.number}", "number figures", aria_hidden="true")
        show_picture(picture, title)
        with box("div", "words"):
            with box("h3"):
                if item.summary_id is None:
                    text("span", title, dir="auto")
                else:
                    text("a", title, href=f"/summaries/{item.summary_id}", dir="auto")
            about = (item.channel, None if item.duration_s is None else clock(item.duration_s))
            text("p", " · ".join(part for part in about if part), "fine quiet figures")
            if item.failure_message:
                text("p", item.failure_message, "fine muted why")
        self._state = text("span", "", "state")
        with box("div", "acts"):
            self._show_acts(item)

    def _show_acts(self, item: BatchItem) -> None:
        if item.state.can_be_retried:
            ActButton(retry_words(item), partial(self._acts.retry, item), "btn compact")
        if item.state.is_open:
            ActButton("Stop", partial(self._acts.cancel, item), "btn compact ghost")
        elif item.state.can_be_left_out:
            ActButton("Leave out", partial(self._acts.cancel, item), "btn compact ghost")


def _kind(item: BatchItem) -> tuple[object, ...]:
    """All of a row but how far it is."""
    return (item.state, item.title, item.channel, item.duration_s, item.thumbnail_url, item.summary_id,
            item.failure_message)  # fmt: skip


def _show_waiting_row() -> None:
    with box("li", aria_hidden="true"):
        text("span", "", "number")
        box("div", "picture")
        with box("div", "words"):
            box("i", "bone").style("width: 60%")
            box("i", "bone").style("width: 30%")
