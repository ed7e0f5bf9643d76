"""A summary as Markdown that reads well as plain text, too: every line ends with the moment it rests on."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.domain.document import ChapterDocument, ItemDocument, NoteDocument, SummaryDocument
from core.domain.timecode import format_timecode, watch_url

_UNSUPPORTED = "*(not supported by the transcript)*"
# What would turn spoken words into markup. A full stop or dash matters only at the start of a line, where none stands.
_MARKUP = re.compile(r"([\\`*_\[\]<>#|~])")


def to_markdown(document: SummaryDocument) -> str:
    """The whole summary as one text with a line break at its end."""
    video_id = document["video"]["id"]
    blocks = [_head(document)]
    blocks += _section("Key sentences", [_line(item, video_id) for item in document["tldr"]])
    if document["chapters"]:
        blocks.append("## Chapters")
        blocks += [_chapter(chapter, video_id) for chapter in document["chapters"]]
    blocks += _section("Key moments", [_line(item, video_id) for item in document["key_moments"]])
    blocks += _section(
        "Tags", [" · ".join(_plain(tag["name"]) for tag in document["tags"])] if document["tags"] else []
    )
    blocks += _section("What it rests on", list(_proof(document)))
    return "\n\n".join(blocks) + "\n"


def _head(document: SummaryDocument) -> str:
    video = document["video"]
    length = _clock(video["duration_s"])
    facts = [_plain(video["channel"]) if video["channel"] else None, length, f"engine: {document['engine']}"]
    lines = [f"# {_plain(video['title'] or 'Summary')}", "", " · ".join(fact for fact in facts if fact)]
    return "\n".join([*lines, "", f"<{video['url']}>"] if video["url"] else lines)


def _section(title: str, lines: list[str]) -> list[str]:
    return [f"## {title}", "\n".join(lines)] if lines else []


def _chapter(chapter: ChapterDocument, video_id: str | None) -> str:
    moment = _moment(chapter["start_s"], video_id)
    title = f"### {moment} {_plain(chapter['title'])}" if moment else f"### {_plain(chapter['title'])}"
    return "\n".join([title, "", *(_line(point, video_id) for point in chapter["points"])]).rstrip()


def _line(item: ItemDocument, video_id: str | None) -> str:
    parts = [_plain(item["text"]), "" if item["supported"] else _UNSUPPORTED, _moment(item["start_s"], video_id)]
    return "- " + " ".join(part for part in parts if part)


def _moment(start_s: float | None, video_id: str | None) -> str:
    """The time as a link to that second; without a video to link to, the time alone; nothing where there is none."""
    clock = _clock(start_s)
    if start_s is None or not clock:
        return ""
    return f"[{clock}]({watch_url(video_id, round(start_s * 1000))})" if video_id else f"[{clock}]"


def _clock(seconds: float | None) -> str:
    return "" if seconds is None else format_timecode(round(seconds * 1000))


def _proof(document: SummaryDocument) -> Iterator[str]:
    coverage, transcript = document["coverage"], document["transcript"]
    if coverage["ratio"] is not None:
        yield f"- {coverage['ratio']:.0%} of the speech lies within half a minute of some evidence."
    for start_s, end_s in coverage["gaps"]:
        yield f"- Nothing is taken from {_clock(start_s)} to {_clock(end_s)}."
    if transcript is not None:
        yield f"- Transcript {transcript['sha256'][:12]} ({transcript['source'].replace('_', ' ')})."
        yield from (_note(note) for note in transcript["notes"])


def _note(note: NoteDocument) -> str:
    times = f" ({note['count']} times)" if note["count"] > 1 else ""
    detail = f": {_plain(note['detail'])}" if note["detail"] else ""
    return f"- Transcript note: {note['code'].replace('_', ' ')}{times}{detail}."


def _plain(text: str) -> str:
    return _MARKUP.sub(r"\\\1", text)
