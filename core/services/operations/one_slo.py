"""One objective in depth: how its budget went down over the window, and what spent it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import accumulate, pairwise

from sqlalchemy.ext.asyncio import AsyncSession

from core.db.queries.incidents import Incident, list_incidents
from core.db.queries.installation import read_corrections
from core.db.queries.requests import count_people
from core.domain.period import MINUTE, Period, floor_minute
from core.services.operations.cells import KnownSeries, Question, read_cells
from core.services.operations.happenings import read_freshness, read_marks
from core.services.operations.objectives import buckets_of, is_late
from core.services.operations.spending import Spending, read_spending, series_of_causes
from core.services.operations.views import Line, SloView
from core.slos.advice import Finding
from core.slos.attribution import spenders
from core.slos.budget import Bucket, Counts, left_out
from core.slos.definition import Slo
from core.slos.status import SloStatus

# Distinct people are counted among single events: for longer than this there are too many.
_PEOPLE_WITHIN = timedelta(days=7)


async def read_slo(
    session: AsyncSession, period: Period, status: SloStatus, series: KnownSeries, now: datetime
) -> SloView:
    slo = status.slo
    buckets = await _buckets(session, slo, period, series, now)
    people = None
    if slo.incidents is not None:
        spending = _of_incidents(slo, await list_incidents(session, period.start, period.end), now)
    else:
        spending = await read_spending(session, slo, period, series)
        if period.length <= _PEOPLE_WITHIN:
            people = await count_people(session, series_of_causes(slo, series), period.start, period.end)
    return SloView(
        period=period,
        status=status,
        budget_edges=(buckets[0].start, *(each.end for each in buckets)),
        budget_left=burn_down(slo, buckets, stuck=status.stuck if slo.incidents is None else 0),
        spenders=tuple(spending.finding.spenders),
        bad_in_period=spending.bad,
        people=people,
        onset=spending.finding.onset,
        marks=await read_marks(session, min(period.start, buckets[0].start), period.end, now),
        freshness=await read_freshness(session, now),
    )


def burn_down(slo: Slo, buckets: Sequence[Bucket], *, stuck: int) -> Line:
    """What was left of the window's budget at each bucket's end; the last one is what is left now."""
    valid = sum(each.counts.valid for each in buckets) + stuck
    if not valid:
        return (None,) * len(buckets)
    spent = list(accumulate(each.counts.bad for each in buckets))
    spent[-1] += stuck
    return tuple(float(1 - bad / (slo.exact_allowed * valid)) for bad in spent)


async def _buckets(session: AsyncSession, slo: Slo, period: Period, series: KnownSeries, now: datetime) -> list[Bucket]:
    """The objective's window up to now in bins on the period's clock, with a cut wherever something is left out."""
    end = floor_minute(now) + MINUTE
    window = Period(start=end - slo.window, end=end, zone=period.zone)
    if slo.incidents is not None:
        return _incident_buckets(slo, await list_incidents(session, window.start, end), window.edges(), now)
    corrections = [each for each in await read_corrections(session) if each.slo in {None, slo.slug}]
    cuts = {edge for each in corrections for edge in (each.start, each.end) if window.start < edge < end}
    edges = sorted({*window.edges(), *cuts})
    cells = await read_cells(session, Question(counts=(*slo.valid, *slo.bad)), edges, series=series)
    return left_out(buckets_of(slo, cells), corrections)


def _incident_buckets(
    slo: Slo, incidents: Sequence[Incident], edges: Sequence[datetime], now: datetime
) -> list[Bucket]:
    judged = [
        (each.started_at, late)
        for each in incidents
        if slo.incidents and each.severity in slo.incidents.severities
        if (late := is_late(each, slo.incidents, now)) is not None
    ]
    return [
        Bucket(
            start=start,
            end=end,
            counts=Counts(
                bad=sum(late for at, late in judged if start <= at < end),
                valid=sum(start <= at < end for at, _ in judged),
            ),
        )
        for start, end in pairwise(edges)
    ]


def _of_incidents(slo: Slo, incidents: Sequence[Incident], now: datetime) -> Spending:
    """Each incident that took too long is a cause of its own."""
    rule = slo.incidents
    late = [each for each in incidents if rule and each.severity in rule.severities and is_late(each, rule, now)]
    causes = {f"incident:{each.name}": 1 for each in late}
    labels = {f"incident:{each.name}": f"{each.name} {each.title}" for each in late}
    return Spending(finding=Finding(spenders=spenders(causes, labels, len(late)), onset=None), bad=len(late))
