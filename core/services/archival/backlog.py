"""When the schedule comes to a policy, and whether it keeps up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

_DAY = timedelta(days=1)


def next_time(at: time, now: datetime) -> datetime:
    """The next moment after `now` at which the clock shows `at`, UTC."""
    today = datetime.combine(now.astimezone(UTC).date(), at, tzinfo=UTC)
    return today if today > now else today + _DAY


def cron_of(at: time) -> str:
    return f"{at.minute} {at.hour} * * *"


def growths(overdue: Sequence[int]) -> int:
    """How many times in a row, up to now, more was overdue than the time before."""
    count = 0
    for before, now in reversed(list(pairwise(overdue))):
        if now <= before:
            break
        count += 1
    return count
