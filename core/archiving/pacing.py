"""How much at a time, and how long to rest: users come first, and an archival that takes an hour is no harm."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

# What makes everything wait longer: 1 where nobody is disturbed, more where pages got slower or locks are waited for.
Pressure = Callable[[], Awaitable[float]]

# A row is locked for at most about this long (the longest wait a person may meet is 200 ms).
_LOCKED_S = 0.03
# A whole slice, with what is read before the lock.
_SLICE_S = 0.15
_FEWEST_ROWS = 20
_MOST_ROWS = 4_000
_FIRST_ROWS = 100
_LONGEST_REST_S = 3.0


async def no_pressure() -> float:
    """Nobody else is there."""
    return 1.0


@dataclass(slots=True, kw_only=True)
class Pace:
    """Adapts the number of rows in a slice to the time that the last one took.

    `rest_ratio`: for each second of work so many are left to others.
    """

    rest_ratio: float
    rows: int = _FIRST_ROWS

    def took(self, *, locked_s: float, slice_s: float) -> None:
        fit = min(_LOCKED_S / max(locked_s, 1e-6), _SLICE_S / max(slice_s, 1e-6), 2.0)
        self.rows = int(min(max(self.rows * fit, _FEWEST_ROWS), _MOST_ROWS))

    def rest_s(self, slice_s: float, pressure: float) -> float:
        """Seconds to leave everything to others after a slice of `slice_s`."""
        return min(slice_s * self.rest_ratio * pressure, _LONGEST_REST_S)
