"""The videos of a playlist or channel: by the Data API where there is a key, else by yt-dlp where it is installed."""

from __future__ import annotations

import logging
import time
from contextlib import closing

import requests

from core.domain.addresses import ListAddress, ListKind
from core.domain.engine_settings import EngineSettings
from core.domain.timecode import MAX_TIME_MS, is_video_id
from core.domain.video_lists import MOST_LISTED, ListedVideo, ListProblem, ListUnavailable
from core.integrations.calls import OnCall
from core.integrations.youtube_data import YouTubeData
from core.integrations.youtube_player import text_of
from core.integrations.youtube_route import MAX_ANSWER_BYTES
from core.integrations.youtube_session import BoundedSession, run_within
from core.integrations.yt_dlp import is_installed

log = logging.getLogger(__name__)

_PATHS = {
    ListKind.PLAYLIST: "playlist?list={name}",
    ListKind.CHANNEL_ID: "channel/{name}/videos",
    ListKind.HANDLE: "@{name}/videos",
    ListKind.USER: "user/{name}/videos",
    ListKind.CUSTOM_NAME: "c/{name}/videos",
}
_HIDDEN = frozenset({"[Private video]", "[Deleted video]"})
_GONE = ("not exist", "private", "unavailable", "404")


def list_videos(address: ListAddress, settings: EngineSettings, on_call: OnCall) -> tuple[ListedVideo, ...]:
    """At least one and at most MOST_LISTED videos, in the list's order; it blocks. Raises ListUnavailable.

    Everything together takes `youtube_total_timeout_s` at most.
    """
    by_data = bool(settings.youtube_api_key) and address.kind is not ListKind.CUSTOM_NAME
    if not by_data and not is_installed():
        raise ListUnavailable(ListProblem.NAME_UNKNOWN if settings.youtube_api_key else ListProblem.NOT_CONFIGURED)
    read = _by_data if by_data else _by_yt_dlp
    deadline_s = time.monotonic() + settings.youtube_total_timeout_s
    try:
        videos = run_within(settings.youtube_total_timeout_s, lambda: read(address, settings, on_call, deadline_s))
    except ListUnavailable:
        raise
    except Exception as error:
        log.info("a list could not be read: %s", type(error).__qualname__)
        is_late = isinstance(error, requests.exceptions.Timeout)
        raise ListUnavailable(ListProblem.TIMED_OUT if is_late else ListProblem.FAILED) from None
    if not videos:
        raise ListUnavailable(ListProblem.EMPTY)
    return videos


def _by_data(
    address: ListAddress, settings: EngineSettings, on_call: OnCall, deadline_s: float
) -> tuple[ListedVideo, ...]:
    key, timeout_s = settings.youtube_api_key or "", settings.youtube_timeout_s
    with closing(YouTubeData(key, timeout_s=timeout_s, deadline_s=deadline_s, on_call=on_call)) as data:
        return data.list_videos(address)


def _by_yt_dlp(
    address: ListAddress, settings: EngineSettings, on_call: OnCall, deadline_s: float
) -> tuple[ListedVideo, ...]:
    from core.integrations.yt_dlp_client import ExtractionFailed, extract

    # By itself yt-dlp asks once more for the videos that nobody may see.
    seen_by_all = {"no-youtube-unavailable-videos"}
    options = {"extract_flat": True, "playlistend": MOST_LISTED, "compat_opts": seen_by_all}
    with BoundedSession(
        timeout_s=settings.youtube_timeout_s,
        deadline_s=deadline_s,
        max_bytes=MAX_ANSWER_BYTES,
        vendor="yt_dlp",
        on_call=on_call,
    ) as session:
        try:
            info = extract(session, _address_of(address), options, whole=True)
        except ExtractionFailed as error:
            raise (error.cause or ListUnavailable(_problem(error.said))) from None
    entries = info.get("entries")
    rows = list(entries)[:MOST_LISTED] if isinstance(entries, list) else []
    return tuple(video for row in rows if (video := _listed(row)) is not None)


def _address_of(address: ListAddress) -> str:
    return f"https://www.youtube.com/{_PATHS[address.kind].format(name=address.name)}"


def _problem(said: str) -> ListProblem:
    return ListProblem.NOT_FOUND if any(word in said.lower() for word in _GONE) else ListProblem.FAILED


def _listed(row: object) -> ListedVideo | None:
    """The video of one entry; None for what is no video, and for those that only their owner sees."""
    if not isinstance(row, dict) or not isinstance(row.get("id"), str) or not is_video_id(row["id"]):
        return None
    if row.get("availability") in ("private", "needs_auth") or row.get("title") in _HIDDEN:
        return None
    seconds = row.get("duration")
    duration_ms = round(seconds * 1000) if isinstance(seconds, int | float) else 0
    return ListedVideo(
        id=row["id"],
        title=text_of(row.get("title")),
        duration_ms=duration_ms if 0 < duration_ms <= MAX_TIME_MS else None,
    )
