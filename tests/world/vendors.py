"""Vendors with a JSON interface on this machine: each path answers as its test says, and what was asked is kept.

    vendors.on("/gumloop/api/v1/get_pl_run", Reply({"state": "RUNNING"}), Reply({"state": "DONE"}))

The last reply is given again and again. A path that no test spoke of is answered with 404.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit

from tests.world.scenarios import Manner

# Outside address → first part of the path it is answered under.
ROUTES = {"https://api.gumloop.com/": "gumloop", "https://www.googleapis.com/": "googleapis"}
_DRIP_PAUSE_S = 0.05


@dataclass(frozen=True, slots=True)
class Reply:
    """`body` is sent as JSON, `text` as it stands."""

    body: object = None
    text: str | None = None
    status: int = 200
    manner: Manner = Manner.PLAIN


@dataclass(frozen=True, slots=True)
class Asked:
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: object


class FakeVendors:
    """One loopback server for all of them."""

    def __init__(self) -> None:
        self._server = _Server()
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()

    def stop(self) -> None:
        self._server.is_over.set()
        self._server.shutdown()
        self._server.server_close()

    @property
    def routes(self) -> dict[str, str]:
        return {outside: f"http://127.0.0.1:{self._server.server_port}/{name}/" for outside, name in ROUTES.items()}

    def on(self, path: str, *replies: Reply) -> None:
        self._server.replies[path] = list(replies)

    @property
    def asked(self) -> list[Asked]:
        return list(self._server.asked)

    def forget(self) -> None:
        self._server.replies.clear()
        self._server.asked.clear()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.replies: dict[str, list[Reply]] = {}
        self.asked: list[Asked] = []
        self.is_over = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        self._answer(None)

    def do_POST(self) -> None:
        self._answer(json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0)))))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is the base class's
        """Nothing: the requests are kept in `asked`."""

    def _answer(self, body: object) -> None:
        address = urlsplit(self.path)
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        self.server.asked.append(Asked(address.path, query, dict(self.headers), body))
        replies = self.server.replies.get(address.path) or [Reply({"detail": "nobody spoke of it"}, status=404)]
        self._give(replies.pop(0) if len(replies) > 1 else replies[0])

    def _give(self, reply: Reply) -> None:
        if reply.manner is Manner.HANG:
            self.server.is_over.wait(30)
            return
        body = (json.dumps(reply.body) if reply.text is None else reply.text).encode()
        self.send_response(reply.status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(1_000_000 if reply.manner is Manner.DRIP else len(body)))
        self.end_headers()
        if reply.manner is Manner.DRIP:
            self._drip()
        else:
            self.wfile.write(body)

    def _drip(self) -> None:
        try:
            while not self.server.is_over.wait(_DRIP_PAUSE_S):
                self.wfile.write(b" ")
                self.wfile.flush()
        except OSError:
            return
