"""Raw events after `event_days`: a whole day at a time, since a partition goes in a moment where rows take minutes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice

from psycopg.errors import LockNotAvailable
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from core.archiving.archive_file import SliceWriter, row_of, table_of
from core.archiving.definition import Definition, Findings, PutBack, Slices
from core.archiving.faults import Step
from core.archiving.slicing import Slicing
from core.archiving.statements import stamp
from core.db.queries.archival import Slice
from core.db.queries.archive_counts import Due
from core.db.queries.archive_events import (
    DayCount,
    DayState,
    close_day,
    count_days,
    drop_day,
    estimate_events,
    insert_events,
    list_due_days,
    make_day,
    map_series,
    state_of,
)
from core.db.queries.archive_rows import print_plainly, stream_lines
from core.db.queries.legal_holds import respect_holds
from core.db.queries.partitions import DayPartition, partition_name
from core.domain.archival import Policy

_BATCH = 5_000
# A read that takes long keeps the day from being taken off: so often it is tried again, after a rest that grows.
_TRIES = 40
_RETRY_S = 0.25
_LONGEST_RETRY_S = 5.0


class RawEvents(Definition):
    policy = Policy.EVENTS
    title = "Raw events"
    reason = "So that a 30-day window can be computed again from raw events; sums by the minute and longer stay"
    table = "events"
    at = time(2, 50)
    has_key = False

    def __init__(self, days: int) -> None:
        self._days = days
        self.keeps = f"day partitions past {days} days"

    def cutoff(self, now: datetime) -> datetime:
        day = (now - timedelta(days=self._days)).astimezone(UTC).date()
        return datetime(day.year, day.month, day.day, tzinfo=UTC)

    def sql(self, cutoff: datetime) -> str:
        last = partition_name((cutoff - timedelta(days=1)).date())
        return (
            f"-- every partition of days before {stamp(cutoff)[:10]}, the last one:\n"
            f"ALTER TABLE events DETACH PARTITION {last};\nDROP TABLE {last};"
        )

    async def count(self, session: AsyncSession, cutoff: datetime) -> Due:
        return _due([each for each in await count_days(session, cutoff) if not each.is_held])

    async def look(self, session: AsyncSession, cutoff: datetime) -> Findings:
        days = await count_days(session, cutoff)
        held = [each for each in days if each.is_held]
        free = [each for each in days if not each.is_held]
        kept = ("of days with events of a person under legal hold", sum(each.rows for each in held))
        return Findings(
            due=_due(free),
            table_rows=max(await estimate_events(session), sum(each.rows for each in days)),
            dependents=(),
            kept_back=(kept,) if held else (),
            samples=tuple(f"{each.partition.day}: {each.rows:,} events" for each in free[:20]),
            slices=len(free),
        )

    def slices(self, cutoff: datetime) -> Slices:
        return _DaySlices(cutoff)

    async def put_back(self, session: AsyncSession, slicing: Slicing, lines: Iterator[bytes]) -> PutBack:
        """Rows without a key: the caller sees to it that a slice comes back once."""
        series: dict[int, int] = {}
        restored, days = 0, set[date]()
        while batch := await asyncio.to_thread(lambda: list(islice(lines, _BATCH))):
            names = [row_of(line) for line in batch if table_of(line) == "series"]
            rows = [row_of(line) for line in batch if table_of(line) == self.table]
            series |= await map_series(session, names) if names else {}
            for day in {_day_of(row) for row in rows} - days:
                await make_day(session, day)
                days.add(day)
            slicing.faults.reach(Step.PLACE_MADE)
            restored += await insert_events(session, rows, series)
        return PutBack(restored=restored, existing=0)

    async def count_existing(self, _session: AsyncSession, _lines: Iterator[bytes]) -> int:
        """None: what was put back before is known by its slice."""
        return 0


class _DaySlices:
    """The due days of one run, oldest first; a day with events of a person under hold stays as it is."""

    def __init__(self, cutoff: datetime) -> None:
        self._cutoff = cutoff
        self._passed_over: set[str] = set()

    def recall(self, _line: bytes) -> None:
        return

    async def take(self, slicing: Slicing) -> bool:
        async with slicing.database.read() as session:
            days = await list_due_days(session, self._cutoff)
        day = next((each for each in days if each.name not in self._passed_over), None)
        if day is None:
            return False
        written = await self._write(slicing, day)
        if written is None or not await self._drop_when_free(slicing, day, *written):
            self._passed_over.add(day.name)
        return True

    async def _write(self, slicing: Slicing, day: DayPartition) -> tuple[Slice, DayState] | None:
        """The day as one snapshot shows it, in the file and read back; None where it is under hold."""
        writer = await slicing.begin()
        async with slicing.database.snapshot() as session:
            await print_plainly(session)
            state = await state_of(session, day)
            if state.is_held:
                return None
            await _copy(session, writer, "series", "series")
            await _copy(session, writer, day.name, "events")
        return await slicing.seal(writer, state.rows), state

    async def _drop_when_free(self, slicing: Slicing, day: DayPartition, made: Slice, written: DayState) -> bool:
        """False where the day came under hold. Waiting for a lock holds others up, so it gives way and comes back."""
        for attempt in range(_TRIES):
            try:
                return await self._drop(slicing, day, made, written)
            except (DBAPIError, LockNotAvailable) as error:
                if not _is_lock_timeout(error) or attempt == _TRIES - 1:
                    raise
                await asyncio.sleep(min(_RETRY_S * (attempt + 1), _LONGEST_RETRY_S))
        return False

    async def _drop(self, slicing: Slicing, day: DayPartition, made: Slice, written: DayState) -> bool:
        async with slicing.transaction() as session:
            await respect_holds(session)
            await close_day(session, day)
            slicing.faults.reach(Step.ROWS_LOCKED)
            now = await state_of(session, day)
            if now.is_held:
                return False
            if now != written:
                return True  # somebody wrote into it meanwhile: the next slice is the same day again
            await slicing.note(session, made)
            await drop_day(session, day)
            slicing.faults.reach(Step.ROWS_DELETED)
        slicing.committed(made)
        return True


async def _copy(session: AsyncSession, writer: SliceWriter, table: str, label: str) -> None:
    async for lines in stream_lines(session, table, label=label, batch=_BATCH):
        await asyncio.to_thread(writer.write, lines)


def _due(days: list[DayCount]) -> Due:
    full = [each for each in days if each.rows]
    return Due(
        rows=sum(each.rows for each in days),
        bytes=sum(each.partition.bytes for each in days),
        oldest=full[0].partition.start if full else None,
        newest=full[-1].partition.end if full else None,
    )


def _day_of(row: str) -> date:
    """The day of an event's line, which begins with its moment in UTC."""
    start = row.index('"ts":"') + 6
    return date.fromisoformat(row[start : start + 10])


def _is_lock_timeout(error: Exception) -> bool:
    return isinstance(error.orig if isinstance(error, DBAPIError) else error, LockNotAvailable)
