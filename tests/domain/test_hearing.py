"""Pieces of a recording become one: at their places, and nothing said once stands there twice."""

from __future__ import annotations

import pytest

from core.domain.hearing import Piece, is_believed, join_pieces
from core.domain.transcript import Cue


def cue(start_s: float, end_s: float, text: str) -> Cue:
    return Cue(start_ms=round(start_s * 1000), end_ms=round(end_s * 1000), text=text)


def piece(start_s: float, end_s: float) -> Piece:
    return Piece(start_ms=round(start_s * 1000), end_ms=round(end_s * 1000))


def test_of_nothing_comes_nothing() -> None:
    assert join_pieces([]) == ()
    assert join_pieces([(piece(0, 10), [])]) == ()


def test_cues_move_to_where_their_piece_stands() -> None:
    joined = join_pieces([(piece(0, 10), [cue(1, 2, "one")]), (piece(10, 20), [cue(0.5, 3, "two")])])
    assert joined == (cue(1, 2, "one"), cue(10.5, 13, "two"))


def test_a_cue_does_not_reach_past_the_end_of_its_piece() -> None:
    assert join_pieces([(piece(5, 10), [cue(1, 30, "one")])]) == (cue(6, 10, "one"),)


def test_where_pieces_overlap_the_words_both_heard_stand_once() -> None:
    earlier = [cue(0, 50, "we begin"), cue(50, 63, "and then the river came over the")]
    later = [cue(0, 9, "river came over the fields at night"), cue(9, 20, "nobody slept")]
    joined = join_pieces([(piece(0, 63), earlier), (piece(57, 120), later)])
    assert [each.text for each in joined] == [
        "we begin",
        "and then the river came over the",
        "fields at night",
        "nobody slept",
    ]
    assert joined[2].start_ms == 63_000
    assert joined[2].end_ms == 66_000


def test_a_word_that_was_cut_in_the_earlier_piece_is_taken_from_the_later_one() -> None:
    earlier = [cue(50, 63, "the water came over the fiel")]
    later = [cue(0, 9, "Water came over the fields.")]
    joined = join_pieces([(piece(0, 63), earlier), (piece(57, 120), later)])
    assert " ".join(each.text for each in joined) == "the water came over the fields."


def test_a_cue_that_both_heard_whole_stands_once() -> None:
    earlier = [cue(40, 55, "one thing"), cue(58, 62, "it rained all night")]
    later = [cue(1, 5, "It rained all night,"), cue(8, 12, "and all day")]
    joined = join_pieces([(piece(0, 63), earlier), (piece(57, 120), later)])
    assert [each.text for each in joined] == ["one thing", "it rained all night", "and all day"]


def test_pieces_that_agree_on_no_words_are_joined_in_the_middle_of_the_overlap() -> None:
    earlier = [cue(50, 59, "before"), cue(60.5, 63, "garbled")]
    later = [cue(0, 2, "noise"), cue(4, 10, "after")]
    joined = join_pieces([(piece(0, 63), earlier), (piece(57, 120), later)])
    assert [each.text for each in joined] == ["before", "after"]


def test_what_is_said_twice_outside_an_overlap_stays_said_twice() -> None:
    joined = join_pieces([(piece(0, 60), [cue(50, 59, "no, no, no")]), (piece(60, 99), [cue(1, 2, "no, no, no")])])
    assert len(joined) == 2


@pytest.mark.parametrize(
    ("no_speech_ratio", "log_probability", "believed"),
    [(0.0, -0.3, True), (0.9, -0.3, True), (0.1, -2.0, True), (0.61, -1.01, False)],
)
def test_only_unlikely_words_over_a_silence_are_not_believed(
    no_speech_ratio: float, log_probability: float, *, believed: bool
) -> None:
    assert is_believed(no_speech_ratio, log_probability) is believed
