"""Every exception of the captions library, of HTTP and of parsing, as one of our failures: one table for all."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final
from xml.etree.ElementTree import ParseError

import youtube_transcript_api as youtube_library
from requests import exceptions as http
from urllib3 import exceptions as transport

from core.domain.ladder import CaptionFailure, FailureContext, TranscriptUnavailable
from core.domain.video import Video
from core.integrations.youtube_session import AnswerTooLarge


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """That the player does not play: its status, and the reason in YouTube's words."""

    status: str
    reason: str


@dataclass(slots=True, kw_only=True)
class Observed:
    """What was seen on the wire during one try, filled in by the session's response hook."""

    video: Video | None = None
    is_live_content: bool = False
    languages: tuple[str, ...] = ()
    status: int | None = None
    is_empty: bool = False
    refusal: Refusal | None = None


# The nearest class of the exception's ancestry that stands here decides. All from ParseError on leak past the
# library's own base class: seen by replaying recorded pages, or read in its source.
FAILURE_OF: Final[dict[type[BaseException], CaptionFailure]] = {
    youtube_library.IpBlocked: CaptionFailure.IP_BLOCKED,
    youtube_library.RequestBlocked: CaptionFailure.REQUEST_BLOCKED,
    youtube_library.PoTokenRequired: CaptionFailure.PO_TOKEN_REQUIRED,
    youtube_library.TranscriptsDisabled: CaptionFailure.CAPTIONS_DISABLED,
    youtube_library.NoTranscriptFound: CaptionFailure.LANGUAGE_NOT_OFFERED,
    youtube_library.NotTranslatable: CaptionFailure.LANGUAGE_NOT_OFFERED,
    youtube_library.TranslationLanguageNotAvailable: CaptionFailure.LANGUAGE_NOT_OFFERED,
    youtube_library.AgeRestricted: CaptionFailure.AGE_RESTRICTED,
    youtube_library.VideoUnavailable: CaptionFailure.VIDEO_UNAVAILABLE,
    youtube_library.InvalidVideoId: CaptionFailure.INVALID_VIDEO_ID,
    youtube_library.VideoUnplayable: CaptionFailure.VIDEO_UNPLAYABLE,
    youtube_library.FailedToCreateConsentCookie: CaptionFailure.CONSENT_FAILED,
    youtube_library.YouTubeRequestFailed: CaptionFailure.YOUTUBE_FAILED,
    youtube_library.YouTubeDataUnparsable: CaptionFailure.UNREADABLE_ANSWER,
    youtube_library.CouldNotRetrieveTranscript: CaptionFailure.UNREADABLE_ANSWER,
    # An empty or broken captions file; HTML where JSON belongs; JSON or XML of a shape the library does not expect.
    ParseError: CaptionFailure.UNREADABLE_ANSWER,
    http.JSONDecodeError: CaptionFailure.UNREADABLE_ANSWER,
    http.ContentDecodingError: CaptionFailure.UNREADABLE_ANSWER,
    LookupError: CaptionFailure.UNREADABLE_ANSWER,
    AttributeError: CaptionFailure.UNREADABLE_ANSWER,
    TypeError: CaptionFailure.UNREADABLE_ANSWER,
    ValueError: CaptionFailure.UNREADABLE_ANSWER,
    ArithmeticError: CaptionFailure.UNREADABLE_ANSWER,
    http.TooManyRedirects: CaptionFailure.UNREADABLE_ANSWER,
    http.InvalidURL: CaptionFailure.UNREADABLE_ANSWER,
    http.MissingSchema: CaptionFailure.UNREADABLE_ANSWER,
    AnswerTooLarge: CaptionFailure.ANSWER_TOO_LARGE,
    # A persistent 429 where the transport retries: a block like any other.
    http.RetryError: CaptionFailure.IP_BLOCKED,
    http.ProxyError: CaptionFailure.PROXY_FAILED,
    http.InvalidProxyURL: CaptionFailure.PROXY_FAILED,
    # SOCKS without its package.
    http.InvalidSchema: CaptionFailure.PROXY_FAILED,
    http.SSLError: CaptionFailure.SECURE_CONNECTION_FAILED,
    http.ConnectTimeout: CaptionFailure.UNREACHABLE,
    http.Timeout: CaptionFailure.TIMED_OUT,
    http.ConnectionError: CaptionFailure.UNREACHABLE,
    http.RequestException: CaptionFailure.UNREACHABLE,
    transport.HTTPError: CaptionFailure.UNREACHABLE,
    # requests raises a bare OSError where the file of certificates is missing.
    OSError: CaptionFailure.SECURE_CONNECTION_FAILED,
}

# What YouTube says in the player's answer (asked for in English) where the library knows no better than "unplayable".
_UNPLAYABLE_REASONS: Final = (
    (re.compile(r"not a (?:ro)?bot", re.IGNORECASE), CaptionFailure.REQUEST_BLOCKED),
    (re.compile(r"confirm your age|inappropriate for some users", re.IGNORECASE), CaptionFailure.AGE_RESTRICTED),
    (re.compile(r"(?:in|from) your (?:country|region|location)", re.IGNORECASE), CaptionFailure.REGION_BLOCKED),
    (re.compile(r"will begin|premieres? (?:in|will)|live in \d", re.IGNORECASE), CaptionFailure.NOT_BROADCAST_YET),
    (re.compile(r"video is private|private video", re.IGNORECASE), CaptionFailure.VIDEO_UNAVAILABLE),
    (re.compile(r"no longer available|been removed|not exist", re.IGNORECASE), CaptionFailure.VIDEO_UNAVAILABLE),
)
# urllib3 says so of the proxy's answer to CONNECT. Passwords are refused with 407, or 403 at some vendors.
_EXIT_FAILED: Final = re.compile(r"Tunnel connection failed: 5\d\d")


def explain(error: Exception, observed: Observed) -> TranscriptUnavailable:
    """`error` in our terms, with what was learnt of the video before it. Every exception gets an answer."""
    failure, reason = _specific(error, observed) or (_general(error), "")
    context = FailureContext(video=observed.video, languages=observed.languages, reason=reason)
    return TranscriptUnavailable(failure, context)


def _general(error: Exception) -> CaptionFailure:
    known = (FAILURE_OF[ancestor] for ancestor in type(error).__mro__ if ancestor in FAILURE_OF)
    return next(known, CaptionFailure.UNREADABLE_ANSWER)


def _specific(error: Exception, observed: Observed) -> tuple[CaptionFailure, str] | None:
    """The failure and YouTube's reason where the class alone says too little."""
    if isinstance(error, youtube_library.VideoUnplayable):
        return _unplayable(error)
    if isinstance(error, youtube_library.YouTubeRequestFailed):
        return request_failed(observed.status)
    if isinstance(error, ParseError) and observed.is_empty:
        return CaptionFailure.EMPTY_ANSWER, ""
    if isinstance(error, youtube_library.TranscriptsDisabled) and observed.is_live_content:
        return CaptionFailure.LIVE_WITHOUT_CAPTIONS, ""
    if isinstance(error, http.ProxyError) and _EXIT_FAILED.search(str(error)):
        # The proxy let us in, and could not go on from there.
        return CaptionFailure.UNREACHABLE, ""
    if isinstance(error, http.InvalidURL) and observed.status is None:
        # YouTube's own address is a constant: before any answer only the proxy's can be the wrong one.
        return CaptionFailure.PROXY_FAILED, ""
    return None


def _unplayable(error: youtube_library.VideoUnplayable) -> tuple[CaptionFailure, str]:
    said = ". ".join(part.strip(" .") for part in (error.reason or "", *error.sub_reasons) if part.strip(" ."))
    return failure_said(said) or CaptionFailure.VIDEO_UNPLAYABLE, said


def failure_said(said: str) -> CaptionFailure | None:
    """The failure that YouTube's words tell; None where they tell none that is known."""
    return next((failure for pattern, failure in _UNPLAYABLE_REASONS if pattern.search(said)), None)


def request_failed(status: int | None) -> tuple[CaptionFailure, str]:
    is_theirs = status is None or status >= 500
    failure = CaptionFailure.YOUTUBE_FAILED if is_theirs else CaptionFailure.YOUTUBE_REFUSED
    return failure, f"it answered {status}" if status else "it answered with an error"
