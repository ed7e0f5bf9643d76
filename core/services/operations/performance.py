"""The Performance panel: how long things take and how often they fail, by route, by stage and by time of day."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.period import Period
from core.domain.run import Stage
from core.domain.telemetry import Kind
from core.errors import InvalidInput
from core.metrics import METRICS
from core.metrics.definition import Quantile, Selection
from core.metrics.performance import VITALS
from core.metrics.selections import (
    API_CALLS,
    DONE_SUMMARIES,
    PAGE_OPENS,
    PAGES,
    TIMED_API_CALLS,
    bad,
)
from core.services.operations.cells import Cells, KnownSeries, Of, Question, question_for, read_cells
from core.services.operations.figures import Sources, evaluate
from core.services.operations.happenings import read_freshness, read_marks
from core.services.operations.views import HeatMap, PercentileLines, PerformanceView, RouteRow
from core.services.operations.words import label_of
from core.slos.status import SloStatus
from core.telemetry.buckets import LARGEST_BUCKET, value_of

_LINES: tuple[tuple[str, str, Of], ...] = (
    ("page", "Page opens", PAGE_OPENS),
    ("api", "API answers", TIMED_API_CALLS),
    ("summary", "Summaries, from asking to done", DONE_SUMMARIES),
)
_STAGES = (Stage.QUEUED, Stage.FETCHING, Stage.READING, Stage.CHAPTERS, Stage.WRITING, Stage.CHECKING)
_HEAT: dict[str, tuple[str, Of]] = {
    Kind.PAGE_OPEN.value: ("Page opens", PAGE_OPENS),
    Kind.API_REQUEST.value: ("API answers", TIMED_API_CALLS),
    Kind.SUMMARY.value: ("Summaries", DONE_SUMMARIES),
}
# Rows of a heat map, in ms; the guide's targets and critical bounds are among them.
_PAGE_BANDS = (50, 100, 200, 500, 1_000, 2_000, 3_000, 5_000, 10_000, 30_000)
_SUMMARY_BANDS = (500, 1_000, 2_000, 5_000, 10_000, 20_000, 30_000, 45_000, 60_000, 120_000, 300_000)
# What a row of the table counts, and of that what failed.
_ROUTES: tuple[tuple[Kind, Of], ...] = (
    (Kind.PAGE_REQUEST, PAGES),
    (Kind.API_REQUEST, API_CALLS),
    (Kind.PAGE_OPEN, PAGE_OPENS),
)
_SHOWN_SLOS = {"page-2s", "page-5s", "api-200ms", "api-1s", "summary-30s", "summary-60s", "db-50ms", "start-500ms"}
_QUANTILES = (0.5, 0.95, 0.99)


async def read_performance(
    session: AsyncSession,
    period: Period,
    kind: str,
    statuses: Sequence[SloStatus],
    series: KnownSeries,
    now: datetime,
) -> PerformanceView:
    """`kind` is what the heat map shows: page_open, api_request or summary."""
    if kind not in _HEAT:
        raise InvalidInput(f"There is no heat map of that. Choose one of {', '.join(_HEAT)}.")
    title, heat_of = _HEAT[kind]
    edges = (period.before.start, *period.edges())
    stages = tuple((stage, _stage(stage)) for stage in _STAGES)
    timed = (*(of for _, _, of in _LINES), *(of for _, of in stages))
    question = question_for(VITALS) + Question(histograms=tuple(each for of in timed for each in of))
    cells = await read_cells(session, question, edges, series=series, first=1)
    await cells.decode_all({*timed, *(each.query.of for each in VITALS if isinstance(each.query, Quantile))})
    bands = _SUMMARY_BANDS if kind == Kind.SUMMARY else _PAGE_BANDS
    return PerformanceView(
        period=period,
        edges=period.edges(),
        lines=tuple(_lines(slug, name, of, cells) for slug, name, of in _LINES),
        stages=tuple(
            _lines(f"stage-{stage.value}", label_of(f"{Kind.STAGE}:{stage.value}"), of, cells) for stage, of in stages
        ),
        routes=await read_routes(session, period, series),
        vitals=tuple(evaluate(metric, Sources(now=now, cells=cells)) for metric in VITALS),
        heat=_heat(title, heat_of, bands, cells),
        slos=tuple(each for each in statuses if each.slo.slug in _SHOWN_SLOS),
        marks=await read_marks(session, period.start, period.end, now),
        freshness=await read_freshness(session, now),
    )


async def read_routes(session: AsyncSession, period: Period, series: KnownSeries) -> tuple[RouteRow, ...]:
    """Every route and page of the period, those that failed most first, then the slowest."""
    valid = tuple(each for _, of in _ROUTES for each in of)
    question = Question(counts=bad(valid), histograms=valid, by_name=tuple(kind for kind, _ in _ROUTES))
    edges = (period.before.start, period.start, period.end)
    cells = await read_cells(session, question, edges, series=series, first=1)
    rows = [row for kind, of in _ROUTES for name in _names(cells, of) if (row := _route(cells, kind, of, name))]
    return tuple(sorted(rows, key=lambda row: (-(row.error_ratio or 0.0), -(row.p95 or 0.0), row.name)))


def _names(cells: Cells, of: Of) -> list[str]:
    return [name for _, name in cells.names(of)]


def _route(cells: Cells, kind: Kind, of: Of, name: str) -> RouteRow | None:
    """None for a route that was there only in the period before."""
    count = cells.counts(of, kind=kind, name=name)[1]
    if not count:
        return None
    errors = cells.counts(bad(of), kind=kind, name=name)[1]
    p50, p95, p99 = (cells.quantile(of, q, kind=kind, name=name) for q in _QUANTILES)
    return RouteRow(
        kind=kind.value,
        name=name,
        count=count,
        errors=errors,
        error_ratio=errors / count,
        p50=p50,
        p95=p95,
        p99=p99,
        p95_before=cells.quantile(of, 0.95, is_before=True, kind=kind, name=name),
    )


def _lines(slug: str, title: str, of: Of, cells: Cells) -> PercentileLines:
    p50, p95, p99 = (tuple(cells.quantiles(of, q)[cells.first :]) for q in _QUANTILES)
    overall = tuple(cells.quantile(of, q) for q in _QUANTILES)
    before = tuple(cells.quantile(of, q, is_before=True) for q in _QUANTILES)
    metric = METRICS.get(f"{slug}-p95")
    return PercentileLines(
        title=title,
        slug=slug,
        p50=p50,
        p95=p95,
        p99=p99,
        overall=(overall[0], overall[1], overall[2]),
        before=(before[0], before[1], before[2]),
        count=sum(cells.counts(of)[cells.first :]),
        target_ms=metric.target if metric else None,
    )


def _heat(title: str, of: Of, bands: Sequence[int], cells: Cells) -> HeatMap:
    """The last band takes what is longer too."""
    import numpy as np

    places = np.array([bisect_left(bands, value_of(bucket)) for bucket in range(LARGEST_BUCKET + 1)])
    rows = cells.histograms(of)[cells.first :]
    last = len(bands) - 1
    counts = [rows[:, places == band if band < last else places >= last].sum(axis=1) for band in range(len(bands))]
    return HeatMap(
        title=title,
        bands=tuple(map(float, bands)),
        counts=tuple(tuple(int(count) for count in row) for row in counts),
    )


def _stage(stage: Stage) -> Of:
    return (Selection(kind=Kind.STAGE, names=(stage.value,)),)
