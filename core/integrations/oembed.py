"""YouTube's oEmbed answer: title, channel and picture of a video, without a key; no length."""

from __future__ import annotations

import json

from core.domain.timecode import watch_url
from core.domain.video import Video
from core.integrations.calls import OnCall
from core.integrations.youtube_player import largest_picture, text_of
from core.integrations.youtube_session import BoundedSession

_ADDRESS = "https://www.youtube.com/oembed"
_MAX_ANSWER_BYTES = 256 * 1024


def read_oembed(video_id: str, *, timeout_s: float, deadline_s: float, on_call: OnCall) -> Video | None:
    """What oEmbed tells; None where it refuses (private, gone). Raises requests' errors, and ValueError."""
    with BoundedSession(
        timeout_s=timeout_s, deadline_s=deadline_s, max_bytes=_MAX_ANSWER_BYTES, on_call=on_call
    ) as session:
        answer = session.get(_ADDRESS, params={"url": watch_url(video_id), "format": "json"})
    document = json.loads(answer.content) if answer.status_code < 400 else None
    if not isinstance(document, dict):
        return None
    return Video(
        id=video_id,
        title=text_of(document.get("title")),
        channel=text_of(document.get("author_name")),
        thumbnail_url=largest_picture([{"url": document.get("thumbnail_url")}]),
    )
