"""Live progress: the stages as they really are, with their times, and a way to stop."""

from __future__ import annotations

from datetime import datetime

from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement

from core.domain.document import AttemptDocument, ProgressDocument, StageDocument, WaitingDocument
from core.domain.library import SummaryState
from core.domain.progress import StageState
from core.domain.run import Stage
from pages.attempts import attempts_of
from pages.components.act_button import Act, ActButton
from pages.components.elements import box, markup, text
from pages.components.finished_chapters import FinishedChapters
from pages.components.notice import Choice, show_notice
from pages.components.picture import show_picture
from pages.icons import icon
from pages.reading import title_of
from pages.receipt import meter
from pages.templating import render
from pages.words import STAGE_NAMES, clock, percent, seconds_phrase

_MARKS = "".join(icon(name) for name in ("circle", "spinner", "check", "cross", "clock"))


class JobProgress:
    """The progress view of one summary. `show` changes it in place, so nothing flickers and focus stays."""

    def __init__(self, state: SummaryState, *, on_stop: Act, on_take_offline: Act) -> None:
        self._on_stop = on_stop
        self._on_take_offline = on_take_offline
        self._rows: dict[str, _StageRow] = {}
        self._waiting: WaitingDocument | None = None
        self._tried: list[AttemptDocument] = []
        with box("div", "progress"):
            with box("div"):
                self._build(state)
            with box("div"):
                self._notice = box("div", "notice-place")
                self._chapters = FinishedChapters()
        self.show(state)

    def show(self, state: SummaryState) -> None:
        """The present state: bar, seconds, money, every stage, and what is finished."""
        document = state.document
        self._title.set_text(title_of(document))
        self._about.set_text(_about(state))
        self._money.set_text(meter(document))
        self._chapters.show(document)
        self._stop.name("Stop and keep what is done" if document["chapters"] else "Stop")
        self._show_waiting(document.get("waiting"))
        self._show_tried(document.get("tried", []))
        progress = document.get("progress")
        if progress is not None:
            self._show_progress(progress)

    def _show_progress(self, progress: ProgressDocument) -> None:
        self._fill.style(f"transform: scaleX({progress['ratio']:.4f})")
        self._bar.props["aria-valuenow"] = str(round(progress["ratio"] * 100))
        self._share.set_text(percent(progress["ratio"]))
        self._so_far.props["seconds"] = f"{_elapsed_s(progress):.2f}"
        self._so_far.update()
        self._bar.update()
        for stage in progress["stages"]:
            if stage["name"] != Stage.DONE:
                self._row(stage["name"]).show(stage, is_resting=self._waiting is not None)
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
            self._money = text("span", "", "money")
        self._spoken = text("p", "", "unseen", role="status")
        self._list = box("ol", "stages")
        self._tried_list = markup("", "tried-so-far")
        self._stop = ActButton("Stop", self._on_stop, "btn compact stop")

    def _show_waiting(self, waiting: WaitingDocument | None) -> None:
        if waiting == self._waiting:
            return
        self._waiting = waiting
        self._notice.clear()
        if waiting is None:
            return
        offline = Choice(words="Take the offline summary now", act=self._on_take_offline)
        until = datetime.fromisoformat(waiting["until"])
        with self._notice:
            show_notice(
                "warn", "clock", "Waiting for the language model", waiting["message"], choices=(offline,), until=until
            )

    def _show_tried(self, tried: list[AttemptDocument]) -> None:
        if tried == self._tried:
            return
        self._tried = tried
        self._tried_list.set_content(render("tried_so_far.html.jinja", rows=attempts_of(tried)))

    def _row(self, name: str) -> _StageRow:
        if name not in self._rows:
            with self._list:
                self._rows[name] = _StageRow(name)
        return self._rows[name]


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

    def show(self, stage: StageDocument, *, is_resting: bool) -> None:
        is_now = stage["state"] == StageState.NOW
        self._item.props["data-state"] = "resting" if is_now and is_resting else stage["state"]
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
