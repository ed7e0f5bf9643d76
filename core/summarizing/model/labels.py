"""Tags and categories: tags only of what is said, categories only of our list."""

from __future__ import annotations

from core.domain.evidence import TranscriptIndex
from core.domain.parts import CATEGORIES, MOST_CATEGORIES, MOST_TAGS
from core.domain.quotes import QuoteFinder
from core.domain.summary import Tag, TagKind
from core.domain.transcript import Transcript, is_cjk
from core.domain.verification import Verifier, clean_text
from core.domain.words import tokens
from core.summarizing.model.answers import Answer, read_categories, read_tags

_LONGEST_TAG_CHARS, _MOST_TAG_WORDS = 60, 6
# Their names must be said as they stand; of an idea it is enough that its words are said.
_NAMED = {TagKind.PERSON, TagKind.COMPANY, TagKind.PRODUCT}
_FULL_NAME_WORDS, _PARTICLE_CHARS = 2, 3


def choose_tags(
    answer: Answer, transcript: Transcript, index: TranscriptIndex, written_in: str | None
) -> tuple[Tag, ...]:
    """At most eight, each said in the video, people by their full names, unique by name and kind."""
    last = len(transcript.segments) - 1
    finder = QuoteFinder(transcript, 0, last)
    verifier = Verifier(transcript, index, 0, last, written_in)
    speakers = {segment.speaker for segment in transcript.segments if segment.speaker}
    tags: dict[tuple[str, TagKind], Tag] = {}
    for written, kind_name in read_tags(answer):
        name, kind = clean_text(written), _kind(kind_name)
        if kind is None or not _is_short(name):
            continue
        if kind is TagKind.PERSON:
            name = _full_name(name, speakers)
        is_as_said = bool(name) and (finder.find(name, ()) is not None or name in speakers)
        is_idea = kind not in _NAMED and bool(index.key_words(name)) and verifier.is_said(name)
        if is_as_said or is_idea:
            tags.setdefault((name.casefold(), kind), Tag(name=name, kind=kind))
    return tuple(tags.values())[:MOST_TAGS]


def choose_categories(answer: Answer) -> tuple[str, ...]:
    """At most four of the fourteen, in the order of the answer."""
    known = [name for name in dict.fromkeys(read_categories(answer)) if name in CATEGORIES]
    return tuple(known[:MOST_CATEGORIES])


def _kind(name: str) -> TagKind | None:
    return TagKind(name) if name in set(TagKind) else None


def _is_short(name: str) -> bool:
    return 0 < len(name) <= _LONGEST_TAG_CHARS and 0 < len(name.split()) <= _MOST_TAG_WORDS and bool(tokens(name))


def _full_name(name: str, speakers: set[str]) -> str:
    """The name where it is a full one, else that of the one speaker it is a part of; "" where there is none."""
    words = name.split()
    # "van" and "de" aside, a name is written with capitals wherever there are any.
    is_name = all(not word[:1].islower() or len(word) <= _PARTICLE_CHARS for word in words)
    if is_name and (len(words) >= _FULL_NAME_WORDS or any(map(is_cjk, name))):
        return name
    whole = [each for each in speakers if name.casefold() in each.casefold().split() and len(each.split()) > 1]
    return whole[0] if len(whole) == 1 else ""
