"""Quotations as engines return them: to the letter, tidied up, with a word changed, at the wrong place, and made up."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.evidence import resolve
from core.domain.quotes import Match, QuoteFinder
from core.domain.transcript import Segment, Transcript, TranscriptSource
from core.domain.words import tokens

LINES = (
    "So the first thing we do is install the library,",
    "and then we load a model that somebody trained before us.",
    "You don't need a graphics card for that, it runs on 4 gigabytes.",
    "The tokenizer cuts each sentence into pieces.",
    "Each piece gets a number, and that is all the model sees.",
    "Now let's look at what comes out of it.",
    "You don't need a graphics card for that, it runs on 4 gigabytes.",
)


def talk(*lines: str) -> Transcript:
    segments = tuple(Segment(start_ms=5_000 * at, end_ms=5_000 * (at + 1), text=line) for at, line in enumerate(lines))
    return Transcript(segments=segments, timed=True, language="en", source=TranscriptSource.UPLOAD)


TALK = talk(*LINES)
FINDER = QuoteFinder(TALK, 0, len(LINES) - 1)


@pytest.mark.parametrize(
    ("quote", "match", "said"),
    [
        ("cuts each sentence into pieces", Match.EXACT, "cuts each sentence into pieces"),
        ("“cuts each sentence into pieces.”", Match.EXACT, "cuts each sentence into pieces"),
        ("into pieces. Each piece gets a number", Match.EXACT, "into pieces. Each piece gets a number"),
        ("Cuts each sentence, into pieces!", Match.NORMALISED, "cuts each sentence into pieces"),
        ("into pieces each piece gets a number", Match.NORMALISED, "into pieces. Each piece gets a number"),
        (
            "So the first thing that we do is install the library",
            Match.FUZZY,
            "So the first thing we do is install the library",
        ),
        (
            "and then we load the model that somebody trained before us",
            Match.FUZZY,
            "and then we load a model that somebody trained before us",
        ),
    ],
)
def test_it_is_found_where_it_was_said(quote: str, match: Match, said: str) -> None:
    found = FINDER.find(quote, named=())
    assert found is not None
    assert (found.match, resolve(found.ref, TALK).quote) == (match, said)
    assert (found.similarity == 1) == (match is not Match.FUZZY)


@pytest.mark.parametrize(
    "quote",
    [
        "",
        "…",
        "the model was trained on a hundred graphics cards",
        "cuts no sentence into pieces",  # too short for a word that differs
        "You do need a big graphics card for this, it runs on 8 gigabytes",
        "pieces into sentence each cuts tokenizer the",
    ],
)
def test_what_nobody_said_is_found_nowhere(quote: str) -> None:
    assert FINDER.find(quote, named=()) is None


@pytest.mark.parametrize(
    ("named", "segment", "off"), [((2,), 2, 0), ((6,), 6, 0), ((5,), 6, 1), ((0, 1), 2, 1), ((3, 4), 2, 1)]
)
def test_of_two_places_the_one_near_what_was_named(named: tuple[int, ...], segment: int, off: int) -> None:
    found = FINDER.find("You don't need a graphics card for that", named)
    assert found is not None
    assert (found.ref.first_segment, found.segments_off) == (segment, off)


def test_only_what_was_offered_is_looked_through() -> None:
    assert QuoteFinder(TALK, 4, 6).find("cuts each sentence into pieces", (3,)) is None
    with pytest.raises(ValueError, match="No segments 4-7"):
        QuoteFinder(TALK, 4, 7)


@given(data=st.data())
def test_whatever_was_said_is_found_whole(data: st.DataObject) -> None:
    words = [word for line in LINES for word in line.split()]
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, len(words) - 1))
    quote = " ".join(words[first : last + 1])
    for asked, least in ((quote, Match.EXACT), (quote.upper(), Match.NORMALISED)):
        found = FINDER.find(asked, ())
        assert found is not None
        assert found.match in {least, Match.EXACT}
        assert tokens(resolve(found.ref, TALK).quote) == tokens(quote)


@given(data=st.data())
def test_one_word_of_ten_may_be_misheard_and_two_may_not(data: st.DataObject) -> None:
    spoken = [f"word{number}" for number in range(60)]
    transcript = talk(*(" ".join(spoken[at : at + 6]) for at in range(0, 60, 6)))
    finder = QuoteFinder(transcript, 0, 9)
    start = data.draw(st.integers(0, 50))
    quote = spoken[start : start + 10]
    changed = data.draw(st.lists(st.integers(1, 8), min_size=2, max_size=2, unique=True))
    quote[changed[0]] = "other"
    found = finder.find(" ".join(quote), ())
    assert found is not None
    assert resolve(found.ref, transcript).quote.split()[0] == quote[0]
    quote[changed[1]] = "else"
    assert finder.find(" ".join(quote), ()) is None
