"""A table whose rows hold elements: for lists with buttons in them. Scrolls sideways where the screen is narrow."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui.element import Element

from pages.components.elements import box, text


def sheet(label: str, columns: Sequence[tuple[str, str]]) -> Element:
    """The table's body, to be filled with rows. `columns`: heading and classes ("n" for numbers); "" is an action's."""
    with box("div", "sheet"), box("table", "listing", aria_label=label):
        with box("thead"), box("tr"):
            for title, classes in columns:
                _heading(title, classes)
        return box("tbody")


def _heading(title: str, classes: str) -> None:
    if title:
        text("th", title, classes, scope="col")
        return
    with box("th", classes, scope="col"):
        text("span", "Actions", "unseen")


def cell(words: str, classes: str = "", *, title: str = "") -> Element:
    """A cell of the row that is open; `title` says the same exactly."""
    attributes = {"title": title} if title else {}
    return text("td", words, classes, **attributes)


def state_cell(words: str, tone: str, *, title: str = "") -> None:
    """A cell with a state in it: a word and a shape beside the colour."""
    with box("td"):
        text("span", words, f"state {tone}".strip(), **({"title": title} if title else {}))
