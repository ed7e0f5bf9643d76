"""The landing page's proof: lines of a real summary beside the words they rest on."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

from typing_extensions import TypedDict

from core.domain.document import ItemDocument, SummaryDocument
from core.domain.transcript import Segment, Transcript
from pages.words import clock

_STORED = Path(__file__).parent / "data" / "example.json"
_LINES = 4


class SaidDocument(TypedDict):
    clock: str
    text: str
    is_evidence: bool


class LineDocument(TypedDict):
    clock: str
    text: str
    said: list[SaidDocument]


class ExampleDocument(TypedDict):
    """What the landing page shows; `shown` is the line that is chosen at first."""

    title: str
    credit: str
    shown: int
    lines: list[LineDocument]


@cache
def load_example() -> ExampleDocument:
    """The stored example; a test holds it to what the engine says today."""
    example: ExampleDocument = json.loads(_STORED.read_text("utf-8"))
    return example


def make_example(document: SummaryDocument, transcript: Transcript, *, credit: str) -> ExampleDocument:
    """The first supported point of each of the first chapters, with what was said before, there and after."""
    points = [point for chapter in document["chapters"] for point in chapter["points"] if point["supported"]]
    chosen = _spread(points, _LINES)
    return {
        "title": document["video"]["title"] or "",
        "credit": credit,
        "shown": min(1, len(chosen) - 1),
        "lines": [_line(point, transcript) for point in chosen],
    }


def _spread(points: list[ItemDocument], count: int) -> list[ItemDocument]:
    """`count` points spread evenly over the talk."""
    step = max(len(points) / count, 1.0)
    return [points[int(at * step)] for at in range(min(count, len(points)))]


def _line(point: ItemDocument, transcript: Transcript) -> LineDocument:
    proof = point["evidence"][0]
    first, last = proof["segment_ids"][0], proof["segment_ids"][-1]
    before, after = transcript.segments[max(first - 2, 0) : first], transcript.segments[last + 1 : last + 3]
    said = [
        *_said(before, opens="…"),
        SaidDocument(clock=clock(proof["start_s"] or 0), text=proof["quote"], is_evidence=True),
        *_said(after, closes="…"),
    ]
    return {"clock": clock(point["start_s"] or 0), "text": point["text"], "said": said}


def _said(segments: tuple[Segment, ...], *, opens: str = "", closes: str = "") -> list[SaidDocument]:
    """These segments as one passage; the marks of omission stand only where a sentence is really cut."""
    if not segments:
        return []
    words = " ".join(segment.text for segment in segments)
    before = opens if words[0].islower() else ""
    after = closes if words[-1] not in ".!?" else ""
    start_s = (segments[0].start_ms or 0) / 1000
    return [SaidDocument(clock=clock(start_s), text=f"{before}{words}{after}", is_evidence=False)]
