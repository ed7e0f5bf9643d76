"""Live progress: the stages as they really are, with their times, and a way to stop."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

from core.domain.document import ProgressDocument, StageDocument
from core.domain.library import SummaryState
from core.domain.run import Stage
from pages.components.elements import box, markup, text
from pages.components.picture import show_picture
from pages.icons import icon
from pages.reading import title_of
from pages.words import STAGE_NAMES, clock, percent, seconds_phrase

_MARKS = "".join(icon(name) for name in ("circle", "spinner", "check", "cross"))
_BONES = ((46, 92, 78), (38, 88, 64), (52, 94, 70))


class JobProgress:
    """The progress view of one summary. `show` changes it in place, so nothing flickers and focus stays."""

    def __init__(self, state: SummaryState, *, on_stop: Callable[[], Awaitable[None]]) -> None:
        self._on_stop = on_stop
        self._rows: dict[str, _StageRow] = {}
        with box("div", "progress"):
            with box("div"):
                self._build(state)
            with box("div", aria_hidden="true"):
                for widths in _BONES:
                    _coming_chapter(widths)
        self.show(state)

    def show(self, state: SummaryState) -> None:
        """The present state: bar, seconds, every stage."""
        self._title.set_text(title_of(state.document))
        self._about.set_text(_about(state))
        progress = state.document.get("progress")
        if progress is None:
            return
        self._fill.style(f"transform: scaleX({progress['ratio']:.4f})")
        self._bar.props["aria-valuenow"] = str(round(progress["ratio"] * 100))
        self._share.set_text(percent(progress["ratio"]))
        self._so_far.props["seconds"] = f"{_elapsed_s(progress):.2f}"
        self._so_far.update()
        self._bar.update()
        for stage in progress["stages"]:
            if stage["name"] != Stage.DONE:
                self._row(stage["name"]).show(stage)
        self._spoken.set_text(f"{STAGE_NAMES.get(progress['stage'], progress['stage'])}")

    def _build(self, state: SummaryState) -> None:
        show_picture(state.document["video"]["thumbnail_url"], title_of(state.document))
        self._title = text("h1", "", dir="auto")
        self._about = text("p", "", "muted figures")
        self._bar = box("div", "bar", role="progressbar", aria_label="Progress", aria_valuemin="0", aria_valuemax="100")
        with self._bar:
            self._fill = box("i")
        with box("p", "so-far figures"):
            self._share = text("span", "0 %")
            text("span", " · ")
            self._so_far = box("sl-elapsed", seconds="0", running="")
        self._spoken = text("p", "", "unseen", role="status")
        self._list = box("ol", "stages")
        self._stop = text("button", "Stop", "btn compact", type="button").on("click", self._stop_once)

    def _row(self, name: str) -> _StageRow:
        if name not in self._rows:
            with self._list:
                self._rows[name] = _StageRow(name)
        return self._rows[name]

    async def _stop_once(self) -> None:
        self._stop.props["disabled"] = True
        self._stop.classes("busy")
        self._stop.update()
        await self._on_stop()


class _StageRow:
    def __init__(self, name: str) -> None:
        self._item = box("li")
        with self._item:
            markup(_MARKS, "mark", tag="span")
            text("span", STAGE_NAMES.get(name, name))
            self._time = box("time")
            self._detail = text("small", "")
        with self._time:
            self._seconds: Element = text("span", "")

    def show(self, stage: StageDocument) -> None:
        self._item.props["data-state"] = stage["state"]
        self._item.update()
        self._detail.set_text(stage["detail"])
        if isinstance(self._seconds, TextElement):
            took_s = stage["seconds"]
            self._seconds.set_text("" if took_s is None else seconds_phrase(took_s))


def _about(state: SummaryState) -> str:
    video = state.document["video"]
    length = None if video["duration_s"] is None else clock(video["duration_s"])
    return " · ".join(part for part in (video["channel"], length) if part)


def _elapsed_s(progress: ProgressDocument) -> float:
    return sum(stage["seconds"] or 0.0 for stage in progress["stages"])


def _coming_chapter(widths: tuple[int, int, int]) -> None:
    head, first, second = widths
    with box("div", "coming"):
        box("i", "bone time")
        box("i", "bone head").style(f"width: {head}%")
        for width in (first, second):
            box("i", "bone").style(f"width: calc({width}% - var(--gutter))")
