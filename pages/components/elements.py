"""The three kinds of element the pages are built of: a box, a text, and drawn markup."""

from __future__ import annotations

from nicegui import ui
from nicegui.element import Element
from nicegui.elements.mixins.text_element import TextElement


def box(tag: str, classes: str = "", **attributes: str) -> Element:
    """An element with children; `aria_label="…"` becomes the attribute aria-label."""
    return _dress(Element(tag), classes, attributes)


def text(tag: str, words: str, classes: str = "", **attributes: str) -> TextElement:
    """An element with text in it; the browser gets it as text, never as markup."""
    element = TextElement(tag=tag, text=words)
    _dress(element, classes, attributes)
    return element


def markup(html: str, classes: str = "", tag: str = "div") -> ui.html:
    """HTML made by our own templates, which escape every value."""
    return ui.html(html, sanitize=False, tag=tag).classes(classes)


def _dress(element: Element, classes: str, attributes: dict[str, str]) -> Element:
    element.classes(classes)
    for name, value in attributes.items():
        element.props[name.replace("_", "-")] = value
    return element
