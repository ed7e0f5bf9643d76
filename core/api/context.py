"""The outermost layer: a number for each request, one log line, and an answer even where there is a bug."""

from __future__ import annotations

import re
import time
import uuid

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.api.problems import Unexpected
from core.api.refusals import refusal
from core.errors import AppError
from core.logging import EventLog, request_id

REQUEST_ID_HEADER = "X-Request-ID"
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
# Asked for by machines every few seconds, or a dozen to a page: logged only where somebody looks closely.
_QUIET_PREFIXES = ("/_nicegui", "/api/health", "/assets/", "/favicon")
_log = EventLog(__name__)


class RequestContext:
    """Takes the client's X-Request-ID if it is sane, else makes one; sends it back, and into every log line.

    The query is never logged: NiceGUI's holds the socket's key.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        number = _number_of(scope)
        token = request_id.set(number)
        answer = _Answer(send, number)
        try:
            await self._run(scope, receive, answer)
        finally:
            answer.log(scope)
            request_id.reset(token)

    async def _run(self, scope: Scope, receive: Receive, answer: _Answer) -> None:
        try:
            await self._app(scope, receive, answer.send)
        except Exception as error:
            # NiceGUI draws its own error page for a page that failed while it was being built.
            if answer.status is not None or scope.get("nicegui_page_path"):
                raise
            if isinstance(error, AppError):
                await refusal(scope, error)(scope, receive, answer.send)
                return
            _log.exception("http.unexpected", error, method=scope["method"], path=scope["path"])
            await refusal(scope, Unexpected())(scope, receive, answer.send)


class _Answer:
    """Watches one answer go by."""

    def __init__(self, send: Send, number: str) -> None:
        self._send = send
        self._number = number
        self._began_s = time.perf_counter()
        self.status: int | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            MutableHeaders(scope=message)[REQUEST_ID_HEADER] = self._number
        await self._send(message)

    def log(self, scope: Scope) -> None:
        is_quiet = scope["path"].startswith(_QUIET_PREFIXES) and (self.status or 500) < 500
        write = _log.debug if is_quiet else _log.info
        took_ms = (time.perf_counter() - self._began_s) * 1000
        write("http.request", method=scope["method"], path=scope["path"], status=self.status, ms=took_ms)


def _number_of(scope: Scope) -> str:
    given = Headers(scope=scope).get(REQUEST_ID_HEADER, "")
    return given if _SANE_ID.fullmatch(given) else uuid.uuid4().hex
