"""The names under which things are counted, as the application's own routes and jobs give them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`median_ms` of the server's answer, `open_ms` until a browser shows it.

    `shares`: how often it is opened, of all pages that are, without and with an account.
    """

    route: str
    median_ms: float
    open_ms: float
    shares: tuple[float, float]


PAGES = (
    Page(route="/", median_ms=19, open_ms=520, shares=(0.42, 0.10)),
    Page(route="/summarize", median_ms=16, open_ms=480, shares=(0.20, 0.14)),
    Page(route="/summaries/{summary_id}", median_ms=52, open_ms=760, shares=(0.27, 0.46)),
    Page(route="/library", median_ms=63, open_ms=690, shares=(0.06, 0.24)),
    Page(route="/sign-in", median_ms=15, open_ms=430, shares=(0.03, 0.02)),
    Page(route="/sign-up", median_ms=15, open_ms=440, shares=(0.02, 0.0)),
    Page(route="/account", median_ms=41, open_ms=610, shares=(0.0, 0.04)),
)
SUMMARY_PAGE = 2
STAFF_PAGES = (
    Page(route="/ops", median_ms=64, open_ms=880, shares=(0.0, 0.5)),
    Page(route="/ops/performance", median_ms=71, open_ms=930, shares=(0.0, 0.3)),
    Page(route="/ops/usage", median_ms=66, open_ms=900, shares=(0.0, 0.2)),
)

POST_SUMMARIZE = "POST /summarize"
POST_SIGN_IN = "POST /sign-in"
POST_SIGN_UP = "POST /sign-up"
API_SUBMIT = "POST /api/v1/summaries"
API_LIST = "GET /api/v1/summaries"
API_GET = "GET /api/v1/summaries/{summary_id}"
API_TRANSCRIPT = "GET /api/v1/summaries/{summary_id}/transcript"
API_DELETE = "DELETE /api/v1/summaries/{summary_id}"
OTHERS = ("GET /assets/{name}", "GET /api/health", "POST /api/vitals", "GET /api/health/live")
OTHER_SHARES = (0.55, 0.22, 0.18, 0.05)

QUEUE = "summarization"
SUBMITTED = ("address", "file", "paste")
RUNGS = ("cache", "youtube", "yt_dlp", "youtube_proxy")
CALLS = ("youtube.captions", "yt_dlp.subtitles", "youtube_proxy.captions")
SLOW_RUNG = "youtube_proxy"
ENGINE = "offline"
LANGUAGES = ("en", "es", "de", "fr", "pt", "hi", "ja", "ru")
LANGUAGE_SHARES = (0.71, 0.08, 0.05, 0.045, 0.04, 0.03, 0.025, 0.02)
REFUSALS = ("upload_size", "foreign_origin", "back_off", "vitals")
REFUSAL_SHARES = (0.3, 0.12, 0.4, 0.18)
WARNINGS = ("run.engine_process_died", "progress.listening_interrupted", "run.rescued")
DIRECTIVES = ("script-src", "img-src", "connect-src")
