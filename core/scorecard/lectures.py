"""Chapters against human topic boundaries, beside two systems that read nothing."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from statistics import fmean

from core.domain.transcript import Transcript
from core.scorecard.boundaries import BoundaryScore, score_boundaries
from core.scorecard.data import BenchmarkUnreadable, Recording, read_recordings
from core.summarizing.segmenting import find_chapters
from core.summarizing.sentences import split_sentences

# Means over the lectures, in per cent, under "true_count" and "automatic_count", each with the systems "sightline",
# "equal" (as many equal parts as "sightline" was given or found) and "none".
ChapterScores = dict[str, BoundaryScore]
LectureScores = dict[str, ChapterScores]


def score_lectures(path: Path) -> LectureScores:
    """Scores over the recordings of a benchmark file that have topic boundaries. Raises BenchmarkUnreadable."""
    given: list[ChapterScores] = []
    automatic: list[ChapterScores] = []
    for recording in read_recordings(path):
        if recording.boundaries:
            given.append(_score(recording, recording.boundaries, len(recording.boundaries) + 1))
            automatic.append(_score(recording, recording.boundaries, None))
    if not given:
        raise BenchmarkUnreadable(f"{path} holds no recording with topic boundaries.")
    return {"true_count": _mean(given), "automatic_count": _mean(automatic)}


def _score(recording: Recording, true: Sequence[int], count: int | None) -> ChapterScores:
    length = len(recording.transcript.segments)
    found = _openings(recording.transcript, count)
    parts = len(found) + 1
    equal = [round(length * part / parts) for part in range(1, parts)]
    return {
        "sightline": score_boundaries(true, found, length),
        "equal": score_boundaries(true, equal, length),
        "none": score_boundaries(true, [], length),
    }


def _openings(transcript: Transcript, count: int | None) -> list[int]:
    """Segments that open a chapter, the first one left out: what the product would show."""
    sentences = split_sentences(transcript)
    firsts = {sentences[start].span.first_segment for start in find_chapters(sentences, transcript, count)}
    return sorted(firsts - {0})


def _mean(scores: list[ChapterScores]) -> ChapterScores:
    return {system: _mean_of([score[system] for score in scores]) for system in scores[0]}


def _mean_of(scores: list[BoundaryScore]) -> BoundaryScore:
    return {
        "pk": round(fmean(score["pk"] for score in scores), 2),
        "windowdiff": round(fmean(score["windowdiff"] for score in scores), 2),
    }
