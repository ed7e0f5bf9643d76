"""What reading a caption file gives: its cues as they stand there, nothing repaired yet."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from core.domain.transcript import Cue, Note


class CaptionFormat(StrEnum):
    SRT = "srt"
    VTT = "vtt"
    SBV = "sbv"
    JSON3 = "json3"
    JSON_SEGMENTS = "json_segments"
    SRV1 = "srv1"
    SRV3 = "srv3"
    TTML = "ttml"
    TIMED_TEXT = "timed_text"
    PLAIN_TEXT = "plain_text"


@dataclass(frozen=True, slots=True, kw_only=True)
class ParsedCaptions:
    """Cues in the file's order. `language` and `title` only where the file itself names them."""

    cues: tuple[Cue, ...]
    format: CaptionFormat
    language: str | None = None
    title: str | None = None
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FormatReader:
    """One caption format.

    `detect` tells from the content alone whether `parse` is to be asked; both get text with `\\n` line ends.
    """

    format: CaptionFormat
    detect: Callable[[str], bool]
    parse: Callable[[str], ParsedCaptions]
