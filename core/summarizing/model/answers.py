"""What a model answered, read into our own shapes. Nothing in it is trusted: what does not fit is left out."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from core.domain.parts import PARTS, Field, FieldKind, Part, Tab
from core.domain.summary import FieldValue

Answer = Mapping[str, object]

# Points and moments are checked as entries of a part with one text are.
POINTS = Part(
    slug="points", title="Points", tab=Tab.SUMMARY, most=1000, fields=(Field(name="text", title="", about=""),)
)
MOMENTS = Part(
    slug="key_moments", title="Moments", tab=Tab.SUMMARY, most=1000, fields=(Field(name="text", title="", about=""),)
)
TLDR = Part(slug="tldr", title="TL;DR", tab=Tab.SUMMARY, most=4, fields=(Field(name="text", title="", about=""),))

# The lists of a map answer that hold notes themselves, by name.
_NOTE_LISTS = {"moments": MOMENTS, **{part.slug: part for part in PARTS if not part.about_whole}}


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """One thing a model wrote about a chunk, with the segments and the quotation it named; unchecked."""

    part: Part
    fields: dict[str, FieldValue]
    segments: tuple[int, ...]
    quote: str

    def as_written(self) -> dict[str, object]:
        return {**self.fields, "segments": list(self.segments), "quote": self.quote}


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """One thing a model wrote about the whole, with the numbers of the notes it named; unchecked."""

    part: Part
    fields: dict[str, FieldValue]
    notes: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MapAnswer:
    """`titles` by the number of their chapter; `notes` in the order they were written, points first."""

    titles: dict[int, str]
    notes: tuple[Note, ...]


def read_map(answer: Answer) -> MapAnswer:
    titles: dict[int, str] = {}
    notes: list[Note] = []
    for chapter in _rows(answer, "chapters"):
        number, title = chapter.get("chapter"), chapter.get("title")
        if isinstance(number, int) and isinstance(title, str):
            titles.setdefault(number, title)
        notes.extend(_notes(POINTS, _rows(chapter, "points")))
    for name, part in _NOTE_LISTS.items():
        notes.extend(_notes(part, _rows(answer, name)))
    return MapAnswer(titles=titles, notes=tuple(notes))


def read_texts(answer: Answer, part: Part) -> list[Text]:
    """What a reduce answer wrote for one part."""
    rows = _rows(answer, part.slug)
    return [Text(part=part, fields=_fields(part, row), notes=numbers(row, "notes")) for row in rows]


def read_tags(answer: Answer) -> list[tuple[str, str]]:
    """(name, kind) as written."""
    return [(str(row.get("name", "")), str(row.get("kind", ""))) for row in _rows(answer, "tags")]


def read_categories(answer: Answer) -> list[str]:
    found = answer.get("categories")
    return [each for each in found if isinstance(each, str)] if isinstance(found, list) else []


def numbers(row: Answer, name: str) -> tuple[int, ...]:
    """The whole numbers of a list, without repeats."""
    found = row.get(name)
    wanted = [each for each in found if isinstance(each, int)] if isinstance(found, list) else []
    return tuple(dict.fromkeys(each for each in wanted if not isinstance(each, bool)))


def _notes(part: Part, rows: Iterator[Answer]) -> Iterator[Note]:
    for row in rows:
        quote = row.get("quote")
        yield Note(
            part=part,
            fields=_fields(part, row),
            segments=numbers(row, "segments"),
            quote=quote if isinstance(quote, str) else "",
        )


def _rows(answer: Answer, name: str) -> Iterator[Answer]:
    found = answer.get(name)
    yield from (row for row in (found if isinstance(found, list) else ()) if isinstance(row, dict))


def _fields(part: Part, row: Answer) -> dict[str, FieldValue]:
    return {field.name: _value(field, row.get(field.name)) for field in part.fields}


def _value(field: Field, value: object) -> FieldValue:
    if field.kind is FieldKind.LINES:
        return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()
    if field.kind is FieldKind.LEVEL:
        return value if isinstance(value, int) and not isinstance(value, bool) else 0
    return value if isinstance(value, str) else ""
