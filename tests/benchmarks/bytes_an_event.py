"""How much room does an event take on disk, its share of the sums and indexes included?

Run: `uv run python -m tests.benchmarks.bytes_an_event [--events 1000000]`.

A million events at the pace of a small service: about 77 a minute over 35 series, so that sums are thin and every event
keeps a row of its own. Batches are written as the application writes them (every ten seconds of simulated time), hours
and days are summed each hour; nothing is vacuumed but by the server itself. Goal: 120 bytes. `plain` is what the same
events take as rows with their names spelt out, without sums and without any index.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
from datetime import UTC, datetime, timedelta
from uuid import UUID

from sqlalchemy import text

from core.db.database import Database
from core.db.embedded import throwaway_server
from core.db.migrate import upgrade
from core.domain.request_ids import new_request_id
from core.domain.telemetry import Kind, Outcome, Who
from core.telemetry.flushing import Flusher
from core.telemetry.recorder import Recorder
from core.telemetry.summing import Summing

EVENTS_A_MINUTE = 77
BATCH = timedelta(seconds=10)
_SIZES = text(
    """
    SELECT relname, pg_total_relation_size(oid) AS bytes FROM pg_class
     WHERE relkind = 'r' AND (relname ~ '^events_\\d' OR relname ~ '^rollup_' OR relname IN ('series', 'dirty_hours'))
    """
)
# Kind, name, outcome, who, and how often of a hundred. With their paces these are some 40 series.
_MIX = (
    *((Kind.PAGE_REQUEST, f"GET {path}", Outcome.OK, Who.ANONYMOUS, 4) for path in ("/", "/summaries/{summary_id}")),
    *((Kind.PAGE_REQUEST, f"GET {path}", Outcome.OK, Who.USER, 4) for path in ("/library", "/summaries/{summary_id}")),
    *((Kind.API_REQUEST, f"GET {path}", Outcome.OK, Who.USER, 4) for path in ("/a", "/b")),
    *((Kind.PAGE_OPEN, path, Outcome.OK, Who.ANONYMOUS, 3) for path in ("/", "/summaries/{summary_id}")),
    *((kind, "/", Outcome.OK, Who.ANONYMOUS, 3) for kind in (Kind.TTFB, Kind.FCP, Kind.LCP, Kind.CLS, Kind.INP)),
    *((Kind.STAGE, name, Outcome.OK, Who.NOBODY, 2) for name in ("queued", "reading", "writing")),
    (Kind.OTHER_REQUEST, "GET /assets/{name}", Outcome.OK, Who.ANONYMOUS, 12),
    (Kind.QUERY, "read", Outcome.OK, Who.NOBODY, 10),
    (Kind.QUERY, "write", Outcome.OK, Who.NOBODY, 4),
    (Kind.SUMMARY, "20–60 min", Outcome.OK, Who.USER, 2),
    (Kind.CALL, "youtube.captions", Outcome.OK, Who.NOBODY, 2),
    (Kind.PAGE_REQUEST, "GET /", Outcome.SERVER_ERROR, Who.ANONYMOUS, 0.1),
)


class Traffic:
    """The same for every run: arrivals by chance, durations of a long tail, a number for what belongs to a request."""

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder
        self._draw = random.Random(5)
        self._weights = [share for *_, share in _MIX]

    def pass_by(self, now: datetime) -> int:
        """Records what happens within one batch; how many events that were."""
        mean = EVENTS_A_MINUTE * BATCH.total_seconds() / 60
        count = max(round(self._draw.gauss(mean, mean**0.5)), 0)
        for kind, name, outcome, who, _ in self._draw.choices(_MIX, self._weights, k=count):
            number: UUID | None = None if kind is Kind.QUERY and self._draw.random() < 0.3 else new_request_id(now)
            person = UUID(int=self._draw.randrange(5_000)) if who is Who.USER else None
            detail: dict[str, str | int | float | bool | None] | None = (
                {"error": "KeyError", "at": "summaries.py:71", "reason": "x"}
                if outcome is Outcome.SERVER_ERROR
                else None
            )
            value = self._draw.lognormvariate(8.8 if kind is Kind.SUMMARY else 3.9, 0.9)
            self._recorder.record(kind, name, outcome, value, who=who, request_id=number, person=person, detail=detail)
        return count


class SimulatedClock:
    def __init__(self) -> None:
        self.at = datetime(2026, 11, 1, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at


async def measure(url: str, wanted: int) -> dict[str, float]:
    clock = SimulatedClock()
    recorder, database = Recorder(clock, process="bench"), Database(url)
    flusher, summing = Flusher(recorder, database, clock), Summing(database, clock)
    traffic, events, batches = Traffic(recorder), 0, 0
    while events < wanted:
        events += traffic.pass_by(clock.at)
        await flusher.flush()
        clock.at += BATCH
        batches += 1
        if batches % 360 == 0:
            await summing.sum_up()
    clock.at += timedelta(hours=2)
    await summing.sum_up()
    async with database.read() as session:
        sizes = {row.relname: row.bytes for row in await session.execute(_SIZES)}
        series, raw = (await session.execute(text("SELECT (SELECT count(*) FROM series), count(*) FROM events"))).one()
    plain = await _plain_bytes(database)
    await database.close()
    parts = {"raw": "events_", "minutes": "rollup_minutes", "hours": "rollup_hours", "days": "rollup_days"}
    shares = {name: sum(size for table, size in sizes.items() if table.startswith(start)) / events
              for name, start in parts.items()}  # fmt: skip
    return {
        "events": events,
        "series": series,
        "raw_rows": raw,
        "bytes_an_event": sum(sizes.values()) / events,
        "plain": plain / raw,
        **shares,
    }


async def _plain_bytes(database: Database) -> int:
    async with database.transaction() as session:
        await session.execute(
            text(
                "CREATE TABLE plain AS SELECT ts, kind, name, outcome, pace, who, value, request_id, person, detail"
                " FROM events JOIN series ON series.id = series_id"
            )
        )
        return int(await session.scalar(text("SELECT pg_total_relation_size('plain')")) or 0)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--events", type=int, default=1_000_000)
    arguments = parser.parse_args()
    with throwaway_server() as server:
        upgrade(server.url)
        found = asyncio.run(measure(server.url, arguments.events))
    print(json.dumps({name: round(value, 1) for name, value in found.items()}, indent=2))


if __name__ == "__main__":
    main()
