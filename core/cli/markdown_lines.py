"""One line as Markdown: what is said, whether it holds, and the moment it rests on."""

from __future__ import annotations

import re

from core.domain.document import ItemDocument
from core.domain.timecode import format_timecode, watch_url

_UNSUPPORTED = "*(not supported by the transcript)*"
# What would turn spoken words into markup. A full stop or dash matters only at the start of a line, where none stands.
_MARKUP = re.compile(r"([\\`*_\[\]<>#|~])")


def line(item: ItemDocument, video_id: str | None) -> str:
    """The item as an entry of a list."""
    return f"- {with_moment(plain(item['text']), item, video_id)}"


def with_moment(words: str, item: ItemDocument, video_id: str | None) -> str:
    """Words that are Markdown already, with what the item's proof says of them."""
    parts = [words, "" if item["supported"] else _UNSUPPORTED, moment(item["start_s"], video_id)]
    return " ".join(part for part in parts if part)


def moment(start_s: float | None, video_id: str | None) -> str:
    """The time as a link to that second; without a video to link to, the time alone; nothing where there is none."""
    shown = clock(start_s)
    if start_s is None or not shown:
        return ""
    return f"[{shown}]({watch_url(video_id, round(start_s * 1000))})" if video_id else f"[{shown}]"


def clock(seconds: float | None) -> str:
    return "" if seconds is None else format_timecode(round(seconds * 1000))


def plain(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text)
