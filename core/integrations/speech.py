"""Speech to text: the last rung of the ladder, for videos without captions; and the way in for audio and video files.

A transcriber on this machine comes before one that costs money.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

from core.domain.captions.errors import BadCaptionTimes, NoWords
from core.domain.cleaning import clean_cues
from core.domain.engine_settings import EngineSettings
from core.domain.ladder import CaptionFailure, FailureContext, TranscriptUnavailable
from core.domain.transcript import Transcript, TranscriptSource
from core.domain.video import Video
from core.integrations.audio import missing_programs
from core.integrations.audio_download import AudioDownload
from core.integrations.calls import OnCall, uncounted
from core.ports import FetchedCaptions, Purse, Spoken, Transcriber

OnShare = Callable[[float], None]
# Of the rung's time; the rest is for listening, which takes longer than fetching what is listened to.
_DOWNLOAD_RATIO = 0.25


def unheard(_share: float) -> None:
    """For those who show no progress."""


class SpeechCaptions:
    """A CaptionSource: the sound of a video, turned into text."""

    name = "speech"

    def __init__(
        self, transcriber: Transcriber | None, download: AudioDownload, *, on_share: OnShare = unheard
    ) -> None:
        self._transcriber = transcriber
        self._download = download
        self._on_share = on_share

    @property
    def is_configured(self) -> bool:
        return self._transcriber is not None and self._download.is_installed

    def fetch(self, video_id: str, *, languages: tuple[str, ...]) -> FetchedCaptions:  # noqa: ARG002  # the port's name
        """The language is heard, not asked for: `languages` are those people want to read, not the one spoken here."""
        if self._transcriber is None:
            raise TranscriptUnavailable(CaptionFailure.NOT_CONFIGURED)
        with self._download.fetch(video_id) as audio:
            try:
                spoken = self._transcriber.transcribe(audio.path, language=None, on_share=self._on_share)
                transcript = _cleaned(spoken, None)
            except TranscriptUnavailable as failure:
                raise TranscriptUnavailable(failure.failure, replace(failure.context, video=audio.video)) from None
            duration_ms = audio.video.duration_ms or spoken.duration_ms
            return FetchedCaptions(transcript=transcript, video=replace(audio.video, duration_ms=duration_ms))


def speech_source(
    settings: EngineSettings, on_call: OnCall, *, purse: Purse | None = None, on_share: OnShare = unheard
) -> SpeechCaptions:
    """The rung as the settings have it; not configured without a transcriber, FFmpeg or the extra `yt`."""
    total_s = settings.speech_total_timeout_s
    download = AudioDownload(timeout_s=total_s * _DOWNLOAD_RATIO, on_call=on_call)
    transcriber = find_transcriber(settings, on_call, purse=purse, total_timeout_s=total_s * (1 - _DOWNLOAD_RATIO))
    return SpeechCaptions(transcriber, download, on_share=on_share)


def read_media(
    path: Path,
    *,
    settings: EngineSettings,
    language: str | None,
    on_share: OnShare = unheard,
    on_call: OnCall = uncounted,
    purse: Purse | None = None,
) -> FetchedCaptions:
    """The words of an audio or video file that a person gave; its title is the caller's to set.

    `language` is the one spoken, where the person said so. Raises TranscriptUnavailable.
    """
    transcriber = find_transcriber(settings, on_call, purse=purse, total_timeout_s=settings.speech_total_timeout_s)
    if transcriber is None:
        context = FailureContext(reason=why_no_transcriber(settings))
        raise TranscriptUnavailable(CaptionFailure.SPEECH_NOT_CONFIGURED, context)
    spoken = transcriber.transcribe(path, language=language, on_share=on_share)
    return FetchedCaptions(transcript=_cleaned(spoken, language), video=Video(duration_ms=spoken.duration_ms))


def find_transcriber(
    settings: EngineSettings, on_call: OnCall, *, purse: Purse | None, total_timeout_s: float
) -> Transcriber | None:
    """The first that is configured."""
    made = _transcribers(settings, on_call, purse, total_timeout_s)
    return next((transcriber for transcriber in made if transcriber.is_configured), None)


def why_no_transcriber(settings: EngineSettings) -> str:
    """What the operator can do about it, in half a sentence; "" where a transcriber is configured."""
    if reason := missing_programs():
        return reason
    if find_transcriber(settings, uncounted, purse=None, total_timeout_s=1.0) is not None:
        return ""
    if not settings.whisper_model:
        return "neither WHISPER_MODEL nor OPENAI_API_KEY is set"
    from core.integrations.whisper import WhisperTranscriber

    return WhisperTranscriber(settings.whisper_model, total_timeout_s=1.0).missing


def _transcribers(
    settings: EngineSettings, on_call: OnCall, purse: Purse | None, total_timeout_s: float
) -> Iterator[Transcriber]:
    """In order of preference, as far as their setting is there. Imported here: a video with captions needs neither."""
    if settings.whisper_model:
        from core.integrations.whisper import WhisperTranscriber

        yield WhisperTranscriber(settings.whisper_model, total_timeout_s=total_timeout_s)
    if settings.openai_api_key:
        from core.integrations.openai_speech import OpenAiTranscriber, SpeechEndpoint

        endpoint = SpeechEndpoint(
            api_key=settings.openai_api_key,
            base_url=settings.openai_base_url,
            model=settings.speech_model,
            total_timeout_s=total_timeout_s,
            own_prices=settings.openai_prices,
        )
        yield OpenAiTranscriber(endpoint, on_call=on_call, purse=purse)


def _cleaned(spoken: Spoken, language: str | None) -> Transcript:
    """Raises TranscriptUnavailable (NO_SPEECH) where nothing but marks of sound was heard."""
    try:
        return clean_cues(spoken.cues, language=spoken.language or language, source=TranscriptSource.SPEECH)
    except (NoWords, BadCaptionTimes):
        raise TranscriptUnavailable(CaptionFailure.NO_SPEECH) from None
