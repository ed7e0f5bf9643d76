"""Distinct people, whom no sum holds: counted from each account's active days and each browser's firsts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.database import driver_connection

# How long after its first summary a browser's sign-up still counts for its cohort.
SIGN_UP_WITHIN = timedelta(days=30)
# Their windows are counted by the caller: to sort them here takes three times as long as to send them.
_ACTIVE = b"""
    SELECT day, string_agg(uuid_send(user_id), ''::bytea) FROM active_days
     WHERE day >= %(first)s AND day <= %(last)s GROUP BY day ORDER BY day
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Cohort:
    """Browsers that made their first summary on this UTC day; of them, signed up within 30 days of it."""

    day: date
    visitors: int
    registered: int


async def read_active_people(session: AsyncSession, first: date, last: date) -> list[tuple[date, bytes]]:
    """Each UTC day of [first, last] on which somebody was active, in order, and the 16-byte ids of all who were."""
    connection = await driver_connection(session)
    cursor = await connection.execute(_ACTIVE, {"first": first, "last": last}, binary=True)
    return list(await cursor.fetchall())


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
