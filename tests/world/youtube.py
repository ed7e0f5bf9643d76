"""YouTube on this machine: recorded pages, chosen by the video's id, behind the addresses the library really calls.

    youtube = FakeYouTube()
    env = youtube.start()                     # mitmproxy and a small server; env for the application's process
    ...paste SCENARIOS["talk"].url...         # any of tests/world/scenarios.py; each has an id of eleven characters
    youtube.requests_for(video_id)            # what was asked for under that id, in order
    youtube.stop()

`internet.require()` before `start()` skips where mitmproxy cannot run. In one process (no application started) set
the returned variables with monkeypatch.setenv: requests reads them at every call. `scenario_for(video_id)` tells what
a person should see (`failure` None: a summary with `title`). `talk` has 25 minutes of real speech.
"""

from __future__ import annotations

import json
import threading
from collections import defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Self
from urllib.parse import parse_qs, urlsplit

from core.domain.captions import parse_captions
from tests.world.internet import Internet
from tests.world.scenarios import CAPTIONS, HOST, PLAYER, SCENARIOS, WATCH, Answer, Manner, Scenario, scenario_for
from tests.world.vendors import FakeVendors

__all__ = ["SCENARIOS", "FakeYouTube", "Scenario", "scenario_for"]

DRIP_PAUSE_S = 0.05
_USUAL = {"watch": WATCH, "player": PLAYER, "captions": CAPTIONS}


class FakeYouTube:
    """A loopback server with the recorded answers, and mitmproxy in front of it under YouTube's real name."""

    def __init__(self) -> None:
        self._server: _Server | None = None
        self._internet: Internet | None = None
        self._vendors: FakeVendors | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self.stop()

    def start(self) -> dict[str, str]:
        """Environment variables for a process that shall see this YouTube."""
        self._server = _Server()
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        self._vendors = FakeVendors()
        self._internet = Internet({HOST: f"http://127.0.0.1:{self._server.server_port}/", **self._vendors.routes})
        return self._internet.start()

    def stop(self) -> None:
        if self._server is not None:
            self._server.is_over.set()
            self._server.shutdown()
            self._server.server_close()
            self._server = None
        if self._internet is not None:
            self._internet.stop()
            self._internet = None
        if self._vendors is not None:
            self._vendors.stop()
            self._vendors = None

    @property
    def internet(self) -> Internet:
        if self._internet is None:
            raise RuntimeError("not started")
        return self._internet

    @property
    def vendors(self) -> FakeVendors:
        """Those who stand in for YouTube, or tell of it: Gumloop, and Google's interfaces."""
        if self._vendors is None:
            raise RuntimeError("not started")
        return self._vendors

    def page(self, path: str, html: str) -> None:
        """Gives this page at this path until the requests are forgotten."""
        if self._server is None:
            raise RuntimeError("not started")
        self._server.pages[path] = html.encode()

    def requests_for(self, video_id: str) -> list[str]:
        """Kinds of address asked for under this id, in order: "watch", "player", "captions", "oembed"."""
        if self._server is None:
            raise RuntimeError("not started")
        return list(self._server.asked[video_id])

    def forget_requests(self) -> None:
        """Starts the counts anew, and with them the answers that change with the count."""
        if self._server is not None:
            self._server.asked.clear()
            self._server.pages.clear()
        self.vendors.forget()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.asked: dict[str, list[str]] = defaultdict(list)
        self.pages: dict[str, bytes] = {}
        self.is_over = threading.Event()


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def do_GET(self) -> None:
        address = urlsplit(self.path)
        query = parse_qs(address.query)
        if address.path in self.server.pages:
            self._send(200, self.server.pages[address.path])
            return
        if address.path == "/oembed":
            self._tell(query["url"][0].rpartition("v=")[2])
            return
        video_id = query.get("v", [""])[0]
        kind = {"/watch": "watch", "/api/timedtext": "captions"}.get(address.path)
        self._answer(kind, video_id, form=query.get("fmt", [""])[0])

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers.get("Content-Length", 0))))
        kind = "player" if self.path.startswith("/youtubei/v1/player") else None
        self._answer(kind, body.get("videoId", ""))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # the name is the base class's
        """Nothing: the requests are kept in `asked`."""

    def _tell(self, video_id: str) -> None:
        """oEmbed, in the shape of its published examples."""
        self.server.asked[video_id].append("oembed")
        title = next((each.title for each in SCENARIOS.values() if each.video_id == video_id), None)
        if title is None:
            self._send(404, b"Not Found")
            return
        picture = f"https://i.ytimg.com/vi/{video_id}/hqdefault.jpg"
        told = {"type": "video", "version": "1.0", "title": title, "author_name": "Dave2D", "thumbnail_url": picture}
        self._send(200, json.dumps(told).encode())

    def _answer(self, kind: str | None, video_id: str, *, form: str = "") -> None:
        if kind is None or not any(scenario.video_id == video_id for scenario in SCENARIOS.values()):
            self._send(404, b"no such scenario")
            return
        self.server.asked[video_id].append(kind)
        self._give(self._choose(kind, video_id), video_id, form)

    def _choose(self, kind: str, video_id: str) -> Answer:
        answer: Answer = getattr(scenario_for(video_id), kind)
        is_past = answer.only_first is not None and self.server.asked[video_id].count(kind) > answer.only_first
        has_agreed = answer.manner is Manner.CONSENT and "CONSENT=YES" in self.headers.get("Cookie", "")
        return _USUAL[kind] if is_past or has_agreed else answer

    def _give(self, answer: Answer, video_id: str, form: str) -> None:
        if answer.manner is Manner.HANG:
            self.server.is_over.wait(30)
        elif answer.manner is Manner.DRIP:
            self._drip()
        else:
            body = answer.body(video_id)
            self._send(answer.status, _as_json3(body) if form == "json3" and answer is CAPTIONS else body)

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _drip(self) -> None:
        """A byte now and then, of a body that says it is long: no single read ever times out."""
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        try:
            while not self.server.is_over.wait(DRIP_PAUSE_S):
                self.wfile.write(b"<")
                self.wfile.flush()
        except OSError:
            return


def _as_json3(captions: bytes) -> bytes:
    """The recorded XML as YouTube gives it to those who ask for json3."""
    events = [
        {
            "tStartMs": cue.start_ms,
            "dDurationMs": (cue.end_ms or 0) - (cue.start_ms or 0),
            "segs": [{"utf8": cue.text}],
        }
        for cue in parse_captions(captions).cues
    ]
    return json.dumps({"wireMagic": "pb3", "events": events}).encode()
