"""How long each statement of the application took, told to the recording by events of SQLAlchemy's engine."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from sqlalchemy import Connection, Engine, event
from sqlalchemy.engine import ExceptionContext

from core.domain.telemetry import Kind, Outcome
from core.ports import Detail, Recording

_is_unrecorded: ContextVar[bool] = ContextVar("is_unrecorded", default=False)
_BEGAN = "sightline_statement_began"
_READS = ("SELECT", "WITH", "VALUES", "SHOW", "TABLE")
# What every transaction says first about its own limits is no statement of the application.
_LIMITS = "SELECT set_config("


@contextmanager
def unrecorded() -> Iterator[None]:
    """In the block no statement is counted: recording must not record itself, nor loops that look every second."""
    token = _is_unrecorded.set(True)
    try:
        yield
    finally:
        _is_unrecorded.reset(token)


def record_statements(engine: Engine, recording: Recording) -> None:
    """Counts each statement of this engine as QUERY, named by whether it reads or writes."""

    def began(connection: Connection, *_: object) -> None:
        connection.info[_BEGAN] = time.perf_counter()

    def ended(connection: Connection, _cursor: object, statement: str, *_: object) -> None:
        if not (_is_unrecorded.get() or statement.startswith(_LIMITS)):
            recording.record(Kind.QUERY, _name(statement), Outcome.OK, _took_ms(connection))

    def failed(context: ExceptionContext) -> None:
        if context.connection is None or context.statement is None or _is_unrecorded.get():
            return
        detail: Detail = {"error": type(context.original_exception).__name__}
        took_ms = _took_ms(context.connection)
        recording.record(Kind.QUERY, _name(context.statement), Outcome.FAILED, took_ms, detail=detail)

    event.listen(engine, "before_cursor_execute", began)
    event.listen(engine, "after_cursor_execute", ended)
    event.listen(engine, "handle_error", failed)


def _took_ms(connection: Connection) -> float:
    began_s: float | None = connection.info.get(_BEGAN)
    return 0.0 if began_s is None else (time.perf_counter() - began_s) * 1000


def _name(statement: str) -> str:
    return "read" if statement.lstrip()[:6].upper().startswith(_READS) else "write"
