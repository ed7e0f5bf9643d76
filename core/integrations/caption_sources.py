"""The rungs of the transcript ladder that fetch, in the settings' order. Adding one is its file and its line here."""

from __future__ import annotations

from core.domain.engine_settings import EngineSettings
from core.integrations.calls import OnCall
from core.integrations.youtube import YouTubeCaptions
from core.ports import CaptionSource


def caption_sources(settings: EngineSettings, on_call: OnCall) -> list[CaptionSource]:
    """The cache and what people supply were looked at before."""
    return [
        YouTubeCaptions(
            timeout_s=settings.youtube_timeout_s, total_timeout_s=settings.youtube_total_timeout_s, on_call=on_call
        ),
    ]
