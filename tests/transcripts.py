"""Transcripts for tests, written down in a few words."""

from __future__ import annotations

from core.domain.transcript import Segment, Transcript, TranscriptSource


def timed(*texts: str, seconds: float = 4.0, pause: float = 0.0, language: str | None = "en") -> Transcript:
    """One segment a text, each `seconds` long, `pause` seconds apart, the first at 0."""
    step = seconds + pause
    segments = tuple(
        Segment(start_ms=round(number * step * 1000), end_ms=round((number * step + seconds) * 1000), text=text)
        for number, text in enumerate(texts)
    )
    return Transcript(segments=segments, timed=True, language=language, source=TranscriptSource.UPLOAD)


def untimed(*texts: str, language: str | None = "en") -> Transcript:
    segments = tuple(Segment(start_ms=None, end_ms=None, text=text) for text in texts)
    return Transcript(segments=segments, timed=False, language=language, source=TranscriptSource.PASTE)


def spoken(*lines: tuple[str, str], seconds: float = 4.0) -> Transcript:
    """(speaker, text) a segment."""
    segments = tuple(
        Segment(start_ms=round(n * seconds * 1000), end_ms=round((n + 1) * seconds * 1000), text=text, speaker=speaker)
        for n, (speaker, text) in enumerate(lines)
    )
    return Transcript(segments=segments, timed=True, language="en", source=TranscriptSource.UPLOAD)
