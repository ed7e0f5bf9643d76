"""Raw events past their time: whole day partitions that are written, taken off and dropped, or made again."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.database import driver_connection
from core.db.queries.archive_rows import Insertion, insert_lines
from core.db.queries.legal_holds import EVENT_IS_HELD
from core.db.queries.partitions import DayPartition, ensure_partitions, list_partitions

_ROWS_OF_ALL = text(
    """
    SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint
      FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'events'::regclass
    """
)
_KNOW_SERIES = b"""
    SELECT a.id::int2, s.id FROM unnest(%(lines)s::text[]) AS given (line)
     CROSS JOIN LATERAL json_to_record(given.line::json)
        AS a (id text, kind text, name text, outcome text, pace text, who text)
      JOIN series s ON (s.kind, s.name, s.outcome, s.pace, s.who) = (a.kind, a.name, a.outcome, a.pace, a.who)
"""
_ADD_SERIES = b"""
    INSERT INTO series (kind, name, outcome, pace, who)
    SELECT a.kind, a.name, a.outcome, a.pace, a.who FROM unnest(%(lines)s::text[]) AS given (line)
     CROSS JOIN LATERAL json_to_record(given.line::json)
        AS a (kind text, name text, outcome text, pace text, who text)
     WHERE NOT EXISTS (SELECT 1 FROM series s
                        WHERE (s.kind, s.name, s.outcome, s.pace, s.who) = (a.kind, a.name, a.outcome, a.pace, a.who))
    ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DayState:
    """What a partition holds: that nothing came, went or changed is seen by comparing two of these."""

    rows: int
    newest_change: int
    is_held: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DayCount:
    """A whole day that is past its time."""

    partition: DayPartition
    rows: int
    is_held: bool


async def list_due_days(session: AsyncSession, cutoff: datetime) -> list[DayPartition]:
    """The partitions that lie wholly before the cut-off, oldest first."""
    return [partition for partition in await list_partitions(session) if partition.end <= cutoff]


async def count_days(session: AsyncSession, cutoff: datetime) -> list[DayCount]:
    """Each due day with its exact count."""
    found = []
    for partition in await list_due_days(session, cutoff):
        statement = (
            f"SELECT (SELECT count(*) FROM {partition.name}) AS rows,"  # noqa: S608
            f" EXISTS (SELECT 1 FROM {partition.name} e WHERE {EVENT_IS_HELD}) AS is_held"
        )
        row = (await session.execute(text(statement))).one()
        found.append(DayCount(partition=partition, rows=row.rows, is_held=row.is_held))
    return found


async def estimate_events(session: AsyncSession) -> int:
    """About how many raw events there are, by the statistics: counting them all would take seconds."""
    return int(await session.scalar(_ROWS_OF_ALL) or 0)


async def state_of(session: AsyncSession, partition: DayPartition) -> DayState:
    """The partition as this transaction sees it."""
    statement = (
        "SELECT count(*) AS rows, coalesce(max(xmin::text::bigint), 0) AS newest,"  # noqa: S608
        f" EXISTS (SELECT 1 FROM {partition.name} e WHERE {EVENT_IS_HELD}) AS is_held FROM {partition.name}"
    )
    row = (await session.execute(text(statement))).one()
    return DayState(rows=row.rows, newest_change=row.newest, is_held=row.is_held)


async def close_day(session: AsyncSession, partition: DayPartition) -> None:
    """Nothing can be written into this day until the transaction ends; reading it, and all other days, goes on."""
    await session.execute(text(f"LOCK TABLE {partition.name} IN SHARE MODE"))


async def drop_day(session: AsyncSession, partition: DayPartition) -> None:
    """Takes the partition off and drops it: for the moment until the commit, nobody reads or writes any event."""
    await session.execute(text(f"ALTER TABLE events DETACH PARTITION {partition.name}"))
    await session.execute(text(f"DROP TABLE {partition.name}"))


async def make_day(session: AsyncSession, day: date) -> None:
    """The day's partition, where there is none."""
    await ensure_partitions(session, [day])


async def map_series(session: AsyncSession, lines: Sequence[str]) -> dict[int, int]:
    """The number that each archived series has here; what is missing is added."""
    connection = await driver_connection(session)
    await connection.execute(_ADD_SERIES, {"lines": list(lines)})
    cursor = await connection.execute(_KNOW_SERIES, {"lines": list(lines)})
    return {int(archived): int(here) for archived, here in await cursor.fetchall()}


async def insert_events(session: AsyncSession, lines: Sequence[str], series: dict[int, int]) -> int:
    """Adds these events, each under the number that its series has here. Rows have no key: this counts every line."""
    return await insert_lines(
        session,
        Insertion(
            table="events",
            values={"series_id": "coalesce(known.here, r.series_id::smallint)"},
            joins="LEFT JOIN unnest(%(archived)s::int2[], %(here)s::int2[]) AS known (archived, here)"
            " ON known.archived = r.series_id::smallint",
            parameters={"archived": list(series), "here": list(series.values())},
        ),
        lines,
    )
