from __future__ import annotations

import asyncio

import pytest
import requests
import urllib3

from core.domain.telemetry import Kind, OutboundCall, Outcome
from core.integrations.calls import outbound, recorded
from core.integrations.openai import OpenAiDoor, door_of
from tests.fakes import FakeRecording


def test_a_call_is_told_once_with_its_time() -> None:
    told: list[OutboundCall] = []
    with outbound("vendor", "ask", told.append):
        pass
    [call] = told
    assert (call.vendor, call.operation, call.outcome, call.error) == ("vendor", "ask", "ok", "")
    assert 0 <= call.duration_ms < 1_000


@pytest.mark.parametrize(("raised", "outcome"), [
    (TimeoutError(), Outcome.TIMEOUT),
    (requests.exceptions.ReadTimeout(), Outcome.TIMEOUT),
    (requests.exceptions.ConnectTimeout(), Outcome.TIMEOUT),
    (urllib3.exceptions.ConnectTimeoutError(), Outcome.TIMEOUT),
    (ConnectionRefusedError(), Outcome.FAILED),
    (requests.exceptions.ProxyError(), Outcome.FAILED),
    (asyncio.CancelledError(), Outcome.CANCELLED),
])  # fmt: skip
def test_an_exception_passes_through_and_says_how_it_ended(raised: BaseException, outcome: Outcome) -> None:
    recording = FakeRecording()
    with pytest.raises(type(raised)), outbound("vendor", "ask", recorded(recording)):
        raise raised
    [event] = recording.events
    assert (event.kind, event.name, event.outcome) == (Kind.CALL, "vendor.ask", outcome)
    assert event.detail == {"error": type(raised).__name__}


@pytest.mark.parametrize(("status", "outcome"), [
    (200, Outcome.OK), (302, Outcome.OK), (404, Outcome.REFUSED), (429, Outcome.VENDOR_LIMITED),
    (500, Outcome.SERVER_ERROR), (503, Outcome.SERVER_ERROR),
])  # fmt: skip
def test_an_answer_can_be_none(status: int, outcome: Outcome) -> None:
    recording = FakeRecording()
    with outbound("vendor", "ask", recorded(recording)) as call:
        call.note_status(status)
    assert recording.events[0].outcome == outcome
    assert recording.events[0].detail is None


async def test_the_door_of_openai_is_knocked_at_through_the_wrapper() -> None:
    server = await asyncio.start_server(lambda _reader, writer: writer.close(), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    recording = FakeRecording()
    assert await OpenAiDoor(recorded(recording), host="127.0.0.1", port=port).is_reachable()
    server.close()
    await server.wait_closed()
    with pytest.raises(OSError, match=r"refused|failed"):
        await OpenAiDoor(recorded(recording), host="127.0.0.1", port=port).is_reachable()
    assert [(event.name, event.outcome) for event in recording.events] == [
        ("openai.connect", Outcome.OK), ("openai.connect", Outcome.FAILED),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("address", "door"),
    [
        ("https://api.openai.com/v1", ("api.openai.com", 443)),
        ("http://127.0.0.1:8080/v1", ("127.0.0.1", 8080)),
        ("http://models.internal/v1", ("models.internal", 80)),
    ],
)
def test_the_door_is_that_of_the_endpoint_that_is_set(address: str, door: tuple[str, int]) -> None:
    assert door_of(address) == door
