"""Refuses what a page of another site sends in a person's name (cross-site request forgery)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from urllib.parse import urlsplit

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from core.api.owners import OWNER_HEADER
from core.api.problems import ForeignOrigin
from core.api.refusals import refusal
from core.domain.telemetry import Kind
from core.logging import EventLog, shown_path
from core.ports import NoRecording, Recording

_SAFE_METHODS = {"GET", "HEAD", "OPTIONS"}
# Browsers send reports by themselves, with no page's origin; the route reads nothing of the person.
_REPORTS_PATH = "/api/csp-report"
_log = EventLog(__name__)


class OriginCheck:
    """Lets an unsafe method pass if the browser says it comes from our own pages, or if no browser sent it."""

    def __init__(self, app: ASGIApp, *, public_origin: str | None, recording: Recording | None = None) -> None:
        self._app = app
        self._recording = recording or NoRecording()
        self._public_origin = public_origin

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] in _SAFE_METHODS or self._may_pass(scope):
            await self._app(scope, receive, send)
            return
        self._recording.record(Kind.REFUSAL, "foreign_origin")
        _log.warning("security.foreign_origin", method=scope["method"], path=shown_path(scope["path"]))
        error = ForeignOrigin(
            "This request came from a page of another site, so nothing was done. Start from our page."
        )
        await refusal(scope, error, is_last_word=True)(scope, receive, send)

    def _may_pass(self, scope: Scope) -> bool:
        headers = Headers(scope=scope)
        if scope["path"] == _REPORTS_PATH or _is_api_client(scope, headers):
            return True
        if headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
            return False
        origin = headers.get("origin")
        return origin is None or is_own_origin(origin, headers.get("host", ""), self._public_origin)


def is_own_origin(origin: str, host: str, public_origin: str | None) -> bool:
    """True where `origin` is the public one; without a public one, where it names the host that was asked for."""
    if public_origin is not None:
        return origin.rstrip("/").lower() == public_origin.rstrip("/").lower()
    return bool(host) and urlsplit(origin).netloc.lower() == host.lower()


def socket_origin_check(public_origin: str | None) -> Callable[[str, Mapping[str, str]], bool]:
    """The same rule for engine.io, which asks with the WSGI form of the headers."""
    return lambda origin, environ: is_own_origin(origin, environ.get("HTTP_HOST", ""), public_origin)


def _is_api_client(scope: Scope, headers: Headers) -> bool:
    """A form of another site can neither add that header nor go without this person's cookies and harm them."""
    return scope["path"].startswith("/api/") and (OWNER_HEADER in headers or "cookie" not in headers)
