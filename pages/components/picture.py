"""A video's picture; its title set in type stands behind, for where there is none or it does not come."""

from __future__ import annotations

import zlib

from nicegui.element import Element

from pages.components.elements import box, text

_TINTS = 5
_MOST_CHARS = 70


def show_picture(thumbnail_url: str | None, title: str) -> Element:
    """The picture; it says nothing to screen readers, since the title stands beside it."""
    frame = box("div", "picture", aria_hidden="true")
    with frame:
        text("span", title if len(title) <= _MOST_CHARS else title[: _MOST_CHARS - 1].rstrip() + "…", "initials")
        if thumbnail_url:
            box("img", src=thumbnail_url, alt="", referrerpolicy="no-referrer")
    return frame


def tint_of(key: str) -> str:
    """One of five grounds, always the same for the same key."""
    return str(zlib.crc32(key.encode()) % _TINTS)
