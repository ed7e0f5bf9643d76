"""Asks before something is lost."""

from __future__ import annotations

from pages.components.elements import box, text
from pages.components.page_dialog import page_dialog


async def confirm(question: str, consequence: str, verb: str) -> bool:
    """True if the person chose `verb`; False on anything else, Escape included."""
    with page_dialog(question, role="alertdialog") as dialog:
        text("h3", question)
        text("p", consequence)
        with box("div", "actions"):
            text("button", "Keep it", "btn", type="button", autofocus="").on("click", lambda: dialog.submit(False))
            text("button", verb, "btn danger", type="button").on("click", lambda: dialog.submit(True))
    answer = await dialog
    dialog.delete()
    return answer is True
