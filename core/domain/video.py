"""What is known of a video besides its words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import PurePath

_LANGUAGE_SUFFIX = re.compile(r"\.[a-z]{2,3}(?:-[A-Za-z]{2,4})?$")


@dataclass(frozen=True, slots=True, kw_only=True)
class VideoChapter:
    """A chapter that the video's author set. It ends where the next one starts."""

    start_ms: int
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Video:
    """Metadata as a source gave it; whatever was not given is None. `id` is YouTube's eleven characters."""

    id: str | None = None
    title: str | None = None
    channel: str | None = None
    duration_ms: int | None = None
    url: str | None = None
    thumbnail_url: str | None = None
    is_live: bool = False
    chapters: tuple[VideoChapter, ...] = ()


def title_from_filename(filename: str) -> str | None:
    """A title to read: "my-talk_2026.en.srt" is "My talk 2026". None where the name holds no letter or digit."""
    stem = _LANGUAGE_SUFFIX.sub("", PurePath(filename.replace("\\", "/")).stem)
    spaced = stem if " " in stem else re.sub(r"[_\-.+]+", " ", stem)
    words = " ".join(re.sub(r"[\x00-\x1f]", " ", spaced.replace("_", " ")).split())
    if not any(char.isalnum() for char in words):
        return None
    return words[0].upper() + words[1:]
