"""Writes events and their sums as recording does, in the plainest way: for tests of what reads them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.database import Database, driver_connection
from core.db.queries.partitions import ensure_partitions
from core.db.queries.telemetry import ensure_series, pack_detail
from core.domain.telemetry import KINDS, Kind, Outcome, Series, Who
from core.telemetry.buckets import bucket_of, pack

_TIERS: dict[str, Callable[[datetime], datetime]] = {
    "rollup_minutes": lambda at: at.replace(second=0, microsecond=0),
    "rollup_hours": lambda at: at.replace(minute=0, second=0, microsecond=0),
    "rollup_days": lambda at: at.replace(hour=0, minute=0, second=0, microsecond=0),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """One event, or `weight` alike of which one was kept."""

    at: datetime
    series: Series
    value: float = 1.0
    weight: int = 1
    request_id: UUID | None = None
    person: UUID | None = None
    detail: dict[str, str | int | float | bool | None] | None = field(default=None, hash=False)


def event(
    kind: Kind,
    name: str,
    at: datetime,
    *,
    outcome: Outcome = Outcome.OK,
    value: float = 1.0,
    who: Who = Who.ANONYMOUS,
    weight: int = 1,
    request_id: UUID | None = None,
    person: UUID | None = None,
    detail: dict[str, str | int | float | bool | None] | None = None,
) -> Made:
    """An event under the series that recording gives it: the pace follows from the value."""
    series = Series(kind.value, name, outcome.value, KINDS[kind].pace(value).value, who.value)
    return Made(
        at=at, series=series, value=value, weight=weight, request_id=request_id, person=person, detail=detail
    )  # fmt: skip


async def write_history(
    database: Database, events: Sequence[Made], *, dirty: Collection[datetime] = (), writers: int = 1
) -> None:
    """Raw rows, minute sums (spread over `writers`), and hour and day sums of all hours that are not `dirty`.

    A dirty hour has its mark, and hour and day sums that are wrong, as they are before the worker came by.
    """
    async with database.transaction() as session:
        await ensure_partitions(session, {made.at.date() for made in events})
        numbers = await ensure_series(session, {made.series for made in events})
        await _write_events(session, events, numbers)
        for table, floor in _TIERS.items():
            is_minutes = table == "rollup_minutes"
            stale = {hour if table == "rollup_hours" else hour.replace(hour=0) for hour in dirty}
            sums = _sums(events, floor, numbers, writers if is_minutes else 1)
            kept = [row for row in sums if is_minutes or row[0] not in stale]
            await _write_sums(session, table, kept)
        for hour in dirty:
            await session.execute(text("INSERT INTO dirty_hours (hour) VALUES (:hour)"), {"hour": hour})


async def _write_events(session: AsyncSession, events: Iterable[Made], numbers: dict[Series, int]) -> None:
    connection = await driver_connection(session)
    columns = b"ts, value, series_id, bucket, weight, request_id, person, detail"
    async with connection.cursor() as cursor, cursor.copy(b"COPY events (" + columns + b") FROM STDIN") as copy:
        for made in sorted(events, key=lambda each: each.at):
            await copy.write_row((
                made.at, made.value, numbers[made.series], bucket_of(made.value), made.weight, made.request_id,
                made.person, pack_detail(made.detail),
            ))  # fmt: skip


def _sums(
    events: Iterable[Made], floor: Callable[[datetime], datetime], numbers: dict[Series, int], writers: int
) -> list[tuple[datetime, int, int, int, float, bytes]]:
    counts: dict[tuple[datetime, int, int], int] = defaultdict(int)
    totals: dict[tuple[datetime, int, int], float] = defaultdict(float)
    histograms: dict[tuple[datetime, int, int], dict[int, int]] = defaultdict(lambda: defaultdict(int))
    for place, made in enumerate(events):
        key = floor(made.at), numbers[made.series], place % writers
        counts[key] += made.weight
        totals[key] += made.weight * made.value
        histograms[key][bucket_of(made.value)] += made.weight
    return [(*key, count, totals[key], pack(histograms[key])) for key, count in counts.items()]


async def _write_sums(session: AsyncSession, table: str, rows: Sequence[tuple[object, ...]]) -> None:
    connection = await driver_connection(session)
    statement = f"COPY {table} (at, series_id, writer, count, total, histogram) FROM STDIN"
    async with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        for row in rows:
            await copy.write_row(row)
