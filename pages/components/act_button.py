"""A button that asks once: it waits, disabled, until it was answered."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from pages.components.elements import text

Act = Callable[[], Awaitable[None]]


class ActButton:
    """Two clicks ask once. If the answer takes the button away, nothing is left to be enabled."""

    def __init__(self, words: str, on_click: Act, classes: str = "btn") -> None:
        self._ask = on_click
        self._button = text("button", words, classes, type="button").on("click", self._once)

    def name(self, words: str) -> None:
        """Says something else from now on."""
        self._button.set_text(words)

    async def _once(self) -> None:
        self._set_busy(is_busy=True)
        try:
            await self._ask()
        finally:
            if not self._button.is_deleted:
                self._set_busy(is_busy=False)

    def _set_busy(self, *, is_busy: bool) -> None:
        if is_busy:
            self._button.props["disabled"] = True
            self._button.classes(add="busy")
        else:
            self._button.props.pop("disabled", None)
            self._button.classes(remove="busy")
        self._button.update()
