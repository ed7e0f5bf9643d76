"""The coverage strip: which stretches of the timeline a summary rests on, as geometry for one thin drawing."""

from __future__ import annotations

from dataclasses import dataclass

from core.domain.document import SummaryDocument
from core.domain.evidence import WINDOW_MS

# The drawing is this wide in its own units, whatever its width on the screen.
WIDTH = 1000
_NEAR_S = WINDOW_MS / 1000
_LEAST_WIDTH = 2.0

Span = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """Spans are (x, width) in units of WIDTH: `near` is what counts as covered, `rests` the evidence itself.

    `spoken` holds the evidence in seconds, in order, without overlap; `length_s` is the whole timeline.
    """

    near: tuple[Span, ...]
    rests: tuple[Span, ...]
    ticks: tuple[float, ...]
    spoken: tuple[Span, ...]
    length_s: float

    @property
    def spoken_s(self) -> float:
        return sum(end - start for start, end in self.spoken)


def strip_of(document: SummaryDocument) -> Strip | None:
    """The strip of a timed summary; None where no length is known."""
    spoken = merged(_evidence_spans(document))
    length_s = document["video"]["duration_s"] or (spoken[-1][1] if spoken else 0.0)
    if length_s <= 0:
        return None
    near = merged([(max(start - _NEAR_S, 0), min(end + _NEAR_S, length_s)) for start, end in spoken])
    starts = [chapter["start_s"] for chapter in document["chapters"][1:]]
    return Strip(
        near=tuple(_drawn(span, length_s) for span in near),
        rests=tuple(_drawn(span, length_s) for span in spoken),
        ticks=tuple(round(start / length_s * WIDTH, 1) for start in starts if start is not None),
        spoken=tuple(spoken),
        length_s=length_s,
    )


def merged(spans: list[Span]) -> list[Span]:
    """The same stretches in order, those that touch joined."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1]:
            joined[-1] = (joined[-1][0], max(end, joined[-1][1]))
        else:
            joined.append((start, end))
    return joined


def _evidence_spans(document: SummaryDocument) -> list[Span]:
    points = [point for chapter in document["chapters"] for point in chapter["points"]]
    proofs = [proof for item in [*document["tldr"], *points, *document["key_moments"]] for proof in item["evidence"]]
    return [(p["start_s"], p["end_s"]) for p in proofs if p["start_s"] is not None and p["end_s"] is not None]


def _drawn(span: Span, length_s: float) -> Span:
    start, end = span
    return round(start / length_s * WIDTH, 1), round(max((end - start) / length_s * WIDTH, _LEAST_WIDTH), 1)
