"""How much of what was said a summary rests on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.domain.evidence import WINDOW_MS, span_times_ms
from core.domain.summary import EvidenceRef, SummaryDraft
from core.domain.transcript import Transcript

GAP_MS = 300_000

_Spans = list[tuple[int, int]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """`ratio` 0..1 of the speech time within 30 s of some evidence; `gaps_ms` stretches of 5 minutes and more without.

    Both say nothing (None, no gaps) where the transcript has no times.
    """

    ratio: float | None
    gaps_ms: tuple[tuple[int, int], ...]


def measure_coverage(refs: Iterable[EvidenceRef], transcript: Transcript, duration_ms: int | None) -> Coverage:
    """Coverage by `refs`; gaps run to `duration_ms`, so a track that stops early shows as one."""
    if not transcript.timed:
        return Coverage(ratio=None, gaps_ms=())
    near = _merged(_around(ref, transcript) for ref in refs)
    speech = _merged(
        (s.start_ms, s.end_ms) for s in transcript.segments if s.start_ms is not None and s.end_ms is not None
    )
    said_ms = sum(end - start for start, end in speech)
    end_ms = max(duration_ms or 0, transcript.duration_ms or 0)
    gaps = tuple((start, end) for start, end in _between(near, end_ms) if end - start >= GAP_MS)
    return Coverage(ratio=_shared_ms(near, speech) / said_ms if said_ms else 0.0, gaps_ms=gaps)


def evidence_refs(draft: SummaryDraft) -> list[EvidenceRef]:
    """Every reference of a draft, the chapters' points included."""
    points = [point for chapter in draft.chapters for point in chapter.points]
    return [ref for item in (*draft.tldr, *points, *draft.key_moments) for ref in item.evidence]


def _around(ref: EvidenceRef, transcript: Transcript) -> tuple[int, int]:
    start_ms, end_ms = span_times_ms(ref, transcript)
    return max((start_ms or 0) - WINDOW_MS, 0), (end_ms or 0) + WINDOW_MS


def _merged(spans: Iterable[tuple[int, int]]) -> _Spans:
    merged: _Spans = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged


def _between(spans: _Spans, end_ms: int) -> _Spans:
    edges = [0, *(edge for span in spans for edge in span), end_ms]
    return [(edges[i], edges[i + 1]) for i in range(0, len(edges), 2)]


def _shared_ms(left: _Spans, right: _Spans) -> int:
    shared = i = j = 0
    while i < len(left) and j < len(right):
        shared += max(0, min(left[i][1], right[j][1]) - max(left[i][0], right[j][0]))
        if left[i][1] < right[j][1]:
            i += 1
        else:
            j += 1
    return shared
