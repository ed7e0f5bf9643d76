"""A recording heard by a machine, in pieces: what of it is believed, and put together with nothing twice at a seam."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import pairwise

from core.domain.transcript import Cue

# Whisper's own thresholds (no_speech_threshold, logprob_threshold): what passes both was made up over a silence.
_NO_SPEECH_RATIO = 0.6
_LEAST_LOG_PROBABILITY = -1.0
# Two words in a row that both pieces heard are the same words; one alone may be chance.
_FEWEST_COMMON_WORDS = 2
_MARKS = re.compile(r"\W+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """A stretch of a recording, in milliseconds.

    A piece ends in a pause, where the next begins; where there was none, the two overlap, so that no word is cut.
    """

    start_ms: int
    end_ms: int

    @property
    def duration_ms(self) -> int:
        return self.end_ms - self.start_ms


@dataclass(frozen=True, slots=True, kw_only=True)
class _Word:
    key: str
    cue: int
    place: int


def is_believed(no_speech_ratio: float, log_probability: float) -> bool:
    """False where a speech model itself holds that nobody spoke, and its words are unlikely."""
    return no_speech_ratio <= _NO_SPEECH_RATIO or log_probability >= _LEAST_LOG_PROBABILITY


def join_pieces(heard: Sequence[tuple[Piece, Sequence[Cue]]]) -> tuple[Cue, ...]:
    """The cues of all pieces on the recording's own clock; each piece's come on the clock that starts with it."""
    placed = [(piece, _placed(cues, piece)) for piece, cues in heard]
    joined: list[Cue] = list(placed[0][1]) if placed else []
    for (earlier, _), (later, cues) in pairwise(placed):
        if later.start_ms < earlier.end_ms:
            joined = _join_overlap(joined, cues, later.start_ms, earlier.end_ms)
        else:
            joined = [*joined, *cues]
    return tuple(joined)


def _placed(cues: Sequence[Cue], piece: Piece) -> list[Cue]:
    return [
        replace(cue, start_ms=_start(cue) + piece.start_ms, end_ms=min(_end(cue) + piece.start_ms, piece.end_ms))
        for cue in cues
    ]


def _join_overlap(earlier: list[Cue], later: list[Cue], from_ms: int, to_ms: int) -> list[Cue]:
    """Joined at the words that both heard; where they agree on none, at the middle of the overlap."""
    tail = _words(earlier, [number for number, cue in enumerate(earlier) if _end(cue) > from_ms])
    head = _words(later, [number for number, cue in enumerate(later) if _start(cue) < to_ms])
    keys = [word.key for word in tail], [word.key for word in head]
    common = SequenceMatcher(None, *keys, autojunk=False).find_longest_match()
    if common.size < _FEWEST_COMMON_WORDS:
        return _split_at((from_ms + to_ms) // 2, earlier, later)
    last, first = tail[common.a + common.size - 1], head[common.b + common.size - 1]
    kept = [*earlier[: last.cue], _until(earlier[last.cue], last.place)]
    rest = _after(later[first.cue], first.place, not_before_ms=_end(kept[-1]))
    return [*kept, *rest, *later[first.cue + 1 :]]


def _split_at(seam_ms: int, earlier: list[Cue], later: list[Cue]) -> list[Cue]:
    before = [cue for cue in earlier if _start(cue) + _end(cue) < 2 * seam_ms]
    after = [cue for cue in later if _start(cue) + _end(cue) >= 2 * seam_ms]
    return [*before, *after]


def _words(cues: list[Cue], numbers: list[int]) -> list[_Word]:
    return [
        _Word(key=_MARKS.sub("", word).casefold(), cue=number, place=place)
        for number in numbers
        for place, word in enumerate(cues[number].text.split())
    ]


def _until(cue: Cue, place: int) -> Cue:
    return replace(cue, text=" ".join(cue.text.split()[: place + 1]))


def _after(cue: Cue, place: int, *, not_before_ms: int) -> list[Cue]:
    """The cue without what the other piece already has; it begins where that ends, as far as its own end allows."""
    rest = cue.text.split()[place + 1 :]
    if not rest:
        return []
    start_ms = max(_start(cue), not_before_ms)
    return [replace(cue, start_ms=start_ms if start_ms < _end(cue) else _start(cue), text=" ".join(rest))]


def _start(cue: Cue) -> int:
    return cue.start_ms or 0


def _end(cue: Cue) -> int:
    return _start(cue) if cue.end_ms is None else cue.end_ms
