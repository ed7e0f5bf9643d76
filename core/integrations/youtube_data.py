"""YouTube's Data API v3: metadata of videos, and the videos of playlists and channels. It needs a key.

Every list call costs one unit of the 10,000 a day that a key has at first (quota costs: developers.google.com/youtube/
v3/determine_quota_cost), and is one outbound call: `youtube_data.videos` counts units.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence

import requests

from core.domain.addresses import ListAddress, ListKind
from core.domain.own_chapters import read_chapters
from core.domain.timecode import MAX_TIME_MS, is_video_id, watch_url
from core.domain.video import Video
from core.domain.video_lists import MOST_LISTED, ListedVideo, ListProblem, ListUnavailable
from core.integrations.calls import OnCall
from core.integrations.youtube_player import largest_picture, text_of
from core.integrations.youtube_session import BoundedSession

VENDOR = "youtube_data"
_ADDRESS = "https://www.googleapis.com/youtube/v3"
_MAX_ANSWER_BYTES = 4 * 1024 * 1024
_A_PAGE = 50
_DURATION = re.compile(r"P(?:(\d{1,4})W)?(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,7})M)?(?:(\d{1,8})S)?)?")
_QUOTA_REASONS = frozenset({"quotaExceeded", "dailyLimitExceeded", "rateLimitExceeded", "userRateLimitExceeded"})
# How a channel of each kind is asked for. A custom name can only be searched, at a hundred units: it is not.
_CHANNEL_PARAMETERS = {ListKind.CHANNEL_ID: "id", ListKind.HANDLE: "forHandle", ListKind.USER: "forUsername"}

Item = Mapping[str, object]


class YouTubeData:
    """One conversation with the API, over when its deadline is. `key` goes in a header, so no address holds it."""

    def __init__(self, key: str, *, timeout_s: float, deadline_s: float, on_call: OnCall) -> None:
        self._session = BoundedSession(
            timeout_s=timeout_s, deadline_s=deadline_s, max_bytes=_MAX_ANSWER_BYTES, vendor=VENDOR, on_call=on_call
        )
        self._session.headers["X-Goog-Api-Key"] = key

    def close(self) -> None:
        self._session.close()

    def find_video(self, video_id: str) -> Video | None:
        """Metadata of one video; None where there is no such video for everybody. Raises ListUnavailable."""
        items = self._items("videos", {"part": "snippet,contentDetails", "id": video_id})
        return _video(items[0], video_id) if items else None

    def list_videos(self, address: ListAddress) -> tuple[ListedVideo, ...]:
        """The list's videos that everybody can see, in its order, at most MOST_LISTED. Raises ListUnavailable."""
        playlist_id = address.name if address.kind is ListKind.PLAYLIST else self._uploads_of(address)
        ids = list(dict.fromkeys(self._ids_in(playlist_id)))[:MOST_LISTED]
        found: dict[str, ListedVideo] = {}
        for start in range(0, len(ids), _A_PAGE):
            found |= self._listed(ids[start : start + _A_PAGE])
        return tuple(found[video_id] for video_id in ids if video_id in found)

    def _uploads_of(self, address: ListAddress) -> str:
        """Id of the playlist of all that a channel has published."""
        parameter = _CHANNEL_PARAMETERS.get(address.kind)
        if parameter is None:
            raise ListUnavailable(ListProblem.NAME_UNKNOWN)
        items = self._items("channels", {"part": "contentDetails", parameter: address.name})
        uploads = _part(_part(items[0], "contentDetails"), "relatedPlaylists").get("uploads") if items else None
        if not isinstance(uploads, str):
            raise ListUnavailable(ListProblem.NOT_FOUND)
        return uploads

    def _ids_in(self, playlist_id: str) -> Iterator[str]:
        parameters = {"part": "contentDetails", "playlistId": playlist_id, "maxResults": str(_A_PAGE)}
        for _page in range(MOST_LISTED // _A_PAGE):
            document = self._ask("playlistItems", parameters)
            for item in _items_of(document):
                video_id = _part(item, "contentDetails").get("videoId")
                if isinstance(video_id, str) and is_video_id(video_id):
                    yield video_id
            token = document.get("nextPageToken")
            if not isinstance(token, str):
                return
            parameters["pageToken"] = token

    def _listed(self, ids: Sequence[str]) -> dict[str, ListedVideo]:
        items = self._items("videos", {"part": "snippet,contentDetails", "id": ",".join(ids)})
        videos = [_video(item, str(item.get("id"))) for item in items]
        return {
            video.id: ListedVideo(id=video.id, title=video.title, duration_ms=video.duration_ms)
            for video in videos
            if video.id
        }

    def _items(self, kind: str, parameters: Mapping[str, str]) -> list[Item]:
        return _items_of(self._ask(kind, parameters))

    def _ask(self, kind: str, parameters: Mapping[str, str]) -> Item:
        answer = self._session.get(f"{_ADDRESS}/{kind}", params=dict(parameters))
        document = _document(answer)
        if answer.status_code >= 400:
            raise ListUnavailable(_problem(answer.status_code, document))
        return document


def duration_ms_of(written: object) -> int | None:
    """Milliseconds of an ISO 8601 duration ("PT1H2M3S"); None for live streams ("P0D"), nonsense, and past 99 h."""
    match = _DURATION.fullmatch(written) if isinstance(written, str) else None
    if match is None:
        return None
    weeks, days, hours, minutes, seconds = (int(group or 0) for group in match.groups())
    duration_ms = ((((weeks * 7 + days) * 24 + hours) * 60 + minutes) * 60 + seconds) * 1000
    return duration_ms if 0 < duration_ms <= MAX_TIME_MS else None


def _video(item: Item, video_id: str) -> Video:
    snippet = _part(item, "snippet")
    duration_ms = duration_ms_of(_part(item, "contentDetails").get("duration"))
    description = snippet.get("description")
    return Video(
        id=video_id,
        title=text_of(snippet.get("title")),
        channel=text_of(snippet.get("channelTitle")),
        duration_ms=duration_ms,
        url=watch_url(video_id) if is_video_id(video_id) else None,
        thumbnail_url=largest_picture(list(_part(snippet, "thumbnails").values())),
        is_live=snippet.get("liveBroadcastContent") in ("live", "upcoming"),
        chapters=read_chapters(description, duration_ms) if isinstance(description, str) else (),
    )


def _problem(status: int, document: Item) -> ListProblem:
    errors = _part(document, "error").get("errors")
    reasons = {row.get("reason") for row in (errors if isinstance(errors, list) else []) if isinstance(row, dict)}
    if status == 404:
        return ListProblem.NOT_FOUND
    if status == 429 or reasons & _QUOTA_REASONS:
        return ListProblem.QUOTA_USED_UP
    if reasons & {"playlistItemsNotAccessible", "channelForbidden"}:
        return ListProblem.NOT_FOUND
    return ListProblem.KEY_REFUSED if status in (400, 401, 403) else ListProblem.FAILED


def _document(answer: requests.Response) -> Item:
    try:
        document = json.loads(answer.content)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict) and answer.status_code < 400:
        raise ListUnavailable(ListProblem.FAILED)
    return document if isinstance(document, dict) else {}


def _items_of(document: Item) -> list[Item]:
    items = document.get("items")
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _part(item: Item, name: str) -> Item:
    value = item.get(name)
    return value if isinstance(value, dict) else {}
