from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, JSONResponse, Response
from starlette.requests import ClientDisconnect
from starlette.types import Message, Receive, Scope, Send

from core.api.context import REQUEST_ID_HEADER, RequestContext
from core.api.head import HeadAsGet
from core.api.problems import problem_response, register_problems
from core.api.request_record import current_page, kind_of
from core.domain.run import RunState
from core.domain.telemetry import Kind, Outcome, Who
from core.errors import InvalidInput, Unavailable, VendorLimited
from tests.api.conftest import ORIGIN, build_app, new_client
from tests.fakes import FakeRecording, FakeServices, Recorded

URL = "/api/v1/summaries"
NOBODYS = "8f1d3c1e-5a5e-4c53-9a53-0b7f0f6a2d11"
REQUESTS = (Kind.PAGE_REQUEST, Kind.API_REQUEST, Kind.OTHER_REQUEST)


def requests_of(recording: FakeRecording) -> list[Recorded]:
    return [event for event in recording.events if event.kind in REQUESTS]


@pytest.mark.parametrize(("method", "path", "kind", "name", "outcome"), [
    ("GET", "/", Kind.PAGE_REQUEST, "GET /", Outcome.OK),
    ("HEAD", "/", Kind.PAGE_REQUEST, "HEAD /", Outcome.OK),
    ("POST", "/summarize", Kind.PAGE_REQUEST, "POST /summarize", Outcome.OK),
    ("GET", "/summarize", Kind.PAGE_REQUEST, "GET /summarize", Outcome.CLIENT_ERROR),
    ("GET", "/secret/of-a-person", Kind.PAGE_REQUEST, "unknown address", Outcome.CLIENT_ERROR),
    ("GET", URL, Kind.API_REQUEST, "GET /api/v1/summaries", Outcome.OK),
    ("GET", f"{URL}/{NOBODYS}", Kind.API_REQUEST, "GET /api/v1/summaries/{summary_id}", Outcome.CLIENT_ERROR),
    ("BREW", URL, Kind.API_REQUEST, "other /api/v1/summaries", Outcome.CLIENT_ERROR),
    ("GET", "/api/v1/nothing/here", Kind.API_REQUEST, "unknown address", Outcome.CLIENT_ERROR),
    ("GET", "/api/health/live", Kind.OTHER_REQUEST, "GET /api/health/live", Outcome.OK),
    ("GET", "/_nicegui/3.18.0/x.js", Kind.OTHER_REQUEST, "GET /_nicegui", Outcome.CLIENT_ERROR),
])  # fmt: skip
async def test_each_request_is_recorded_by_its_template_and_never_by_its_path(
    client: httpx.AsyncClient, services: FakeServices, method: str, path: str, kind: Kind, name: str, outcome: Outcome
) -> None:
    answer = await client.request(method, path)
    [event] = requests_of(services.recorder)
    assert (event.kind, event.name, event.outcome) == (kind, name, outcome)
    assert event.who == Who.ANONYMOUS
    assert event.person is None
    assert event.request_id == UUID(answer.headers[REQUEST_ID_HEADER])
    assert 0 < event.value < 10_000


async def test_a_bug_is_recorded_with_its_exception(client: httpx.AsyncClient, services: FakeServices) -> None:
    services.summaries.bug = KeyError("x")
    await client.post(URL, json={"url": "x"})
    await client.get("/broken")
    api, page = requests_of(services.recorder)
    assert (api.outcome, page.outcome) == (Outcome.SERVER_ERROR, Outcome.SERVER_ERROR)
    assert api.detail is not None
    assert page.detail is not None
    assert (api.detail["error"], page.detail["error"]) == ("KeyError", "RuntimeError")
    assert "fakes.py" in str(api.detail["at"])
    assert "hush" not in str(page)


async def test_an_expected_failure_of_ours_is_recorded_with_its_code_a_persons_is_not(
    client: httpx.AsyncClient, services: FakeServices
) -> None:
    services.summaries.bug = Unavailable("The queue is down.")
    await client.post(URL, json={"url": "x"})
    services.summaries.bug = InvalidInput("No.")
    await client.post(URL, json={"url": "x"})
    ours, theirs = requests_of(services.recorder)
    assert (ours.outcome, theirs.outcome) == (Outcome.SERVER_ERROR, Outcome.CLIENT_ERROR)
    assert ours.detail is not None
    assert ours.detail["code"] == "unavailable"
    assert theirs.detail is None


def small_app(recording: FakeRecording) -> FastAPI:
    app = FastAPI()

    async def mine() -> Response:
        return problem_response(_limit_of_ours())

    async def theirs() -> Response:
        return problem_response(VendorLimited("Later."))

    async def slow() -> Response:
        raise TimeoutError

    async def gateway() -> Response:
        return JSONResponse({}, 504)

    async def person(request: Request) -> Response:
        request.state.who, request.state.person = Who.OPERATOR, UUID(int=7)
        return HTMLResponse("<p>you</p>")

    async def page() -> Response:
        found = current_page()
        assert found is not None
        return JSONResponse([found.template, found.request_id, found.who])

    for path, route in (
        ("/mine", mine), ("/theirs", theirs), ("/slow", slow), ("/gateway", gateway), ("/person", person),
        ("/pages/{number}", page),
    ):  # fmt: skip
        app.add_api_route(path, route, methods=["GET"])
    register_problems(app)
    app.add_middleware(HeadAsGet)
    app.add_middleware(RequestContext, recording=recording)
    return app


def _limit_of_ours() -> InvalidInput:
    error = InvalidInput("Slowly.")
    error.status = 429
    return error


@pytest.fixture
async def small() -> AsyncIterator[tuple[httpx.AsyncClient, FakeRecording]]:
    recording = FakeRecording()
    transport = httpx.ASGITransport(small_app(recording), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=ORIGIN) as client:
        yield client, recording


@pytest.mark.parametrize(("path", "outcome"), [
    ("/mine", Outcome.LIMITED),
    ("/theirs", Outcome.VENDOR_LIMITED),
    ("/gateway", Outcome.TIMEOUT),
])  # fmt: skip
async def test_a_limit_of_ours_is_told_apart_from_a_vendors(
    small: tuple[httpx.AsyncClient, FakeRecording], path: str, outcome: Outcome
) -> None:
    client, recording = small
    await client.get(path)
    assert [event.outcome for event in recording.events] == [outcome]


async def test_who_is_signed_in_stands_on_the_record(small: tuple[httpx.AsyncClient, FakeRecording]) -> None:
    client, recording = small
    await client.get("/person")
    [event] = recording.events
    assert (event.who, event.person) == (Who.OPERATOR, UUID(int=7))


async def test_a_page_knows_its_template_and_number_while_it_is_drawn(
    small: tuple[httpx.AsyncClient, FakeRecording],
) -> None:
    client, _ = small
    answer = await client.get("/pages/17")
    assert answer.json() == ["/pages/{number}", answer.headers[REQUEST_ID_HEADER], "anonymous"]
    assert current_page() is None


SCOPE = {"type": "http", "method": "GET", "path": "/x", "headers": [], "query_string": b""}


HALF_A_BODY: tuple[Message, ...] = (
    {"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"},
)  # fmt: skip


async def run(app: object, *received: Message, **asked: str) -> None:
    """Runs an application with these messages from the client."""
    waiting = list(received)

    async def receive() -> Message:
        if waiting:
            return waiting.pop(0)
        return await asyncio.Event().wait()  # type: ignore[return-value]

    async def send(_message: Message) -> None:
        return

    with contextlib.suppress(RuntimeError, asyncio.CancelledError):
        await app({**SCOPE, **asked}, receive, send)  # type: ignore[operator]


async def call(app: object, *received: Message) -> FakeRecording:
    """Runs a bare application behind the recording layer."""
    recording = FakeRecording()
    await run(RequestContext(app, recording=recording), *received)  # type: ignore[arg-type]
    return recording


START: Message = {"type": "http.response.start", "status": 200, "headers": []}


async def test_a_client_that_left_before_its_answer_was_whole_is_no_fault_of_ours() -> None:
    async def reads_a_body(scope: Scope, receive: Receive, send: Send) -> None:
        async for _ in Request(scope, receive).stream():
            raise AssertionError("there is no body")

    recording = await call(reads_a_body, {"type": "http.disconnect"})
    assert [event.outcome for event in recording.events] == [Outcome.CLIENT_ERROR]
    assert ClientDisconnect.__name__ in str(recording.events[0].detail)


@pytest.mark.parametrize("path", ["/api/vitals", "/api/csp-report"])
async def test_whoever_leaves_while_they_still_send_is_no_bug(
    services: FakeServices, caplog: pytest.LogCaptureFixture, path: str
) -> None:
    await run(build_app(services), *HALF_A_BODY, method="POST", path=path)
    assert [event.outcome for event in requests_of(services.recorder)] == [Outcome.CLIENT_ERROR]
    assert "http.unexpected" not in caplog.text


async def test_a_client_whose_connection_is_gone_is_no_fault_of_ours_either() -> None:
    async def answers(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send(START)
        await send({"type": "http.response.body", "body": b"half", "more_body": True})

    async def gone(message: Message) -> None:
        if message["type"] == "http.response.body":
            raise BrokenPipeError

    async def nothing() -> Message:
        return await asyncio.Event().wait()  # type: ignore[return-value]

    recording = FakeRecording()
    with pytest.raises(BrokenPipeError):
        await RequestContext(answers, recording=recording)({**SCOPE}, nothing, gone)
    assert [event.outcome for event in recording.events] == [Outcome.CLIENT_ERROR]


@pytest.mark.parametrize("raised", [RuntimeError("in the middle"), asyncio.CancelledError()])
async def test_an_answer_that_broke_off_by_our_fault_is_dropped(raised: BaseException) -> None:
    async def breaks_off(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send(START)
        await send({"type": "http.response.body", "body": b"half", "more_body": True})
        raise raised

    recording = await call(breaks_off)
    assert [event.outcome for event in recording.events] == [Outcome.DROPPED]


@pytest.mark.parametrize(("raised", "outcome"), [
    (TimeoutError(), Outcome.TIMEOUT), (ValueError(), Outcome.SERVER_ERROR),
    (asyncio.CancelledError(), Outcome.SERVER_ERROR),
])  # fmt: skip
async def test_an_exception_before_any_answer_is_ours(raised: BaseException, outcome: Outcome) -> None:
    async def breaks(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise raised

    recording = await call(breaks)
    assert [event.outcome for event in recording.events] == [outcome]


async def test_a_stream_is_recorded_once_at_its_first_byte() -> None:
    recorded_after: list[int] = []
    recording = FakeRecording()

    async def streams(_scope: Scope, _receive: Receive, send: Send) -> None:
        await send({**START, "headers": [(b"content-type", b"text/event-stream; charset=utf-8")]})
        for _ in range(3):
            recorded_after.append(len(recording.events))
            await send({"type": "http.response.body", "body": b"x", "more_body": True})
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def nothing(*_: object) -> Message:
        return {"type": "http.disconnect"}

    await RequestContext(streams, recording=recording)({**SCOPE}, nothing, nothing)  # type: ignore[arg-type]
    assert recorded_after == [0, 1, 1]
    assert [event.outcome for event in recording.events] == [Outcome.OK]


async def test_the_progress_of_a_summary_does_not_count_its_whole_life(
    client: httpx.AsyncClient, services: FakeServices
) -> None:
    made = await client.post(URL, json={"url": "x"})
    [summary_id] = services.summaries.kept
    services.summaries.advance(summary_id, RunState.DONE)
    owner = {name: value for name, value in made.headers.items() if name == "sightline-owner"}
    await client.get(f"{made.headers['location']}/events", headers=owner)
    event = requests_of(services.recorder)[-1]
    assert event.name == "GET /api/v1/summaries/{summary_id}/events"


async def test_what_is_refused_on_the_way_in_is_counted_by_what_refused_it(services: FakeServices) -> None:
    async with new_client(services) as browser:
        await browser.get("/")
        await browser.post("/summarize", data={"a": "b"}, headers={"origin": "https://evil.test"})
        await browser.post("/summarize", headers={"content-length": str(99 * 1024 * 1024)}, content=b"x")
    assert [event.name for event in services.recorder.of(Kind.REFUSAL)] == ["foreign_origin", "upload_size"]


async def test_reports_of_the_policy_are_counted_by_directive_and_strangers_make_up_none(
    client: httpx.AsyncClient, services: FakeServices
) -> None:
    for directive in ("script-src 'self'", "img-src", "made-up", "x" * 50_000):
        await client.post("/api/csp-report", json={"csp-report": {"violated-directive": directive}})
    assert [event.name for event in services.recorder.of(Kind.REPORT)] == ["script-src", "img-src", "unknown"]


async def test_one_address_cannot_fill_the_log_with_reports(client: httpx.AsyncClient, services: FakeServices) -> None:
    for _ in range(100):
        await client.post("/api/csp-report", json={"csp-report": {"violated-directive": "img-src"}})
    assert 60 <= len(services.recorder.of(Kind.REPORT)) < 70


@pytest.mark.parametrize(("path", "kind"), [
    ("/", Kind.PAGE_REQUEST), ("/ops/performance", Kind.PAGE_REQUEST), ("/api/v1/ops/slos", Kind.API_REQUEST),
    ("/api/docs", Kind.OTHER_REQUEST), ("/metrics", Kind.OTHER_REQUEST), ("/assets/site.css", Kind.OTHER_REQUEST),
    ("/favicon.ico", Kind.OTHER_REQUEST), ("/api/vitals", Kind.OTHER_REQUEST),
])  # fmt: skip
def test_only_pages_and_the_interface_count_in_objectives(path: str, kind: Kind) -> None:
    assert kind_of(path) is kind
