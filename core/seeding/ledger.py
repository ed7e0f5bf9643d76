"""What the simulation knows of itself: every event's minute, series, value and number, and who was active when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from core.domain.telemetry import Series
from core.seeding.arrays import Ints
from core.seeding.history import History, Stretch
from core.seeding.plan import MINUTE_US, minute_of, moment_of

# Minutes since 1970, values, and how many events each stands for.
_Part = tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.int16]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """The events of one series in a stretch of time: values as they were drawn, each standing for `count`."""

    series: Series
    value: NDArray[np.float32]
    count: NDArray[np.int16]


class Ledger:
    """Ten bytes an event, by series."""

    def __init__(self, history: History) -> None:
        self._history = history
        self.plan = history.plan
        self.people = history.people
        self.visitors = history.visitors
        self.active: list[tuple[datetime, Ints]] = []
        self.events = 0
        self._parts: dict[int, list[_Part]] = {}

    def add(self, stretch: Stretch) -> None:
        """The next stretch, in order of time."""
        rows = stretch.rows
        self.events += int(rows.count.sum())
        self.active.append((moment_of(stretch.first * MINUTE_US), stretch.active))
        order = np.argsort(rows.code, kind="stable")
        codes, starts = np.unique(rows.code[order], return_index=True)
        minute = (rows.at_us // MINUTE_US).astype(np.int32)
        for code, places in zip(codes, np.split(order, starts[1:]), strict=True):
            part = minute[places], rows.value[places], rows.count[places].astype(np.int16)
            self._parts.setdefault(int(code), []).append(part)

    def told(self, start: datetime, end: datetime) -> list[Told]:
        """Every series that has events in the whole minutes of [start, end)."""
        found = []
        for code in self._parts:
            minute, value, count = self._whole(code)
            low, high = np.searchsorted(minute, [minute_of(start), minute_of(end)])
            if low < high:
                series = self._history.book.series(code)
                found.append(Told(series=series, value=value[low:high], count=count[low:high]))
        return found

    def _whole(self, code: int) -> _Part:
        """The parts of a series as one; put together when it is first asked for."""
        parts = self._parts[code]
        if len(parts) > 1:
            minute, value, count = zip(*parts, strict=True)
            parts[:] = [(np.concatenate(minute), np.concatenate(value), np.concatenate(count))]
        return parts[0]
