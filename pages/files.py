"""Which files the forms take: captions always, recordings where the service listens."""

from __future__ import annotations

from dataclasses import dataclass

from core.api.limits import MAX_UPLOAD_BYTES
from core.domain.library import EngineMenu
from core.domain.media import MEDIA_SUFFIXES
from pages.words import CAPTION_FORMATS, CAPTION_SUFFIXES


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenFiles:
    """`name` is what a person drops; `suffixes` are what a file dialogue offers first."""

    name: str
    formats: str
    suffixes: str
    longest_mb: int


_CAPTIONS = TakenFiles(
    name="caption file",
    formats=CAPTION_FORMATS,
    suffixes=CAPTION_SUFFIXES,
    longest_mb=MAX_UPLOAD_BYTES // (1024 * 1024),
)


def taken_files(menu: EngineMenu) -> TakenFiles:
    if menu.recording_mb is None:
        return _CAPTIONS
    return TakenFiles(
        name="caption, audio or video file",
        formats="SRT · VTT · TXT · MP3 · WAV · MP4 …",
        suffixes=f"{CAPTION_SUFFIXES},{MEDIA_SUFFIXES}",
        longest_mb=menu.recording_mb,
    )
