"""Captions out again, so that reading them back loses nothing."""

from __future__ import annotations

from collections.abc import Iterable

from core.domain.captions.blocks import find_arrow_timing
from core.domain.captions.errors import BadCaptionTimes
from core.domain.timecode import TimeStyle, format_timecode
from core.domain.transcript import Cue, Segment

WORD_JOINER = "\u2060"


def to_srt(cues: Iterable[Cue | Segment]) -> str:
    """SubRip. It knows no speakers, so a speaker stands before the text as `Name: `.

    Raises BadCaptionTimes where a time is missing.
    """
    blocks = []
    for number, cue in enumerate(cues, start=1):
        lines = _lines(f"{cue.speaker}: {cue.text}" if cue.speaker else cue.text)
        # A spoken line that is itself a line of times would start a cue of its own.
        text = "\n".join(WORD_JOINER + line if find_arrow_timing(line) else line for line in lines)
        blocks.append(f"{number}\n{_times(cue, TimeStyle.SRT)}\n{text}\n")
    return "\n".join(blocks)


def to_vtt(cues: Iterable[Cue | Segment], *, language: str | None = None) -> str:
    """WebVTT, speakers as voices. Raises BadCaptionTimes where a time is missing."""
    header = f"WEBVTT\nLanguage: {language}\n" if language else "WEBVTT\n"
    blocks = [header]
    for cue in cues:
        voice = f"<v {_escape(' '.join(cue.speaker.split()))}>" if cue.speaker else ""
        text = "\n".join(_escape(line) for line in _lines(cue.text))
        blocks.append(f"{_times(cue, TimeStyle.VTT)}\n{voice}{text}\n")
    return "\n".join(blocks)


def _lines(text: str) -> list[str]:
    """The lines that hold anything: an empty one would end the cue."""
    return [line.rstrip() for line in text.replace("\r", "\n").split("\n") if line.strip()]


def _times(cue: Cue | Segment, style: TimeStyle) -> str:
    if cue.start_ms is None or cue.end_ms is None:
        raise BadCaptionTimes("This transcript has no times, so it cannot be written as SRT or VTT. Export it as text.")
    return f"{format_timecode(cue.start_ms, style)} --> {format_timecode(cue.end_ms, style)}"


def _escape(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
