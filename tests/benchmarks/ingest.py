"""Do pages stay quick while twenty thousand events a second are recorded, and are they all written?

Run: `uv run python -m tests.benchmarks.ingest`.

The application runs on a data folder of its own, with its embedded Postgres. A second process records into the same
database, in blocks: some seconds on, some seconds off, in turn, while `GET /` is timed all along. Printed are the
events a second that stood in the sums at the end, and the P95 of the page with recording over that without, for all
blocks together and as the median of the ratios of neighbouring blocks. Goals: 20,000 a second, 1.10.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import chain
from pathlib import Path

import httpx
import psycopg

from core.clock import SystemClock
from core.db.database import Database
from core.domain.request_ids import new_request_id
from core.domain.telemetry import Kind, Outcome, Who
from core.telemetry.flushing import Flusher
from core.telemetry.recorder import Recorder
from tests.benchmarks.pages_while_reading import ROOT, start_application

EVENTS_A_SECOND = 22_000
TICK_S = 0.01
BLOCKS = 32
BLOCK_S = 2.0
WARM_UP = 300
# After a change of block the first moments belong to neither.
SETTLING_S = 0.3
_ROUTES = [f"GET /api/v1/route-{number}" for number in range(12)]
_PAGES = ["GET /", "GET /library", "GET /summaries/{summary_id}", "GET /summarize", "POST /summarize"]


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="sightline-bench-") as folder:
        Path(folder).chmod(0o755)
        web, origin = start_application(Path(folder))
        url = _database_url(Path(folder) / "data")
        ingest = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.ingest", "--ingest", url], cwd=ROOT, text=True,
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
        )  # fmt: skip
        try:
            quiet, busy = _time_blocks(origin, ingest)
            recorded = json.loads(ingest.communicate(timeout=60)[0])
            written = _written(url)
        finally:
            ingest.kill()
            web.send_signal(signal.SIGTERM)
            web.wait(timeout=30)
    ratios = [_p95(loud) / _p95(calm) for calm, loud in zip(quiet, busy, strict=True)]
    calm, loud = list(chain(*quiet)), list(chain(*busy))
    row = {
        "events_a_second": written / recorded["seconds"],
        "recorded": recorded["events"],
        "written": written,
        "dropped": recorded["dropped"],
        "recording_process_cpu": recorded["cpu"],
        "requests": len(calm) + len(loud),
        "p95_without_ms": _p95(calm),
        "p95_with_ms": _p95(loud),
        "p50_ratio": statistics.median(loud) / statistics.median(calm),
        "p95_ratio": _p95(loud) / _p95(calm),
        "p95_ratio_median_of_blocks": statistics.median(ratios),
    }
    print(json.dumps({key: round(value, 3) for key, value in row.items()}, indent=2))


def _time_blocks(origin: str, ingest: subprocess.Popen[str]) -> tuple[list[list[float]], list[list[float]]]:
    """Times in ms of the blocks without and with recording, in pairs."""
    quiet: list[list[float]] = []
    busy: list[list[float]] = []
    with httpx.Client(base_url=origin, timeout=30) as client:
        for _ in range(WARM_UP):
            client.get("/").raise_for_status()
        for number in range(BLOCKS):
            # Each second pair the other way round, so that no drift of the machine favours one side.
            is_on = number % 4 in {1, 2}
            _tell(ingest, "on" if is_on else "off")
            time.sleep(SETTLING_S)
            (busy if is_on else quiet).append(_times_ms(client))
    _tell(ingest, "end")
    return quiet, busy


def _tell(ingest: subprocess.Popen[str], word: str) -> None:
    assert ingest.stdin is not None
    ingest.stdin.write(f"{word}\n")
    ingest.stdin.flush()


def _times_ms(client: httpx.Client) -> list[float]:
    until, times = time.perf_counter() + BLOCK_S, []
    while time.perf_counter() < until:
        began = time.perf_counter()
        client.get("/").raise_for_status()
        times.append((time.perf_counter() - began) * 1000)
        time.sleep(0.005)
    return times


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


def _database_url(data_dir: Path) -> str:
    command = [sys.executable, "-m", "core.cli", "db-url"]
    environment = {"SIGHTLINE_DATA_DIR": str(data_dir), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=True, timeout=60)
    return done.stdout.strip()


def _written(url: str) -> int:
    statement = (
        "SELECT sum(count)::int FROM rollup_minutes JOIN telemetry_writers w ON w.id = writer WHERE process = 'bench'"
    )
    with psycopg.connect(url) as connection:
        row = connection.execute(statement).fetchone()
    return int(row[0]) if row else 0


async def ingest(url: str) -> None:
    """Records while it is told to, at an even pace; says at the end for how long, and how much."""
    clock = SystemClock()
    recorder = Recorder(clock, process="bench")
    database = Database(url)
    flusher = Flusher(recorder, database, clock)
    flusher.start()
    told = _Told()
    draw = random.Random(1)
    values = [draw.lognormvariate(3.6, 1.1) for _ in range(50_000)]
    events, on_s, cpu_s = 0, 0.0, time.process_time()
    while told.word != "end":
        if told.word == "off":
            await asyncio.sleep(TICK_S)
            continue
        began_s, made = time.monotonic(), 0
        while told.word == "on":
            due = round((time.monotonic() - began_s) * EVENTS_A_SECOND) - made
            for number in range(due):
                _record(recorder, events + number, values)
            made, events = made + due, events + due
            await asyncio.sleep(TICK_S)
        on_s += time.monotonic() - began_s
    await flusher.close()
    await database.close()
    cpu = (time.process_time() - cpu_s) / on_s
    print(json.dumps({"events": events, "seconds": on_s, "dropped": recorder.dropped, "cpu": cpu}))


class _Told:
    """The last word that came on standard input."""

    def __init__(self) -> None:
        self.word = "off"
        asyncio.get_running_loop().add_reader(sys.stdin, self._read)

    def _read(self) -> None:
        with contextlib.suppress(ValueError):
            self.word = sys.stdin.readline().strip() or "end"


def _record(recorder: Recorder, number: int, values: list[float]) -> None:
    """Traffic as it is: mostly programs and statements, some pages, few errors; each third with a number of its own."""
    value = values[number % len(values)]
    outcome = Outcome.SERVER_ERROR if number % 200 == 0 else Outcome.OK
    who = Who.USER if number % 5 == 0 else Who.ANONYMOUS
    match number % 4:
        case 0:
            request = new_request_id(SystemClock().now()) if number % 3 == 0 else None
            recorder.record(Kind.API_REQUEST, _ROUTES[number % 12], outcome, value, who=who, request_id=request)
        case 1:
            recorder.record(Kind.PAGE_REQUEST, _PAGES[number % 5], outcome, value, who=who)
        case 2:
            recorder.record(Kind.QUERY, "read" if number % 8 else "write", value=value / 20)
        case _:
            recorder.record(Kind.CACHE, "captions", Outcome.HIT)


if __name__ == "__main__":
    if "--ingest" in sys.argv:
        asyncio.run(ingest(sys.argv[-1]))
    else:
        main()
