"""Counts what happens in this process: exact sums by minute and series, and rows of single events, until written.

`record` is what every request pays, so it does a few dictionary look-ups and nothing else. One recorder belongs to the
thread of its event loop; what other threads record waits for the next batch.
"""

from __future__ import annotations

import math
import threading
from collections import deque
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from core.clock import Clock
from core.config import Settings
from core.domain.request_ids import parse_request_id
from core.domain.telemetry import KINDS, Kind, Outcome, Pace, Series, Who
from core.logging import request_id as current_request
from core.ports import Detail, Recording
from core.telemetry.batches import Batch, Sum
from core.telemetry.buckets import bucket_of
from core.telemetry.sampling import LARGEST_WEIGHT, Cell, Row, Writer

# Names come from routes, vendors and our own events; should one ever come from strangers, it ends here.
# Series are never given up, and the database numbers up to 32,767 of them.
MOST_SERIES = 8_000
OTHER = "other"
LONGEST_NAME_CHARS = 120
# Open minutes while nothing can be written: an hour and a half of 100 series each.
MOST_CELLS = 10_000
_MOST_ELSEWHERE = 10_000
_MOST_SEEN_PEOPLE = 200_000
# A sum stays in memory so long after its last change: until then a late event still finds it.
_KEPT_MINUTES = 2
# Sums of minutes are deleted after 91 days: what is older than this can't be added up any more.
_OLDEST = timedelta(days=85)
_LARGEST_VALUE = 1e12
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
_NEVER = datetime.min.replace(tzinfo=UTC)

_Key = tuple[str, str, str, str, str]
_THRESHOLDS = {kind: rule.thresholds_ms for kind, rule in KINDS.items()}


class Recorder(Recording):
    """`keep_one_in`: of ordinary events. `most_rows`: how many wait at most; then the oldest are dropped, and counted.

    `most_series` bounds the names, `most_cells` the sums of open minutes.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        process: str,
        keep_one_in: int = 10,
        most_rows: int = 50_000,
        most_series: int = MOST_SERIES,
        most_cells: int = MOST_CELLS,
    ) -> None:
        self.process = process
        self._now = clock.now
        self._keep_one_in = keep_one_in
        self._most_rows = most_rows
        self._most_series = most_series
        self._most_cells = most_cells
        self._thread = threading.get_ident()
        self._writer = Writer()
        self._late_writer: Writer | None = None
        # What the late writer has written and is in memory no more.
        self._late_forgotten: set[tuple[int, Series]] = set()
        self._seq = 0
        self._dropped = 0
        self._dropped_told = 0
        self._rows: deque[Row] = deque()
        self._dirty: list[Cell] = []
        self._known: dict[_Key, Series] = {}
        self._minutes: dict[int, dict[_Key, Cell]] = {}
        self._cell_count = 0
        # The first minute of which nothing was forgotten yet.
        self._floor = -1
        self._minute, self._began, self._ends = 0, _NEVER, _NEVER
        self._present: dict[_Key, Cell] = {}
        self._elsewhere: deque[Callable[[], None]] = deque()
        self._elsewhere_lock = threading.Lock()
        self._dropped_elsewhere = 0
        self._seen: set[tuple[date, UUID]] = set()
        self._active: list[tuple[date, UUID]] = []
        self._on_pressure: Callable[[], None] | None = None

    @property
    def waiting(self) -> int:
        """Rows that are not yet handed over to be written."""
        return len(self._rows)

    @property
    def dropped(self) -> int:
        """Events of this process that no row stands for."""
        return self._dropped

    def record(
        self,
        kind: Kind,
        name: str,
        outcome: Outcome = Outcome.OK,
        value: float = 0.0,
        *,
        who: Who = Who.NOBODY,
        count: int = 1,
        request_id: UUID | None = None,
        person: UUID | None = None,
        detail: Detail | None = None,
        at: datetime | None = None,
    ) -> None:
        if threading.get_ident() != self._thread:
            self._record_elsewhere(kind, name, outcome, value, who, count, request_id, person, detail, at)
            return
        if not 0.0 <= value <= _LARGEST_VALUE:
            value = _within_reason(value)
        thresholds = _THRESHOLDS[kind]
        pace = _NO_PACE if thresholds is None else _pace(thresholds, value)
        if at is None:
            at = self._now()
            if not self._began <= at < self._ends:
                self._turn(at)
            cells, minute = self._present, self._minute
        else:
            at = self._within_bounds(at)
            minute = _minute_of(at)
            cells = self._minutes.setdefault(minute, {})
        key = (kind, name, outcome, pace, who)
        cell = cells.get(key) or self._open_cell(cells, minute, key)
        bucket = bucket_of(value)
        cell.add(value, bucket, count)
        if not cell.is_dirty:
            cell.is_dirty = True
            self._dirty.append(cell)
        if detail is not None or not cell.fold(bucket, count, self._keep_one_in):
            self._keep(cell, at, value, bucket, count, request_id, person, detail)

    def active(self, user_id: UUID) -> None:
        day = (self._now().date(), user_id)
        if day in self._seen:
            return
        if len(self._seen) >= _MOST_SEEN_PEOPLE:
            self._seen.clear()
        self._seen.add(day)
        self._active.append(day)

    def on_pressure(self, ring: Callable[[], None] | None) -> None:
        """`ring` is called when half of the rows' room is taken: it should be written before the second is over."""
        self._on_pressure = ring

    def belong_here(self) -> None:
        """Makes the calling thread the one whose events are counted at once."""
        self._thread = threading.get_ident()

    def know(self, series: Iterable[Series]) -> None:
        """Series that exist already: they are within the limit, however many processes brought them in."""
        for each in series:
            self._known.setdefault(each, each)

    def take_batch(self) -> Batch | None:
        """All that changed since the last batch, and a number for it; None where nothing did."""
        self._drain_elsewhere()
        if not (self._rows or self._dirty or self._active or self._dropped != self._dropped_told):
            return None
        rows, self._rows = self._rows, deque()
        dirty, self._dirty = self._dirty, []
        active, self._active = tuple(self._active), []
        self._seq += 1
        self._dropped_told = self._dropped
        return Batch(
            seq=self._seq,
            writer=self._writer,
            rows=tuple(rows),
            sums=tuple(self._sum(cell) for cell in dirty),
            active=active,
            dropped=self._dropped,
        )

    def settle(self) -> None:
        """After a batch was written: forgets the sums of minutes that are over and have not changed for a while."""
        now_minute = _minute_of(self._now())
        for minute in [each for each in self._minutes if each < now_minute]:
            cells = self._minutes[minute]
            for key in [key for key, cell in cells.items() if _is_settled(cell, now_minute)]:
                self._forget(cells.pop(key))
            if not cells and minute != self._minute:
                del self._minutes[minute]

    def drop_rows(self, rows: Iterable[Row]) -> None:
        """Counts rows as dropped that the database would not take."""
        self._dropped += sum(row.weight for row in rows)

    def start_over(self) -> None:
        """New numbers as writers, where the old one is unknown to the database: it was restored, or emptied.

        It may have given the others' numbers to other processes by now.
        """
        self._writer.id = None
        self._late_writer = None
        for cells in self._minutes.values():
            for cell in cells.values():
                cell.writer.id = None

    def _sum(self, cell: Cell) -> Sum:
        cell.is_dirty = False
        cell.newest = {}
        return Sum(
            minute=cell.minute,
            series=cell.series,
            writer=cell.writer,
            count=cell.count,
            total=cell.total,
            histogram=cell.histogram.copy(),
        )

    def _turn(self, at: datetime) -> None:
        """Another minute has begun (or the clock was set back)."""
        self._minute = _minute_of(at)
        self._began = _EPOCH + self._minute * _MINUTE
        self._ends = self._began + _MINUTE
        self._present = self._minutes.setdefault(self._minute, {})

    def _open_cell(self, cells: dict[_Key, Cell], minute: int, key: _Key) -> Cell:
        series = self._series(key)
        if (known := cells.get(series)) is not None:
            return known
        if self._cell_count >= self._most_cells:
            self._drop_oldest_minute()
            cells = self._minutes.setdefault(minute, {})
        writer = self._writer if minute >= self._floor else self._writer_for_late(minute, series)
        cell = cells[series] = Cell(minute, series, writer)
        cell.touched = max(minute, self._minute)
        self._cell_count += 1
        return cell

    def _series(self, key: _Key) -> Series:
        series = self._known.get(key)
        if series is None:
            kind, name, outcome, pace, who = map(str, key)
            if len(self._known) >= self._most_series:
                return Series(kind, OTHER, outcome, pace, who)
            series = Series(kind, _clean_name(name), outcome, pace, who)
            self._known[series] = series
        return series

    def _writer_for_late(self, minute: int, series: Series) -> Writer:
        """A minute that was forgotten can't be counted on: what comes late is summed apart, under another number.

        That number serves until it has written this very sum before: each costs a row that is kept for months.
        """
        is_used = (minute, series) in self._late_forgotten or len(self._late_forgotten) >= self._most_cells
        if self._late_writer is None or is_used:
            self._late_writer = Writer()
            self._late_forgotten.clear()
        return self._late_writer

    def _keep(
        self,
        cell: Cell,
        at: datetime,
        value: float,
        bucket: int,
        count: int,
        request_id: UUID | None,
        person: UUID | None,
        detail: Detail | None,
    ) -> None:
        request_id = request_id or parse_request_id(current_request.get())
        cell.touched = max(cell.touched, self._minute)
        while count > 0:
            row = Row(cell, at, value, bucket, min(count, LARGEST_WEIGHT), request_id, person, detail)
            count -= row.weight
            self._add_row(row)
        if detail is None:
            cell.newest[bucket] = row

    def _add_row(self, row: Row) -> None:
        if len(self._rows) >= self._most_rows:
            self._drop(self._rows.popleft())
        self._rows.append(row)
        if self._on_pressure is not None and len(self._rows) == self._most_rows // 2:
            self._on_pressure()

    def _drop(self, row: Row) -> None:
        self._dropped += row.weight
        if row.cell.newest.get(row.bucket) is row:
            del row.cell.newest[row.bucket]

    def _drop_oldest_minute(self) -> None:
        """Makes room: the sums of the oldest minute go, and with them the rows that wait."""
        oldest = min(minute for minute, cells in self._minutes.items() if cells)
        for cell in self._minutes.pop(oldest).values():
            self._forget(cell)
        self._dirty = [cell for cell in self._dirty if cell.minute != oldest]
        waiting, self._rows = self._rows, deque()
        for row in waiting:
            if row.cell.minute == oldest:
                self._dropped += row.weight
            else:
                self._rows.append(row)
        if oldest == self._minute:
            self._present = self._minutes.setdefault(oldest, {})

    def _forget(self, cell: Cell) -> None:
        self._cell_count -= 1
        cell.newest = {}
        if cell.writer is self._writer:
            self._floor = max(self._floor, cell.minute + 1)
        elif cell.writer is self._late_writer:
            self._late_forgotten.add((cell.minute, cell.series))

    def _within_bounds(self, at: datetime) -> datetime:
        """A time that sums are still made of: not in the future, and not so long ago that its minutes are gone."""
        now = self._now()
        if not self._began <= now < self._ends:
            self._turn(now)
        if now - _OLDEST <= at <= now:
            return at
        return now if at > now else now - _OLDEST

    def _record_elsewhere(
        self,
        kind: Kind,
        name: str,
        outcome: Outcome,
        value: float,
        who: Who,
        count: int,
        request_id: UUID | None,
        person: UUID | None,
        detail: Detail | None,
        at: datetime | None,
    ) -> None:
        at = at or self._now()
        request_id = request_id or parse_request_id(current_request.get())

        def record() -> None:
            self.record(
                kind, name, outcome, value,
                who=who, count=count, request_id=request_id, person=person, detail=detail, at=at,
            )  # fmt: skip

        with self._elsewhere_lock:
            if len(self._elsewhere) < _MOST_ELSEWHERE:
                self._elsewhere.append(record)
            else:
                self._dropped_elsewhere += count

    def _drain_elsewhere(self) -> None:
        with self._elsewhere_lock:
            waiting, self._elsewhere = self._elsewhere, deque()
            self._dropped += self._dropped_elsewhere
            self._dropped_elsewhere = 0
        for record in waiting:
            record()


def recorder_for(settings: Settings, clock: Clock, *, process: str) -> Recorder:
    """The recorder of one process as the settings want it; `process` ("web", "worker") names it as a writer."""
    return Recorder(
        clock, process=process, keep_one_in=settings.event_keep_one_in, most_rows=settings.event_buffer_rows
    )


_NO_PACE = Pace.NONE.value
_FAST, _SLOW, _CRAWLING = Pace.FAST.value, Pace.SLOW.value, Pace.CRAWLING.value


def _pace(thresholds: tuple[float, float], value: float) -> str:
    """As KindRule.pace."""
    if value < thresholds[0]:
        return _FAST
    return _SLOW if value < thresholds[1] else _CRAWLING


def _minute_of(at: datetime) -> int:
    return (at - _EPOCH) // _MINUTE


def _is_settled(cell: Cell, now_minute: int) -> bool:
    return not cell.is_dirty and max(cell.minute, cell.touched) < now_minute - _KEPT_MINUTES


def _within_reason(value: float) -> float:
    return 0.0 if math.isnan(value) or value < 0 else _LARGEST_VALUE


def _clean_name(name: str) -> str:
    """What Postgres takes as text, of bounded length."""
    return name.encode("utf-8", "replace").decode().replace("\0", "")[:LONGEST_NAME_CHARS]
