"""What the process that fetches and computes is told of the settings: plain, so that it starts without the rest.

Keys stand in it in clear: it is never logged, and crosses to the process over a pipe.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """Field by field as `core.config.Settings` has them, paths as text."""

    caption_order: str
    youtube_timeout_s: float
    youtube_total_timeout_s: float
    oxylabs_username: str | None
    oxylabs_password: str | None
    proxy_url: str | None
    gumloop_api_key: str | None
    gumloop_user_id: str | None
    gumloop_flow_id: str | None
    gumloop_total_timeout_s: float
    youtube_api_key: str | None
    whisper_model: str | None
    speech_model: str
    speech_total_timeout_s: float
    openai_api_key: str | None
    openai_base_url: str
    openai_model: str
    openai_model_reduce: str | None
    openai_prices: str | None
    openai_context_tokens: int
    openai_concurrency: int
    openai_timeout_s: float

    def __repr__(self) -> str:
        return "EngineSettings(…)"
