"""Over an offline summary: the language model's own is on its way, is here, or did not come."""

from __future__ import annotations

from core.domain.document import NextDocument
from core.domain.run import RunState
from pages.components.act_button import Act
from pages.components.elements import box
from pages.components.notice import Choice, show_notice

_ENDED_BADLY = frozenset({RunState.FAILED, RunState.CANCELLED})


class NextNotice:
    """Whoever reads is never interrupted: the new summary is offered, and shown when it is asked for."""

    def __init__(self, coming: NextDocument) -> None:
        self._place = box("div", "over-summary")
        self._shown: NextDocument | None = None
        self.show(coming)

    def show(self, coming: NextDocument) -> None:
        """How it stands; nothing moves where nothing changed."""
        if coming == self._shown:
            return
        self._shown = coming
        self._place.clear()
        with self._place:
            if coming["status"] in _ENDED_BADLY:
                show_notice("warn", "clock", "The language model’s summary did not come", coming["message"])
            else:
                words = coming["message"] or "It is being written. This one can be read meanwhile."
                show_notice("now", "spinner", "The language model’s summary will take its place", words)

    def offer(self, on_show: Act) -> None:
        """It is finished."""
        self._shown = None
        self._place.clear()
        with self._place:
            words = "It was checked line by line like this one."
            choice = Choice(words="Show it", act=on_show, is_primary=True)
            show_notice("ok", "check", "The language model’s summary is ready", words, choices=(choice,))
