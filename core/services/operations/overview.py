"""The Overview: is it healthy, what happened, and the one thing to look at next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from core.db.queries.incidents import list_incidents
from core.domain.period import MINUTE, Period, floor_minute
from core.metrics import METRICS
from core.metrics.definition import Distinct, Metric, Recovery
from core.metrics.reading import Reading
from core.metrics.selections import CALLS, bad
from core.services.operations.cells import KnownSeries, Question, question_for, read_cells
from core.services.operations.figures import Sources, evaluate
from core.services.operations.happenings import read_freshness, read_happenings, read_marks
from core.services.operations.people import read_people
from core.services.operations.spending import read_spending
from core.services.operations.views import Freshness, Happening, Mark, OverviewView, VendorRow
from core.slos.advice import Advice, advise, worst
from core.slos.status import SloStatus

TILES: tuple[Metric, ...] = tuple(
    METRICS[slug]
    for slug in (
        "summaries",
        "summary-success-rate",
        "monthly-active",
        "conversion",
        "unsupported-share",
        "queue-oldest-age",
    )
)
_LINES = tuple(METRICS[slug] for slug in ("requests-per-minute", "errors-per-minute", "summary-p50", "summary-p95"))
# Distinct people are counted from other tables than the sums, and take as long: the two are read at the same time.
PEOPLE: tuple[Metric, ...] = tuple(metric for metric in TILES if isinstance(metric.query, Distinct))
FIGURES: tuple[Metric, ...] = (*_LINES, *(metric for metric in TILES if metric not in PEOPLE))
_VENDOR_WINDOW = timedelta(hours=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """All of the Overview but its figures: the two are read at the same time."""

    slos: tuple[SloStatus, ...]
    advice: Advice
    vendors: tuple[VendorRow, ...]
    happenings: tuple[Happening, ...]
    marks: tuple[Mark, ...]
    freshness: Freshness


async def read_beside(
    session: AsyncSession,
    period: Period,
    statuses: Sequence[SloStatus],
    series: KnownSeries,
    now: datetime,
) -> Beside:
    return Beside(
        slos=tuple(statuses),
        advice=await read_advice(session, statuses, period, series, now),
        vendors=await read_vendors(session, series, now),
        happenings=await read_happenings(session, period.start, period.end),
        marks=await read_marks(session, period.start, period.end, now),
        freshness=await read_freshness(session, now),
    )


def overview_of(period: Period, readings: Sequence[Reading], beside: Beside) -> OverviewView:
    """`readings` are those of `PEOPLE` and `FIGURES`."""
    by_slug = {reading.metric.slug: reading for reading in readings}
    requests, errors, p50, p95 = (by_slug[metric.slug] for metric in _LINES)
    return OverviewView(
        period=period,
        edges=period.edges(),
        advice=beside.advice,
        slos=beside.slos,
        requests=requests.points,
        errors=errors.points,
        summary_p50=p50.points,
        summary_p95=p95.points,
        tiles=tuple(by_slug[metric.slug] for metric in TILES),
        vendors=beside.vendors,
        happenings=beside.happenings,
        marks=beside.marks,
        freshness=beside.freshness,
    )


async def read_metrics(
    session: AsyncSession, metrics: Sequence[Metric], period: Period, series: KnownSeries, now: datetime
) -> list[Reading]:
    """Each metric over the period, over the one before, and by the period's bins; one reading of the sums for all."""
    edges = (period.before.start, *period.edges())
    cells = await read_cells(session, question_for(metrics), edges, series=series, first=1)
    await cells.decode(metrics)
    people = [each.query.people for each in metrics if isinstance(each.query, Distinct)]
    needs_incidents = any(isinstance(each.query, Recovery) for each in metrics)
    sources = Sources(
        now=now,
        cells=cells,
        people=await read_people(session, edges, people, first=1) if people else None,
        incidents=await list_incidents(session, edges[0], edges[-1]) if needs_incidents else (),
    )
    return [evaluate(metric, sources) for metric in metrics]


async def read_advice(
    session: AsyncSession,
    statuses: Sequence[SloStatus],
    period: Period,
    series: KnownSeries,
    now: datetime,
) -> Advice:
    """The one sentence, with what spent the worst objective's budget in the range."""
    pressing = worst(statuses)
    finding = None
    if pressing is not None and pressing.slo.incidents is None:
        finding = (await read_spending(session, pressing.slo, period, series)).finding
    return advise(statuses, finding, now=now, zone=period.zone)


async def read_vendors(session: AsyncSession, series: KnownSeries, now: datetime) -> tuple[VendorRow, ...]:
    """Outbound calls of the last hour, those that failed most first."""
    end = floor_minute(now) + MINUTE
    failed = bad(CALLS)
    question = Question(counts=failed, histograms=CALLS, by_name=tuple(dict.fromkeys(each.kind for each in CALLS)))
    cells = await read_cells(session, question, (end - _VENDOR_WINDOW, end), series=series)
    rows = []
    for kind, name in cells.names(CALLS):
        calls = sum(cells.counts(CALLS, kind=kind, name=name))
        errors = sum(cells.counts(failed, kind=kind, name=name))
        p95 = cells.quantile(CALLS, 0.95, kind=kind, name=name)
        rows.append(VendorRow(vendor=name, calls=calls, error_ratio=errors / calls if calls else None, p95=p95))
    return tuple(sorted(rows, key=lambda row: (-(row.error_ratio or 0.0), -row.calls, row.vendor)))
