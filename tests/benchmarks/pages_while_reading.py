"""Do pages stay quick while a five-hour transcript is read?

Run: `uv run python -m tests.benchmarks.pages_while_reading`.

Starts the application on a data folder of its own, times `GET /` idle (the baseline), then again while jobs over a
five-hour transcript keep the worker busy, and prints both with their ratio.
"""

from __future__ import annotations

import json
import os
import re
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import httpx

ROOT = Path(__file__).resolve().parents[2]
REQUESTS = 150
JOBS = 4
WORDS_A_CUE = 8
CUES = 6_600


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="sightline-bench-") as folder:
        process, origin = start_application(Path(folder))
        try:
            with httpx.Client(base_url=origin, timeout=30) as client:
                _times_ms(client, 20)
                idle = _times_ms(client, REQUESTS)
                ids = [_submit(client, _five_hours(number)) for number in range(JOBS)]
                busy, finished = _times_while_open(client, ids)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)
    ratio = _p95(busy) / _p95(idle)
    row = {
        "idle_median_ms": statistics.median(idle),
        "idle_p95_ms": _p95(idle),
        "busy_median_ms": statistics.median(busy),
        "busy_p95_ms": _p95(busy),
        "busy_max_ms": max(busy),
        "p95_ratio": ratio,
        "requests_while_busy": len(busy),
        "seconds_for_all_jobs": finished,
    }
    print(json.dumps({key: round(value, 2) for key, value in row.items()}, indent=2))


def start_application(folder: Path) -> tuple[subprocess.Popen[str], str]:
    environment = os.environ | {"PORT": "0", "SIGHTLINE_DATA_DIR": str(folder / "data")}
    process = subprocess.Popen(
        [sys.executable, "app.py"],
        cwd=ROOT,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        found = re.search(r"http://[\w.]+:\d+", line)
        if found:
            threading.Thread(target=process.stdout.read, daemon=True).start()
            return process, found.group()
    raise RuntimeError("The application did not say where it listens.")


def _five_hours(seed: int) -> str:
    """An SRT of 6,600 cues over five hours: enough different words that chapters have something to find."""
    topics = ["tokens model training", "river stone bridge", "market price demand", "cell protein membrane"]
    blocks = []
    for number in range(CUES):
        start_s = number * 2.75
        words = topics[(number // 400 + seed) % len(topics)].split()
        text = " ".join(f"{words[(number + k) % 3]}{(number * 7 + k) % 97}" for k in range(WORDS_A_CUE))
        blocks.append(f"{number + 1}\n{_stamp(start_s)} --> {_stamp(start_s + 2.6)}\n{text}.\n")
    return "\n".join(blocks)


def _stamp(seconds: float) -> str:
    ms = round(seconds * 1000)
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02},{ms % 1000:03}"


def _submit(client: httpx.Client, srt: str) -> str:
    answer = client.post("/api/v1/summaries", json={"transcript": srt, "format": "srt"}, headers=_owner(client))
    answer.raise_for_status()
    if "Sightline-Owner" in answer.headers:
        client.headers["Sightline-Owner"] = answer.headers["Sightline-Owner"]
    return str(answer.json()["id"])


def _owner(client: httpx.Client) -> dict[str, str]:
    held = client.headers.get("Sightline-Owner")
    return {"Sightline-Owner": held} if held else {}


def _times_ms(client: httpx.Client, count: int) -> list[float]:
    return [_time_ms(client) for _ in range(count)]


def _time_ms(client: httpx.Client) -> float:
    begun = time.perf_counter()
    client.get("/").raise_for_status()
    taken = (time.perf_counter() - begun) * 1000
    time.sleep(0.01)
    return taken


def _times_while_open(client: httpx.Client, ids: list[str]) -> tuple[list[float], float]:
    begun = time.perf_counter()
    times: list[float] = []
    while True:
        times.extend(_times_ms(client, 10))
        states = [client.get(f"/api/v1/summaries/{one}").json()["status"] for one in ids]
        if all(state in {"done", "failed"} for state in states):
            assert set(states) == {"done"}, states
            return times, time.perf_counter() - begun


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


if __name__ == "__main__":
    main()
