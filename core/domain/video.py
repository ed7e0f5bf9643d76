"""What is known of a video besides its words."""

from __future__ import annotations

from dataclasses import dataclass


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
