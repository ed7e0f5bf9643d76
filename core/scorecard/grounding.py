"""Does the grounding check tell the true place from a wrong one? Key points at their own place and at two others."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

from typing_extensions import TypedDict

from core.domain.evidence import TranscriptIndex, ground, resolve
from core.domain.run import StageReport
from core.domain.summary import EvidenceRef, Item
from core.domain.transcript import Transcript
from core.domain.video import Video
from core.scorecard.data import Recording
from core.summarizing.offline import OfflineEngine


class GroundingRates(TypedDict):
    """Per cent of key points that pass: at their own place, half the video later, and in the next recording."""

    own: float
    half_video_shift: float
    other_video: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Summarised:
    transcript: Transcript
    index: TranscriptIndex
    points: tuple[Item, ...]


def score_grounding(recordings: list[Recording]) -> GroundingRates:
    """Rates over all key points. The other video is the next of the file (the first for the last), same second."""
    done = [_summarise(recording.transcript) for recording in recordings]
    own = shifted = other = total = 0
    for number, one in enumerate(done):
        following = done[(number + 1) % len(done)]
        for point in one.points:
            total += 1
            own += ground(point.text, point.evidence, one.transcript, one.index).is_supported
            half = (_start_ms(point, one.transcript) + _length_ms(one.transcript) // 2) % _length_ms(one.transcript)
            shifted += _passes_at(point, half, one)
            other += _passes_at(point, _start_ms(point, one.transcript) % _length_ms(following.transcript), following)
    return {"own": _rate(own, total), "half_video_shift": _rate(shifted, total), "other_video": _rate(other, total)}


def _summarise(transcript: Transcript) -> _Summarised:
    draft = OfflineEngine().summarize(transcript, Video(), report=_ignore)
    points = tuple(point for chapter in draft.chapters for point in chapter.points)
    return _Summarised(transcript=transcript, index=TranscriptIndex(transcript), points=points)


def _ignore(_report: StageReport) -> None:
    """Nobody watches a benchmark's progress."""


def _passes_at(point: Item, at_ms: int, place: _Summarised) -> bool:
    """Whether the text would pass if it claimed to rest on the segment spoken at `at_ms`."""
    starts = [segment.start_ms or 0 for segment in place.transcript.segments]
    number = max(bisect_right(starts, at_ms) - 1, 0)
    end_char = len(place.transcript.segments[number].text)
    ref = EvidenceRef(first_segment=number, start_char=0, last_segment=number, end_char=end_char)
    return ground(point.text, (ref,), place.transcript, place.index).is_supported


def _start_ms(point: Item, transcript: Transcript) -> int:
    return resolve(point.evidence[0], transcript).start_ms or 0


def _length_ms(transcript: Transcript) -> int:
    return max(transcript.duration_ms or 0, 1)


def _rate(passed: int, total: int) -> float:
    return round(100.0 * passed / max(total, 1), 1)
