"""The parts of a summary as Markdown, by the kinds of their fields: a new part needs nothing here."""

from __future__ import annotations

from collections.abc import Iterator

from core.cli.markdown_lines import plain, with_moment
from core.domain.document import EntryDocument, SummaryDocument
from core.domain.parts import PARTS, Field, FieldKind, Part, Support, Tab

_HIGHEST_LEVEL = 5


def parts_as_markdown(document: SummaryDocument, *, tab: Tab, about_whole: bool | None = None) -> list[str]:
    """Heading and body of each part of this tab that has entries; `about_whole` None gives both kinds."""
    blocks: list[str] = []
    for part in PARTS:
        entries = document["parts"].get(part.slug)
        if not entries or part.tab is not tab or about_whole not in {None, part.about_whole}:
            continue
        body = [row for entry in entries for row in _entry(part, entry, document["video"]["id"])]
        blocks += [f"## {part.title}", "\n".join(body)]
    return blocks


def title_of_part(slug: str) -> str:
    """The part's title as it stands in a sentence; chapters' points and the like are no parts and have their own."""
    return next((part.title.lower() for part in PARTS if part.slug == slug), slug.replace("_", " "))


def _entry(part: Part, entry: EntryDocument, video_id: str | None) -> Iterator[str]:
    first, *rest = part.fields
    beside = "".join(_beside(field, entry) for field in rest)
    head = plain(str(entry["fields"].get(first.name, "")))
    if any(field.kind is FieldKind.TEXT for field in rest):
        head = f"**{head}**"
    yield f"- {with_moment(head + beside, entry, video_id)}"
    is_titled = sum(field.kind is FieldKind.TEXT for field in rest) > 1
    for field in rest:
        yield from _beneath(field, entry, is_titled=is_titled)


def _beside(field: Field, entry: EntryDocument) -> str:
    value = entry["fields"].get(field.name)
    if field.kind is FieldKind.CHOICE and value:
        return f" ({plain(str(value))})"
    if field.kind is FieldKind.LEVEL and value:
        return f" ({field.title.lower()} {value} of {_HIGHEST_LEVEL})"
    return ""


def _beneath(field: Field, entry: EntryDocument, *, is_titled: bool) -> Iterator[str]:
    value = entry["fields"].get(field.name)
    if isinstance(value, list):
        if field.support is Support.SAID:
            yield f"  {field.title}: {' · '.join(map(plain, value))}"
            return
        yield from (f"  {number}. {plain(step)}" for number, step in enumerate(value, 1))
    elif field.kind is FieldKind.TEXT and value:
        title = f"{field.title}: " if is_titled else ""
        yield f"  {title}{plain(str(value))}"
