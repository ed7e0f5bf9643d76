from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator

import httpx
import pytest
from starlette.types import Message, Receive, Scope, Send

from core.api import limits
from core.api.limits import MAX_UPLOAD_BYTES, UploadLimit
from tests.api.conftest import ORIGIN
from tests.fakes import FakeServices

URL = "/api/v1/summaries"
MB = 1024 * 1024


async def stream(size_bytes: int) -> AsyncIterator[bytes]:
    """A form with one endless file, its length not declared."""
    yield b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.srt"\r\n\r\n'
    for _ in range(size_bytes // MB):
        yield b"a" * MB
    yield b"\r\n--x--\r\n"


FORM = {"content-type": "multipart/form-data; boundary=x"}


async def test_a_file_at_the_limit_passes(client: httpx.AsyncClient, services: FakeServices) -> None:
    answer = await client.post(URL, files={"file": ("a.srt", b"a" * MAX_UPLOAD_BYTES)})
    assert answer.status_code == 202
    (kept,) = services.summaries.kept.values()
    assert len(kept.request.content) == MAX_UPLOAD_BYTES


async def test_a_hundred_megabytes_declared_are_never_parsed(
    client: httpx.AsyncClient, services: FakeServices, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tempfile, "SpooledTemporaryFile", _must_not_be_made)
    monkeypatch.setattr("starlette.formparsers.SpooledTemporaryFile", _must_not_be_made)
    answer = await client.post(URL, content=stream(100 * MB), headers={**FORM, "content-length": str(100 * MB + 84)})
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert answer.headers["content-type"] == "application/problem+json"
    assert "10 MB" in answer.json()["detail"]
    assert services.summaries.kept == {}


@pytest.mark.parametrize("declared", [None, "5", "-1", "ten", "9" * 40])
async def test_bytes_are_counted_whatever_was_declared(
    client: httpx.AsyncClient, services: FakeServices, declared: str | None
) -> None:
    headers = FORM if declared is None else {**FORM, "content-length": declared}
    answer = await client.post(URL, content=stream(30 * MB), headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert services.summaries.kept == {}


async def test_a_large_json_body_is_refused_likewise(client: httpx.AsyncClient) -> None:
    answer = await client.post(URL, json={"transcript": "a" * (11 * MB)})
    assert answer.status_code == 413


async def test_a_body_that_was_cut_off_is_no_bug_in_the_log(
    client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    answer = await client.post(URL, content=stream(12 * MB), headers={"content-type": "application/json"})
    assert answer.status_code == 413
    assert "http.unexpected" not in caplog.text


async def test_people_get_a_page(client: httpx.AsyncClient) -> None:
    headers = {**FORM, "accept": "text/html,*/*", "origin": ORIGIN}
    answer = await client.post("/summarize", content=stream(12 * MB), headers=headers)
    assert answer.status_code == 413
    assert answer.headers["content-type"].startswith("text/html")
    assert "10 MB" in answer.text
    assert answer.headers["content-security-policy"]
    assert answer.headers["connection"] == "close"


class Server:
    """Hands a body on in pieces and counts what was asked for."""

    def __init__(self, pieces: int, piece_bytes: int) -> None:
        self.left = pieces
        self.piece = b"a" * piece_bytes
        self.sent: list[Message] = []

    async def receive(self) -> Message:
        self.left -= 1
        return {"type": "http.request", "body": self.piece, "more_body": self.left > 0}

    async def send(self, message: Message) -> None:
        self.sent.append(message)


def scope(**headers: str) -> Scope:
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    return {"type": "http", "method": "POST", "path": "/api/x", "headers": raw}


async def _reads_all(_scope: Scope, receive: Receive, send: Send) -> None:
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 200, "headers": []})
    await send({"type": "http.response.body", "body": b""})


async def _answers_first(_scope: Scope, receive: Receive, send: Send) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": []})
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.body", "body": b"done"})


async def test_the_rest_is_drained_so_that_the_client_reads_the_answer() -> None:
    server = Server(20, MB)
    await UploadLimit(_reads_all, max_bytes=MB)(scope(), server.receive, server.send)
    assert server.left == 0
    assert server.sent[0]["status"] == 413


async def test_draining_has_an_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "_DRAIN_BYTES", 5 * MB)
    server = Server(1000, MB)
    await UploadLimit(_reads_all, max_bytes=MB)(scope(), server.receive, server.send)
    assert server.left == 995
    assert server.sent[0]["status"] == 413


async def test_a_client_that_waits_for_leave_to_send_is_answered_before_it_sends() -> None:
    server = Server(20, MB)
    asked = scope(content_length=str(20 * MB), expect="100-continue")
    await UploadLimit(_reads_all, max_bytes=MB)(asked, server.receive, server.send)
    assert server.left == 20
    assert server.sent[0]["status"] == 413


async def test_an_answer_that_has_begun_is_not_replaced() -> None:
    server = Server(5, MB)
    await UploadLimit(_answers_first, max_bytes=MB)(scope(), server.receive, server.send)
    assert [message.get("status") for message in server.sent] == [200, None]


async def test_a_bug_below_the_limit_is_not_swallowed() -> None:
    async def broken(_scope: Scope, _receive: Receive, _send: Send) -> None:
        raise ZeroDivisionError

    server = Server(1, 10)
    with pytest.raises(ZeroDivisionError):
        await UploadLimit(broken)(scope(), server.receive, server.send)


def _must_not_be_made(*_args: object, **_options: object) -> None:
    raise AssertionError("something was spooled")
