"""A believable summary by a language model, with every part filled, of the talk whose captions ship with the tests."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from functools import cache
from pathlib import Path

from core.domain.captions import parse_captions
from core.domain.cleaning import clean_cues
from core.domain.document import SummaryDocument
from core.domain.parts import PARTS, claim_of, part_of
from core.domain.quotes import QuoteFinder
from core.domain.rendering import render_document
from core.domain.summary import (
    Chapter,
    EngineName,
    Entry,
    EvidenceRef,
    FieldValue,
    Item,
    SummaryDraft,
    Tag,
    TagKind,
    Withheld,
    WithheldReason,
)
from core.domain.transcript import Transcript, TranscriptSource
from core.domain.video import Video
from tests.factories.rich_entries import CHAPTERS, ENTRIES, MOMENTS, TLDR

_CAPTIONS = Path(__file__).parents[1] / "data" / "youtube" / "captions_talk.xml"
TALK = Video(
    id="rich-Talk-0",
    title="The Hugging Face course: transformers from the pipeline to the encoder",
    channel="Hugging Face",
    url="https://www.youtube.com/watch?v=rich-Talk-0",
)
_TAGS = (
    Tag(name="Sylvain", kind=TagKind.PERSON), Tag(name="Hugging Face", kind=TagKind.COMPANY),
    Tag(name="BERT", kind=TagKind.TECHNOLOGY), Tag(name="GPT-2", kind=TagKind.PRODUCT),
    Tag(name="Transfer learning", kind=TagKind.CONCEPT), Tag(name="Encoder-decoder", kind=TagKind.FRAMEWORK),
    Tag(name="Code Carbon", kind=TagKind.TOOL), Tag(name="ImageNet", kind=TagKind.TECHNOLOGY),
)  # fmt: skip
_WITHHELD = (
    Withheld(part="points", reason=WithheldReason.QUOTE_NOT_FOUND, count=2),
    Withheld(part="concepts", reason=WithheldReason.NUMBER_NOT_SAID, count=1),
    Withheld(part="quiz", reason=WithheldReason.WORDS_NOT_SAID, count=1),
)


@cache
def talk() -> Transcript:
    """The talk's words: twenty-five minutes in 560 captions."""
    parsed = parse_captions(_CAPTIONS.read_bytes(), filename=_CAPTIONS.name)
    return clean_cues(parsed.cues, language="en", source=TranscriptSource.YOUTUBE_MANUAL, notes=parsed.notes)


@cache
def rich_draft() -> SummaryDraft:
    """Every part of the registry, each entry on words that are really said."""
    return SummaryDraft(
        engine=EngineName.OPENAI,
        engine_version="model-1",
        model="gpt-4o-mini",
        prompt_version="prompt-3",
        language="en",
        tldr=tuple(_item(text, quote) for text, quote in TLDR),
        chapters=tuple(_chapter(*row) for row in CHAPTERS),
        key_moments=tuple(_item(text, quote) for text, quote in MOMENTS),
        tags=_TAGS,
        parts=_entries(),
        categories=("AI & Machine Learning", "Education", "Programming"),
        withheld=_WITHHELD,
    )


@cache
def rich_document() -> SummaryDocument:
    """The finished document, with its receipt. Shared: a test that changes it takes a copy."""
    document = render_document(
        id="rich", status="done", draft=rich_draft(), transcript=talk(), video=TALK, cost_microusd=12_340
    )
    return {
        **document,
        "estimate_microusd": 12_900,
        "receipt": {
            "calls": 9, "prompt_tokens": 61_204, "cached_tokens": 18_432, "completion_tokens": 7_906,
            "is_estimate": False,
        },
    }  # fmt: skip


@cache
def offline_document() -> SummaryDocument:
    """What the offline engine could give of the same talk: no parts, no tags of a kind, nothing spent."""
    draft = replace(
        rich_draft(), engine=EngineName.OFFLINE, model=None, prompt_version=None, parts=(), categories=(),
        withheld=(), tags=tuple(Tag(name=tag.name) for tag in _TAGS),
    )  # fmt: skip
    return render_document(id="rich", status="done", draft=draft, transcript=talk(), video=TALK)


@cache
def started_document(chapters: int) -> SummaryDocument:
    """So many chapters are finished, the rest is still being written."""
    draft = replace(
        rich_draft(), tldr=(), chapters=rich_draft().chapters[:chapters], key_moments=(), tags=(), parts=(),
        categories=(), withheld=(),
    )  # fmt: skip
    cost_microusd = 5_210 if chapters else 0
    document = render_document(
        id="rich", status="running", draft=draft, transcript=talk(), video=TALK, cost_microusd=cost_microusd,
        is_partial=True,
    )  # fmt: skip
    return {**document, "is_partial": True, "estimate_microusd": 12_900}


def _entries() -> tuple[Entry, ...]:
    order = {part.slug: place for place, part in enumerate(PARTS)}
    entries = [_entry(*row) for row in ENTRIES]
    return tuple(sorted(entries, key=lambda entry: (order[entry.part], entry.item.evidence[0].first_segment)))


def _entry(slug: str, quote: str, fields: dict[str, FieldValue]) -> Entry:
    return Entry(part=slug, fields=tuple(fields.items()), item=_item(claim_of(part_of(slug), fields), quote))


def _chapter(title: str, first_segment: int, points: tuple[tuple[str, str], ...]) -> Chapter:
    return Chapter(title=title, first_segment=first_segment, points=tuple(_item(*point) for point in points))


def _item(text: str, quote: str) -> Item:
    name = hashlib.sha256(f"{text}|{quote}".encode()).hexdigest()[:16]
    return Item(id=name, text=text, evidence=(_place_of(quote),))


def _place_of(quote: str) -> EvidenceRef:
    found = _finder().find(quote, ())
    if found is None:
        raise AssertionError(f"Nobody says “{quote}” in the talk.")
    return found.ref


@cache
def _finder() -> QuoteFinder:
    return QuoteFinder(talk(), 0, len(talk().segments) - 1)
