"""The one wrapper around every call to the outside: who was called, for what, how it ended and how long it took."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from core.domain.telemetry import Kind, OutboundCall, Outcome
from core.ports import Detail, Recording

OnCall = Callable[[OutboundCall], None]
_TOO_MANY_REQUESTS = 429
# Libraries have timeouts of their own that are no TimeoutError: requests' and urllib3's say so in their names.
_TIMEOUT_NAMES = ("Timeout", "TimeoutError")


class CallNotes:
    """What the adapter learns of its call while it runs: a vendor may answer, and yet not give what was asked.

    `error` names a failure that is told without an exception; `detail` holds numbers and codes, as tokens.
    """

    def __init__(self) -> None:
        self.outcome = Outcome.OK
        self.error = ""
        self.detail: Detail | None = None

    def note_status(self, status: int) -> None:
        """Reads the answer's HTTP status: 429 is the vendor's limit, 5xx its fault, other 4xx a refusal."""
        if status == _TOO_MANY_REQUESTS:
            self.outcome = Outcome.VENDOR_LIMITED
        elif status >= 500:
            self.outcome = Outcome.SERVER_ERROR
        elif status >= 400:
            self.outcome = Outcome.REFUSED


@contextmanager
def outbound(vendor: str, operation: str, on_call: OnCall) -> Iterator[CallNotes]:
    """Around one call, whether it blocks or is awaited; `on_call` hears of it once, however it ends.

    An exception passes through: a timeout counts as TIMEOUT, a cancelled task as CANCELLED, the rest as FAILED.
    """
    notes = CallNotes()
    began_s = time.perf_counter()
    try:
        yield notes
    except BaseException as raised:
        notes.outcome, notes.error = _outcome_of(raised), type(raised).__name__
        raise
    finally:
        took_ms = (time.perf_counter() - began_s) * 1000
        on_call(OutboundCall(vendor, operation, notes.outcome.value, took_ms, notes.error, notes.detail))


def recorded(recording: Recording) -> OnCall:
    """What writes calls down where they are made: for adapters that run in the web or worker process itself."""
    return lambda call: record_call(recording, call)


def uncounted(_call: OutboundCall) -> None:
    """For command lines, which count nothing."""


def record_call(recording: Recording, call: OutboundCall) -> None:
    """Counts a call under `vendor.operation`; what its adapter learned, and the error of a failed one, stay with it."""
    detail: Detail = {**(call.detail or {}), **({"error": call.error} if call.error else {})}
    recording.record(
        Kind.CALL, f"{call.vendor}.{call.operation}", Outcome(call.outcome), call.duration_ms, detail=detail or None
    )


def _outcome_of(error: BaseException) -> Outcome:
    if isinstance(error, asyncio.CancelledError):
        return Outcome.CANCELLED
    is_timeout = any(kind.__name__.endswith(_TIMEOUT_NAMES) for kind in type(error).__mro__)
    return Outcome.TIMEOUT if is_timeout else Outcome.FAILED
