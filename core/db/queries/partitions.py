"""The day partitions of `events`: made ahead, and listed for whoever ends them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# Any number, the same in every process: one maker of partitions at a time in a database.
_PARTITION_LOCK = 7_320_544_122
_DAY = timedelta(days=1)
_NAME = re.compile(r"events_(\d{4})(\d\d)(\d\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class DayPartition:
    """`bytes` with its index; `name` is the table's, safe to be put into SQL."""

    name: str
    day: date
    bytes: int

    @property
    def start(self) -> datetime:
        return datetime(self.day.year, self.day.month, self.day.day, tzinfo=UTC)

    @property
    def end(self) -> datetime:
        return self.start + _DAY


def partition_name(day: date) -> str:
    return f"events_{day:%Y%m%d}"


async def list_partitions(session: AsyncSession) -> list[DayPartition]:
    """The days that have a partition, in order."""
    found = await session.execute(
        text(
            """
            SELECT c.relname AS name, pg_total_relation_size(c.oid) AS bytes
              FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
             WHERE i.inhparent = 'events'::regclass AND NOT i.inhdetachpending ORDER BY c.relname
            """
        )
    )
    listed = [(_day_of(row.name), row) for row in found]
    return [DayPartition(name=row.name, day=day, bytes=row.bytes) for day, row in listed if day is not None]


async def ensure_partitions(session: AsyncSession, days: Iterable[date]) -> list[date]:
    """Makes the partitions that are missing and returns their days; two at once make each of them once.

    The table is made beside its parent and attached empty: that takes no lock that reading or writing would wait for.
    """
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _PARTITION_LOCK})
    present = {partition.day for partition in await list_partitions(session)}
    missing = sorted(set(days) - present)
    for day in missing:
        await _make(session, day)
    return missing


async def _make(session: AsyncSession, day: date) -> None:
    # A partition of this name that stands beside the parent was detached by an archival that is under way: its rows
    # are past their time, and so is what would come now.
    name = partition_name(day)
    if await session.scalar(text("SELECT to_regclass(:name)"), {"name": name}) is not None:
        return
    await session.execute(text(f"CREATE TABLE {name} (LIKE events INCLUDING DEFAULTS INCLUDING CONSTRAINTS)"))
    await session.execute(
        text(
            f"ALTER TABLE events ATTACH PARTITION {name} FOR VALUES FROM "
            f"('{day.isoformat()} 00:00:00+00') TO ('{(day + _DAY).isoformat()} 00:00:00+00')"
        )
    )


def _day_of(name: str) -> date | None:
    found = _NAME.fullmatch(name)
    return None if found is None else date(int(found[1]), int(found[2]), int(found[3]))
