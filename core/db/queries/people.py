"""Distinct people, whom no sum holds: counted from each account's active days and each browser's firsts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import accumulate

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# How long after its first summary a browser's sign-up still counts for its cohort.
SIGN_UP_WITHIN = timedelta(days=30)
MONTH_DAYS = 30
WEEK_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class ActiveDay:
    """Distinct accounts active on this UTC day, and in the 7 and 30 days that end with it."""

    day: date
    daily: int
    weekly: int
    monthly: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """Browsers that made their first summary on this UTC day; of them, signed up within 30 days of it."""

    day: date
    visitors: int
    registered: int


# A person counts for a window that ends on day d if some active day lies in it: each active day carries on for the
# window's length, or until the person's next one takes over. So one pass in order gives every window at once.
_ACTIVE = text(
    """
    SELECT day, least(coalesce(next - day, :month), :month) AS lasts, count(*) AS people FROM (
        SELECT day, lead(day) OVER (PARTITION BY user_id ORDER BY day) AS next
          FROM active_days WHERE day > cast(:first AS date) - :month AND day <= :last
    ) days GROUP BY 1, 2
    """
)


async def read_active_days(session: AsyncSession, first: date, last: date) -> list[ActiveDay]:
    """One entry for each UTC day of [first, last], and for the 29 before it; the windows of those are not whole."""
    found = await session.execute(_ACTIVE, {"first": first, "last": last, "month": MONTH_DAYS})
    begins = first - timedelta(days=MONTH_DAYS - 1)
    length = (last - begins).days + 1
    daily = [0] * length
    changes = {WEEK_DAYS: [0] * (length + MONTH_DAYS + 1), MONTH_DAYS: [0] * (length + MONTH_DAYS + 1)}
    for row in found:
        place = (row.day - begins).days
        daily[place] += row.people
        for window, steps in changes.items():
            steps[place] += row.people
            steps[place + min(row.lasts, window)] -= row.people
    weekly, monthly = (accumulate(changes[window]) for window in (WEEK_DAYS, MONTH_DAYS))
    return [
        ActiveDay(day=begins + timedelta(days=place), daily=a, weekly=b, monthly=c)
        for place, (a, b, c) in enumerate(zip(daily, weekly, monthly, strict=False))
    ]


async def read_cohorts(session: AsyncSession, start: datetime, end: datetime) -> list[Cohort]:
    """The browsers whose first summary lies in [start, end), by UTC day; days without any are left out."""
    found = await session.execute(
        text(
            """
            SELECT (first_summary_at AT TIME ZONE 'UTC')::date AS day, count(*) AS visitors,
                   count(*) FILTER (WHERE registered_at < first_summary_at + :within) AS registered
              FROM visitors WHERE first_summary_at >= :start AND first_summary_at < :end GROUP BY 1 ORDER BY 1
            """
        ),
        {"start": start, "end": end, "within": SIGN_UP_WITHIN},
    )
    return [Cohort(day=row.day, visitors=row.visitors, registered=row.registered) for row in found]


async def count_cohorts_by_bin(session: AsyncSession, edges: Sequence[datetime]) -> dict[int, tuple[int, int]]:
    """Bin → browsers whose first summary lies in it, and how many of them signed up within 30 days of it."""
    found = await session.execute(
        text(
            """
            SELECT width_bucket(first_summary_at, cast(:edges AS timestamptz[])) - 1 AS bin, count(*) AS visitors,
                   count(*) FILTER (WHERE registered_at < first_summary_at + :within) AS registered
              FROM visitors WHERE first_summary_at >= :start AND first_summary_at < :end GROUP BY 1
            """
        ),
        {"edges": list(edges), "start": edges[0], "end": edges[-1], "within": SIGN_UP_WITHIN},
    )
    return {row.bin: (row.visitors, row.registered) for row in found}


async def count_registered_by_bin(session: AsyncSession, edges: Sequence[datetime]) -> dict[int, int]:
    """Bin → browsers whose person signed up in it, whenever they made their first summary."""
    found = await session.execute(
        text(
            """
            SELECT width_bucket(registered_at, cast(:edges AS timestamptz[])) - 1 AS bin, count(*) AS registered
              FROM visitors WHERE registered_at >= :start AND registered_at < :end GROUP BY 1
            """
        ),
        {"edges": list(edges), "start": edges[0], "end": edges[-1]},
    )
    return {row.bin: row.registered for row in found}
