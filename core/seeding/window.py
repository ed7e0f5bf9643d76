"""A stretch of the simulated history, looked at event by event: plain counting and sorting, no sums, no buckets."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, datetime, timedelta

import numpy as np

from core.domain.telemetry import Series
from core.seeding.arrays import Floats, Ints
from core.seeding.ledger import Ledger
from core.seeding.plan import Trouble, micros_of

Pick = Callable[[Series], bool]
SIGN_UP_DAYS = 30


class Window:
    """[start, end), whole minutes."""

    def __init__(self, ledger: Ledger, start: datetime, end: datetime) -> None:
        self._ledger = ledger
        self._told = ledger.told(start, end)
        self.start = start
        self.end = end

    @property
    def minutes(self) -> float:
        """So many of them were over when the history ended."""
        return (min(self.end, self._ledger.plan.end) - self.start) / timedelta(minutes=1)

    def count(self, pick: Pick) -> int:
        return sum(int(each.count.sum()) for each in self._told if pick(each.series))

    def values(self, pick: Pick) -> Floats:
        """Each value as often as it was counted."""
        parts = [np.repeat(each.value, each.count) for each in self._told if pick(each.series)]
        return np.concatenate([np.zeros(0), *parts])  # float32 beside float64 becomes float64

    def share(self, part: Pick, whole: Pick) -> float | None:
        """None where there is no whole."""
        total = self.count(whole)
        return self.count(lambda series: whole(series) and part(series)) / total if total else None

    def quantile(self, pick: Pick, q: float) -> float | None:
        """The least value with at least ⌈q·n⌉ values at or under it; None where there is none."""
        return nearest_rank(self.values(pick), q)

    def mean(self, pick: Pick) -> float | None:
        values = self.values(pick)
        return float(values.mean()) if len(values) else None

    def accounts(self, days: int) -> Ints:
        """Distinct accounts that were active in so many UTC days, the last of which is the window's."""
        last = self._last_day
        parts = [who for day, who in self._days() if last - timedelta(days=days) < day <= last]
        return np.unique(np.concatenate([np.zeros(0, dtype=np.int64), *parts]))

    def mean_of_days(self, days: int) -> float:
        """The mean of the distinct accounts of each of so many UTC days."""
        last = self._last_day
        return sum(len(who) for day, who in self._days() if last - timedelta(days=days) < day <= last) / days

    def browsers(self, *, days_later: int = 0) -> Ints:
        """Browsers whose first summary, or the moment so many days after it, lies in the window."""
        first = self._ledger.visitors.first_summary_us
        later = timedelta(days=days_later)
        return np.flatnonzero((first >= micros_of(self.start - later)) & (first < micros_of(self.end - later)))

    def signed_up(self) -> int:
        """Browsers whose person signed up in the window."""
        at = self._ledger.visitors.registered_us
        return int(((at >= micros_of(self.start)) & (at < micros_of(self.end))).sum())

    def signed_up_soon(self, browsers: Ints) -> int:
        """Those of these browsers whose person signed up within thirty days of the first summary, and by now."""
        visitors = self._ledger.visitors
        waited = visitors.registered_us[browsers] - visitors.first_summary_us[browsers]
        return int(((visitors.account[browsers] >= 0) & (waited < SIGN_UP_DAYS * 86_400_000_000)).sum())

    def critical_troubles(self) -> list[Trouble]:
        """P0 and P1 incidents that began in the window."""
        troubles = self._ledger.plan.troubles
        return [each for each in troubles if each.severity in {"P0", "P1"} and self.start <= each.started_at < self.end]

    @property
    def _last_day(self) -> date:
        return (self.end - timedelta(microseconds=1)).date()

    def _days(self) -> list[tuple[date, Ints]]:
        return [(at.date(), who) for at, who in self._ledger.active]


def nearest_rank(values: Floats, q: float) -> float | None:
    if len(values) == 0:
        return None
    place = max(math.ceil(q * len(values)), 1) - 1
    return float(np.partition(values, place)[place])
