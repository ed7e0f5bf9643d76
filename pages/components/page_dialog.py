"""A dialogue over the page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from nicegui import ui

from pages.components.elements import box


@contextmanager
def page_dialog(label: str, *, role: str = "dialog") -> Iterator[ui.dialog]:
    """Belongs to the page, not to what opened it: a row or a button may be drawn anew while somebody reads."""
    with (
        ui.context.client.content,
        ui.dialog() as dialog,
        box("div", "dialog", role=role, aria_modal="true", aria_label=label),
    ):
        yield dialog
