"""What a rung did not tell of a video, filled in: oEmbed first, then the Data API where there is a key."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

from core.domain.engine_settings import EngineSettings
from core.domain.timecode import watch_url
from core.domain.video import Video
from core.integrations.calls import OnCall
from core.integrations.oembed import read_oembed
from core.integrations.youtube_data import YouTubeData
from core.integrations.youtube_session import run_within

log = logging.getLogger(__name__)

LOOK_UP_TIMEOUT_S = 2.0

LookUp = Callable[[float], Video | None]


def find_video(
    video_id: str, known: Video, settings: EngineSettings, on_call: OnCall, *, timeout_s: float = LOOK_UP_TIMEOUT_S
) -> Video:
    """`known` with what is missing in it, as far as it can be had; what is known is never replaced.

    Never fails, and takes `timeout_s` for each of two look-ups at most. Where nothing is missing nobody is asked.
    """
    video = replace(known, id=video_id, url=known.url or watch_url(video_id))
    if None in (video.title, video.channel, video.thumbnail_url):
        video = _filled(video, _look_up("oembed", timeout_s, _oembed(video_id, timeout_s, on_call)))
    key = settings.youtube_api_key
    if key and (None in (video.title, video.channel) or (video.duration_ms is None and not video.is_live)):
        video = _filled(video, _look_up("youtube_data", timeout_s, _data(video_id, key, timeout_s, on_call)))
    return video


def _oembed(video_id: str, timeout_s: float, on_call: OnCall) -> LookUp:
    return lambda deadline_s: read_oembed(video_id, timeout_s=timeout_s, deadline_s=deadline_s, on_call=on_call)


def _data(video_id: str, key: str, timeout_s: float, on_call: OnCall) -> LookUp:
    def look_up(deadline_s: float) -> Video | None:
        with closing(YouTubeData(key, timeout_s=timeout_s, deadline_s=deadline_s, on_call=on_call)) as data:
            return data.find_video(video_id)

    return look_up


def _look_up(name: str, timeout_s: float, look_up: LookUp) -> Video | None:
    deadline_s = time.monotonic() + timeout_s
    try:
        return run_within(timeout_s, lambda: look_up(deadline_s))
    except Exception as error:  # a title that cannot be had is no reason to lose the words
        log.info("metadata by %s failed: %s", name, type(error).__qualname__)
        return None


def _filled(video: Video, found: Video | None) -> Video:
    if found is None:
        return video
    return replace(
        video,
        title=video.title or found.title,
        channel=video.channel or found.channel,
        duration_ms=video.duration_ms or found.duration_ms,
        thumbnail_url=video.thumbnail_url or found.thumbnail_url,
        is_live=video.is_live or found.is_live,
        chapters=video.chapters or found.chapters,
    )
