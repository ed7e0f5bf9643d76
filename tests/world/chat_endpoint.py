"""An endpoint for chat completions that behaves as it is told, however badly: each answer is a function of a test."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


def event(delta: dict[str, object] | None = None, finish: str | None = None, **more: object) -> bytes:
    choices = [] if delta is None else [{"index": 0, "delta": delta, "finish_reason": finish}]
    chunk = {"id": "1", "object": "chat.completion.chunk", "created": 1, "model": "m", "choices": choices, **more}
    return b"data: " + json.dumps(chunk).encode() + b"\n\n"


def usage(**counts: object) -> bytes:
    return event(usage={"prompt_tokens": 12_000, "completion_tokens": 345, "total_tokens": 12_345, **counts})


DONE = b"data: [DONE]\n\n"
WHOLE = event({"role": "assistant", "content": ""}) + event({"content": '{"a":'}) + event({"content": '"b"}'})
STOP = event({}, "stop")

Answer = Callable[["Handler", dict[str, Any]], None]


class Handler(BaseHTTPRequestHandler):
    server: Endpoint

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.bodies.append(body)
        self.server.authorizations.append(self.headers["Authorization"])
        try:
            self.server.answer(self, body)
        except OSError:
            return

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is the base class's
        """Nothing: the requests are kept."""

    def stream(self, *pieces: bytes, **headers: str) -> None:
        self.head(200, {"Content-Type": "text/event-stream", **headers})
        for piece in pieces:
            self.wfile.write(piece)
            self.wfile.flush()

    def refuse(self, status: int, body: object, **headers: str) -> None:
        self.head(status, {"Content-Type": "application/json", **headers})
        self.wfile.write(json.dumps(body).encode())

    def head(self, status: int, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()


class Endpoint(ThreadingHTTPServer):
    """`bodies` and `authorizations` are what was asked; `is_over` is set when the test ends."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.answer: Answer = lambda handler, _body: handler.stream(WHOLE, STOP, DONE)
        self.bodies: list[dict[str, Any]] = []
        self.authorizations: list[str] = []
        self.is_over = threading.Event()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/v1"
