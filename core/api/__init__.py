"""The programmatic face of the service, and what stands before every page of it."""

from __future__ import annotations

from fastapi import FastAPI

from core.api.accounts import SignedInReader
from core.api.application import PREFIX, build_api
from core.api.context import RequestContext
from core.api.events import OpenStreams
from core.api.head import HeadAsGet
from core.api.limits import UploadLimit
from core.api.metrics import MetricsRoute
from core.api.operations import OperationsRoutes
from core.api.origin import OriginCheck
from core.api.security import SecurityHeaders
from core.api.vitals import KnownPages, VitalsRoutes
from core.bootstrap import Services
from core.clock import SystemClock
from core.config import Settings
from core.telemetry.traces import find_trace


def register(app: FastAPI, services: Services) -> None:
    """Mounts the interface under /api and sets the middlewares of the whole application.

    To be called before `ui.run`, which puts the session and compression outside of these.
    """
    settings = services.settings
    # The server has to end them before it can stop (core.api.serving).
    recorder = services.recorder
    app.state.streams = OpenStreams(recorder)
    vitals = VitalsRoutes(recorder, pages=KnownPages(app), sample_ratio=settings.vitals_sample_ratio)
    api = build_api(
        services.summaries,
        services.health,
        app.state.streams,
        release=settings.release,
        recording=recorder,
        vitals=vitals,
        operations=OperationsRoutes(services.operations, SystemClock()),
        batches=services.batches,
    )
    app.mount(PREFIX, api)
    metrics = MetricsRoute(services.operations, SystemClock(), token=settings.metrics_token)
    app.add_api_route("/metrics", metrics.get, methods=["GET"], include_in_schema=False)
    # From the inside out: what is refused further in still gets its headers, number and log line further out.
    app.add_middleware(SignedInReader, accounts=services.accounts)
    app.add_middleware(UploadLimit, recording=recorder, form_bytes=_recordings(settings))
    app.add_middleware(OriginCheck, public_origin=settings.public_origin, recording=recorder)
    app.add_middleware(SecurityHeaders, is_https=settings.is_https)
    app.add_middleware(HeadAsGet)
    trace = find_trace(settings) if settings.sentry_dsn else None
    app.add_middleware(RequestContext, recording=recorder, trace=trace)


def _recordings(settings: Settings) -> dict[str, int]:
    """Where forms may bring recordings, and how large."""
    if not settings.listens:
        return {}
    most_bytes = settings.upload_longest_mb * 1024 * 1024
    return {"/summarize": most_bytes, f"{PREFIX}/v1/summaries": most_bytes}
