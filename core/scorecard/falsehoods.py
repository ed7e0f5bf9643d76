"""Does the check on a model's lines catch falsehoods, and leave true lines alone?

From each recording lines are made as a model would write them (`core.scorecard.paraphrase`), each with the sentence it
rests on as its quotation, word for word. Then one thing in a line is made false (`core.scorecard.planting`): another
number, another name of the same recording, a negation put in or taken out, the quotation of another place, or a
quotation nobody said. No case is left out for being hard: a number or name may also be said nearby, the changed number
may be small, the flipped clause a minor one. A false line that passes is missed; a true line that does not is flagged.
Each is checked twice, on the text as it is and on the same words as automatic captions, as part of ten minutes.

Human summaries are reported apart: their sentences have no quotations in these files and abstract far more, so only
their numbers and names are held against the whole recording.
"""

from __future__ import annotations

import random
import re
from bisect import bisect_left, bisect_right
from collections.abc import Callable
from dataclasses import dataclass, replace

from typing_extensions import TypedDict

from core.domain.evidence import TranscriptIndex, missing_numbers, names_not_said
from core.domain.transcript import Transcript
from core.domain.verification import Quoted, Verifier
from core.scorecard.data import Recording, as_captions
from core.scorecard.planting import Ground, Kind, Line, plant, prepare

MOST_OF_A_KIND = 6
_OFFERED_MS = 300_000


class KindScore(TypedDict):
    """`cases` planted, and per cent of them caught; `flagged` per cent of the same lines when still true."""

    cases: int
    caught: float
    flagged: float


class FalsehoodScores(TypedDict):
    """By style of the transcript: `planted` by kind and "all", `human` as per cent of summary sentences flagged."""

    planted: dict[str, dict[str, KindScore]]
    human: dict[str, float]


@dataclass(slots=True)
class _Tally:
    cases: int = 0
    caught: int = 0
    flagged: int = 0

    def score(self) -> KindScore:
        return {
            "cases": self.cases, "caught": _rate(self.caught, self.cases), "flagged": _rate(self.flagged, self.cases),
        }  # fmt: skip


def score_falsehoods(recordings: list[Recording], most: int = MOST_OF_A_KIND) -> FalsehoodScores:
    """At most so many cases of a kind a recording; the same recordings give the same cases."""
    grounds = prepare(recordings)
    planted: dict[str, dict[str, KindScore]] = {}
    human: dict[str, float] = {}
    for style, styled in _STYLES.items():
        tallies = {kind: _Tally() for kind in Kind}
        abstracts = _Tally()
        for recording, ground in zip(recordings, grounds, strict=True):
            place = _Place(styled(recording.transcript))
            _count_planted(recording.id, ground, place, most, tallies)
            _count_human(recording.reference, place, abstracts)
        every = _Tally(*(sum(getattr(t, name) for t in tallies.values()) for name in _Tally.__slots__))
        planted[style] = {kind.value: tally.score() for kind, tally in tallies.items()} | {"all": every.score()}
        human[style] = _rate(abstracts.flagged, abstracts.cases)
    return {"planted": planted, "human": human}


def _count_planted(id: str, ground: Ground, place: _Place, most: int, tallies: dict[Kind, _Tally]) -> None:  # noqa: A002
    chance = random.Random(f"falsehoods of {id}")  # noqa: S311 - a benchmark, not a secret
    for case in plant(ground, most, chance):
        tally = tallies[case.kind]
        tally.cases += 1
        tally.caught += not place.passes(case.false)
        tally.flagged += not place.passes(case.true)


def as_spoken_captions(transcript: Transcript) -> Transcript:
    """As `as_captions`, but a mark inside a word parts it, and inside a number it stays: "8.5", not "85"."""
    kept = (replace(segment, text=_parted(segment.text)) for segment in transcript.segments)
    captions = as_captions(replace(transcript, segments=tuple(kept)))
    told = (replace(segment, text=segment.text.translate(_MARKS_BACK)) for segment in captions.segments)
    return replace(captions, segments=tuple(told))


# Letters that stand for marks while all marks are taken out.
_MARKS = {".": "ǀ", ",": "ǁ", ":": "ǂ"}
_MARKS_BACK = str.maketrans({letter: mark for mark, letter in _MARKS.items()})
_STYLES: dict[str, Callable[[Transcript], Transcript]] = {"punctuated": lambda t: t, "captions": as_spoken_captions}


def _parted(text: str) -> str:
    in_numbers = re.sub(r"(?<=\d)[.,:](?=\d)", lambda match: _MARKS[match[0]], text)
    return re.sub(r"(?<=\w)[^\w\s'’]+(?=\w)", " ", in_numbers) or text


class _Place:
    """One transcript, and the check on lines about it."""

    def __init__(self, transcript: Transcript) -> None:
        self._transcript, self._index = transcript, TranscriptIndex(transcript)
        self._starts = [segment.start_ms or 0 for segment in transcript.segments]

    def passes(self, line: Line) -> bool:
        """Whether the line would be shown, had a model been offered the ten minutes around it."""
        first, last = self._segments(line.start_ms - _OFFERED_MS, line.end_ms + _OFFERED_MS)
        named = self._segments(line.start_ms, line.end_ms)
        verifier = Verifier(self._transcript, self._index, first, last, "en")
        verdict = verifier.check(line.text, [Quoted(segments=tuple(range(named[0], named[1] + 1)), quote=line.quote)])
        return verdict.reason is None

    def bears(self, sentence: str) -> bool:
        """Whether its numbers and names are said anywhere."""
        windows = [self._index.whole]
        return not missing_numbers(sentence, windows, [], self._index, "en") and not names_not_said(
            sentence, windows, [], self._index, "en"
        )

    def _segments(self, start_ms: int, end_ms: int) -> tuple[int, int]:
        first = max(bisect_right(self._starts, start_ms) - 1, 0)
        return first, max(bisect_left(self._starts, end_ms) - 1, first)


def _count_human(reference: str | None, place: _Place, tally: _Tally) -> None:
    for sentence in re.split(r"(?<=[.!?])\s+", reference or ""):
        if sentence.strip():
            tally.cases += 1
            tally.flagged += not place.bears(sentence)


def _rate(part: int, whole: int) -> float:
    return round(100.0 * part / max(whole, 1), 1)
