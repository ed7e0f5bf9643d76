"""What the player's answer tells beside the captions, and libraries drop: metadata, tracks, why it does not play."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Protocol
from urllib.parse import urlsplit

from core.domain.own_chapters import read_chapters
from core.domain.timecode import watch_url
from core.domain.video import Video
from core.integrations.youtube_errors import Observed, Refusal


class Answer(Protocol):
    """An HTTP answer, as far as it is looked at here."""

    status_code: int
    url: str

    @property
    def content(self) -> bytes: ...


def observe(answer: Answer, video_id: str, observed: Observed) -> None:
    """Keeps of an answer the status, whether anything came, and what the player says of the video."""
    observed.status = answer.status_code
    observed.is_empty = not answer.content.strip()
    if "/youtubei/v1/player" not in answer.url or answer.status_code >= 400:
        return
    try:
        player = json.loads(answer.content)
    except (ValueError, RecursionError):
        return
    if isinstance(player, dict):
        _observe_player(player, video_id, observed)


def read_video(details: Mapping[str, object], video_id: str) -> Video:
    """Video from the player's `videoDetails`; fields of an unexpected shape are None."""
    duration_ms = _duration_ms(details.get("lengthSeconds"))
    description = details.get("shortDescription")
    return Video(
        id=video_id,
        title=text_of(details.get("title")),
        channel=text_of(details.get("author")),
        duration_ms=duration_ms,
        url=watch_url(video_id),
        thumbnail_url=largest_picture(_dict(details.get("thumbnail")).get("thumbnails")),
        is_live=details.get("isLive") is True or details.get("isUpcoming") is True,
        chapters=read_chapters(description, duration_ms) if isinstance(description, str) else (),
    )


def text_of(value: object) -> str | None:
    """The text on one line; None for anything else, and for blanks."""
    joined = " ".join(value.split()) if isinstance(value, str) else ""
    return joined or None


def largest_picture(pictures: object) -> str | None:
    """Address of the widest picture on YouTube's own image host; the pages load pictures from nowhere else."""
    found = [
        (picture.get("width") or 0, picture["url"])
        for picture in (pictures if isinstance(pictures, list) else [])
        if isinstance(picture, dict) and isinstance(picture.get("url"), str) and _is_youtube_image(picture["url"])
    ]
    return max(found, key=lambda pair: pair[0])[1] if found else None


def _observe_player(player: dict[str, object], video_id: str, observed: Observed) -> None:
    observed.refusal = _refusal(_dict(player.get("playabilityStatus")))
    renderer = _dict(_dict(player.get("captions")).get("playerCaptionsTracklistRenderer"))
    tracks = renderer.get("captionTracks")
    codes = [_dict(track).get("languageCode") for track in (tracks if isinstance(tracks, list) else [])]
    observed.languages = tuple(dict.fromkeys(code for code in codes if isinstance(code, str)))
    details = player.get("videoDetails")
    if isinstance(details, dict):
        observed.video = read_video(details, video_id)
        observed.is_live_content = details.get("isLiveContent") is True or observed.video.is_live


def _refusal(playability: Mapping[str, object]) -> Refusal | None:
    """Why the player does not play, in YouTube's words; None where it does, or does not say."""
    status = playability.get("status")
    if not isinstance(status, str) or status == "OK":
        return None
    screen = _dict(_dict(playability.get("errorScreen")).get("playerErrorMessageRenderer"))
    runs = _dict(screen.get("subreason")).get("runs")
    details = [_dict(run).get("text") for run in (runs if isinstance(runs, list) else [])]
    said = [part for part in (playability.get("reason"), *details) if isinstance(part, str)]
    return Refusal(status=status, reason=". ".join(part.strip(" .") for part in said if part.strip(" .")))


def _dict(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else {}


def _duration_ms(seconds: object) -> int | None:
    """Milliseconds; None for a live stream, where YouTube says 0, and past the 99 hours the time engine knows."""
    if not isinstance(seconds, str) or not seconds.isascii() or not seconds.isdigit():
        return None
    duration_s = int(seconds)
    return duration_s * 1000 if 0 < duration_s <= 99 * 3600 else None


def _is_youtube_image(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and parts.netloc == "i.ytimg.com"
