"""How long each panel's call takes on a seeded history, nothing kept from earlier: P50 and P95 of many tries.

    uv run sightline seed --days 90 --users 5000 --events 10000000
    uv run python -m tests.benchmarks.operations_panels [--tries 20]

Beside them the same P95 read from raw rows, as a dashboard without sums would.
"""

from __future__ import annotations

import argparse
import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime

from sqlalchemy import text

from core.clock import SystemClock
from core.config import load_settings
from core.db.database import Database
from core.db.queries.rollups import read_newest_minute
from core.db.urls import ensure_database
from core.domain.period import MINUTE, PRESETS, preset
from core.services.operations.operations import Operations

_RAW = text(
    "SELECT percentile_disc(0.95) WITHIN GROUP (ORDER BY value) FROM events e JOIN series s ON s.id = e.series_id"
    " WHERE s.kind = 'api_request' AND e.ts >= :start AND e.ts < :end"
)


class StoppedClock:
    """The seeded history ends at some minute; so does the present."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def now(self) -> datetime:
        return self._at


async def measure(call: Callable[[], Awaitable[object]], tries: int) -> tuple[float, float]:
    """(P50, P95) in ms; the first try warms the connection and does not count."""
    await call()
    taken = []
    for _ in range(tries):
        began = time.perf_counter()
        await call()
        taken.append((time.perf_counter() - began) * 1000)
    taken.sort()
    return taken[len(taken) // 2], taken[min(int(len(taken) * 0.95), len(taken) - 1)]


async def run(url: str, tries: int, ranges: list[str], zone: str) -> None:
    database = Database(url, app_name="benchmark")
    async with database.read() as session:
        newest = await read_newest_minute(session) or SystemClock().now()
    now = newest + MINUTE / 2
    operations = Operations(database=database, clock=StoppedClock(now))
    print(f"| call | {' | '.join(f'{name}: P50, P95 (ms)' for name in ranges)} |")
    print("|---|" + "---|" * len(ranges))
    for name, make in calls(operations).items():
        cells = []
        for each in ranges:
            period = preset(each, now, zone)
            p50, p95 = await measure(lambda make=make, period=period: make(period), tries)
            cells.append(f"{p50:.0f}, {p95:.0f}")
        print(f"| {name} | {' | '.join(cells)} |", flush=True)
    period = preset("30d", now, zone)
    async with database.read() as session:
        p50, _ = await measure(
            lambda: session.execute(_RAW, {"start": period.start, "end": period.end}), max(tries // 5, 1)
        )
    print(f"One P95 of 30 days from raw rows: {p50:.0f} ms")
    await database.close()


def calls(operations: Operations) -> dict[str, Callable[..., Awaitable[object]]]:
    return {
        "overview": lambda period: operations.overview(period, fresh=True),
        "performance": lambda period: operations.performance(period, fresh=True),
        "usage": lambda period: operations.usage(period, fresh=True),
        "slo summary-30s": lambda period: operations.slo("summary-30s", period, fresh=True),
        "slo availability": lambda period: operations.slo("availability", period, fresh=True),
        "requests of an objective": lambda period: operations.requests(period, slo="summary-30s", fresh=True),
        "requests of a route": lambda period: operations.requests(period, kind="page_open", name="/", fresh=True),
        "one metric": lambda period: operations.read("api-p95", period, fresh=True),
        "objectives": lambda _period: operations.slos(fresh=True),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--tries", type=int, default=20)
    parser.add_argument("--zone", default="UTC")
    parser.add_argument("--ranges", default=",".join(PRESETS))
    arguments = parser.parse_args()
    urls = ensure_database(load_settings())
    try:
        asyncio.run(run(urls.url, arguments.tries, arguments.ranges.split(","), arguments.zone))
    finally:
        urls.release()


if __name__ == "__main__":
    main()
