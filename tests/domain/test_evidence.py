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


def test_numbers_are_compared_by_value_across_segments() -> None:
    transcript = timed("it costs one and a half", "million dollars and took twenty", "five years of work")
    index = TranscriptIndex(transcript)
    for text in ("It costs 1.5 million dollars.", "It cost $1,500,000 in dollars.", "The work took 25 years."):
        assert ground(text, (whole(transcript, 1),), transcript, index).reasons.missing_numbers == ()
    wrong = ground("It costs 2.5 million dollars, work of 30 years.", (whole(transcript, 1),), transcript, index)
    assert wrong.reasons.missing_numbers == ("2.5 million", "30")


def test_a_number_of_something_else_nearby_does_not_help() -> None:
    transcript = timed("The encoder has twelve layers.", "The decoder has eight layers and 12 heads.")
    index = TranscriptIndex(transcript)
    place = (ref(1, 0, 1, 30),)
    assert ground("The decoder has eight layers.", place, transcript, index).is_supported
    assert ground("The decoder has 12 layers.", place, transcript, index).reasons.missing_numbers == ("12",)


def test_the_writers_own_counting_is_no_number_that_must_be_said() -> None:
    index = TranscriptIndex(LECTURE)
    assert ground("Two fruits in the garden: apples and pears.", (whole(LECTURE, 0),), LECTURE, index).is_supported


def test_a_name_that_is_not_said_is_enough_to_lose_support() -> None:
    found = ground("The weather in Madrid is warm", (whole(LECTURE, 30),), LECTURE, TranscriptIndex(LECTURE))
    assert found.score > 0.4
    assert not found.is_supported
    assert found.reasons.missing_names == ("Madrid",)


def test_the_opposite_of_what_is_said_is_enough_to_lose_support() -> None:
    index = TranscriptIndex(LECTURE)
    found = ground("The weather in Lisbon is not warm and windy.", (whole(LECTURE, 30),), LECTURE, index)
    assert found.score == 1.0
    assert found.reasons.is_opposite
    assert not found.is_supported


def test_a_line_in_another_language_scores_its_evidence_and_keeps_numbers_and_names() -> None:
    index = TranscriptIndex(LECTURE)
    place = (whole(LECTURE, 20),)
    good = ground("Der Transformer liest 512 Tokens.", place, LECTURE, index, written_in="de")
    assert (good.score, good.is_supported, good.reasons.is_translated) == (1.0, True, True)
    wrong = ground("Der Transformer liest 513 Tokens.", place, LECTURE, index, written_in="de-AT")
    assert (wrong.is_supported, wrong.reasons.missing_numbers) == (False, ("513",))
    assert not ground("Der Transformer liest 512 Tokens.", (), LECTURE, index, written_in="de").is_supported
    assert not ground("The transformer reads 512 tokens", place, LECTURE, index, written_in="en").reasons.is_translated
