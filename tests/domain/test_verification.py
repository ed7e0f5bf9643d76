"""What a model wrote: shown only where its quotations stand and its words rest on them."""

from __future__ import annotations

import pytest

from core.domain.evidence import TranscriptIndex, resolve
from core.domain.summary import WithheldReason
from core.domain.verification import Quoted, Verifier
from tests.transcripts import timed

TALK = timed(
    *["We talk about apples and pears in the garden."] * 20,
    "You don't need a graphics card for that, says Daniel,",
    "it runs on eight gigabytes, go to example dot com.",
    *["Now the weather in Lisbon is warm and windy."] * 20,
    "Yes.",
    seconds=5,
)
INDEX = TranscriptIndex(TALK)
CARD = Quoted(segments=(20,), quote="You don't need a graphics card for that")


def verifier(first: int = 10, last: int = 42, written_in: str | None = "en") -> Verifier:
    return Verifier(TALK, INDEX, first, last, written_in)


@pytest.mark.parametrize(
    "text",
    [
        "According to Daniel, no graphics card is needed.",
        "A graphics card is not needed, 8 gigabytes are enough.",
        "It runs on 8 gigabytes without a graphics card.",
    ],
)
def test_a_line_that_rests_on_its_quotation_is_shown(text: str) -> None:
    verdict = verifier().check(text, [CARD])
    assert (verdict.reason, verdict.explanation) == (None, "")
    assert resolve(verdict.refs[0], TALK).quote == CARD.quote


def test_a_quotation_under_the_wrong_segment_is_put_where_it_stands() -> None:
    (ref,) = verifier().check("No graphics card is needed.", [Quoted(segments=(25,), quote=CARD.quote.lower())]).refs
    assert (ref.first_segment, ref.last_segment) == (20, 20)


def test_several_quotations_are_in_order_of_speech_and_once() -> None:
    later = Quoted(segments=(21,), quote="it runs on eight gigabytes")
    refs = verifier().check("No graphics card is needed, it runs on 8 gigabytes.", [later, CARD, later]).refs
    assert [ref.first_segment for ref in refs] == [20, 21]


@pytest.mark.parametrize(
    ("text", "quoted", "reason", "told"),
    [
        ("", CARD, WithheldReason.NO_TEXT, "empty"),
        ("No card is needed.", Quoted(segments=(9,), quote=CARD.quote), WithheldReason.OUTSIDE_WHAT_WAS_OFFERED, "9"),
        ("No card is needed.", Quoted(segments=(99,), quote="x"), WithheldReason.OUTSIDE_WHAT_WAS_OFFERED, "10 to 42"),
        ("No card.", Quoted(segments=(20,), quote="a big card is a must"), WithheldReason.QUOTE_NOT_FOUND, "a must"),
        ("No card is needed.", Quoted(segments=(20,), quote="a card"), WithheldReason.QUOTE_NOT_FOUND, "too short"),
        ("It runs on 16 gigabytes, no card.", CARD, WithheldReason.NUMBER_NOT_SAID, "16"),
        ("Today Maria says no card is needed.", CARD, WithheldReason.NAME_NOT_SAID, "Maria"),
        ("You need a graphics card for that.", CARD, WithheldReason.OPPOSITE_SAID, "opposite"),
        ("Bananas ripen in the cellar, no card.", CARD, WithheldReason.WORDS_NOT_SAID, "1 of the text's 4"),
        ("“No graphics card is needed here.”", CARD, WithheldReason.WORDS_NOT_SAID, "quotation marks"),
    ],
)
def test_each_falsehood_has_its_reason_and_one_sentence(
    text: str, quoted: Quoted, reason: WithheldReason, told: str
) -> None:
    verdict = verifier().check(text, [quoted])
    assert verdict.reason == reason
    assert told in verdict.explanation
    assert "\n" not in verdict.explanation


def test_a_line_without_quotations_is_not_shown() -> None:
    assert verifier().check("No graphics card is needed.", []).reason == WithheldReason.QUOTE_NOT_FOUND


def test_a_segment_of_one_word_can_be_quoted() -> None:
    assert verifier().check("Yes.", [Quoted(segments=(42,), quote="Yes.")]).reason is None


def test_in_another_language_numbers_and_names_still_count() -> None:
    german = verifier(written_in="de")
    assert german.check("Man braucht keine Grafikkarte, 8 Gigabyte genügen.", [CARD]).reason is None
    assert german.check("Es läuft mit sechzehn Gigabyte.", [CARD]).reason == WithheldReason.NUMBER_NOT_SAID
    assert german.check("OpenAI sagt das auch.", [CARD]).reason == WithheldReason.NAME_NOT_SAID


def test_what_is_said_anywhere_is_said() -> None:
    here = verifier(10, 12)
    assert here.is_said("eight gigabytes of apples")
    assert here.is_said("8 gigabytes")
    assert not here.is_said("16 gigabytes")
    assert not here.is_said("bananas in the cellar")
    assert not here.is_said("the garden of Maria")


def test_only_sites_that_are_spoken_stay() -> None:
    assert verifier().clean("Go to example.com, not evil.com.") == "Go to example.com, not."


def test_segments_that_do_not_exist_cannot_be_offered() -> None:
    with pytest.raises(ValueError, match="No segments"):
        Verifier(TALK, INDEX, 0, 99, None)
