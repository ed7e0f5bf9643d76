"""One line an event: a name, then ids and durations. Never transcripts, prompts, addresses of people, or keys."""

from __future__ import annotations

import json
import logging
import re
import sys
import time
import traceback
from contextvars import ContextVar
from typing import TextIO

Field = str | int | float | bool | None

# Set by the middleware for the length of one request; every line written meanwhile carries it.
request_id: ContextVar[str | None] = ContextVar("request_id", default=None)

_BARE = re.compile(r"[\w.:/@+\-]+")
# The first line of an exception says what happened; later lines of a database error quote rows, which may be text.
_LONGEST_REASON_CHARS = 200
_LINK_SECRET = re.compile(r"^(/(?:verify|reset|first-admin)/).+", re.DOTALL)


def shown_path(path: str) -> str:
    """A request's path as it may stand in the log: without the secrets of single-use links."""
    return _LINK_SECRET.sub(r"\1…", path)


# On a record: the exception itself, for handlers that look at more than its line.
ERROR_FIELD = "event_error"


class EventLog:
    """Writes events of one module: `log.info("job.done", run=run_id, ms=812)`."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def debug(self, event: str, **fields: Field) -> None:
        self._write(logging.DEBUG, event, fields)

    def info(self, event: str, **fields: Field) -> None:
        self._write(logging.INFO, event, fields)

    def warning(self, event: str, **fields: Field) -> None:
        self._write(logging.WARNING, event, fields)

    def error(self, event: str, **fields: Field) -> None:
        self._write(logging.ERROR, event, fields)

    def exception(self, event: str, error: BaseException, **fields: Field) -> None:
        """An unexpected error with where it happened; what it says is cut after its first line."""
        self._write(logging.ERROR, event, {**fields, **describe(error)}, error)

    def _write(self, level: int, event: str, fields: dict[str, Field], error: BaseException | None = None) -> None:
        if self._logger.isEnabledFor(level):
            extra: dict[str, object] = {"event_fields": fields}
            if error is not None:
                extra[ERROR_FIELD] = error
            self._logger.log(level, event, extra=extra)


def short_reason(text: str) -> str:
    """The first line of what an exception says, cut."""
    return text.partition("\n")[0][:_LONGEST_REASON_CHARS]


def describe(error: BaseException) -> dict[str, Field]:
    """Kind, first line and place (innermost frame last) of an error, fit for a log line."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    reason = short_reason(str(error))
    place = " > ".join(f"{frame.filename.rpartition('/')[2]}:{frame.lineno}:{frame.name}" for frame in frames)
    return {"error": type(error).__name__, "reason": reason, "at": place}


class LineFormatter(logging.Formatter):
    """`2026-11-23T21:04:05.123Z INFO event key=value …`: a value that is not a bare word is a JSON string."""

    def format(self, record: logging.LogRecord) -> str:
        stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        fields: dict[str, Field] | None = getattr(record, "event_fields", None)
        event = record.getMessage() if fields is not None else record.name
        shown = dict(fields) if fields is not None else self._foreign(record)
        if (current := request_id.get()) is not None:
            shown.setdefault("request_id", current)
        pairs = "".join(f" {key}={_value(value)}" for key, value in shown.items() if value is not None)
        return f"{stamp}.{int(record.msecs):03d}Z {record.levelname} {event}{pairs}"

    def _foreign(self, record: logging.LogRecord) -> dict[str, Field]:
        """What a library logged: its message, and its exception in brief."""
        shown: dict[str, Field] = {"message": record.getMessage()[:_LONGEST_REASON_CHARS]}
        if record.exc_info and record.exc_info[1] is not None:
            shown |= describe(record.exc_info[1])
        return shown


def configure_logging(*, level: int = logging.INFO, stream: TextIO | None = None) -> None:
    """Sends every logger of the process through the one-line format to `stream` (standard error by default)."""
    handler = logging.StreamHandler(stream or sys.stderr)
    handler.setFormatter(LineFormatter())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(logging.WARNING)
    for ours in ("core", "pages", "app"):
        logging.getLogger(ours).setLevel(level)
    # A line for each odd byte of a broken form, whoever sends it: a way to fill a disk.
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)


def _value(value: Field) -> str:
    if isinstance(value, float):
        return f"{value:.3f}".rstrip("0").rstrip(".")
    text = str(value)
    return text if _BARE.fullmatch(text) else json.dumps(text, ensure_ascii=False)
