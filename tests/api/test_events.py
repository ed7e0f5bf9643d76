from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from uuid import UUID

import pytest
from fastapi import FastAPI

from core.api import events
from core.api.events import OpenStreams, ProgressStream
from core.api.owners import OWNER_HEADER
from core.api.problems import TooManyStreams
from core.domain.owner import Owner
from core.domain.run import RunState
from core.errors import Unavailable
from tests.api.conftest import build_app, new_client
from tests.api.test_accounts import cookie_with
from tests.fakes import FakeServices, FakeSummaries, progress

URL = "/api/v1/summaries"
SECRET = "s" * 40
OWNER = Owner.anonymous(SECRET)


class Listener:
    """A client of one stream that may leave at any moment (the client library can't do that in one process)."""

    def __init__(self, app: FastAPI, path: str, *, method: str = "GET", cookie: str | None = None) -> None:
        self.messages: asyncio.Queue[dict[str, object]] = asyncio.Queue()
        self._left = asyncio.Event()
        self._has_asked = False
        shown = (OWNER_HEADER.lower(), SECRET) if cookie is None else ("cookie", cookie)
        headers = [(b"host", b"sightline.test"), (shown[0].encode(), shown[1].encode())]
        scope = {
            "type": "http", "asgi": {"version": "3.0", "spec_version": "2.3"}, "http_version": "1.1", "method": method,
            "scheme": "http", "path": path, "raw_path": path.encode(), "query_string": b"", "root_path": "",
            "headers": headers, "client": ("127.0.0.1", 1), "server": ("sightline.test", 80),
        }  # fmt: skip
        self.task = asyncio.create_task(app(scope, self._receive, self._send))

    async def _send(self, message: dict[str, object]) -> None:
        await self.messages.put(message)

    async def _receive(self) -> dict[str, object]:
        if not self._has_asked:
            self._has_asked = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def next(self) -> dict[str, object]:
        return await asyncio.wait_for(self.messages.get(), 5)

    def leave(self) -> None:
        self._left.set()


@pytest.fixture
async def summary_id(services: FakeServices) -> UUID:
    return await services.summaries.submit("request", OWNER)


@pytest.fixture
async def listen(services: FakeServices, summary_id: UUID) -> AsyncIterator[Callable[[], Listener]]:
    app = build_app(services)
    made: list[Listener] = []

    def start() -> Listener:
        made.append(Listener(app, f"{URL}/{summary_id}/events"))
        return made[-1]

    yield start
    for listener in made:
        listener.leave()
    await asyncio.gather(*(listener.task for listener in made))


def parse(raw: str) -> list[dict[str, str]]:
    """The events of a stream, comments left out."""
    blocks = [block.splitlines() for block in raw.strip().split("\n\n")]
    return [dict(line.split(": ", 1) for line in block if not line.startswith(":")) for block in blocks]


async def test_each_change_is_an_event_and_the_last_one_ends_the_stream(
    services: FakeServices, summary_id: UUID, listen: Callable[[], Listener]
) -> None:
    listener = listen()
    start = await listener.next()
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    assert headers["content-type"].startswith("text/event-stream")
    assert "content-length" not in headers
    chunks = [(await listener.next())["body"]]
    services.summaries.advance(summary_id, RunState.RUNNING, progress(4, "reading", 0.4))
    chunks.append((await listener.next())["body"])
    services.summaries.advance(summary_id, RunState.DONE)
    chunks.append((await listener.next())["body"])
    assert await listener.next() == {"type": "http.response.body", "body": b"", "more_body": False}
    await asyncio.wait_for(listener.task, 5)
    found = parse(b"".join(chunks).decode())
    assert {event["event"] for event in found} == {"progress"}
    assert [event["id"] for event in found] == ["1", "4", "5"]
    data = [json.loads(event["data"]) for event in found]
    assert [(one["status"], one["stage"], one["ratio"]) for one in data] == [
        ("queued", "queued", 0.0), ("running", "reading", 0.4), ("done", "done", 1.0),
    ]  # fmt: skip
    assert all(one["id"] == str(summary_id) for one in data)
    assert services.summaries.open_watches == 0


async def test_a_client_that_leaves_frees_the_watch(services: FakeServices, listen: Callable[[], Listener]) -> None:
    listener = listen()
    await listener.next()
    await listener.next()
    assert services.summaries.open_watches == 1
    listener.leave()
    await asyncio.wait_for(listener.task, 5)
    assert services.summaries.open_watches == 0


async def test_a_stream_that_is_cancelled_frees_the_watch(
    services: FakeServices, listen: Callable[[], Listener]
) -> None:
    listener = listen()
    await listener.next()
    await listener.next()
    listener.task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await listener.task
    assert services.summaries.open_watches == 0
    listener.task = asyncio.create_task(asyncio.sleep(0))


async def test_silence_is_broken_by_heartbeats(services: FakeServices, summary_id: UUID) -> None:
    states = services.summaries.watch(summary_id, OWNER)
    released: list[bool] = []
    options = {"streams": OpenStreams(), "release": lambda: released.append(True), "heartbeat_s": 0.01}
    stream = ProgressStream(await anext(states), states, **options)
    sent: list[bytes] = []

    async def send(message: dict[str, object]) -> None:
        sent.append(message.get("body", b""))
        if len(sent) == 5:
            services.summaries.advance(summary_id, RunState.FAILED)

    await asyncio.wait_for(stream({"type": "http"}, asyncio.Event().wait, send), 5)
    assert b": still here\n\n" in sent
    assert b'"status":"failed"' in sent[-2]
    assert released == [True]


async def test_whoever_is_banned_hears_nothing_more(services: FakeServices) -> None:
    token = services.accounts.let_in()
    summary_id = await services.summaries.submit("request", services.accounts.signed_in[token].account.owner)
    cookie = f"sid={cookie_with(account=token)['sid']}"
    listener = Listener(build_app(services), f"{URL}/{summary_id}/events", cookie=cookie)
    for _ in range(2):
        await listener.next()
    services.summaries.advance(summary_id, RunState.RUNNING, progress(4, "reading", 0.4))
    assert b"reading" in (await listener.next())["body"]
    del services.accounts.signed_in[token]
    services.summaries.advance(summary_id, RunState.RUNNING, progress(5, "reading", 0.5))
    assert await listener.next() == {"type": "http.response.body", "body": b"", "more_body": False}
    await asyncio.wait_for(listener.task, 5)
    assert services.summaries.open_watches == 0


async def test_a_stream_goes_on_while_nobody_can_say_whether_its_session_holds(services: FakeServices) -> None:
    token = services.accounts.let_in()
    summary_id = await services.summaries.submit("request", services.accounts.signed_in[token].account.owner)
    cookie = f"sid={cookie_with(account=token)['sid']}"
    listener = Listener(build_app(services), f"{URL}/{summary_id}/events", cookie=cookie)
    for _ in range(2):
        await listener.next()
    services.accounts.outage = Unavailable("The database is away.")
    services.summaries.advance(summary_id, RunState.DONE)
    assert b'"status":"done"' in (await listener.next())["body"]
    await asyncio.wait_for(listener.task, 5)


async def test_a_silent_stream_ends_too_once_its_session_has(services: FakeServices, summary_id: UUID) -> None:
    states = services.summaries.watch(summary_id, OWNER)
    answers = [True, True, False]
    sent: list[bytes] = []

    async def may_go_on() -> bool:
        return answers.pop(0)

    async def send(message: dict[str, object]) -> None:
        sent.append(message.get("body", b""))

    stream = ProgressStream(
        await anext(states), states, streams=OpenStreams(), release=lambda: None, may_go_on=may_go_on, heartbeat_s=0.01
    )
    await asyncio.wait_for(stream({"type": "http"}, asyncio.Event().wait, send), 5)
    assert sent[2:] == [b": still here\n\n"] * 2 + [b""]
    assert services.summaries.open_watches == 0


async def test_a_broken_connection_frees_everything(services: FakeServices, summary_id: UUID) -> None:
    states = services.summaries.watch(summary_id, OWNER)
    released: list[bool] = []
    options = {"streams": OpenStreams(), "release": lambda: released.append(True), "heartbeat_s": 0.01}
    stream = ProgressStream(await anext(states), states, **options)

    async def send(message: dict[str, object]) -> None:
        if message.get("body") == b": still here\n\n":
            raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        await stream({"type": "http"}, asyncio.Event().wait, send)
    assert (released, services.summaries.open_watches) == ([True], 0)


async def test_a_server_that_stops_sends_its_listeners_away(services: FakeServices, summary_id: UUID) -> None:
    app = build_app(services)
    listener = Listener(app, f"{URL}/{summary_id}/events")
    for _ in range(2):
        await listener.next()
    app.state.streams.end_all()
    assert await listener.next() == {"type": "http.response.body", "body": b"", "more_body": False}
    await asyncio.wait_for(listener.task, 5)
    assert (services.summaries.open_watches, len(app.state.streams)) == (0, 0)


async def test_a_finished_summary_gives_one_event(services: FakeServices, summary_id: UUID) -> None:
    services.summaries.advance(summary_id, RunState.DONE)
    async with new_client(services, headers={OWNER_HEADER: SECRET, "Last-Event-ID": "not a number"}) as client:
        answer = await client.get(f"{URL}/{summary_id}/events")
    (event,) = parse(answer.text)
    assert json.loads(event["data"])["status"] == "done"


async def test_too_many_streams_of_one_owner_are_refused_until_one_ends(
    services: FakeServices, summary_id: UUID, listen: Callable[[], Listener]
) -> None:
    open_ones = [listen() for _ in range(events.MAX_STREAMS_PER_OWNER)]
    for listener in open_ones:
        assert (await listener.next())["status"] == 200
    refused = listen()
    assert (await refused.next())["status"] == 429
    assert json.loads((await refused.next())["body"])["code"] == "too_many_streams"
    open_ones[0].leave()
    await asyncio.wait_for(open_ones[0].task, 5)
    assert (await listen().next())["status"] == 200


async def test_a_refused_stream_takes_no_slot(services: FakeServices) -> None:
    async with new_client(services, headers={OWNER_HEADER: SECRET}) as client:
        for _ in range(events.MAX_STREAMS_PER_OWNER + 2):
            assert (await client.get(f"{URL}/{uuid.uuid4()}/events")).status_code == 404


def test_slots_are_counted_by_owner() -> None:
    slots = OpenStreams(per_owner=1)
    release = slots.take_slot(OWNER)
    slots.take_slot(Owner.anonymous("other"))
    with pytest.raises(TooManyStreams):
        slots.take_slot(OWNER)
    release()
    slots.take_slot(OWNER)
    assert len(slots) == 2


async def test_head_of_a_stream_ends_at_once(services: FakeServices, summary_id: UUID) -> None:
    assert isinstance(services.summaries, FakeSummaries)
    listener = Listener(build_app(services), f"{URL}/{summary_id}/events", method="HEAD")
    assert (await listener.next())["status"] == 200
    assert await listener.next() == {"type": "http.response.body", "body": b"", "more_body": False}
    await asyncio.wait_for(listener.task, 5)
    assert services.summaries.open_watches == 0
