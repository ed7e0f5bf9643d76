from __future__ import annotations

import pytest

from core.domain.coverage import measure_coverage
from core.domain.summary import EvidenceRef
from tests.transcripts import timed, untimed

HOUR = timed(*["words of speech"] * 360, seconds=10)


def at(number: int) -> EvidenceRef:
    return EvidenceRef(first_segment=number, start_char=0, last_segment=number, end_char=5)


def test_coverage_is_the_speech_within_thirty_seconds_of_evidence() -> None:
    assert measure_coverage([at(100)], HOUR, None).ratio == pytest.approx(70 / 3600)


def test_overlapping_surroundings_count_once() -> None:
    assert measure_coverage([at(100), at(101), at(100)], HOUR, None).ratio == pytest.approx(80 / 3600)


def test_gaps_are_stretches_of_five_minutes_and_more() -> None:
    refs = [at(number) for number in (3, 35, 70, 110, *range(140, 360, 5))]
    # 380 - 670 s is just under five minutes, 740 - 1070 s and 1140 - 1370 s follow.
    assert measure_coverage(refs, HOUR, None).gaps_ms == ((740_000, 1_070_000),)


def test_silence_is_no_speech_to_cover() -> None:
    sparse = timed("words", "words", seconds=10, pause=190)
    assert measure_coverage([at(0)], sparse, None).ratio == pytest.approx(0.5)


def test_a_track_that_stops_early_leaves_a_gap_to_the_end_of_the_video() -> None:
    short = timed("words of speech", seconds=10)
    assert measure_coverage([at(0)], short, 600_000).gaps_ms == ((40_000, 600_000),)


def test_untimed_text_has_neither() -> None:
    found = measure_coverage([at(0)], untimed("words of speech"), 600_000)
    assert (found.ratio, found.gaps_ms) == (None, ())


def test_no_evidence_covers_nothing() -> None:
    found = measure_coverage([], HOUR, None)
    assert found.ratio == 0
    assert found.gaps_ms == ((0, 3_600_000),)
