from __future__ import annotations

import time

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.transcript import Segment, Transcript, TranscriptSource
from core.summarizing.chapter_count import choose_count, most_chapters
from core.summarizing.cohesion import span_cohesion
from core.summarizing.segmenting import find_chapters, segment_units
from core.summarizing.sentences import split_sentences
from tests.transcripts import timed, untimed

TOPICS = {
    "orbit": "planet gravity ellipse radius period velocity",
    "logic": "clause variable proof satisfiable assignment literal",
    "kitchen": "onion butter pan simmer sauce pepper",
    "music": "chord melody rhythm violin octave harmony",
}


def talk(lines: int, topics: int = 4) -> list[str]:
    texts = []
    for number in range(lines * topics):
        topic = list(TOPICS)[number // lines]
        words = TOPICS[topic].split()
        texts.append(f"Now the {topic} has a {words[number % 6]} and also the {words[number * 5 % 6]} with it.")
    return texts


def starts_of(transcript: Transcript, count: int | None = None) -> list[int]:
    sentences = split_sentences(transcript)
    return [sentences[start].span.first_segment for start in find_chapters(sentences, transcript, count)]


def test_chapters_begin_where_the_subject_changes() -> None:
    starts = starts_of(timed(*talk(40), seconds=5), 4)
    assert starts[0] == 0
    assert len(starts) == 4
    assert np.abs(np.array(starts) - [0, 40, 80, 120]).max() <= 3


def test_the_text_itself_tells_how_many_chapters_it_has() -> None:
    assert len(starts_of(timed(*talk(40), seconds=5))) in {4, 5}


def test_untimed_text_has_chapters_too() -> None:
    starts = starts_of(untimed(*talk(40)), 4)
    assert np.abs(np.array(starts) - [0, 40, 80, 120]).max() <= 3


def test_chinese_is_cut_where_its_characters_change() -> None:
    first = ["行星围绕恒星运动，轨道是椭圆形，引力决定速度。", "引力让行星的轨道稳定，恒星的质量决定引力。"] * 20
    second = ["洋葱和黄油放进锅里，慢慢炒香以后加入酱汁。", "酱汁要用小火煮，锅里的洋葱会变得很软很甜。"] * 20
    starts = starts_of(timed(*first, *second, seconds=6, language="zh"), 2)
    assert abs(starts[1] - 40) <= 2


def test_a_start_moves_to_the_silence_beside_it() -> None:
    texts = talk(30, 2)
    segments, now = [], 0
    for number, text in enumerate(texts):
        now += 4000 if number == 32 else 0
        segments.append(Segment(start_ms=now, end_ms=now + 5000, text=text))
        now += 5000
    transcript = Transcript(segments=tuple(segments), timed=True, language="en", source=TranscriptSource.UPLOAD)
    assert starts_of(transcript, 2) == [0, 32]


def test_chapters_are_never_shorter_than_thirty_seconds() -> None:
    transcript = timed(*talk(12), seconds=5)
    starts = starts_of(transcript, 24)
    assert 1 < len(starts) <= 8
    edges = [*starts, len(transcript.segments)]
    assert min(np.diff(edges)) * 5 >= 30


def test_short_talks_are_one_chapter() -> None:
    assert starts_of(timed(*talk(8), seconds=5)) == [0]
    assert starts_of(timed("One lonely sentence without much to say."), 3) == [0]
    assert find_chapters([], untimed("x")) == []


def test_a_count_that_is_asked_for_is_given_where_it_fits() -> None:
    for count in (1, 2, 3, 7):
        assert len(starts_of(timed(*talk(40), seconds=5), count)) == count


@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=5), max_size=40), st.one_of(st.none(), st.integers(1, 60)))
def test_any_units_give_rising_starts_from_zero(units: list[list[str]], count: int | None) -> None:
    starts = segment_units(units, count)
    assert starts == sorted(set(starts))
    assert starts[:1] == ([0] if units else [])
    assert all(start < len(units) for start in starts)


def test_the_programme_finds_what_trying_everything_finds() -> None:
    words = np.random.default_rng(5).integers(0, 8, size=(14, 6))
    units = [[f"w{word + (4 if number > 7 else 0)}" for word in row] for number, row in enumerate(words)]
    spans = span_cohesion(units)
    least = 4  # thirty seconds at the usual pace
    allowed = [(a, b) for a in range(least, 14) for b in range(a + least, 15 - least)]
    best = max(allowed, key=lambda cut: spans[0, cut[0] - 1] + spans[cut[0], cut[1] - 1] + spans[cut[1], 13])
    assert segment_units(units, 3) == [0, *best]


def test_the_knee_of_the_curve_is_the_count() -> None:
    assert choose_count([0, 10, 20, 30, 31, 32, 33, 34]) == 4
    assert choose_count([5.0]) == 1
    assert choose_count([5, 5, 5]) == 1
    assert choose_count([float(min(number, 40) * 10) for number in range(80)]) == 24


@pytest.mark.parametrize(("minutes", "words", "most"), [(2.9, 900, 1), (30, 299, 1), (10, 1500, 8), (60, 9000, 21)])
def test_short_or_silent_videos_are_not_cut(minutes: float, words: float, most: int) -> None:
    assert most_chapters(minutes, words) == most


def test_twice_the_length_is_cut_into_few_chapters_in_far_less_than_eight_times_the_time() -> None:
    """The dynamic programme is quadratic (about 3.5 times); a cubic one would take eight times as long."""
    words = np.random.default_rng(1).zipf(1.3, size=45_000) % 5000
    half_s, chapters = _cut(words[:22_500])
    whole_s, more_chapters = _cut(words)
    assert whole_s < 6 * half_s
    assert 1 <= chapters <= 24
    assert 1 <= more_chapters <= 24


def _cut(words: npt.NDArray[np.int64]) -> tuple[float, int]:
    """Seconds of the processor that a talk of ten words every four seconds takes, and how many chapters it has."""
    texts = [" ".join(f"w{word}" for word in words[at : at + 10]) + "." for at in range(0, len(words), 10)]
    transcript = timed(*texts, seconds=4)
    sentences = split_sentences(transcript)
    begin_s = time.process_time()
    starts = find_chapters(sentences, transcript)
    return time.process_time() - begin_s, len(starts)
