"""Asks for the password again before something that can't be undone."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from nicegui import ui

from core.errors import AppError
from pages.components.elements import box, text
from pages.components.page_dialog import page_dialog

Confirm = Callable[[str], Awaitable[None]]


async def ask_for_password(confirm: Confirm) -> bool:
    """True once `confirm` took the password; False if the person closes the dialogue. A wrong one says so in place."""
    with page_dialog("Show your password") as dialog:
        form = _PasswordForm(confirm, dialog.submit)
        form.show()
    answer = await dialog
    dialog.delete()
    return answer is True


class _PasswordForm:
    def __init__(self, confirm: Confirm, done: Callable[[bool], None]) -> None:
        self._confirm = confirm
        self._done = done

    def show(self) -> None:
        text("h3", "Your password, once more")
        text("p", "What comes next can’t be undone by a click. It is asked once in 15 minutes.")
        self._field = ui.input(password=True).props(
            'outlined dense autofocus aria-label="Password" autocomplete="current-password"'
        )
        self._field.classes("again").on("keydown.enter", self._try)
        self._wrong = text("p", "", "field-wrong", role="alert")
        with box("div", "actions"):
            text("button", "Cancel", "btn", type="button").on("click", lambda: self._done(False))
            text("button", "Go on", "btn primary", type="button").on("click", self._try)

    async def _try(self) -> None:
        try:
            await self._confirm(self._field.value or "")
        except AppError as error:
            self._wrong.set_text(error.message)
            return
        self._done(True)
