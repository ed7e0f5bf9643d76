"""What an engine returns and a version stores: texts and references into the transcript, never a time.

Quotes, times, grounding and support are computed from these references by `core.domain.evidence` for every reader.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from enum import StrEnum


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceRef:
    """A span of the cleaned transcript.

    From character `start_char` of segment `first_segment` up to (not including) character `end_char` of segment
    `last_segment`. first_segment <= last_segment; offsets count code points of the segment's own text.
    """

    first_segment: int
    start_char: int
    last_segment: int
    end_char: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of a summary. `id` is stable: it hashes the kind, the text and the evidence."""

    id: str
    text: str
    evidence: tuple[EvidenceRef, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Chapter:
    """A stretch of the transcript from `first_segment` to the next chapter's first; the first chapter starts at 0."""

    title: str
    first_segment: int
    points: tuple[Item, ...]


class TagKind(StrEnum):
    PERSON = "Person"
    COMPANY = "Company"
    TECHNOLOGY = "Technology"
    PRODUCT = "Product"
    CONCEPT = "Concept"
    FRAMEWORK = "Framework"
    TOOL = "Tool"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tag:
    """`kind` is None where the engine cannot tell it honestly (the offline one often cannot)."""

    name: str
    kind: TagKind | None = None


FieldValue = str | int | tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry of a part (`core.domain.parts`): `fields` by name, and `item` with what of them is held against the
    speech, as one text."""

    part: str
    fields: tuple[tuple[str, FieldValue], ...]
    item: Item


class WithheldReason(StrEnum):
    """Why something an engine wrote is not shown."""

    QUOTE_NOT_FOUND = "quote_not_found"
    OUTSIDE_WHAT_WAS_OFFERED = "outside_what_was_offered"
    WORDS_NOT_SAID = "words_not_said"
    NUMBER_NOT_SAID = "number_not_said"
    NAME_NOT_SAID = "name_not_said"
    OPPOSITE_SAID = "opposite_said"
    NO_TEXT = "no_text"


@dataclass(frozen=True, slots=True, kw_only=True)
class Withheld:
    """So many entries of this part were left out for this reason, after a second try. `part` may be "points" too."""

    part: str
    reason: WithheldReason
    count: int


class EngineName(StrEnum):
    OFFLINE = "offline"
    OPENAI = "openai"


class Length(StrEnum):
    """How much a model is asked to write; the offline engine has one length."""

    BRIEF = "brief"
    STANDARD = "standard"
    DEEP = "deep"


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryDraft:
    """The immutable output of one engine run. `engine_version` and `prompt_version` tell which rules wrote it.

    `language` is the one it is written in. `parts` are in the order of their registry, entries in order of speech.
    """

    engine: EngineName
    engine_version: str
    language: str | None
    tldr: tuple[Item, ...]
    chapters: tuple[Chapter, ...]
    key_moments: tuple[Item, ...]
    tags: tuple[Tag, ...]
    is_unsure: bool = False
    parts: tuple[Entry, ...] = ()
    categories: tuple[str, ...] = ()
    withheld: tuple[Withheld, ...] = ()
    model: str | None = None
    prompt_version: str | None = None

    def to_json(self) -> dict[str, object]:
        """A JSON-ready dictionary; `draft_from_json` reads it back."""
        return asdict(self)


def draft_from_json(data: dict[str, object]) -> SummaryDraft:
    """The draft that `SummaryDraft.to_json` wrote (also after a round trip through jsonb)."""
    raw: dict[str, list[dict[str, object]]] = data  # type: ignore[assignment]  # written by to_json only
    return SummaryDraft(
        engine=EngineName(str(data["engine"])),
        engine_version=str(data["engine_version"]),
        language=None if data["language"] is None else str(data["language"]),
        tldr=tuple(_item(row) for row in raw["tldr"]),
        chapters=tuple(_chapter(row) for row in raw["chapters"]),
        key_moments=tuple(_item(row) for row in raw["key_moments"]),
        tags=tuple(_tag(row) for row in raw["tags"]),
        is_unsure=bool(data["is_unsure"]),
        parts=tuple(_entry(row) for row in raw.get("parts", ())),
        categories=tuple(map(str, raw.get("categories", ()))),
        withheld=tuple(_withheld(row) for row in raw.get("withheld", ())),
        model=_text_or_none(data.get("model")),
        prompt_version=_text_or_none(data.get("prompt_version")),
    )


def _text_or_none(value: object) -> str | None:
    return None if value is None else str(value)


def _entry(row: dict[str, object]) -> Entry:
    fields: list[tuple[str, object]] = row["fields"]  # type: ignore[assignment]
    item: dict[str, object] = row["item"]  # type: ignore[assignment]
    return Entry(part=str(row["part"]), fields=tuple((name, _value(value)) for name, value in fields), item=_item(item))


def _value(value: object) -> FieldValue:
    if isinstance(value, list | tuple):
        return tuple(map(str, value))
    return value if isinstance(value, int) else str(value)


def _withheld(row: dict[str, object]) -> Withheld:
    count: int = row["count"]  # type: ignore[assignment]
    return Withheld(part=str(row["part"]), reason=WithheldReason(str(row["reason"])), count=count)


def _item(row: dict[str, object]) -> Item:
    refs: list[dict[str, int]] = row["evidence"]  # type: ignore[assignment]
    return Item(id=str(row["id"]), text=str(row["text"]), evidence=tuple(EvidenceRef(**ref) for ref in refs))


def _chapter(row: dict[str, object]) -> Chapter:
    points: list[dict[str, object]] = row["points"]  # type: ignore[assignment]
    first_segment: int = row["first_segment"]  # type: ignore[assignment]
    return Chapter(title=str(row["title"]), first_segment=first_segment, points=tuple(_item(p) for p in points))


def _tag(row: dict[str, object]) -> Tag:
    return Tag(name=str(row["name"]), kind=None if row["kind"] is None else TagKind(str(row["kind"])))
