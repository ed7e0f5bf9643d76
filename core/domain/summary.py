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


class EngineName(StrEnum):
    OFFLINE = "offline"


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryDraft:
    """The immutable output of one engine run. `engine_version` and `prompt_version` tell which rules wrote it."""

    engine: EngineName
    engine_version: str
    language: str | None
    tldr: tuple[Item, ...]
    chapters: tuple[Chapter, ...]
    key_moments: tuple[Item, ...]
    tags: tuple[Tag, ...]
    is_unsure: bool = False

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
    )


def _item(row: dict[str, object]) -> Item:
    refs: list[dict[str, int]] = row["evidence"]  # type: ignore[assignment]
    return Item(id=str(row["id"]), text=str(row["text"]), evidence=tuple(EvidenceRef(**ref) for ref in refs))


def _chapter(row: dict[str, object]) -> Chapter:
    points: list[dict[str, object]] = row["points"]  # type: ignore[assignment]
    first_segment: int = row["first_segment"]  # type: ignore[assignment]
    return Chapter(title=str(row["title"]), first_segment=first_segment, points=tuple(_item(p) for p in points))


def _tag(row: dict[str, object]) -> Tag:
    return Tag(name=str(row["name"]), kind=None if row["kind"] is None else TagKind(str(row["kind"])))
