"""YouTube's captions, read directly: the track list, the best track, its words, and the metadata that comes along."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import requests
from youtube_transcript_api import FetchedTranscript, Transcript, TranscriptsDisabled, YouTubeTranscriptApi

from core.domain import transcript as words
from core.domain.captions.errors import BadCaptionTimes, NoWords
from core.domain.cleaning import clean_cues
from core.domain.ladder import CaptionFailure, FailureContext, RetryRule, TranscriptUnavailable
from core.domain.own_chapters import read_chapters
from core.domain.video import Video
from core.integrations.calls import OnCall, uncounted
from core.integrations.youtube_errors import Observed, explain
from core.integrations.youtube_session import BoundedSession, run_within
from core.ports import FetchedCaptions

log = logging.getLogger(__name__)

# The recorded watch page has 1.0 MB, the captions of a five-hour video 0.6 MB.
MAX_ANSWER_BYTES = 16 * 1024 * 1024
TRIES = 2
RETRY_PAUSE_S = 0.5


class YouTubeCaptions:
    """A CaptionSource. Holds settings only, so that it can be sent to the process that does the fetching.

    `timeout_s` bounds each connect and each read, `total_timeout_s` everything together, a second try included.
    `languages` are asked for where the caller names none. `on_call` hears of every request, from another thread.
    """

    def __init__(
        self,
        *,
        timeout_s: float = 2.0,
        total_timeout_s: float = 20.0,
        proxy_url: str | None = None,
        languages: tuple[str, ...] = ("en",),
        name: str = "youtube",
        retry_pause_s: float = RETRY_PAUSE_S,
        on_call: OnCall = uncounted,
    ) -> None:
        self.name = name
        self._timeout_s = timeout_s
        self._total_timeout_s = total_timeout_s
        self._proxy_url = proxy_url
        self._languages = languages
        self._retry_pause_s = retry_pause_s
        self._on_call = on_call

    @property
    def is_configured(self) -> bool:
        return True

    def fetch(self, video_id: str, *, languages: tuple[str, ...]) -> FetchedCaptions:
        """The captions of the best track; TranscriptUnavailable with the metadata seen on the way."""
        deadline_s = time.monotonic() + self._total_timeout_s
        for tries_left in reversed(range(TRIES)):
            try:
                return self._fetch_once(video_id, languages or self._languages, deadline_s)
            except TranscriptUnavailable as failure:
                if not tries_left or not self._is_worth_another_try(failure, deadline_s):
                    raise
                # Of random length, so that many jobs do not come back together.
                time.sleep(self._retry_pause_s * random.uniform(0.5, 1.5))  # noqa: S311  # jitter, not a secret
        raise AssertionError("the last try returns or raises")

    def _fetch_once(self, video_id: str, wanted: tuple[str, ...], deadline_s: float) -> FetchedCaptions:
        observed = Observed()
        try:
            track = run_within(
                deadline_s - time.monotonic(), lambda: self._read_track(video_id, wanted, deadline_s, observed)
            )
            cues = [_cue(snippet.start, snippet.duration, snippet.text) for snippet in track]
        except Exception as error:
            failure = explain(error, observed)
            # By name only: messages of HTTP errors hold addresses with signatures and proxies' passwords.
            log.info("captions of %s: %s read as %s", video_id, type(error).__qualname__, failure.code)
            raise failure from None
        return _cleaned(track, cues, observed.video or Video(id=video_id, url=_watch_url(video_id)))

    def _read_track(
        self, video_id: str, wanted: tuple[str, ...], deadline_s: float, observed: Observed
    ) -> FetchedTranscript:
        with BoundedSession(
            timeout_s=self._timeout_s,
            deadline_s=deadline_s,
            max_bytes=MAX_ANSWER_BYTES,
            proxy_url=self._proxy_url,
            on_call=self._on_call,
        ) as session:
            session.hooks["response"].append(lambda answer, *_args, **_kwargs: _observe(answer, video_id, observed))
            tracks = list(YouTubeTranscriptApi(http_client=session).list(video_id))
            if not tracks:
                raise TranscriptsDisabled(video_id)
            observed.languages = tuple(dict.fromkeys(track.language_code for track in tracks))
            return choose_track(tracks, wanted).fetch()

    def _is_worth_another_try(self, failure: TranscriptUnavailable, deadline_s: float) -> bool:
        left_s = deadline_s - time.monotonic()
        return failure.rule.retry is RetryRule.AT_ONCE and left_s > 1.5 * self._retry_pause_s + self._timeout_s


def choose_track(tracks: Sequence[Transcript], wanted: tuple[str, ...]) -> Transcript:
    """The track to read, of at least one: the wanted languages in order, then the original, then any.

    Within a language manual before generated, then the exact tag: "en-GB" serves for "en" and the reverse. The language
    of a generated track is the one that is spoken.
    """
    preferred = [tag.lower() for tag in (*wanted, *(track.language_code for track in tracks if track.is_generated))]
    return min(tracks, key=lambda track: _distance(track, preferred))


def _distance(track: Transcript, preferred: list[str]) -> tuple[int, bool, int]:
    tag = track.language_code.lower()
    bases = [_base(other) for other in preferred]
    place = bases.index(_base(tag)) if _base(tag) in bases else len(bases)
    return place, track.is_generated, preferred.index(tag) if tag in preferred else len(preferred)


def _base(tag: str) -> str:
    return tag.partition("-")[0]


def _cleaned(track: FetchedTranscript, cues: list[words.Cue], video: Video) -> FetchedCaptions:
    source = words.TranscriptSource.YOUTUBE_GENERATED if track.is_generated else words.TranscriptSource.YOUTUBE_MANUAL
    try:
        cleaned = clean_cues(cues, language=track.language_code, source=source)
    except NoWords:
        raise TranscriptUnavailable(CaptionFailure.NO_WORDS, FailureContext(video=video)) from None
    except BadCaptionTimes:
        reason = "their times lie outside any video"
        raise TranscriptUnavailable(CaptionFailure.BROKEN_TRACK, FailureContext(video=video, reason=reason)) from None
    return FetchedCaptions(transcript=cleaned, video=video)


def _cue(start_s: float, duration_s: float, text: str) -> words.Cue:
    return words.Cue(start_ms=round(start_s * 1000), end_ms=round((start_s + duration_s) * 1000), text=text)


def _observe(answer: requests.Response, video_id: str, observed: Observed) -> None:
    """Keeps what the library drops: the status, whether anything came, and the metadata in the player's answer."""
    observed.status = answer.status_code
    observed.is_empty = not answer.content.strip()
    if "/youtubei/v1/player" not in answer.url or not answer.ok:
        return
    try:
        player = answer.json()
    except ValueError:
        return
    details = player.get("videoDetails") if isinstance(player, dict) else None
    if isinstance(details, dict):
        observed.video = read_video(details, video_id)
        observed.is_live_content = details.get("isLiveContent") is True or observed.video.is_live


def read_video(details: Mapping[str, object], video_id: str) -> Video:
    """Video from the player's `videoDetails`; fields of an unexpected shape are None."""
    duration_ms = _duration_ms(details.get("lengthSeconds"))
    description = details.get("shortDescription")
    return Video(
        id=video_id,
        title=_text(details.get("title")),
        channel=_text(details.get("author")),
        duration_ms=duration_ms,
        url=_watch_url(video_id),
        thumbnail_url=_largest_thumbnail(details.get("thumbnail")),
        is_live=details.get("isLive") is True or details.get("isUpcoming") is True,
        chapters=read_chapters(description, duration_ms) if isinstance(description, str) else (),
    )


def _watch_url(video_id: str) -> str:
    return f"https://www.youtube.com/watch?v={video_id}"


def _text(value: object) -> str | None:
    joined = " ".join(value.split()) if isinstance(value, str) else ""
    return joined or None


def _duration_ms(seconds: object) -> int | None:
    """Milliseconds; None for a live stream, where YouTube says 0, and past the 99 hours the time engine knows."""
    if not isinstance(seconds, str) or not seconds.isascii() or not seconds.isdigit():
        return None
    duration_s = int(seconds)
    return duration_s * 1000 if 0 < duration_s <= 99 * 3600 else None


def _largest_thumbnail(value: object) -> str | None:
    """Address of the widest picture on YouTube's own image host; the pages load pictures from nowhere else."""
    pictures = value.get("thumbnails") if isinstance(value, dict) else None
    found = [
        (picture.get("width") or 0, picture["url"])
        for picture in (pictures if isinstance(pictures, list) else [])
        if isinstance(picture, dict) and isinstance(picture.get("url"), str) and _is_youtube_image(picture["url"])
    ]
    return max(found, key=lambda pair: pair[0])[1] if found else None


def _is_youtube_image(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and parts.netloc == "i.ytimg.com"
