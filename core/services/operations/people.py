"""Figures about distinct people over a period, by bin."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from core.db.queries.people import (
    SIGN_UP_WITHIN,
    count_cohorts_by_bin,
    count_registered_by_bin,
    read_active_people,
)
from core.metrics.active_days import MONTH_DAYS, ActiveDay, count_active
from core.metrics.definition import People

_INSTANT = timedelta(microseconds=1)
_DAY = timedelta(days=1)
_OF_ACTIVE_DAYS = frozenset((People.DAILY, People.WEEKLY, People.MONTHLY, People.STICKINESS))


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


async def read_people(
    session: AsyncSession, edges: Sequence[datetime], wanted: Collection[People], *, first: int
) -> PeopleFigures:
    """What the wanted figures are worked out from; nothing is read for others."""
    active: list[ActiveDay] = []
    if _OF_ACTIVE_DAYS.intersection(wanted):
        # The windows of the earliest day shown begin before it.
        earliest = (last_day(edges[first]) if first else last_day(edges[1])) - (MONTH_DAYS - 1) * _DAY
        latest = last_day(edges[-1])
        people = await read_active_people(session, earliest, latest)
        active = await asyncio.to_thread(count_active, people, earliest, latest)
    cohorts = await count_cohorts_by_bin(session, edges) if People.FIRST_SUMMARY in wanted else {}
    matured = [edge - SIGN_UP_WITHIN for edge in edges]
    return PeopleFigures(
        edges=edges,
        first=first,
        active={each.day: each for each in active},
        first_summaries={place: visitors for place, (visitors, _) in cohorts.items()},
        registered=await count_registered_by_bin(session, edges) if People.REGISTERED in wanted else {},
        grown_up=await count_cohorts_by_bin(session, matured) if People.CONVERSION in wanted else {},
    )


def last_day(end: datetime) -> date:
    """The UTC day that is running just before `end`."""
    return (end - _INSTANT).astimezone(UTC).date()
