"""The outermost layer: a number for each request, one log line, one record, and an answer even where there is a bug."""

from __future__ import annotations

import re

from starlette.datastructures import MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.api.problems import Unexpected, note_failure
from core.api.refusals import refusal
from core.api.request_record import RequestRecord, enter, leave, name_of
from core.clock import Clock, SystemClock
from core.domain.request_ids import new_request_id
from core.errors import AppError
from core.logging import EventLog, request_id, shown_path
from core.ports import NoRecording, Recording
from core.telemetry.traces import Trace

REQUEST_ID_HEADER = "X-Request-ID"
_HEADER = REQUEST_ID_HEADER.lower().encode()
_SANE_ID = re.compile(rb"[A-Za-z0-9._-]{1,64}")
# Asked for by machines every few seconds, or a dozen to a page: logged only where somebody looks closely.
_QUIET_PREFIXES = ("/_nicegui", "/api/health", "/api/vitals", "/assets/", "/favicon", "/metrics")
_log = EventLog(__name__)


class RequestContext:
    """Gives each request a number of ours; sends it back, and puts it into every log line and every record.

    A client's own X-Request-ID is logged beside it if it is sane. The query is never logged: NiceGUI's holds the
    socket's key.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        recording: Recording | None = None,
        clock: Clock | None = None,
        trace: Trace | None = None,
    ) -> None:
        self._app = app
        self._recording = recording or NoRecording()
        self._clock = clock or SystemClock()
        self._trace = trace

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        number = new_request_id(self._clock.now())
        scope.setdefault("state", {})
        tokens = request_id.set(number.hex), enter(scope)
        record = RequestRecord(self._recording, scope, receive, _Numbered(send, number.hex).send, number)
        try:
            await self._trace_run(scope, record)
        except BaseException as error:
            record.fail(error)
            raise
        finally:
            record.finish()
            _log_request(scope, record)
            request_id.reset(tokens[0])
            leave(tokens[1])

    async def _trace_run(self, scope: Scope, record: RequestRecord) -> None:
        if self._trace is None:
            await self._run(scope, record)
            return
        with self._trace("http.server") as traced:
            await self._run(scope, record)
            traced["name"] = name_of(scope)

    async def _run(self, scope: Scope, record: RequestRecord) -> None:
        try:
            await self._app(scope, record.receive, record.send)
        except ClientDisconnect as error:
            record.fail(error)  # nobody is there to be answered, and nothing of ours went wrong
        except Exception as error:
            # NiceGUI draws its own error page for a page that failed while it was being built.
            if record.status is not None or scope.get("nicegui_page_path"):
                raise
            if isinstance(error, AppError):
                note_failure(scope, error)
                await refusal(scope, error)(scope, record.receive, record.send)
                return
            record.fail(error)
            _log.exception("http.unexpected", error, method=scope["method"], path=shown_path(scope["path"]))
            await refusal(scope, Unexpected())(scope, record.receive, record.send)


class _Numbered:
    """Puts the number on the answer."""

    __slots__ = ("_number", "_send")

    def __init__(self, send: Send, number: str) -> None:
        self._send = send
        self._number = number

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            MutableHeaders(scope=message)[REQUEST_ID_HEADER] = self._number
        await self._send(message)


def _log_request(scope: Scope, record: RequestRecord) -> None:
    is_quiet = scope["path"].startswith(_QUIET_PREFIXES) and (record.status or 500) < 500
    write = _log.debug if is_quiet else _log.info
    write(
        "http.request", method=scope["method"], path=shown_path(scope["path"]), status=record.status, ms=record.took_ms,
        client_request_id=_clients_id(scope),
    )  # fmt: skip


def _clients_id(scope: Scope) -> str | None:
    given = next((value for name, value in scope["headers"] if name == _HEADER), b"")
    return given.decode() if _SANE_ID.fullmatch(given) else None
