"""The rungs of the transcript ladder that fetch, in the settings' order. Adding one is its file and its line here."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from core.domain.engine_settings import EngineSettings
from core.domain.rungs import rungs_in_order
from core.integrations.calls import OnCall
from core.integrations.gumloop import GumloopCaptions
from core.integrations.proxies import proxy_address
from core.integrations.speech import OnShare, speech_source, unheard
from core.integrations.youtube import YouTubeCaptions
from core.integrations.youtube_route import RoutedCaptions
from core.integrations.yt_dlp import YtDlpCaptions
from core.ports import CaptionSource, Purse

Make = Callable[[EngineSettings, OnCall], CaptionSource]


def caption_sources(
    settings: EngineSettings, on_call: OnCall, *, purse: Purse | None = None, on_share: OnShare = unheard
) -> list[CaptionSource]:
    """The rungs that `caption_order` names. Raises BadCaptionOrder.

    The cache and what people supply were looked at before. Speech to text is paid from `purse`, and `on_share` hears
    how much of it is done.
    """

    def speech(settings: EngineSettings, on_call: OnCall) -> CaptionSource:
        return speech_source(settings, on_call, purse=purse, on_share=on_share)

    makers = {**MAKERS, "speech": speech}
    return [makers[rung.name](settings, on_call) for rung in rungs_in_order(settings.caption_order)]


def _routed(source: type[RoutedCaptions], name: str, *, by_proxy: bool = False) -> Make:
    """What makes a source that reaches YouTube directly, or by the proxy that is set."""

    def make(settings: EngineSettings, on_call: OnCall) -> RoutedCaptions:
        return source(
            name=name,
            needs_proxy=by_proxy,
            proxy_url=proxy_address(settings) if by_proxy else None,
            timeout_s=settings.youtube_timeout_s,
            total_timeout_s=settings.youtube_total_timeout_s,
            on_call=on_call,
        )

    return make


def _gumloop(settings: EngineSettings, on_call: OnCall) -> CaptionSource:
    return GumloopCaptions(
        api_key=settings.gumloop_api_key,
        user_id=settings.gumloop_user_id,
        flow_id=settings.gumloop_flow_id,
        total_timeout_s=settings.gumloop_total_timeout_s,
        on_call=on_call,
    )


# By the names of core.domain.rungs.RUNGS. Speech to text is made where its purse is known.
MAKERS: Mapping[str, Make] = {
    "youtube": _routed(YouTubeCaptions, "youtube"),
    "yt_dlp": _routed(YtDlpCaptions, "yt_dlp"),
    "youtube_proxy": _routed(YouTubeCaptions, "youtube_proxy", by_proxy=True),
    "yt_dlp_proxy": _routed(YtDlpCaptions, "yt_dlp_proxy", by_proxy=True),
    "gumloop": _gumloop,
}
