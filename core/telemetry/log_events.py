"""Warnings and errors of the log as events, so that a request's story shows them: by name, never with their text."""

from __future__ import annotations

import logging

from core.domain.telemetry import Kind, Outcome
from core.logging import Field, describe
from core.ports import Detail, Recording

# What a log line says beside its name and is neither text nor a person: kinds of errors, and places in the code.
_SHOWN = ("error", "at", "code", "status")


class LogEvents(logging.Handler):
    """Records each warning and error under the name of its event, or of its logger where a library wrote it."""

    def __init__(self, recording: Recording) -> None:
        super().__init__(logging.WARNING)
        self._recording = recording

    def emit(self, record: logging.LogRecord) -> None:
        fields: dict[str, Field] | None = getattr(record, "event_fields", None)
        name = record.getMessage() if fields is not None else record.name
        is_error = record.levelno >= logging.ERROR
        outcome = Outcome.FAILED if is_error else Outcome.OK
        self._recording.record(Kind.LOG, name, outcome, detail=_detail(record, fields) if is_error else None)


def _detail(record: logging.LogRecord, fields: dict[str, Field] | None) -> Detail:
    if fields is not None:
        return {name: fields[name] for name in _SHOWN if name in fields}
    error = record.exc_info[1] if record.exc_info else None
    return {} if error is None else {name: value for name, value in describe(error).items() if name in _SHOWN}
