"""Where a recording may be cut: in its pauses, told by how loud it is, so that no word is in two pieces."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from core.domain.hearing import Piece
from core.domain.transcript import Cue
from core.integrations.audio import SAMPLES_PER_MS, Samples, Soundtrack

Levels = npt.NDArray[np.float32]

# Speech changes more slowly than this; as long as a frame of common codecs.
FRAME_MS = 20
# Between words there is hardly ever as much rest as this, between sentences nearly always.
_PAUSE_MS = 300
# How much of the longest a piece should have at least, and has to.
_WANTED_RATIO = 0.6
_SHORTEST_RATIO = 0.2
# A pause is this much softer than the loud tenth of the recording. Ours: speech itself spans about 20 dB.
_PAUSE_UNDER_SPEECH_DB = 25.0
_LOUD_PERCENTILE = 90
# Below this nobody would hear a thing: the noise of a sixteen-bit recording lies at -96 dB.
_SILENCE_DB = -66.0
_OVERLAP_MS = 3_000
_FRAMES_AT_ONCE = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Loudness:
    """The recording's level in decibels of full scale, one value each `FRAME_MS`."""

    levels_db: Levels

    @property
    def pause_db(self) -> float:
        """What is softer than this is a pause."""
        if not len(self.levels_db):
            return _SILENCE_DB
        loud_db = float(np.percentile(self.levels_db, _LOUD_PERCENTILE))
        return max(loud_db - _PAUSE_UNDER_SPEECH_DB, _SILENCE_DB)

    def is_silent(self, piece: Piece) -> bool:
        levels = self._of(piece)
        return not len(levels) or float(levels.max()) < _SILENCE_DB

    def sounding(self, piece: Piece) -> Piece:
        """The piece without the pauses at its ends."""
        loud = np.flatnonzero(self._of(piece) > self.pause_db)
        if not len(loud):
            return piece
        first_ms, last_ms = int(loud[0]) * FRAME_MS, int(loud[-1] + 1) * FRAME_MS
        return Piece(start_ms=piece.start_ms + first_ms, end_ms=min(piece.start_ms + last_ms, piece.end_ms))

    def trimmed(self, cue: Cue) -> Cue:
        """The cue without pauses at its ends: models let a word last until the next one, or begin after the last."""
        if cue.start_ms is None or cue.end_ms is None:
            return cue
        sound = self.sounding(Piece(start_ms=cue.start_ms, end_ms=cue.end_ms))
        return replace(
            cue,
            start_ms=sound.start_ms if sound.start_ms - cue.start_ms >= _PAUSE_MS else cue.start_ms,
            end_ms=sound.end_ms if cue.end_ms - sound.end_ms >= _PAUSE_MS else cue.end_ms,
        )

    def _of(self, piece: Piece) -> Levels:
        return self.levels_db[piece.start_ms // FRAME_MS : -(-piece.end_ms // FRAME_MS)]


def loudness(track: Soundtrack) -> Loudness:
    """Read in stretches: twelve hours of samples are more than fits well into memory at once."""
    frame = FRAME_MS * SAMPLES_PER_MS
    stretch = frame * _FRAMES_AT_ONCE
    levels = [_levels(track.samples[start : start + stretch], frame) for start in range(0, len(track.samples), stretch)]
    return Loudness(levels_db=np.concatenate(levels) if levels else np.zeros(0, dtype=np.float32))


def cut(track: Soundtrack, loud: Loudness, *, longest_ms: int) -> tuple[Piece, ...]:
    """Pieces of at most `longest_ms`, overlaps aside, that together are the whole recording, in order.

    Each is cut in the softest pause of its last two fifths, else of all but its first fifth; where there is none, it
    overlaps the next one.
    """
    pieces: list[Piece] = []
    start_ms = 0
    while track.sound_ms - start_ms > longest_ms:
        cut_ms, is_pause = _place(loud, start_ms, longest_ms)
        overlap_ms = 0 if is_pause else min(_OVERLAP_MS, longest_ms // 10)
        pieces.append(Piece(start_ms=start_ms, end_ms=cut_ms + overlap_ms))
        start_ms = cut_ms - overlap_ms
    return (*pieces, Piece(start_ms=start_ms, end_ms=track.sound_ms))


def _place(loud: Loudness, start_ms: int, longest_ms: int) -> tuple[int, bool]:
    """Where to cut, and whether that is a pause."""
    wanted_ms, end_ms = start_ms + round(longest_ms * _WANTED_RATIO), start_ms + longest_ms
    late = _softest(loud, wanted_ms, end_ms)
    if late[1]:
        return late
    early = _softest(loud, start_ms + round(longest_ms * _SHORTEST_RATIO), wanted_ms)
    return early if early[1] else late


def _softest(loud: Loudness, from_ms: int, to_ms: int) -> tuple[int, bool]:
    """Middle of the softest `_PAUSE_MS` between the two times, and whether it is a pause."""
    levels = loud.levels_db[from_ms // FRAME_MS : to_ms // FRAME_MS]
    width = min(_PAUSE_MS // FRAME_MS, len(levels))
    loudest = np.lib.stride_tricks.sliding_window_view(levels, width).max(axis=1)
    softest = int(loudest.argmin())
    return from_ms + (softest + width // 2) * FRAME_MS, bool(loudest[softest] < loud.pause_db)


def _levels(samples: Samples, frame: int) -> Levels:
    padded = np.zeros(-(-len(samples) // frame) * frame, dtype=np.float32)
    padded[: len(samples)] = samples
    power = np.square(padded.reshape(-1, frame)).mean(axis=1) / 32_768.0**2
    levels: Levels = (10 * np.log10(np.maximum(power, 1e-10))).astype(np.float32)
    return levels
