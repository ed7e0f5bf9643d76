"""Writes what was recorded, a batch each second, and goes on by itself when the database comes back."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import psycopg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.db.database import Database
from core.db.queries import telemetry as queries
from core.db.queries.partitions import ensure_partitions
from core.db.statement_times import unrecorded
from core.domain.telemetry import Series
from core.logging import EventLog, describe
from core.tasks import end_tasks
from core.telemetry.batches import Batch, Sum
from core.telemetry.buckets import pack
from core.telemetry.recorder import Recorder
from core.telemetry.sampling import Row, Writer

log = EventLog(__name__)

INTERVAL_S = 1.0
_LONGEST_PAUSE_S = 10.0
# At the end of the process what is left is written within this time, or lost.
_LAST_FLUSH_S = 5.0
# The event loop belongs to the pages: between slices of this size others have their turn.
_SLICE = 100
# So often may a database that is there refuse a batch before its rows, then its sums, are given up.
_MOST_REFUSALS = 3
# The database does not take a value, or it can't even be put into a row. Everything else is the database being away.
_REFUSALS = (
    psycopg.DataError, psycopg.IntegrityError, psycopg.ProgrammingError,
    TypeError, ValueError, ArithmeticError, LookupError, struct.error,
)  # fmt: skip
# Refusals of the same kinds while a backup is put back, or before a migration: they pass.
_PASSING = (psycopg.errors.UndefinedTable, psycopg.errors.UndefinedColumn, psycopg.errors.InsufficientPrivilege)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Flusher:
    """One for a recorder. A batch stays the same, number and all, until it is known to be written."""

    def __init__(self, recorder: Recorder, database: Database, clock: Clock, *, interval_s: float = INTERVAL_S) -> None:
        self._recorder = recorder
        self._database = database
        self._clock = clock
        self._interval_s = interval_s
        self._pending: Batch | None = None
        self._refusals = 0
        self._ids: dict[Series, int] = {}
        self._days: set[date] = set()
        self._flushing = asyncio.Lock()
        self._pressure = asyncio.Event()
        self._working: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begins to write; belongs to the running event loop from now on."""
        self._recorder.belong_here()
        self._recorder.on_pressure(self._pressure.set)
        self._working = asyncio.create_task(self._keep_flushing(), name="telemetry")

    async def close(self) -> None:
        """Writes what is left, where that can be done soon."""
        self._recorder.on_pressure(None)
        if self._working is None:
            return
        await end_tasks(self._working)
        self._working = None
        try:
            async with asyncio.timeout(_LAST_FLUSH_S):
                await self.flush()
        except Exception as error:  # whatever it is, the process is ending and nothing waits for these figures
            log.warning("telemetry.last_batch_lost", **describe(error))

    async def flush(self) -> None:
        """Writes all that was recorded so far. Raises what the database raises; the batch then waits for the next try.

        Returns at once where there is nothing to write.
        """
        async with self._flushing:
            with unrecorded():
                await self._write_pending()
                self._pending = self._recorder.take_batch()
                await self._write_pending()

    async def _write_pending(self) -> None:
        if self._pending is not None:
            await self._write(self._pending)
            self._pending, self._refusals = None, 0
            self._recorder.settle()

    async def _keep_flushing(self) -> None:
        pause_s = self._interval_s
        while True:
            await self._wait(pause_s)
            # Here and not before the wait: rows that pressed while the last batch was written press still.
            self._pressure.clear()
            try:
                await self.flush()
                pause_s = self._interval_s
            except Exception as error:  # recording outlives whatever happens to its database
                log.warning("telemetry.not_written", waiting=self._recorder.waiting, **describe(error))
                self._forget_what_is_known(error)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    async def _wait(self, pause_s: float) -> None:
        """Until the next batch is due, or the rows press; while the database is away, they can't hurry anything."""
        if pause_s > self._interval_s:
            await asyncio.sleep(pause_s)
            return
        try:
            async with asyncio.timeout(pause_s):
                await self._pressure.wait()
        except TimeoutError:
            return

    async def _write(self, batch: Batch) -> None:
        rows, sums = batch.rows, batch.sums
        await self._prepare(batch)
        minutes = [minute async for minute in self._packed(sums)]
        async with self._database.transaction() as session:
            await queries.defer_durability(session)
            is_new = await self._advance(session, batch)
            if not is_new:
                return
            if rows:
                await queries.copy_events(session, self._slices(rows), _breathe)
            await queries.upsert_minutes(session, minutes)
            await queries.note_active(session, batch.active)
            await queries.mark_dirty(session, {_hour_of(each.minute) for each in sums})

    async def _advance(self, session: AsyncSession, batch: Batch) -> bool:
        writer = _number(batch.writer)
        is_new = await queries.advance_writer(session, writer, batch.seq, dropped=batch.dropped, now=self._clock.now())
        if is_new is None:
            self._recorder.start_over()
            raise UnknownWriter(f"the database does not know writer {writer}")
        return is_new

    async def _prepare(self, batch: Batch) -> None:
        """Makes what the batch stands on, each in a transaction of its own that may come twice: numbers, partitions."""
        if not self._ids:
            await self._read_series()
        series = {each.series for each in batch.sums} | {row.cell.series for row in batch.rows}
        if unknown := series - self._ids.keys():
            async with self._database.transaction() as session:
                self._ids |= await queries.ensure_series(session, unknown)
        writers = {each.writer for each in batch.sums} | {batch.writer}
        for writer in [each for each in writers if each.id is None]:
            async with self._database.transaction() as session:
                writer.id = await queries.register_writer(session, self._recorder.process, now=self._clock.now())
        if missing := {_day_of(minute) for minute in {row.cell.minute for row in batch.rows}} - self._days:
            async with self._database.transaction() as session:
                await ensure_partitions(session, missing)
            self._days |= missing

    async def _read_series(self) -> None:
        async with self._database.read() as session:
            self._ids = await queries.list_series(session)
        self._recorder.know(self._ids)

    def _slices(self, rows: Sequence[Row]) -> Iterator[list[queries.EventRow]]:
        for start in range(0, len(rows), _SLICE):
            yield [self._event(row) for row in rows[start : start + _SLICE]]

    def _event(self, row: Row) -> queries.EventRow:
        detail = None if row.detail is None else queries.pack_detail(row.detail)
        series_id = self._ids[row.cell.series]
        return row.at, row.value, series_id, row.bucket, row.weight, row.request_id, row.person, detail

    async def _packed(self, sums: Iterable[Sum]) -> AsyncIterator[queries.MinuteSum]:
        for number, each in enumerate(sums, start=1):
            at = _EPOCH + timedelta(minutes=each.minute)
            series_id, writer = self._ids[each.series], _number(each.writer)
            yield queries.MinuteSum(at, series_id, writer, each.count, each.total, pack(each.histogram))
            if number % _SLICE == 0:
                await _breathe()

    def _forget_what_is_known(self, error: Exception) -> None:
        """Numbers and partitions are looked up again; a batch that is refused again and again is given up."""
        self._ids, self._days = {}, set()
        if self._pending is None or not _is_refusal(error):
            return
        self._refusals += 1
        if self._refusals == _MOST_REFUSALS:
            log.error("telemetry.rows_given_up", rows=len(self._pending.rows))
            self._recorder.drop_rows(self._pending.rows)
            self._pending = replace(self._pending, rows=(), dropped=self._recorder.dropped)
        elif self._refusals == 2 * _MOST_REFUSALS:
            log.error("telemetry.batch_given_up", sums=len(self._pending.sums))
            self._pending, self._refusals = None, 0


class UnknownWriter(Exception):
    """The database was emptied or restored under this process: it writes under another number from now on."""


def _number(writer: Writer) -> int:
    if writer.id is None:
        raise UnknownWriter("this writer has no number yet")
    return writer.id


def _day_of(minute: int) -> date:
    return (_EPOCH + timedelta(minutes=minute)).date()


def _hour_of(minute: int) -> datetime:
    return _EPOCH + timedelta(hours=minute // 60)


def _is_refusal(error: Exception) -> bool:
    """True where the database is there and will not take this: trying again unchanged is no use for ever."""
    cause = error.orig if isinstance(error, DBAPIError) else error
    return isinstance(cause, _REFUSALS) and not isinstance(cause, _PASSING)


async def _breathe() -> None:
    await asyncio.sleep(0)
