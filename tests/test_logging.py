from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from core.logging import EventLog, configure_logging, request_id


@pytest.fixture
def lines() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    stream = io.StringIO()
    configure_logging(stream=stream)
    yield stream
    root.handlers[:] = handlers
    root.setLevel(level)


def test_an_event_is_one_line_with_its_fields(lines: io.StringIO) -> None:
    EventLog("core.test").info("job.done", run="a-1", ms=12.3456, title='two words "quoted"\nand a break', none=None)
    (line,) = lines.getvalue().splitlines()
    stamp, level, event, rest = line.split(" ", 3)
    assert stamp.endswith("Z")
    assert (level, event) == ("INFO", "job.done")
    assert rest == "run=a-1 ms=12.346 title=" + json.dumps('two words "quoted"\nand a break')


def test_the_number_of_the_request_stands_in_each_line(lines: io.StringIO) -> None:
    token = request_id.set("r-7")
    try:
        EventLog("core.test").warning("x")
    finally:
        request_id.reset(token)
    assert lines.getvalue().rstrip().endswith("WARNING x request_id=r-7")


def test_an_exception_is_one_line_without_what_a_database_quotes(lines: io.StringIO) -> None:
    with pytest.raises(ValueError, match="bad row") as caught:
        _fail("bad row\nDETAIL: Failing row contains (words of a transcript)")
    EventLog("core.test").exception("job.failed", caught.value, run="a")
    (line,) = lines.getvalue().splitlines()
    assert 'error=ValueError reason="bad row"' in line
    assert "test_logging.py" in line
    assert "transcript)" not in line


def test_what_a_library_logs_is_one_line_too(lines: io.StringIO) -> None:
    logging.getLogger("uvicorn.error").error("first\nsecond")
    (line,) = lines.getvalue().splitlines()
    assert line.endswith('ERROR uvicorn.error message="first\\nsecond"')


def test_debug_lines_are_left_out(lines: io.StringIO) -> None:
    EventLog("core.test").debug("quiet")
    assert lines.getvalue() == ""


def _fail(message: str) -> None:
    raise ValueError(message)
