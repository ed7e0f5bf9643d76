"""Distinct people by day, by week and by month, from who was active on each day."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

MONTH_DAYS = 30
WEEK_DAYS = 7
_ID_BYTES = 16


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveDay:
    """Distinct people active on this UTC day, and in the 7 and 30 days that end with it."""

    day: date
    daily: int
    weekly: int
    monthly: int


def count_active(people: Sequence[tuple[date, bytes]], first: date, last: date) -> list[ActiveDay]:
    """One entry for each day of [first, last], those on which nobody was active too.

    `people`: days of [first, last] in order, each with the joined 16-byte ids of who was active on it, nobody twice.
    Windows reach back to `first` and no further: those of the first 29 days are not whole.
    """
    import numpy as np

    length = (last - first).days + 1
    # As two numbers an id sorts several times faster than as sixteen bytes.
    ids = np.frombuffer(b"".join(joined for _, joined in people), dtype=np.uint64).reshape(-1, 2)
    days = np.repeat(
        np.array([(day - first).days for day, _ in people], dtype=np.int64),
        [len(joined) // _ID_BYTES for _, joined in people],
    )
    order = np.lexsort((ids[:, 1], ids[:, 0]))
    ids, days = ids[order], days[order]
    # A person counts for a window that ends on day d if some active day lies in it: each active day carries on for the
    # window's length, or until the person's next one takes over. So one pass in order gives every window at once.
    lasts = np.full(len(days), MONTH_DAYS)
    is_followed = (ids[1:] == ids[:-1]).all(axis=1)
    lasts[:-1][is_followed] = np.diff(days)[is_followed]

    def active_within(window: int) -> list[int]:
        begins = np.bincount(days, minlength=length + window)
        ends = np.bincount(days + np.minimum(lasts, window), minlength=length + window)
        counts: list[int] = np.cumsum(begins - ends)[:length].tolist()
        return counts

    return [
        ActiveDay(day=first + timedelta(days=place), daily=daily, weekly=weekly, monthly=monthly)
        for place, (daily, weekly, monthly) in enumerate(
            zip(active_within(1), active_within(WEEK_DAYS), active_within(MONTH_DAYS), strict=True)
        )
    ]
