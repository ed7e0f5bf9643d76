"""What does a request pay for being recorded?

Run: `uv run python -m tests.benchmarks.recording_cost`.

The same small application three times: bare, behind the recording layer with a recorder that counts nothing, and behind
it with the real one. They are called in turn, so that whatever the machine does meanwhile meets all three. Printed are
medians in µs: `recording_us` is what the real recorder adds to the layer, `layer_us` what the whole layer adds to the
bare application (number, header, route, log level check and record together). The goal is 50 µs for `layer_us`.
"""

from __future__ import annotations

import asyncio
import json
import logging
import statistics
import time
from pathlib import Path

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.api.context import RequestContext
from core.clock import SystemClock
from core.config import Settings
from core.telemetry.recorder import recorder_for

ROUNDS = 20_000
GOAL_US = 50.0


class Route:
    path = "/summaries/{summary_id}"


async def application(scope: Scope, _receive: Receive, send: Send) -> None:
    scope["route"] = Route
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-type", b"text/plain")]})
    await send({"type": "http.response.body", "body": b"hello", "more_body": False})


async def _receive() -> Message:
    return {"type": "http.request", "body": b"", "more_body": False}


async def _send(_message: Message) -> None:
    return


async def _time_us(app: ASGIApp) -> float:
    scope: Scope = {
        "type": "http", "method": "GET", "path": "/summaries/7", "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"accept", b"text/html"), (b"user-agent", b"x" * 90)],
    }  # fmt: skip
    began_s = time.perf_counter()
    await app(scope, _receive, _send)
    return (time.perf_counter() - began_s) * 1e6


async def measure() -> dict[str, float]:
    """Medians over all rounds, in µs."""
    logging.getLogger("core").setLevel(logging.WARNING)
    recorder = recorder_for(Settings(data_dir=Path()), SystemClock(), process="bench")
    apps: dict[str, ASGIApp] = {
        "bare": application,
        "counts_nothing": RequestContext(application),
        "recorded": RequestContext(application, recording=recorder),
    }
    times: dict[str, list[float]] = {name: [] for name in apps}
    for number in range(ROUNDS):
        for name, app in apps.items():
            times[name].append(await _time_us(app))
        if number % 500 == 0:
            recorder.take_batch()
    medians = {f"{name}_us": statistics.median(found) for name, found in times.items()}
    pairs = zip(times["recorded"], times["counts_nothing"], times["bare"], strict=True)
    differences = [(recorded - nothing, recorded - bare) for recorded, nothing, bare in pairs]
    return {
        **medians,
        "recording_us": statistics.median(a for a, _ in differences),
        "layer_us": statistics.median(b for _, b in differences),
        "layer_p95_us": statistics.quantiles((b for _, b in differences), n=20)[-1],
        "goal_us": GOAL_US,
    }


if __name__ == "__main__":
    print(json.dumps({name: round(value, 1) for name, value in asyncio.run(measure()).items()}, indent=2))
