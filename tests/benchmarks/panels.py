"""How long each panel's call takes on a seeded history, nothing kept from earlier, beside the same from single events.

    uv run python -m tests.benchmarks.panels [--data FOLDER] [--ranges 30] [--tries 7] [--without-raw]

Without a folder ten million events of ninety days are seeded into one of its own, which is removed again. Every panel
is read over each preset and over ranges drawn at random. The same percentiles and counts are then read in the same
run from a copy that holds every single event (none left out by sampling), as a dashboard without sums would.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import psycopg
from psycopg import sql

from core.config import Settings
from core.db.database import Database
from core.db.embedded import EmbeddedServer
from core.db.migrate import upgrade
from core.db.queries.seeding import tidy
from core.domain.period import MINUTE, PRESETS, Period, preset
from core.seeding.columns import Rows
from core.seeding.copying import EVENT_COLUMNS, HEADER, TRAILER, event_rows
from core.seeding.history import History
from core.seeding.plan import Plan, make_plan
from core.seeding.storing import TABLES, Keeping, store_history
from core.services.operations.operations import Operations

Call = Callable[[Period], Awaitable[object]]
RAW_DATABASE = "benchmark_raw"
GOALS_MS = {"overview": 100.0}
GOAL_MS = 200.0
GOAL_BYTES = 120.0

# The main lines of each panel from single events: by bin where the panel has bins.
_LINES = """
    SELECT width_bucket(ts, %(edges)s), {figures} FROM events JOIN series ON id = series_id
     WHERE ts >= %(start)s AND ts < %(end)s AND {which} GROUP BY 1
"""
_COUNTS = "count(*), count(*) FILTER (WHERE outcome IN ('server_error','timeout','dropped','vendor_limited','failed'))"
_TIMES = "percentile_disc(ARRAY[0.5,0.95,0.99]) WITHIN GROUP (ORDER BY value)"
_RAW: dict[str, tuple[str, ...]] = {
    "overview": (
        _LINES.format(figures=_COUNTS, which="kind IN ('page_request','api_request')"),
        _LINES.format(figures=_TIMES, which="kind = 'summary'"),
    ),
    "performance": tuple(
        _LINES.format(figures=_TIMES, which=f"kind = '{kind}'")
        for kind in ("page_open", "api_request", "summary", "stage")
    ),
    "usage": (_LINES.format(figures=_COUNTS, which="kind IN ('summary','rung','engine','language','lines')"),),
    "slo api-200ms": (
        _LINES.format(figures="count(*), count(*) FILTER (WHERE value >= 200)", which="kind = 'api_request'"),
    ),
    "slo summary-30s": (
        _LINES.format(figures="count(*), count(*) FILTER (WHERE value >= 30000)", which="kind = 'summary'"),
    ),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Clock:
    """The history ends at some minute; so does the present."""

    at: datetime

    def now(self) -> datetime:
        return self.at


def panels(operations: Operations) -> dict[str, Call]:
    return {
        "overview": lambda period: operations.overview(period, fresh=True),
        "performance": lambda period: operations.performance(period, fresh=True),
        "usage": lambda period: operations.usage(period, fresh=True),
        "slo api-200ms": lambda period: operations.slo("api-200ms", period, fresh=True),
        "slo summary-30s": lambda period: operations.slo("summary-30s", period, fresh=True),
        "requests": lambda period: operations.requests(period, slo="summary-30s", fresh=True),
        "objectives": lambda _period: operations.slos(fresh=True),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", type=Path, help="a data folder that `sightline seed` filled")
    parser.add_argument("--ranges", type=int, default=30)
    parser.add_argument("--tries", type=int, default=7)
    parser.add_argument("--without-raw", action="store_true")
    parser.add_argument("--seed", type=int, default=4)
    arguments = parser.parse_args()
    with _data_folder(arguments.data) as folder:
        server = EmbeddedServer(folder)
        server.start()
        try:
            asyncio.run(_run(server, arguments))
        finally:
            server.stop()


@contextmanager
def _data_folder(given: Path | None) -> Iterator[Path]:
    if given is not None:
        yield given
        return
    with tempfile.TemporaryDirectory(prefix="sightline-bench-") as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


async def _run(server: EmbeddedServer, arguments: argparse.Namespace) -> None:
    plan = await _seeded_plan(server)
    _tell_sizes(server.url, plan)
    database = Database(server.url, app_name="benchmark")
    operations = Operations(database=database, clock=Clock(at=plan.end))
    ranges = _ranges(plan, arguments.ranges, random.Random(arguments.seed))
    names = [*PRESETS, "random"]
    print(f"\n| panel, ms | {' | '.join(f'{name}: median' for name in names)} | all: median | P95 | max | goal |")
    print("|---|" + "---|" * (len(names) + 4))
    medians: dict[str, dict[str, float]] = {}
    for panel, call in panels(operations).items():
        medians[panel] = await _tell_panel(panel, call, ranges, arguments.tries)
    await database.close()
    if not arguments.without_raw:
        await _copy_all_events(server, plan)
        _tell_raw(server.url_of(RAW_DATABASE), plan, medians)


async def _seeded_plan(server: EmbeddedServer) -> Plan:
    """What the database was seeded with; it is seeded where it is empty."""
    upgrade(server.url)
    with psycopg.connect(server.url) as connection:
        row = connection.execute("SELECT value FROM installation_facts WHERE name = 'demo'").fetchone()
    if row is not None:
        mark = row[0]
        return make_plan(
            days=mark["days"], users=mark["users"], events=mark["events"], seed=mark["seed"],
            now=datetime.fromisoformat(mark["seeded_at"]),
        )  # fmt: skip
    plan = make_plan(days=90, users=5_000, events=10_000_000, seed=1, now=datetime.now().astimezone())
    database = Database(server.url, app_name="benchmark seed")
    settings = Settings()  # type: ignore[call-arg]
    keeping = Keeping(event_days=settings.event_days, keep_one_in=settings.event_keep_one_in)
    began_s = time.perf_counter()
    await store_history(database, plan, keeping)
    await database.close()
    await tidy(server.url, TABLES)
    print(f"Seeded {plan.events:,} events in {time.perf_counter() - began_s:.1f} s, statistics included.")
    return plan


def _ranges(plan: Plan, number: int, rng: random.Random) -> dict[str, list[Period]]:
    """Each preset, and random ranges from an hour to all of it, of which a comparison period may reach before it."""
    found = {name: [preset(name, plan.end)] for name in PRESETS}
    found["random"] = []
    for _ in range(number):
        length = round(60 * (plan.minutes / 60) ** rng.random())
        start = plan.start + timedelta(minutes=rng.randrange(plan.minutes - length + 1))
        found["random"].append(Period(start=start, end=start + length * MINUTE))
    return found


async def _tell_panel(panel: str, call: Call, ranges: dict[str, list[Period]], tries: int) -> dict[str, float]:
    medians: dict[str, float] = {}
    every: list[float] = []
    for name, periods in ranges.items():
        taken = [await _timed(call, period) for period in periods for _ in range(tries if len(periods) == 1 else 1)]
        medians[name] = statistics.median(taken)
        every += taken
    goal = GOALS_MS.get(panel, GOAL_MS)
    row = [*medians.values(), statistics.median(every), percentile(every, 0.95), max(every)]
    print(f"| {panel} | {' | '.join(f'{value:.0f}' for value in row)} | P95 < {goal:.0f} |", flush=True)
    return medians


async def _timed(call: Call, period: Period) -> float:
    began_s = time.perf_counter()
    await call(period)
    return (time.perf_counter() - began_s) * 1_000


def percentile(values: list[float], q: float) -> float:
    ordered = sorted(values)
    return ordered[min(int(q * len(ordered)), len(ordered) - 1)]


def _tell_sizes(url: str, plan: Plan) -> None:
    """Bytes of disk an event, with all indexes: single events that are still kept, the sums, and everything."""
    with psycopg.connect(url) as connection:
        size = "SELECT coalesce(sum(pg_total_relation_size(c.oid)), 0)::int8 FROM pg_class c WHERE {}"
        raw, sums = (
            connection.execute(size.format(which).encode()).fetchall()[0][0]
            for which in (r"relkind = 'r' AND relname LIKE 'events\_%'", r"relkind = 'r' AND relname LIKE 'rollup\_%'")
        )
        ((rows, weight),) = connection.execute("SELECT count(*), sum(weight)::int8 FROM events").fetchall()
        ((events,),) = connection.execute("SELECT sum(count)::int8 FROM rollup_days").fetchall()
    print(f"{events:,} events of {plan.days} days; {rows:,} rows stand for the {weight:,} of the last days.")
    print(
        f"Bytes an event: single ones {raw / weight:.1f} (a row {raw / rows:.1f}), sums {sums / events:.1f}, "
        f"all {(raw + sums) / events:.1f} (goal: at most {GOAL_BYTES:.0f})."
    )


async def _copy_all_events(server: EmbeddedServer, plan: Plan) -> None:
    """Another database on the same server with a row for every single event, in one table with the same BRIN."""
    with psycopg.connect(server.url_of("postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {}").format(sql.Identifier(RAW_DATABASE)))
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(RAW_DATABASE)))
    history = History(plan)
    with psycopg.connect(server.url_of(RAW_DATABASE)) as connection:
        connection.execute(_RAW_TABLES)
        ids: dict[int, int] = {}
        for stretch in history.stretches():
            with connection.cursor() as cursor, cursor.copy(_COPY) as copy:
                copy.write(HEADER + _whole(stretch.rows, ids) + TRAILER)
        for code, number in ids.items():
            connection.execute(
                "INSERT INTO series VALUES (%s, %s, %s, %s, %s, %s)", (number, *history.book.series(code))
            )
    await tidy(server.url_of(RAW_DATABASE), ("events", "series"))


_RAW_TABLES = b"""
    CREATE TABLE series (id int2 PRIMARY KEY, kind text, name text, outcome text, pace text, who text);
    CREATE TABLE events (ts timestamptz, value real, series_id int2, bucket int2, weight int2, request_id uuid,
                         person uuid, detail jsonb);
    CREATE INDEX ON events USING brin (ts) WITH (pages_per_range = 32)
"""
_COPY = f"COPY events ({', '.join(EVENT_COLUMNS)}) FROM STDIN (FORMAT BINARY)".encode()


def _whole(rows: Rows, ids: dict[int, int]) -> bytes:
    """Every event as a row of its own."""
    rows = rows.where(np.repeat(np.arange(len(rows)), rows.count))
    codes, series = np.unique(rows.code, return_inverse=True)
    numbers = np.array([ids.setdefault(int(code), len(ids) + 1) for code in codes])
    ones = np.ones(len(rows), dtype=np.int64)
    nobody = np.zeros((int(rows.person.max()) + 1, 2), dtype=np.uint64)
    details = [""] + ["{}"] * int(rows.detail.max())
    return event_rows(rows, series_ids=numbers[series], bucket=ones, weight=ones, people=nobody, details=details)


def _tell_raw(url: str, plan: Plan, medians: dict[str, dict[str, float]]) -> None:
    names = ("24h", "7d", "30d", "90d")
    print("\nThe panels' main lines from single events (median of three), and how many times as long that takes:")
    print(f"| panel, ms | {' | '.join(names)} |\n|---|" + "---|" * len(names))
    with psycopg.connect(url) as connection:
        for panel, statements in _RAW.items():
            cells = []
            for name in names:
                period = preset(name, plan.end)
                values = {"start": period.start, "end": period.end, "edges": list(period.edges())}
                taken = statistics.median(_time_all(connection, statements, values) for _ in range(3))
                cells.append(f"{taken:.0f} ({taken / medians[panel][name]:.0f}×)")
            print(f"| {panel} | {' | '.join(cells)} |", flush=True)


def _time_all(connection: psycopg.Connection, statements: tuple[str, ...], values: dict[str, object]) -> float:
    began_s = time.perf_counter()
    for statement in statements:
        connection.execute(statement.encode(), values).fetchall()
    return (time.perf_counter() - began_s) * 1_000


if __name__ == "__main__":
    main()
