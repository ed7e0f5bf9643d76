"""Hour and day sums made from minutes, what is deleted in time, and raw rows read again for proof."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.database import driver_connection
from core.domain.period import DAY, HOUR, Tier

# Any number, the same in every process: one maker of sums at a time in a database.
_SUMMING_LOCK = 7_320_544_123
_TABLES = {Tier.DAY: "rollup_days", Tier.HOUR: "rollup_hours", Tier.MINUTE: "rollup_minutes"}
# Sums of hours and days are made of all writers' minutes: they have no writer of their own.
_NO_WRITER = 0
_READ_ROWS = 5_000
_AT_ONCE = {Tier.MINUTE: HOUR, Tier.HOUR: DAY}


class SeriesSum(NamedTuple):
    """The sums of one series over one stretch; `histogram` may hold a bucket more than once until it is compacted."""

    series_id: int
    events: int
    total: float
    histogram: bytes


class RawRow(NamedTuple):
    ts: datetime
    series_id: int
    value: float
    bucket: int
    weight: int


async def try_summing_lock(session: AsyncSession) -> bool:
    """True for one transaction at a time."""
    return bool(await session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _SUMMING_LOCK}))


async def find_dirty_day(session: AsyncSession, *, before: datetime) -> list[datetime]:
    """The hours before `before` that have to be summed again, of the oldest day that has any; in order."""
    found = await session.scalars(
        text(
            """
            SELECT hour FROM dirty_hours
             WHERE hour < :before AND date_trunc('day', hour, 'UTC') =
                   (SELECT date_trunc('day', min(hour), 'UTC') FROM dirty_hours WHERE hour < :before)
             ORDER BY hour
            """
        ),
        {"before": before},
    )
    return list(found)


async def clean_hours(session: AsyncSession, hours: Sequence[datetime]) -> list[datetime]:
    """Takes the marks off these hours, before their minutes are read, and returns those that had one.

    Whoever is writing minutes of such an hour holds its mark: this waits for it. Whoever comes later marks it again.
    """
    found = await session.scalars(
        text("DELETE FROM dirty_hours WHERE hour = ANY(:hours) RETURNING hour"), {"hours": list(hours)}
    )
    return sorted(found)


async def read_series_sums(session: AsyncSession, tier: Tier, start: datetime, end: datetime) -> list[SeriesSum]:
    """What each series counts over [start, end) in this tier, all writers together."""
    connection = await driver_connection(session)
    statement = f"""
        SELECT series_id, sum(count), sum(total), string_agg(histogram, ''::bytea)
          FROM {_TABLES[tier]} WHERE at >= %b AND at < %b GROUP BY series_id
    """  # noqa: S608
    cursor = await connection.execute(statement.encode(), [start, end], binary=True)
    return [SeriesSum(*row) for row in await cursor.fetchall()]


async def replace_sums(session: AsyncSession, tier: Tier, at: datetime, sums: Sequence[SeriesSum]) -> None:
    """Makes these the sums of the hour or day that begins at `at`."""
    table = _TABLES[tier]
    await session.execute(text(f"DELETE FROM {table} WHERE at = :at"), {"at": at})  # noqa: S608
    if not sums:
        return
    connection = await driver_connection(session)
    columns = [list(column) for column in zip(*sums, strict=True)]
    statement = f"""
        INSERT INTO {table} (at, writer, series_id, count, total, histogram)
        SELECT %b, %b, * FROM unnest(%b::int2[], %b::int4[], %b::float8[], %b::bytea[])
    """  # noqa: S608
    await connection.execute(statement.encode(), [at, _NO_WRITER, *columns])


async def delete_old_sums(session: AsyncSession, tier: Tier, *, before: datetime) -> int:
    """Deletes the sums of the oldest stretch of this tier before `before`, and returns how many rows those were.

    Of minutes a stretch is an hour, of hours a day: however many processes count, it stays far within the statement's
    time. Minutes of an hour that is not yet summed up are kept.
    """
    table = _TABLES[tier]
    oldest = await session.scalar(text(f"SELECT min(at) FROM {table} WHERE at < :before"), {"before": before})  # noqa: S608
    if oldest is None:
        return 0
    deleted = await session.scalar(
        text(
            f"""
            WITH gone AS (
                DELETE FROM {table} WHERE at >= :oldest AND at < :until
                   AND NOT EXISTS (SELECT 1 FROM dirty_hours WHERE hour = date_trunc('hour', at, 'UTC'))
                RETURNING 1)
            SELECT count(*) FROM gone
            """  # noqa: S608
        ),
        {"oldest": oldest, "until": min(oldest + _AT_ONCE[tier], before)},
    )
    return int(deleted or 0)


async def delete_idle_writers(session: AsyncSession, *, before: datetime) -> int:
    """Forgets processes that ended before `before` and dropped nothing; their minutes are gone by then."""
    deleted = await session.execute(
        text(
            "DELETE FROM telemetry_writers WHERE dropped = 0 AND coalesce(flushed_at, started_at) < :before RETURNING 1"
        ),
        {"before": before},
    )
    return len(deleted.all())


async def read_raw(session: AsyncSession, start: datetime, end: datetime) -> AsyncIterator[RawRow]:
    """The raw rows of [start, end), in no order."""
    connection = await driver_connection(session)
    statement = b"SELECT ts, series_id, value, bucket, weight FROM events WHERE ts >= %b AND ts < %b"
    async with connection.cursor(binary=True) as cursor:
        await cursor.execute(statement, [start, end])
        while rows := await cursor.fetchmany(_READ_ROWS):
            for row in rows:
                yield RawRow(*row)
