"""A summary as Markdown that reads well as plain text, too: every line ends with the moment it rests on."""

from __future__ import annotations

from collections.abc import Iterator

from core.cli.markdown_lines import clock, line, moment, plain
from core.cli.markdown_parts import parts_as_markdown, title_of_part
from core.domain.document import ChapterDocument, NoteDocument, SummaryDocument
from core.domain.parts import Tab
from core.domain.summary import EngineName

_MICROUSD = 1_000_000


def to_markdown(document: SummaryDocument) -> str:
    """The whole summary as one text with a line break at its end."""
    video_id = document["video"]["id"]
    blocks = [_head(document)]
    is_by_model = document["model"] is not None
    blocks += _section(
        "In short" if is_by_model else "Key sentences", [line(item, video_id) for item in document["tldr"]]
    )
    blocks += parts_as_markdown(document, about_whole=True, tab=Tab.SUMMARY)
    if document["chapters"]:
        blocks.append("## Chapters")
        blocks += [_chapter(chapter, video_id) for chapter in document["chapters"]]
    blocks += _section("Key moments", [line(item, video_id) for item in document["key_moments"]])
    blocks += parts_as_markdown(document, about_whole=False, tab=Tab.SUMMARY)
    for tab in (Tab.INSIGHTS, Tab.LEARNING):
        blocks += parts_as_markdown(document, tab=tab)
    blocks += _section("Categories", [" · ".join(document["categories"])] if document["categories"] else [])
    blocks += _section("Tags", [" · ".join(plain(tag["name"]) for tag in document["tags"])] if document["tags"] else [])
    blocks += _section("What it rests on", list(_proof(document)))
    blocks += _section("Receipt", list(_receipt(document)))
    return "\n\n".join(blocks) + "\n"


def _head(document: SummaryDocument) -> str:
    video = document["video"]
    length = clock(video["duration_s"])
    written_by = f"{document['engine']} ({document['model']})" if document["model"] else document["engine"]
    facts = [plain(video["channel"]) if video["channel"] else None, length, f"engine: {written_by}"]
    lines = [f"# {plain(video['title'] or 'Summary')}", "", " · ".join(fact for fact in facts if fact)]
    return "\n".join([*lines, "", f"<{video['url']}>"] if video["url"] else lines)


def _section(title: str, lines: list[str]) -> list[str]:
    return [f"## {title}", "\n".join(lines)] if lines else []


def _chapter(chapter: ChapterDocument, video_id: str | None) -> str:
    start = moment(chapter["start_s"], video_id)
    title = f"### {start} {plain(chapter['title'])}" if start else f"### {plain(chapter['title'])}"
    return "\n".join([title, "", *(line(point, video_id) for point in chapter["points"])]).rstrip()


def _proof(document: SummaryDocument) -> Iterator[str]:
    coverage, transcript = document["coverage"], document["transcript"]
    if coverage["ratio"] is not None:
        yield f"- {coverage['ratio']:.0%} of the speech lies within half a minute of some evidence."
    for row in document["withheld"]:
        yield f"- Left out of {title_of_part(row['part'])}: {row['count']} ({row['reason'].replace('_', ' ')})."
    for start_s, end_s in coverage["gaps"]:
        yield f"- Nothing is taken from {clock(start_s)} to {clock(end_s)}."
    if transcript is not None:
        yield f"- Transcript {transcript['sha256'][:12]} ({transcript['source'].replace('_', ' ')})."
        yield from (_note(note) for note in transcript["notes"])


def _receipt(document: SummaryDocument) -> Iterator[str]:
    receipt, cost = document.get("receipt"), document["cost_microusd"]
    if document["engine"] == EngineName.OFFLINE:
        return
    estimated = ", estimated" if receipt and receipt["is_estimate"] else ""
    yield f"- ${cost // _MICROUSD}.{cost % _MICROUSD:06}{estimated}, {document['versions']['prompt'] or 'no prompt'}."
    if receipt:
        yield (
            f"- {receipt['prompt_tokens']:,} tokens read ({receipt['cached_tokens']:,} from the cache), "
            f"{receipt['completion_tokens']:,} written, {receipt['calls']:,} calls."
        )


def _note(note: NoteDocument) -> str:
    times = f" ({note['count']} times)" if note["count"] > 1 else ""
    detail = f": {plain(note['detail'])}" if note["detail"] else ""
    return f"- Transcript note: {note['code'].replace('_', ' ')}{times}{detail}."
