"""What is written down of each request: which kind, under which name, how it ended, how long it took, and for whom."""

from __future__ import annotations

import time
from collections.abc import Mapping
from contextvars import ContextVar, Token
from dataclasses import dataclass
from uuid import UUID

from starlette.types import Message, Receive, Scope, Send

from core.api.problems import FAILURE_FIELD, LIMITED_BY_HEADER, VENDOR
from core.domain.telemetry import Kind, Outcome, Who
from core.logging import describe, request_id
from core.ports import Detail, Recording

# Set by whoever knows who is signed in (core.api.accounts), on the `state` of the scope.
WHO_FIELD = "who"
PERSON_FIELD = "person"

# The request that is being answered: pages ask for their own template while they are drawn.
_current: ContextVar[Scope | None] = ContextVar("current_scope", default=None)

UNKNOWN_ADDRESS = "unknown address"
_API = "/api/v1/"
# Counted, but part of no objective: what pages bring along, what machines ask, what pages report.
_OTHER_PREFIXES = ("/_nicegui", "/assets/", "/favicon", "/api/", "/metrics", "/robots.txt")
_NICEGUI = "/_nicegui"
_METHODS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
# Of an exception, what is neither text nor a person: an exception's words may quote what somebody wrote.
_SHOWN = ("error", "code", "at")
_LIMITED_BY = LIMITED_BY_HEADER.lower().encode()
_TOO_MANY_REQUESTS = 429
_GATEWAY_TIMEOUT = 504


@dataclass(frozen=True, slots=True, kw_only=True)
class PageIdentity:
    """What a page in a browser says of itself when it reports how it felt."""

    template: str
    request_id: str
    who: str


def enter(scope: Scope) -> Token[Scope | None]:
    """Makes this the request that is being answered; `leave` takes the token."""
    return _current.set(scope)


def leave(token: Token[Scope | None]) -> None:
    _current.reset(token)


def current_page() -> PageIdentity | None:
    """The page that is being drawn; None outside of a request, or where no route was found."""
    scope = _current.get()
    template = None if scope is None else route_template(scope)
    if scope is None or template is None:
        return None
    who = scope["state"].get(WHO_FIELD, Who.ANONYMOUS)
    return PageIdentity(template=template, request_id=request_id.get() or "", who=str(who))


class RequestRecord:
    """Watches one request go by, and records it once it is over; a stream of events once its first bytes are out."""

    __slots__ = (
        "_began_s", "_error", "_has_left", "_is_complete", "_is_recorded", "_is_stream", "_limited_by_vendor",
        "_number", "_receive", "_recording", "_scope", "_send", "_took_ms", "status",
    )  # fmt: skip

    def __init__(self, recording: Recording, scope: Scope, receive: Receive, send: Send, number: UUID) -> None:
        self._recording = recording
        self._scope = scope
        self._receive = receive
        self._send = send
        self._number = number
        self._began_s = time.perf_counter()
        self._took_ms: float | None = None
        self._error: BaseException | None = None
        self._has_left = False
        self._is_complete = False
        self._is_stream = False
        self._is_recorded = False
        self._limited_by_vendor = False
        self.status: int | None = None

    @property
    def took_ms(self) -> float:
        """From the request's arrival to the end of its answer, or to now while that is not reached."""
        return (time.perf_counter() - self._began_s) * 1000 if self._took_ms is None else self._took_ms

    async def receive(self) -> Message:
        message = await self._receive()
        if message["type"] == "http.disconnect" and not self._is_complete:
            self._has_left = True
        return message

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._note_start(message)
        try:
            await self._send(message)
        except OSError:  # what a server raises (ASGI 2.4) where nobody is there any more
            self._has_left = True
            raise
        if message["type"] == "http.response.body":
            self._note_body(is_last=not message.get("more_body", False))

    def fail(self, error: BaseException) -> None:
        """The application ended with this exception."""
        self._error = error

    def finish(self) -> None:
        """The application is done with the request, one way or the other."""
        if not self._is_recorded:
            self._record()

    def _note_start(self, message: Message) -> None:
        self.status = message["status"]
        for name, value in message.get("headers", ()):
            if name == b"content-type":
                self._is_stream = value.startswith(b"text/event-stream")
            elif name == _LIMITED_BY:
                self._limited_by_vendor = value == VENDOR.encode()

    def _note_body(self, *, is_last: bool) -> None:
        if is_last:
            self._is_complete = True
            self._took_ms = self.took_ms
        elif self._is_stream and not self._is_recorded:
            self._is_complete = True
            self._record()

    def _record(self) -> None:
        self._is_recorded = True
        state = self._scope["state"]
        kind = kind_of(self._scope["path"])
        self._recording.record(
            kind,
            name_of(self._scope),
            self._outcome(),
            self.took_ms,
            who=state.get(WHO_FIELD, Who.ANONYMOUS),
            request_id=self._number,
            person=state.get(PERSON_FIELD),
            detail=self._detail(state),
        )

    def _outcome(self) -> Outcome:
        if self._has_left:
            return Outcome.CLIENT_ERROR
        if isinstance(self._error, TimeoutError):
            return Outcome.TIMEOUT
        if self.status is None:
            return Outcome.SERVER_ERROR
        if not self._is_complete:
            return Outcome.DROPPED
        if self.status < 400:
            return Outcome.OK
        if self.status == _TOO_MANY_REQUESTS:
            return Outcome.VENDOR_LIMITED if self._limited_by_vendor else Outcome.LIMITED
        if self.status == _GATEWAY_TIMEOUT:
            return Outcome.TIMEOUT
        return Outcome.CLIENT_ERROR if self.status < 500 else Outcome.SERVER_ERROR

    def _detail(self, state: Mapping[str, object]) -> Detail | None:
        """The exception behind a failed answer, so that the request's story shows it; never what it says."""
        failure = state.get(FAILURE_FIELD) if self._error is None else describe(self._error)
        return {name: failure[name] for name in _SHOWN if name in failure} if isinstance(failure, dict) else None


def kind_of(path: str) -> Kind:
    """Which objective a request belongs to, by its path."""
    if path.startswith(_API):
        return Kind.API_REQUEST
    return Kind.OTHER_REQUEST if path.startswith(_OTHER_PREFIXES) else Kind.PAGE_REQUEST


def name_of(scope: Scope) -> str:
    """Method and route template: never the path itself, of which strangers can make as many as they like."""
    template = route_template(scope)
    if template is None:
        return UNKNOWN_ADDRESS
    method = scope["method"]
    return f"{method if method in _METHODS else 'other'} {template}"


def route_template(scope: Scope) -> str | None:
    """The address as the routes have it, `/summaries/{summary_id}`; None where no route was found."""
    if scope["path"].startswith(_NICEGUI):
        return _NICEGUI  # its addresses hold its version, and the sockets' have no route
    route = scope.get("route")
    path: str | None = getattr(route, "path", None) or scope.get("nicegui_page_path")
    return None if path is None else scope.get("root_path", "") + path
