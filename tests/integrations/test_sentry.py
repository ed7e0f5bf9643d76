from __future__ import annotations

import gzip
import json
import logging
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import httpx
import pytest
import sentry_sdk
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, Response

from core.api.context import RequestContext
from core.config import Settings
from core.domain.telemetry import Kind
from core.errors import InvalidInput, Unavailable
from core.integrations.calls import recorded
from core.integrations.sentry import Sentry, before_send, traced
from core.logging import EventLog, request_id
from core.telemetry.traces import find_trace
from tests.fakes import FakeRecording

events = EventLog("core.test")


class Collector:
    """Takes what Sentry's client sends, as its server would. `events` are the decoded items."""

    def __init__(self) -> None:
        self.events: list[dict[str, object]] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"]))
                collector.take(gzip.decompress(body) if self.headers["content-encoding"] == "gzip" else body)
                self.send_response(200)
                self.end_headers()
                self.wfile.write(b"{}")

            def log_message(self, *_: object) -> None:
                return

        self._server = HTTPServer(("127.0.0.1", 0), Handler)
        self._serving = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02})
        self._serving.start()

    @property
    def dsn(self) -> str:
        return f"http://key@127.0.0.1:{self._server.server_port}/1"

    def take(self, envelope: bytes) -> None:
        """Items of an envelope: a line of headers, then the payload, one after the other."""
        lines = envelope.split(b"\n")[1:]
        for header, payload in zip(lines[::2], lines[1::2], strict=False):
            if json.loads(header)["type"] in {"event", "transaction"}:
                self.events.append(json.loads(payload))

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._serving.join()


@pytest.fixture
def collector(monkeypatch: pytest.MonkeyPatch) -> Iterator[Collector]:
    for name in ("HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"):
        monkeypatch.delenv(name, raising=False)
    collector = Collector()
    yield collector
    collector.close()


@pytest.fixture
def recording() -> FakeRecording:
    return FakeRecording()


@pytest.fixture
def sentry(collector: Collector, recording: FakeRecording, tmp_path: Path) -> Iterator[Sentry]:
    settings = Settings(data_dir=tmp_path, sentry_dsn=collector.dsn, release="v1.2.3")
    sentry = Sentry(settings, process="web", on_call=recorded(recording))
    sentry.start()
    yield sentry
    sentry.close()


def fail(message: str) -> Exception:
    words = "words of a transcript"
    try:
        raise RuntimeError(message + words[:0])  # noqa: TRY301  # it has to be raised to have a place
    except RuntimeError as error:
        return error


def test_an_unexpected_error_is_told_with_place_release_and_number(sentry: Sentry, collector: Collector) -> None:
    token = request_id.set("0190" * 8)
    events.exception("job.failed", fail("first line\nDETAIL: words of a transcript"), path="/summaries/7", run="a")
    request_id.reset(token)
    sentry.close()
    [event] = collector.events
    [error] = event["exception"]["values"]  # type: ignore[index]
    assert (error["type"], error["value"]) == ("RuntimeError", "first line")
    assert error["stacktrace"]["frames"][-1]["function"] == "fail"
    assert event["release"] == "v1.2.3"
    assert event["tags"] == {"process": "web", "event": "job.failed", "request_id": "0190" * 8}
    assert "words of a transcript" not in json.dumps(event)
    assert {"user", "request", "breadcrumbs", "extra", "server_name"}.isdisjoint(event)


def test_what_a_library_logs_with_its_exception_is_told_too_and_a_plain_line_is_not(
    sentry: Sentry, collector: Collector
) -> None:
    error = fail("of a library")
    logging.getLogger("asyncio").error("Task exception was never retrieved", exc_info=error)
    events.error("run.given_up", run="a")
    events.warning("odd.event")
    sentry.close()
    assert [event["tags"] for event in collector.events] == [{"process": "web", "event": "asyncio"}]


@pytest.mark.parametrize("noise", ["ChunkLoadError: Loading chunk 7 failed", "transport close", "ping timeout"])
def test_known_noise_is_left_out(sentry: Sentry, collector: Collector, noise: str) -> None:
    events.exception("client.failed", fail(noise))
    sentry.close()
    assert collector.events == []


def test_an_expected_failure_of_the_callers_is_none_and_one_of_ours_is() -> None:
    hint = {"exc_info": (InvalidInput, InvalidInput("No."), None)}
    assert before_send({}, hint) is None
    assert before_send({}, {"exc_info": (Unavailable, Unavailable("Down."), None)}) is not None


def test_its_calls_are_counted_like_every_other(sentry: Sentry, recording: FakeRecording) -> None:
    events.exception("job.failed", fail("x"))
    sentry.close()
    assert [(event.name, event.outcome.value) for event in recording.of(Kind.CALL)] == [("sentry.send", "ok")]


async def test_requests_are_traced_by_their_template(
    sentry: Sentry, collector: Collector, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sentry_sdk.get_client().options, "traces_sample_rate", 1.0)
    app = FastAPI()

    async def page(number: int) -> Response:
        return HTMLResponse(str(number))

    app.add_api_route("/pages/{number}", page)
    trace = find_trace(Settings(data_dir=tmp_path, sentry_dsn="http://key@127.0.0.1:9/1"))
    app.add_middleware(RequestContext, trace=trace)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://test") as client:
        number = (await client.get("/pages/17?q=words", headers={"cookie": "sid=secret"})).headers["x-request-id"]
    sentry.close()
    [event] = collector.events
    assert (event["type"], event["transaction"]) == ("transaction", "GET /pages/{number}")
    assert event["tags"]["request_id"] == number  # type: ignore[index]
    assert not [word for word in ("/17", "words", "secret") if word in json.dumps(event)]


def test_without_a_dsn_nothing_of_it_is_loaded_or_wrapped(tmp_path: Path) -> None:
    with find_trace(Settings(data_dir=tmp_path))("http.server") as named:
        named["name"] = "x"
    with traced("job") as named:
        assert named == {}
    assert not sentry_sdk.is_initialized()
    code = (
        "import sys; from core.config import Settings; from core.bootstrap import build_services;"
        " build_services(Settings()); sys.exit('sentry_sdk' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
