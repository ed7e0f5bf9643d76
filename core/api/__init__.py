"""The programmatic face of the service, and what stands before every page of it."""

from __future__ import annotations

from fastapi import FastAPI

from core.api.application import PREFIX, build_api
from core.api.context import RequestContext
from core.api.events import OpenStreams
from core.api.head import HeadAsGet
from core.api.limits import UploadLimit
from core.api.origin import OriginCheck
from core.api.security import SecurityHeaders
from core.bootstrap import Services


def register(app: FastAPI, services: Services) -> None:
    """Mounts the interface under /api and sets the middlewares of the whole application.

    To be called before `ui.run`, which puts the session and compression outside of these.
    """
    settings = services.settings
    # The server has to end them before it can stop (core.api.serving).
    app.state.streams = OpenStreams()
    app.mount(PREFIX, build_api(services.summaries, services.health, app.state.streams, release=settings.release))
    # From the inside out: what is refused further in still gets its headers, number and log line further out.
    app.add_middleware(UploadLimit)
    app.add_middleware(OriginCheck, public_origin=settings.public_origin)
    app.add_middleware(SecurityHeaders, is_https=settings.is_https)
    app.add_middleware(HeadAsGet)
    app.add_middleware(RequestContext)
