"""YouTube's captions, read directly or by a proxy: the best track, and the metadata that comes along."""

from __future__ import annotations

from youtube_transcript_api import TranscriptsDisabled, YouTubeTranscriptApi

from core.domain import transcript as words
from core.domain.timecode import watch_url
from core.domain.video import Video
from core.integrations.tracks import choose_track, cleaned, source_of
from core.integrations.youtube_errors import Observed
from core.integrations.youtube_player import observe
from core.integrations.youtube_route import RoutedCaptions
from core.integrations.youtube_session import BoundedSession
from core.ports import FetchedCaptions


class YouTubeCaptions(RoutedCaptions):
    """A CaptionSource. Holds settings only, so that it can be sent to the process that does the fetching."""

    def fetch(self, video_id: str, *, languages: tuple[str, ...]) -> FetchedCaptions:
        """The captions of the best track; TranscriptUnavailable with the metadata seen on the way."""
        wanted = languages or self._languages
        return self._route.fetch(video_id, lambda session, observed: _read(session, observed, video_id, wanted))


def _read(session: BoundedSession, observed: Observed, video_id: str, wanted: tuple[str, ...]) -> FetchedCaptions:
    session.hooks["response"].append(lambda answer, *_args, **_kwargs: observe(answer, video_id, observed))
    tracks = list(YouTubeTranscriptApi(http_client=session).list(video_id))
    if not tracks:
        raise TranscriptsDisabled(video_id)
    observed.languages = tuple(dict.fromkeys(track.language_code for track in tracks))
    track = choose_track(tracks, wanted)
    cues = [_cue(snippet.start, snippet.duration, snippet.text) for snippet in track.fetch()]
    video = observed.video or Video(id=video_id, url=watch_url(video_id))
    return cleaned(cues, language=track.language_code, source=source_of(track), video=video)


def _cue(start_s: float, duration_s: float, text: str) -> words.Cue:
    return words.Cue(start_ms=round(start_s * 1000), end_ms=round((start_s + duration_s) * 1000), text=text)
