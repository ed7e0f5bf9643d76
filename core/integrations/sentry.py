"""Unexpected errors told to Sentry, where SENTRY_DSN is set: without people's data, and without known noise."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import sentry_sdk
from sentry_sdk.integrations.dedupe import DedupeIntegration
from sentry_sdk.tracing import Transaction
from sentry_sdk.transport import HttpTransport

from core.config import Settings
from core.errors import AppError
from core.integrations.calls import OnCall, outbound
from core.logging import ERROR_FIELD, request_id, short_reason

if TYPE_CHECKING:
    from sentry_sdk.consts import EndpointType
    from sentry_sdk.types import Event, Hint
    from urllib3 import BaseHTTPResponse

# Of all requests and jobs this share is told with its time (the operators' guide).
TRACES_SAMPLE_RATE = 0.1
# What goes wrong in browsers after a deploy or a closed lid, and mends itself by a reload or a new connection.
_NOISE = (
    "ChunkLoadError",
    "Loading chunk",
    "ConnectionClosed",
    "ClientDisconnect",
    "websocket.close",
    "transport close",
    "ping timeout",
    "socket reconnect",
)
_KEPT_OF_EVENT = frozenset({
    "event_id", "timestamp", "start_timestamp", "type", "level", "platform", "logger", "release", "environment", "sdk",
    "exception", "transaction", "transaction_info", "contexts", "tags", "spans", "fingerprint", "measurements",
})  # fmt: skip
_KEPT_OF_CONTEXTS = frozenset({"trace", "runtime"})
_FLUSH_S = 2.0


class Sentry:
    """One for a process. Nothing is sent, and no thread started, before `start`."""

    def __init__(self, settings: Settings, *, process: str, on_call: OnCall) -> None:
        self._settings = settings
        self._process = process
        self._on_call = on_call
        self._handler = _ErrorsOfLog()

    def start(self) -> None:
        """Tells from now on what is logged as an unexpected error. Does nothing without a DSN."""
        dsn = self._settings.sentry_dsn
        if dsn is None:
            return
        sentry_sdk.init(
            dsn=dsn.get_secret_value(),
            release=self._settings.release,
            environment="production" if self._settings.is_https else "development",
            traces_sample_rate=TRACES_SAMPLE_RATE,
            include_local_variables=False,
            include_source_context=False,
            max_breadcrumbs=0,
            default_integrations=False,
            integrations=[DedupeIntegration()],
            before_send=before_send,
            before_send_transaction=_bare,
            transport=_transport(self._on_call),
        )
        sentry_sdk.get_global_scope().set_tag("process", self._process)
        logging.getLogger().addHandler(self._handler)

    def close(self) -> None:
        """Sends what waits, within two seconds, and ends. Blocking."""
        logging.getLogger().removeHandler(self._handler)
        sentry_sdk.get_client().close(timeout=_FLUSH_S)
        sentry_sdk.get_global_scope().set_client(None)


@contextmanager
def traced(kind: str) -> Iterator[dict[str, str]]:
    """Around a request or a job, where Sentry runs; what is put under "name" names it. One in ten is told."""
    named: dict[str, str] = {}
    if not sentry_sdk.is_initialized():
        yield named
        return
    with sentry_sdk.isolation_scope(), sentry_sdk.start_transaction(op=kind, name=kind) as transaction:
        yield named
        if isinstance(transaction, Transaction):
            transaction.name = named.get("name", kind)


def before_send(event: Event, hint: Hint) -> Event | None:
    """The event without whatever may be a person's; None for an expected failure, and for known noise."""
    error = hint.get("exc_info", (None, None))[1]
    if isinstance(error, AppError) and error.status < 500:
        return None
    values = event.get("exception", {}).get("values", [])
    for value in values:
        value["value"] = short_reason(str(value.get("value") or ""))
    said = " ".join(f"{value.get('type')} {value['value']}" for value in values)
    return None if any(noise in said for noise in _NOISE) else _bare(event, hint)


def _bare(event: Event, _hint: Hint) -> Event | None:
    """Only what is known to be ours: no request, no person, no variables, no words."""
    kept: Any = {name: value for name, value in event.items() if name in _KEPT_OF_EVENT}
    contexts: Mapping[str, object] = kept.get("contexts") or {}
    kept["contexts"] = {name: value for name, value in contexts.items() if name in _KEPT_OF_CONTEXTS}
    if (number := request_id.get()) is not None:
        kept["tags"] = {**(kept.get("tags") or {}), "request_id": number}
    checked: Event = kept
    return checked


class _ErrorsOfLog(logging.Handler):
    """Everything that is unexpected is logged with its exception, by us or by a library: that is what is told."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)

    def emit(self, record: logging.LogRecord) -> None:
        error = getattr(record, ERROR_FIELD, None) or (record.exc_info[1] if record.exc_info else None)
        if isinstance(error, BaseException):
            with sentry_sdk.new_scope() as scope:
                scope.set_tag("event", record.getMessage() if hasattr(record, ERROR_FIELD) else record.name)
                sentry_sdk.capture_exception(error)


def _transport(on_call: OnCall) -> type[HttpTransport]:
    """Sentry's own transport, each of whose calls is counted like every other call to the outside."""

    class CountedTransport(HttpTransport):
        def _request(
            self, method: str, endpoint_type: EndpointType, body: object, headers: Mapping[str, str]
        ) -> BaseHTTPResponse:
            with outbound("sentry", "send", on_call) as call:
                answer = super()._request(method, endpoint_type, body, headers)
                call.note_status(answer.status)
                return answer

    return CountedTransport
