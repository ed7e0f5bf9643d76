"""Subtitles by yt-dlp: another way of asking YouTube, which often still works where the first one does not."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final
from urllib.parse import parse_qs, urlsplit

from core.domain.captions import BadCaptions, BadCaptionTimes, CaptionsTooLarge, EmptyCaptions, NoWords, parse_captions
from core.domain.captions.parsed import ParsedCaptions
from core.domain.ladder import CaptionFailure, FailureContext, TranscriptUnavailable
from core.domain.timecode import watch_url
from core.domain.video import Video
from core.integrations.tracks import base_of, choose_track, cleaned, source_of
from core.integrations.youtube_errors import Observed, Refusal, explain, failure_said, request_failed
from core.integrations.youtube_player import observe
from core.integrations.youtube_route import RoutedCaptions
from core.integrations.youtube_session import BoundedSession
from core.ports import FetchedCaptions

# The captions formats we read, the one that says most first.
_FORMATS = ("json3", "srv3", "srv1", "vtt", "ttml")
# yt-dlp marks the spoken language so, beside machine translations of it.
_SPOKEN = "-orig"
_NOT_CAPTIONS = frozenset({"live_chat"})
_TOO_MANY_REQUESTS = 429

# yt-dlp's own sentences, where neither the wire nor the player's answer said what was wrong.
_SAID: Final = (
    (re.compile(r"IP is likely being blocked|rate.?limited|captcha", re.IGNORECASE), CaptionFailure.IP_BLOCKED),
    (re.compile(r"PO token", re.IGNORECASE), CaptionFailure.PO_TOKEN_REQUIRED),
    (re.compile(r"incomplete YouTube ID|not a valid URL", re.IGNORECASE), CaptionFailure.INVALID_VIDEO_ID),
    (re.compile(r"video (?:is )?(?:unavailable|not available)", re.IGNORECASE), CaptionFailure.VIDEO_UNAVAILABLE),
    (re.compile(r"DRM protected|only available for|members-only", re.IGNORECASE), CaptionFailure.VIDEO_UNPLAYABLE),
    (re.compile(r"timed? ?out", re.IGNORECASE), CaptionFailure.TIMED_OUT),
)


def is_installed() -> bool:
    return find_spec("yt_dlp") is not None


class YtDlpCaptions(RoutedCaptions):
    """A CaptionSource. Holds settings only; the library is imported when captions are fetched."""

    @property
    def is_configured(self) -> bool:
        return is_installed() and super().is_configured

    def fetch(self, video_id: str, *, languages: tuple[str, ...]) -> FetchedCaptions:
        """The captions of the best track; TranscriptUnavailable with the metadata seen on the way."""
        # Before the clock runs: the first import alone takes a second.
        import core.integrations.yt_dlp_client  # noqa: F401

        wanted = languages or self._languages
        return self._route.fetch(video_id, lambda session, observed: _read(session, observed, video_id, wanted))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Track:
    language_code: str
    is_generated: bool
    url: str


def _read(session: BoundedSession, observed: Observed, video_id: str, wanted: tuple[str, ...]) -> FetchedCaptions:
    from core.integrations.yt_dlp_client import ExtractionFailed, extract

    session.hooks["response"].append(lambda answer, *_args, **_kwargs: observe(answer, video_id, observed))
    try:
        info = extract(session, watch_url(video_id), {}, whole=False)
    except ExtractionFailed as error:
        raise _explained(error.said, error.cause, observed) from None
    tracks = _tracks(info)
    if not tracks:
        raise _without_tracks(observed)
    track = choose_track(tracks, wanted)
    if _is_kept_back(track, observed.languages, wanted):
        raise _failed(CaptionFailure.PO_TOKEN_REQUIRED, observed)
    parsed = _parsed(session, track.url, observed)
    video = observed.video or Video(id=video_id, url=watch_url(video_id))
    return cleaned(parsed.cues, language=track.language_code, source=source_of(track), video=video, notes=parsed.notes)


def _is_kept_back(track: _Track, offered: tuple[str, ...], wanted: tuple[str, ...]) -> bool:
    """True where YouTube lists a wanted language, and yt-dlp was given another: that track is not for apps."""
    bases = {base_of(code) for code in offered}
    best = next((base for tag in wanted if (base := base_of(tag)) in bases), None)
    return best is not None and base_of(track.language_code) != best


def _tracks(info: Mapping[str, object]) -> list[_Track]:
    """The tracks as they are, without machine translations: those are words that nobody said."""
    found = [
        _Track(language_code=str(code).removesuffix(_SPOKEN), is_generated=is_generated, url=url)
        for name, is_generated in (("subtitles", False), ("automatic_captions", True))
        for code, formats in _entries(info.get(name))
        if code not in _NOT_CAPTIONS and (url := _best_url(formats))
    ]
    return list({(track.language_code, track.is_generated): track for track in found}.values())


def _entries(by_language: object) -> list[tuple[object, object]]:
    return list(by_language.items()) if isinstance(by_language, dict) else []


def _best_url(formats: object) -> str | None:
    """Address of the track in the format we like best; None for a translation and for formats that are not read."""
    urls = {
        row.get("ext"): row["url"]
        for row in (formats if isinstance(formats, list) else [])
        if isinstance(row, dict) and isinstance(row.get("url"), str) and not _is_translation(row["url"])
    }
    return next((urls[name] for name in _FORMATS if name in urls), None)


def _is_translation(url: str) -> bool:
    return "tlang" in parse_qs(urlsplit(url).query)


def _parsed(session: BoundedSession, url: str, observed: Observed) -> ParsedCaptions:
    answer = session.get(url)
    if answer.status_code >= 400:
        raise _by_status(answer.status_code, observed)
    try:
        return parse_captions(answer.content)
    except EmptyCaptions:
        failure = CaptionFailure.EMPTY_ANSWER
    except NoWords:
        failure = CaptionFailure.NO_WORDS
    except CaptionsTooLarge:
        failure = CaptionFailure.ANSWER_TOO_LARGE
    except BadCaptionTimes:
        raise _failed(CaptionFailure.BROKEN_TRACK, observed, "their times lie outside any video") from None
    except BadCaptions:
        failure = CaptionFailure.UNREADABLE_ANSWER
    raise _failed(failure, observed)


def _without_tracks(observed: Observed) -> TranscriptUnavailable:
    """Why there are none: the player refused, or keeps them from clients like this one, or there never were any."""
    if observed.refusal is not None:
        return _refused(observed.refusal, observed)
    if observed.languages:
        return _failed(CaptionFailure.PO_TOKEN_REQUIRED, observed)
    if observed.video is None:
        return _failed(CaptionFailure.UNREADABLE_ANSWER, observed)
    is_live = observed.is_live_content
    return _failed(CaptionFailure.LIVE_WITHOUT_CAPTIONS if is_live else CaptionFailure.CAPTIONS_DISABLED, observed)


def _refused(refusal: Refusal, observed: Observed) -> TranscriptUnavailable:
    usual = CaptionFailure.VIDEO_UNAVAILABLE if refusal.status == "ERROR" else CaptionFailure.VIDEO_UNPLAYABLE
    return _failed(failure_said(refusal.reason) or usual, observed, refusal.reason)


def _explained(said: str, cause: Exception | None, observed: Observed) -> TranscriptUnavailable:
    """By what is surest: an error on the wire, the last status, the player's refusal, yt-dlp's sentence."""
    if cause is not None:
        return explain(cause, observed)
    if observed.status is not None and observed.status >= 400:
        return _by_status(observed.status, observed)
    if observed.refusal is not None:
        return _refused(observed.refusal, observed)
    known = failure_said(said) or next((failure for pattern, failure in _SAID if pattern.search(said)), None)
    return _failed(known or CaptionFailure.UNREADABLE_ANSWER, observed)


def _by_status(status: int, observed: Observed) -> TranscriptUnavailable:
    if status == _TOO_MANY_REQUESTS:
        return _failed(CaptionFailure.IP_BLOCKED, observed)
    failure, reason = request_failed(status)
    return _failed(failure, observed, reason)


def _failed(failure: CaptionFailure, observed: Observed, reason: str = "") -> TranscriptUnavailable:
    context = FailureContext(video=observed.video, languages=observed.languages, reason=reason)
    return TranscriptUnavailable(failure, context)
