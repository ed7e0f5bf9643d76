"""Where the command line gets its words from."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import BinaryIO

from core.domain.addresses import looks_like_address, parse_video_address
from core.domain.captions import parse_captions
from core.domain.captions.errors import MAX_CAPTION_BYTES, check_caption_size
from core.domain.cleaning import clean_cues
from core.domain.transcript import TranscriptSource
from core.domain.video import Video, title_from_filename
from core.errors import InvalidInput
from core.ports import FetchedCaptions


def is_file(path: Path) -> bool:
    """True where there is something at this path. A text that no file can be called by is not one."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def is_address(text: str) -> bool:
    return looks_like_address(text)


def read_file(path: Path) -> bytes:
    """At most as much as is taken anyway. InvalidInput for folders and for what may not be read."""
    try:
        with path.open("rb") as file:
            return _read_bounded(file)
    except OSError as error:
        raise InvalidInput(f"{path} cannot be read: {error.strerror}.") from None


def read_stdin() -> bytes:
    return _read_bounded(sys.stdin.buffer)


def from_bytes(content: bytes, *, filename: str | None, language: str | None, title: str | None) -> FetchedCaptions:
    """The cleaned words of a caption file. BadCaptions where it is none."""
    parsed = parse_captions(content, filename=filename)
    transcript = clean_cues(
        parsed.cues, language=language or parsed.language, source=TranscriptSource.UPLOAD, notes=parsed.notes
    )
    # As on the web: what the person calls it, else what the file calls itself, else the file's name.
    named = title_from_filename(filename) if filename else None
    return FetchedCaptions(transcript=transcript, video=Video(title=title or parsed.title or named))


def from_address(address: str, *, language: str | None, title: str | None) -> FetchedCaptions:
    """The captions of a video, by the ladder's rungs. TranscriptUnavailable where none has any."""
    import logging
    from dataclasses import replace

    video_id = parse_video_address(address).video_id
    from core.config import load_settings
    from core.integrations.calls import uncounted
    from core.integrations.caption_sources import caption_sources
    from core.services.captions import fetch_captions

    # The failure itself is printed; the lines meant for operators stay out of a person's terminal.
    logging.getLogger("core").addHandler(logging.NullHandler())
    rungs = caption_sources(load_settings().for_engine(), uncounted)
    fetched = fetch_captions(video_id, rungs, languages=(language or "en",), on_attempt=lambda _attempt: None)
    return replace(fetched, video=replace(fetched.video, title=title)) if title else fetched


def _read_bounded(file: BinaryIO) -> bytes:
    content = file.read(MAX_CAPTION_BYTES + 1)
    check_caption_size(len(content))
    return content
