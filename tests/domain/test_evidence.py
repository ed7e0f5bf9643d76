from __future__ import annotations

import pytest

from core.domain.evidence import TranscriptIndex, ground, resolve
from core.domain.summary import EvidenceRef
from core.domain.transcript import Transcript
from tests.transcripts import timed, untimed


def ref(first: int, start: int, last: int, end: int) -> EvidenceRef:
    return EvidenceRef(first_segment=first, start_char=start, last_segment=last, end_char=end)


def whole(transcript: Transcript, number: int) -> EvidenceRef:
    return ref(number, 0, number, len(transcript.segments[number].text))


LECTURE = timed(
    *["We talk about apples and pears in the garden."] * 20,
    "The transformer reads 512 tokens at once with attention.",
    *["Now the weather in Lisbon is warm and windy."] * 20,
    seconds=5,
)


def test_a_quote_over_several_segments_is_joined_with_single_spaces() -> None:
    transcript = timed("The first part", "goes on and", "ends here. Next", seconds=3)
    found = resolve(ref(0, 4, 2, 10), transcript)
    assert found.quote == "first part goes on and ends here."
    assert found.segment_ids == (0, 1, 2)
    assert (found.start_ms, found.end_ms) == (0, 9000)


def test_a_quote_in_a_script_without_spaces_is_joined_without() -> None:
    assert resolve(ref(0, 0, 1, 3), timed("我们学习", "机器。")).quote == "我们学习机器。"


def test_times_are_those_of_the_cues_unless_a_cue_is_long() -> None:
    short, long = timed("one two three four", seconds=12), timed("one two three four", seconds=36)
    inside = ref(0, 9, 0, 18)
    assert resolve(inside, short).start_ms == 0
    assert resolve(inside, long).start_ms == 18_000
    assert resolve(ref(0, 0, 0, 9), long).end_ms == 18_000


def test_untimed_text_gets_no_times() -> None:
    found = resolve(ref(0, 0, 0, 3), untimed("one two"))
    assert (found.start_ms, found.end_ms, found.quote) == (None, None, "one")


@pytest.mark.parametrize(
    "bad", [ref(0, 0, 9, 1), ref(1, 0, 0, 1), ref(0, 5, 0, 5), ref(0, 0, 0, 99), ref(-1, 0, 0, 1), ref(0, 7, 1, 1)]
)
def test_a_reference_outside_the_transcript_is_refused(bad: EvidenceRef) -> None:
    with pytest.raises(ValueError, match=r"evidence|segments"):
        resolve(bad, timed("one two", "three"))


def test_words_of_the_place_itself_are_fully_grounded() -> None:
    found = ground("The transformer reads 512 tokens", (whole(LECTURE, 20),), LECTURE, TranscriptIndex(LECTURE))
    assert found.score == 1.0
    assert found.is_supported
    assert found.reasons.is_word_for_word
    assert found.reasons.found_words == found.reasons.total_words == 4


def test_the_same_words_claimed_elsewhere_are_not() -> None:
    found = ground("The transformer reads 512 tokens", (whole(LECTURE, 0),), LECTURE, TranscriptIndex(LECTURE))
    assert found.score == 0.0
    assert not found.is_supported
    assert found.reasons.missing_numbers == ("512",)


def test_evidence_reaches_thirty_seconds_and_no_further() -> None:
    index = TranscriptIndex(LECTURE)
    assert ground("attention", (whole(LECTURE, 14),), LECTURE, index).is_supported
    assert not ground("attention", (whole(LECTURE, 12),), LECTURE, index).is_supported


def test_a_wrong_number_is_enough_to_lose_support() -> None:
    found = ground("The transformer reads 1024 tokens", (whole(LECTURE, 20),), LECTURE, TranscriptIndex(LECTURE))
    assert found.score > 0.4
    assert not found.is_supported
    assert found.reasons.missing_numbers == ("1024",)


def test_an_invented_word_costs_more_than_a_common_one() -> None:
    index = TranscriptIndex(LECTURE)
    place = (whole(LECTURE, 0),)
    invented = ground("apples and zeppelins", place, LECTURE, index).score
    common = ground("apples and weather", place, LECTURE, index).score
    assert 0 < invented < common < 1


def test_text_in_quotation_marks_must_stand_in_the_quote() -> None:
    index = TranscriptIndex(LECTURE)
    said = "“The transformer reads 512 tokens at once with attention.”"
    twisted = "“Attention at once tokens 512 with transformer reads the.”"
    assert ground(said, (whole(LECTURE, 20),), LECTURE, index).is_supported
    assert not ground(twisted, (whole(LECTURE, 20),), LECTURE, index).is_supported
    assert ground(twisted.strip("“”"), (whole(LECTURE, 20),), LECTURE, index).is_supported


def test_untimed_text_is_searched_within_seventy_five_words() -> None:
    filler = " ".join(["apple"] * 60)
    transcript = untimed("attention " + filler, filler, "zebra")
    index = TranscriptIndex(transcript)
    assert ground("attention", (ref(0, 10, 0, 15),), transcript, index).is_supported
    assert not ground("attention", (ref(1, 100, 1, 105),), transcript, index).is_supported


def test_a_line_of_stop_words_alone_scores_by_its_quote() -> None:
    transcript = timed("Yes, it is.", "And so on.")
    index = TranscriptIndex(transcript)
    assert ground("It is.", (whole(transcript, 0),), transcript, index).score == 1.0
    assert ground("What was there", (whole(transcript, 0),), transcript, index).score < 0.4
