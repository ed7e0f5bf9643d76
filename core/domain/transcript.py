"""What was said, when and by whom: the one shape every source is turned into and every engine reads."""

from __future__ import annotations

import hashlib
import json
import zlib
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

# Rises with every change of the cleaning rules: the same words cleaned differently are another transcript.
CLEANER_VERSION = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Cue:
    """One caption as a file or a vendor gave it: nothing repaired yet. Times are integer milliseconds, or None."""

    start_ms: int | None
    end_ms: int | None
    text: str
    speaker: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """One cleaned stretch of speech. Its ordinal in the transcript is its id.

    In a timed transcript: 0 <= start_ms < end_ms, starts never fall, and a segment ends where the next begins at
    the latest. In an untimed one both are None. `text` is never empty and holds single spaces only.
    """

    start_ms: int | None
    end_ms: int | None
    text: str
    speaker: str | None = None


class TranscriptSource(StrEnum):
    """Where the words came from; the rungs of the ladder, in its order."""

    UPLOAD = "upload"
    PASTE = "paste"
    YOUTUBE_MANUAL = "youtube_manual"
    YOUTUBE_GENERATED = "youtube_generated"
    GUMLOOP = "gumloop"
    SPEECH = "speech"


class NoteCode(StrEnum):
    """What cleaning repaired or noticed; the summary lists each with its count."""

    OVERLAPS_TRIMMED = "overlaps_trimmed"
    REORDERED = "reordered"
    ZERO_LENGTH = "zero_length"
    REPEATS_MERGED = "repeats_merged"
    MARKUP_REMOVED = "markup_removed"
    SOUND_MARKS_REMOVED = "sound_marks_removed"
    CONTROL_CHARACTERS_REMOVED = "control_characters_removed"
    BIDI_OVERRIDES_REMOVED = "bidi_overrides_removed"
    NEGATIVE_TIMES_CLAMPED = "negative_times_clamped"
    BAD_CUES_SKIPPED = "bad_cues_skipped"
    LONG_LINES_SPLIT = "long_lines_split"
    DECODED_AS = "decoded_as"
    FORMAT_DIFFERS = "format_differs"
    TRACK_ENDS_EARLY = "track_ends_early"
    UNSURE_LANGUAGE = "unsure_language"


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    code: NoteCode
    count: int = 1
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Transcript:
    """Immutable and cleaned. `language` is a BCP 47 tag or None where it could not be told."""

    segments: tuple[Segment, ...]
    timed: bool
    language: str | None
    source: TranscriptSource
    notes: tuple[Note, ...] = ()

    @property
    def duration_ms(self) -> int | None:
        """End of the last segment in milliseconds; None for an untimed transcript."""
        return max((s.end_ms for s in self.segments if s.end_ms is not None), default=None)

    @property
    def sha256(self) -> str:
        """Hex digest over the cleaned segments and the cleaner's version: equal words and times, equal digest."""
        return hashlib.sha256(pack_segments(self.segments, compress=False)).hexdigest()


def pack_segments(segments: tuple[Segment, ...], *, compress: bool = True) -> bytes:
    """Canonical bytes of the segments (UTF-8 JSON rows [start_ms, end_ms, text, speaker]), compressed for storage."""
    rows = [[s.start_ms, s.end_ms, s.text, s.speaker] for s in segments]
    raw = json.dumps([CLEANER_VERSION, rows], ensure_ascii=False, separators=(",", ":")).encode()
    return zlib.compress(raw, 6) if compress else raw


def unpack_segments(packed: bytes) -> tuple[Segment, ...]:
    """The inverse of `pack_segments`."""
    _version, rows = json.loads(zlib.decompress(packed))
    return tuple(Segment(start_ms=a, end_ms=b, text=text, speaker=speaker) for a, b, text, speaker in rows)


def join_texts(texts: list[str]) -> str:
    """Segment texts as running text: one space between them, none between two characters of a script without spaces."""
    pieces = texts[:1]
    for left, right in pairwise(texts):
        pieces.append(right if left and right and is_cjk(left[-1]) and is_cjk(right[0]) else " " + right)
    return "".join(pieces)


def is_cjk(char: str) -> bool:
    """True for Han, kana and their full-width punctuation: scripts written without spaces between words."""
    code = ord(char)
    return 0x3000 <= code <= 0x30FF or 0x3400 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF or 0xFF00 <= code <= 0xFFEF
