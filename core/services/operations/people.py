"""Figures about distinct people over a period, by bin."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from core.db.queries.people import (
    MONTH_DAYS,
    SIGN_UP_WITHIN,
    ActiveDay,
    count_cohorts_by_bin,
    count_registered_by_bin,
    read_active_days,
)
from core.metrics.definition import People

_INSTANT = timedelta(microseconds=1)
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleFigures:
    """Bins of `edges`, of which those before `first` belong to the period before.

    `first_summaries` and `registered` are counts by bin; `grown_up` by bin (visitors, registered) of the cohorts whose
    30 days ended in it.
    """

    edges: Sequence[datetime]
    first: int
    active: Mapping[date, ActiveDay]
    first_summaries: Mapping[int, int]
    registered: Mapping[int, int]
    grown_up: Mapping[int, tuple[int, int]]

    def value(self, people: People) -> float | None:
        return self._over(people, range(self.first, len(self.edges) - 1))

    def before(self, people: People) -> float | None:
        return self._over(people, range(self.first)) if self.first else None

    def points(self, people: People) -> tuple[float | None, ...]:
        return tuple(self._over(people, range(place, place + 1)) for place in range(self.first, len(self.edges) - 1))

    def _over(self, people: People, bins: range) -> float | None:
        """Over neighbouring bins: people who were active as of the end of the last one."""
        match people:
            case People.FIRST_SUMMARY:
                return sum(self.first_summaries.get(place, 0) for place in bins)
            case People.REGISTERED:
                return sum(self.registered.get(place, 0) for place in bins)
            case People.CONVERSION:
                cohorts = [self.grown_up.get(place, (0, 0)) for place in bins]
                visitors = sum(each for each, _ in cohorts)
                return sum(each for _, each in cohorts) / visitors if visitors else None
        return self._active(people, last_day(self.edges[bins.stop]))

    def _active(self, people: People, day: date) -> float | None:
        found = self.active.get(day)
        if found is None:
            return None
        match people:
            case People.DAILY:
                return found.daily
            case People.WEEKLY:
                return found.weekly
            case People.MONTHLY:
                return found.monthly
        days = [self.active[each].daily for back in range(MONTH_DAYS) if (each := day - back * _DAY) in self.active]
        return sum(days) / MONTH_DAYS / found.monthly if found.monthly else None


async def read_people(session: AsyncSession, edges: Sequence[datetime], *, first: int) -> PeopleFigures:
    """All figures about people that a panel may show."""
    earliest = last_day(edges[first]) if first else last_day(edges[1])
    days = await read_active_days(session, earliest, last_day(edges[-1]))
    cohorts = await count_cohorts_by_bin(session, edges)
    return PeopleFigures(
        edges=edges,
        first=first,
        active={each.day: each for each in days},
        first_summaries={place: visitors for place, (visitors, _) in cohorts.items()},
        registered=await count_registered_by_bin(session, edges),
        grown_up=await count_cohorts_by_bin(session, [edge - SIGN_UP_WITHIN for edge in edges]),
    )


def last_day(end: datetime) -> date:
    """The UTC day that is running just before `end`."""
    return (end - _INSTANT).astimezone(UTC).date()
