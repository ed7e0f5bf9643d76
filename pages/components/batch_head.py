"""Over the rows of a batch: what it is, how far it is, and what can be done with all of it."""

from __future__ import annotations

from dataclasses import dataclass

from core.domain.batch import Batch, BatchState
from pages.batch_words import batch_name, progress_words
from pages.components.act_button import Act, ActButton
from pages.components.elements import box, text

_NOTES = {
    BatchState.PAUSED: "Paused: nothing further is begun. What is being read goes on to its end.",
    BatchState.LISTING: "This takes a few seconds. The videos then stand here, one a row.",
}

_FIRST = frozenset({"Go on", "Try again"})


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchActs:
    """What the buttons do."""

    pause: Act
    resume: Act
    retry_failed: Act
    delete: Act


class BatchHead:
    """Changed in place, so that nothing flickers and focus stays; the buttons are new only where they are others."""

    def __init__(self, batch: Batch, acts: BatchActs) -> None:
        self._acts = acts
        self._offered: tuple[str, ...] = ()
        with box("div", "split"):
            self._name = text("h1", "", dir="auto")
            self._buttons = box("div", "cluster")
        if batch.source_url:
            text("a", batch.source_url, "link fine source", href=batch.source_url, rel="noreferrer", target="_blank")
        self._bar = box("div", "bar", role="progressbar", aria_label="Videos", aria_valuemin="0", aria_valuemax="100")
        with self._bar:
            self._fill = box("i")
        self._words = text("p", "", "so-far figures", role="status")
        self._note = text("p", "", "muted note")
        self.show(batch)

    def show(self, batch: Batch) -> None:
        self._name.set_text(batch_name(batch))
        self._words.set_text(progress_words(batch))
        self._note.set_text(batch.failure_message or _NOTES.get(batch.state, ""))
        ratio = batch.counts.ended_ratio
        self._fill.style(f"transform: scaleX({ratio:.4f})")
        self._bar.props["aria-valuenow"] = str(int(ratio * 100))
        self._bar.update()
        offered = _offered(batch)
        if tuple(offered) != self._offered:
            self._offered = tuple(offered)
            self._build_buttons(offered)

    def _build_buttons(self, offered: dict[str, str]) -> None:
        self._buttons.clear()
        with self._buttons:
            for words, act in offered.items():
                look = "btn primary" if words in _FIRST else "btn ghost" if act == "delete" else "btn"
                ActButton(words, getattr(self._acts, act), look)


def _offered(batch: Batch) -> dict[str, str]:
    """Words of each button, and the act it stands for."""
    offered = {}
    if batch.state is BatchState.RUNNING:
        offered["Pause"] = "pause"
    if batch.state is BatchState.PAUSED:
        offered["Go on"] = "resume"
    if batch.state is BatchState.FAILED:
        offered["Try again"] = "retry_failed"
    elif batch.counts.failed:
        offered[f"Retry {batch.counts.failed:,} failed"] = "retry_failed"
    return {**offered, "Delete list": "delete"}
