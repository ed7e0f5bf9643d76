from __future__ import annotations

import logging
from collections.abc import Iterator

import pytest

from core.domain.request_ids import new_request_id
from core.domain.telemetry import Kind, Outcome
from core.logging import EventLog, request_id
from core.telemetry.log_events import LogEvents
from core.telemetry.recorder import Recorder
from tests.fakes import NOON, FakeRecording


@pytest.fixture
def recording() -> Iterator[FakeRecording]:
    recording = FakeRecording()
    handler = LogEvents(recording)
    logging.getLogger().addHandler(handler)
    yield recording
    logging.getLogger().removeHandler(handler)


def test_warnings_and_errors_are_recorded_by_name_and_nothing_that_was_said(recording: FakeRecording) -> None:
    events = EventLog("core.test")
    events.info("calm.event", text="words of a person")
    events.warning("odd.event", text="words of a person")
    events.exception("bad.event", ValueError("words of a person"), path="/summaries/3", status=502)
    logging.getLogger("some.library").error("words of a person")
    assert [(event.kind, event.name, event.outcome) for event in recording.events] == [
        (Kind.LOG, "odd.event", Outcome.OK),
        (Kind.LOG, "bad.event", Outcome.FAILED),
        (Kind.LOG, "some.library", Outcome.FAILED),
    ]
    assert "words" not in str(recording.events)
    assert recording.events[1].detail == {"error": "ValueError", "at": "", "status": 502}


def test_a_librarys_exception_is_named(recording: FakeRecording) -> None:
    try:
        raise KeyError("words of a person")  # noqa: TRY301
    except KeyError:
        logging.getLogger("asyncio").exception("Task exception was never retrieved")
    [event] = recording.events
    assert event.detail is not None
    assert event.detail["error"] == "KeyError"
    assert "test_log_events.py" in str(event.detail["at"])
    assert "words" not in str(event)


def test_a_line_carries_the_number_of_its_request() -> None:
    from tests.factories.clocks import HeldClock

    recorder = Recorder(HeldClock(), process="test")
    handler = LogEvents(recorder)
    logging.getLogger().addHandler(handler)
    number = new_request_id(NOON)
    token = request_id.set(number.hex)
    try:
        EventLog("core.test").warning("odd.event")
    finally:
        request_id.reset(token)
        logging.getLogger().removeHandler(handler)
    batch = recorder.take_batch()
    assert batch is not None
    assert [row.request_id for row in batch.rows] == [number]
