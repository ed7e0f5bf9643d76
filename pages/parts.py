"""The parts of a summary beyond chapters, on their tabs. The registry decides what there is, its title and order.

Here stands only how a part is drawn. One that is new is drawn by the kinds of its fields.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from core.domain.document import EntryDocument, SummaryDocument
from core.domain.parts import PARTS, Field, FieldKind, Part, Tab
from pages.lines import LineView, line_of


class Shape(StrEnum):
    """LINES are drawn like a chapter's points, TRAITS as words with a place, FACTS as a name and what is said of it."""

    LINES = "lines"
    TRAITS = "traits"
    FACTS = "facts"
    CORRECTIONS = "corrections"
    CARDS = "cards"
    QUIZ = "quiz"


# Only what the kinds of its fields do not tell.
_SHAPES = {"flashcards": Shape.CARDS, "quiz": Shape.QUIZ, "debunked": Shape.CORRECTIONS}
TAB_TITLES = {Tab.SUMMARY: "Summary", Tab.INSIGHTS: "Insights", Tab.LEARNING: "Learning"}
HIGHEST_LEVEL = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldView:
    """One field of an entry; of `lines` and `level` the one its kind has. `title` is "" where it needs none."""

    title: str
    text: str = ""
    lines: tuple[str, ...] = ()
    level: int | None = None
    is_choice: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AnswerView:
    """One answer that a quiz offers."""

    text: str
    is_right: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """One entry. `head` is its first field; `answers` only of a quiz, in an order that tells nothing."""

    line: LineView
    head: str
    fields: tuple[FieldView, ...]
    answers: tuple[AnswerView, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PartView:
    slug: str
    title: str
    shape: Shape
    is_about_whole: bool
    entries: tuple[EntryView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class TabView:
    """A tab with something on it. `count` of entries is None for the first, which is the summary itself."""

    slug: str
    title: str
    count: int | None
    parts: tuple[PartView, ...]

    @property
    def has_chapters(self) -> bool:
        return self.slug == Tab.SUMMARY

    @property
    def before(self) -> tuple[PartView, ...]:
        """What stands before the chapters: what is said of the whole."""
        return tuple(part for part in self.parts if self.has_chapters and part.is_about_whole)

    @property
    def after(self) -> tuple[PartView, ...]:
        """What follows them, or on a tab without chapters everything."""
        return tuple(part for part in self.parts if part not in self.before)


def tabs_of(document: SummaryDocument) -> tuple[TabView, ...]:
    """The tabs, in order; the first always, the others only where they have entries."""
    found = [_part_view(part, entries) for part in PARTS if (entries := document["parts"].get(part.slug))]
    tabs = [_tab_view(tab, tuple(part for part, where in found if where is tab)) for tab in Tab]
    return tuple(tab for tab in tabs if tab.parts or tab.slug == Tab.SUMMARY)


def _tab_view(tab: Tab, parts: tuple[PartView, ...]) -> TabView:
    count = None if tab is Tab.SUMMARY else sum(len(part.entries) for part in parts)
    return TabView(slug=tab.value, title=TAB_TITLES[tab], count=count, parts=parts)


def _part_view(part: Part, entries: list[EntryDocument]) -> tuple[PartView, Tab]:
    shape = _shape_of(part)
    views = tuple(_entry_view(part, shape, entry) for entry in entries)
    view = PartView(
        slug=part.slug, title=part.title, shape=shape, is_about_whole=part.about_whole, entries=views
    )  # fmt: skip
    return view, part.tab


def _shape_of(part: Part) -> Shape:
    if part.slug in _SHAPES:
        return _SHAPES[part.slug]
    kinds = {field.kind for field in part.fields}
    if kinds == {FieldKind.CHOICE}:
        return Shape.TRAITS
    return Shape.LINES if len(part.fields) == 1 and kinds == {FieldKind.TEXT} else Shape.FACTS


def _entry_view(part: Part, shape: Shape, entry: EntryDocument) -> EntryView:
    first, *rest = part.fields
    # With one text below the head there is nothing to tell apart.
    is_titled = shape is Shape.CORRECTIONS or sum(field.kind is FieldKind.TEXT for field in rest) > 1
    fields = tuple(_field_view(field, entry, is_titled=is_titled) for field in rest if field.name in entry["fields"])
    return EntryView(
        line=line_of(entry),
        head=str(entry["fields"].get(first.name, "")),
        fields=fields,
        answers=_answers(entry, fields) if shape is Shape.QUIZ else (),
    )


def _field_view(field: Field, entry: EntryDocument, *, is_titled: bool) -> FieldView:
    value = entry["fields"][field.name]
    if isinstance(value, list):
        return FieldView(title=field.title, lines=tuple(value))
    if field.kind is FieldKind.LEVEL:
        return FieldView(title=field.title, level=min(max(int(value), 1), HIGHEST_LEVEL))
    is_choice = field.kind is FieldKind.CHOICE
    return FieldView(title=field.title if is_titled else "", text=str(value), is_choice=is_choice)


def _answers(entry: EntryDocument, fields: tuple[FieldView, ...]) -> tuple[AnswerView, ...]:
    """The right answer among the wrong ones, by a hash: the same every time, in no place more often than another."""
    right = next((field.text for field in fields if field.text), "")
    wrong = [text for field in fields for text in field.lines if text != right]
    answers = [AnswerView(text=right, is_right=True), *(AnswerView(text=text, is_right=False) for text in wrong)]
    return tuple(sorted(answers, key=lambda answer: _shuffled(entry["id"], answer.text)))


def _shuffled(entry_id: str, text: str) -> bytes:
    return hashlib.sha256(f"{entry_id}\0{text}".encode()).digest()
