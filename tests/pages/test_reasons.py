"""Why a line is believed or not, in plain words, and what was left out."""

from __future__ import annotations

import pytest

from core.domain.document import ItemDocument, ReasonsDocument, WithheldDocument
from core.domain.summary import WithheldReason
from pages.reasons import JUDGED, left_out, reasons_of, why_unsupported

_ALL_FOUND: ReasonsDocument = {
    "found_words": 13, "total_words": 13, "missing_numbers": [], "missing_names": [], "says_the_opposite": False,
    "is_word_for_word": False, "is_translated": False,
}  # fmt: skip


def _item(
    reasons: dict[str, object], *, text: str = "A line.", is_supported: bool = True, grounding: float = 1.0
) -> ItemDocument:
    return {
        "id": "a", "text": text, "start_s": 5.0, "end_s": 9.0, "grounding": grounding, "supported": is_supported,
        "reasons": {**_ALL_FOUND, **reasons},  # type: ignore[typeddict-item]
        "evidence": [{"segment_ids": [1], "start_s": 5.0, "end_s": 9.0, "quote": "So."}],
    }  # fmt: skip


@pytest.mark.parametrize(
    ("reasons", "said"),
    [
        ({}, "All of its 13 key words are said within half a minute of this place"),
        ({"found_words": 11}, "11 of its 13 key words are said within half a minute of this place"),
        ({"found_words": 1}, "1 of its 13 key words is said within half a minute of this place"),
        ({"found_words": 0}, "None of its 13 key words are said within half a minute of this place"),
        ({"found_words": 1, "total_words": 1}, "Its one key word is said within half a minute of this place"),
        ({"is_word_for_word": True}, "Word for word"),
    ],
)
def test_the_words_that_were_found_are_counted_in_words(reasons: dict[str, object], said: str) -> None:
    assert reasons_of(_item(reasons)) == (said,)


def test_numbers_names_and_denials_that_do_not_hold_are_each_named() -> None:
    reasons = reasons_of(_item({"missing_numbers": ["40"], "missing_names": ["Ada", "Bob"], "says_the_opposite": True}))
    assert reasons[1:] == (
        "The opposite is said there",
        "The number 40 is not said there",
        "The names Ada and Bob are not said there",
    )


def test_a_translated_line_says_what_could_be_compared() -> None:
    (said,) = reasons_of(_item({"is_translated": True, "found_words": 0}))
    assert said.startswith("Written in another language than the speech")


def test_without_times_no_half_minute_is_spoken_of() -> None:
    item = _item({})
    item["start_s"] = None
    assert reasons_of(item) == ("All of its 13 key words are said near this place",)


def test_a_word_of_a_closed_list_is_not_passed_off_as_compared() -> None:
    assert reasons_of(_item({"is_word_for_word": True}, text="")) == (JUDGED,)


def test_an_unsupported_line_tells_the_weightiest_reason() -> None:
    assert why_unsupported(_item({})) == ""
    few = _item({"found_words": 1}, is_supported=False, grounding=0.1)
    assert why_unsupported(few).endswith("10 % of its key words are said near this place.")
    wrong = _item({"missing_numbers": ["40"]}, is_supported=False)
    assert why_unsupported(wrong) == "Not found in what was said: the number 40 is not said there."


def _withheld(reason: WithheldReason, count: int, part: str = "points") -> WithheldDocument:
    return {"part": part, "reason": reason.value, "count": count}


def test_what_was_left_out_is_one_sentence_the_most_frequent_reason_first() -> None:
    rows = [
        _withheld(WithheldReason.NUMBER_NOT_SAID, 1),
        _withheld(WithheldReason.QUOTE_NOT_FOUND, 1),
        _withheld(WithheldReason.QUOTE_NOT_FOUND, 2, "quiz"),
    ]
    assert left_out(rows) == (
        "4 sentences the model wrote are not shown: 3 quoted words nobody says, 1 had a number nobody says there."
    )
    one = [_withheld(WithheldReason.OPPOSITE_SAID, 1)]
    assert left_out(one) == "1 sentence the model wrote is not shown: it said the opposite of what is said."
    assert left_out([]) == ""


@pytest.mark.parametrize("reason", WithheldReason)
@pytest.mark.parametrize("count", [1, 3])
def test_every_reason_for_leaving_out_has_words(reason: WithheldReason, count: int) -> None:
    assert reason.value not in left_out([_withheld(reason, count)])
    assert "_" not in left_out([_withheld(reason, count)])
