"""Which of several caption tracks is read, and how its cues become words: the same for every rung."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, TypeVar

from core.domain import transcript as words
from core.domain.captions.errors import BadCaptionTimes, NoWords
from core.domain.cleaning import clean_cues
from core.domain.ladder import CaptionFailure, FailureContext, TranscriptUnavailable
from core.domain.video import Video
from core.ports import FetchedCaptions


class Track(Protocol):
    """`language_code` is a BCP 47 tag; a generated track is in the language that is spoken."""

    @property
    def language_code(self) -> str: ...

    @property
    def is_generated(self) -> bool: ...


AnyTrack = TypeVar("AnyTrack", bound=Track)


def choose_track(tracks: Sequence[AnyTrack], wanted: tuple[str, ...]) -> AnyTrack:
    """The track to read, of at least one: the wanted languages in order, then the original, then any.

    Within a language manual before generated, then the exact tag: "en-GB" serves for "en" and the reverse. The language
    of a generated track is the one that is spoken.
    """
    preferred = [tag.lower() for tag in (*wanted, *(track.language_code for track in tracks if track.is_generated))]
    return min(tracks, key=lambda track: _distance(track, preferred))


def cleaned(
    cues: Sequence[words.Cue],
    *,
    language: str | None,
    source: words.TranscriptSource,
    video: Video,
    notes: tuple[words.Note, ...] = (),
) -> FetchedCaptions:
    """The words of the cues. TranscriptUnavailable where there are none, or their times lie outside any video."""
    try:
        transcript = clean_cues(cues, language=language, source=source, notes=notes)
    except NoWords:
        raise TranscriptUnavailable(CaptionFailure.NO_WORDS, FailureContext(video=video)) from None
    except BadCaptionTimes:
        reason = "their times lie outside any video"
        raise TranscriptUnavailable(CaptionFailure.BROKEN_TRACK, FailureContext(video=video, reason=reason)) from None
    return FetchedCaptions(transcript=transcript, video=video)


def source_of(track: Track) -> words.TranscriptSource:
    return words.TranscriptSource.YOUTUBE_GENERATED if track.is_generated else words.TranscriptSource.YOUTUBE_MANUAL


def _distance(track: Track, preferred: list[str]) -> tuple[int, bool, int]:
    tag = track.language_code.lower()
    bases = [base_of(other) for other in preferred]
    place = bases.index(base_of(tag)) if base_of(tag) in bases else len(bases)
    return place, track.is_generated, preferred.index(tag) if tag in preferred else len(preferred)


def base_of(tag: str) -> str:
    """The language of a tag without its region or script, in lower case."""
    return tag.partition("-")[0].lower()
