"""From a figure to the requests behind it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from core.db.queries.requests import list_kept
from core.db.queries.rollups import read_sums
from core.domain.period import HOUR, Period
from core.domain.telemetry import Series
from core.metrics.selections import BAD
from core.services.operations.cells import KnownSeries
from core.services.operations.spending import cause_of, read_spending, series_of_causes
from core.services.operations.story import row_of
from core.services.operations.views import RequestRow
from core.slos.definition import Slo
from core.telemetry.buckets import merge

# So much is read whole; of more, only the hours that hold the worst.
_READ_WHOLE = timedelta(days=2)
_SPARE = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Drill:
    """Which requests: the bad ones of an objective, perhaps of one cause ("" for everything else), or those of a route.

    Without either all of the period.
    """

    slo: Slo | None = None
    cause: str | None = None
    kind: str | None = None
    name: str | None = None
    limit: int = 50

    @property
    def key(self) -> tuple[object, ...]:
        return (self.slo.slug if self.slo else None, self.cause, self.kind, self.name, self.limit)


async def read_requests(
    session: AsyncSession, period: Period, drill: Drill, series: KnownSeries
) -> tuple[RequestRow, ...]:
    """Kept events, worst first: what went wrong before what was slow. Each is a way into its story."""
    if drill.slo is None:
        wanted = _of_route(drill, series)
    elif drill.slo.incidents is None:
        wanted = await _of_slo(session, period, drill.slo, drill.cause, series)
    else:
        return ()
    if not wanted:
        return ()
    worst = {number for number, each in wanted.items() if each.outcome in BAD}
    ranges = [(period.start, period.end)]
    if period.length > _READ_WHOLE:
        ranges = await _hours_of_worst(session, period, wanted, worst, drill.limit)
    events = await list_kept(session, wanted, ranges, limit=drill.limit, worst=worst) if ranges else []
    return tuple(row_of(event, series) for event in events)


async def _hours_of_worst(
    session: AsyncSession, period: Period, wanted: Collection[int], worst: Collection[int], limit: int
) -> list[tuple[datetime, datetime]]:
    """The hours in which the worst events lie: their sums tell, so weeks of single events need not be read.

    More than are shown are looked for, since not every event of the sums was kept.
    """
    edges = _hours(period)
    groups = {number: 0 if number in worst else 1 for number in wanted}
    rows = await read_sums(session, edges, groups, with_histogram=(0, 1))
    ranked = sorted(
        ((row.group, -bucket, row.bin, count) for row in rows for bucket, count in merge(row.histogram or b"").items())
    )
    found: set[int] = set()
    missing = _SPARE * limit
    for _, _, place, count in ranked:
        if missing <= 0:
            break
        found.add(place)
        missing -= count
    return [(edges[place], edges[place + 1]) for place in sorted(found)]


def _hours(period: Period) -> list[datetime]:
    """Edges at each whole hour of the period, and at its own ends."""
    first = period.start.replace(minute=0) + HOUR
    inner = [first + number * HOUR for number in range((period.end - first) // HOUR + 1)]
    return [period.start, *(each for each in inner if period.start < each < period.end), period.end]


def _of_route(drill: Drill, series: Mapping[int, Series]) -> dict[int, Series]:
    return {
        number: each
        for number, each in series.items()
        if drill.kind in {None, each.kind} and drill.name in {None, each.name}
    }


async def _of_slo(
    session: AsyncSession, period: Period, slo: Slo, cause: str | None, series: KnownSeries
) -> dict[int, Series]:
    found = series_of_causes(slo, series)
    if cause is None:
        return found
    if cause:
        return {number: each for number, each in found.items() if cause_of(each.kind, each.name) == cause}
    spending = await read_spending(session, slo, period, series)
    shown = {each.cause for each in spending.finding.spenders}
    return {number: each for number, each in found.items() if cause_of(each.kind, each.name) not in shown}
