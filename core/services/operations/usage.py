"""The Usage panel: summaries, how they are made, who comes back, and who signs up."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from core.db.queries.people import SIGN_UP_WITHIN, Cohort, read_cohorts
from core.domain.period import Period
from core.domain.telemetry import Kind, Outcome
from core.metrics import METRICS
from core.metrics.definition import Distinct, Metric, Selection
from core.metrics.selections import SUMMARIES
from core.services.operations.cells import Cells, KnownSeries, Of, Question, question_for, read_cells
from core.services.operations.figures import Sources, evaluate
from core.services.operations.happenings import read_freshness, read_marks
from core.services.operations.people import last_day, read_people
from core.services.operations.views import FunnelView, NamedCount, UsageView

TILES: tuple[Metric, ...] = tuple(
    METRICS[slug]
    for slug in (
        "summaries",
        "summary-success-rate",
        "daily-active",
        "weekly-active",
        "monthly-active",
        "stickiness",
        "conversion",
        "cached-share",
        "anonymous-share",
        "coverage",
        "unsupported-share",
    )
)
_LINES = tuple(
    METRICS[slug] for slug in ("summaries-per-hour", "summary-success-rate", "coverage", "unsupported-share")
)
_PEOPLE = tuple(metric.query.people for metric in TILES if isinstance(metric.query, Distinct))
_ENGINES: Of = (Selection(kind=Kind.ENGINE),)
_RUNGS: Of = (Selection(kind=Kind.RUNG),)
_GOOD_RUNGS: Of = (Selection(kind=Kind.RUNG, outcomes=(Outcome.OK,)),)
_LANGUAGES: Of = (Selection(kind=Kind.LANGUAGE),)
_NAMED = (Kind.ENGINE, Kind.RUNG, Kind.LANGUAGE, Kind.SUMMARY)


async def read_usage(session: AsyncSession, period: Period, series: KnownSeries, now: datetime) -> UsageView:
    edges = (period.before.start, *period.edges())
    metrics = tuple(dict.fromkeys((*_LINES, *TILES)))
    named = (*_ENGINES, *_RUNGS, *_GOOD_RUNGS, *_LANGUAGES, *SUMMARIES)
    question = question_for(metrics) + Question(counts=named, by_name=_NAMED)
    cells = await read_cells(session, question, edges, series=series, first=1)
    people = await read_people(session, edges, _PEOPLE, first=1)
    sources = Sources(now=now, cells=cells, people=people)
    summaries, succeeded, coverage, unsupported = (evaluate(metric, sources).points for metric in _LINES)
    days = sorted(day for day in people.active if _first_day(period) <= day <= last_day(period.end))
    return UsageView(
        period=period,
        edges=period.edges(),
        tiles=tuple(evaluate(metric, sources) for metric in TILES),
        summaries=summaries,
        succeeded=succeeded,
        engines=_shares(cells, _ENGINES),
        rungs=_rungs(cells),
        languages=_shares(cells, _LANGUAGES),
        lengths=_shares(cells, SUMMARIES),
        coverage=coverage,
        unsupported=unsupported,
        active_days=tuple((_midnight(day), people.active[day].daily) for day in days),
        funnel=_funnel(await read_cohorts(session, period.start, period.end), now),
        marks=await read_marks(session, period.start, period.end, now),
        freshness=await read_freshness(session, now),
    )


def _shares(cells: Cells, of: Of) -> tuple[NamedCount, ...]:
    """Each name's events of the period and its share of them all, the most first."""
    counts = _counts(cells, of)
    total = sum(counts.values())
    found = [NamedCount(name=name, count=count, ratio=count / total) for name, count in counts.items()]
    return tuple(sorted(found, key=lambda each: (-each.count, each.name)))


def _rungs(cells: Cells) -> tuple[NamedCount, ...]:
    """Each rung's tries of the period and the share of them that gave captions, the most tried first."""
    good = _counts(cells, _GOOD_RUNGS)
    found = [
        NamedCount(name=name, count=count, ratio=good.get(name, 0) / count)
        for name, count in _counts(cells, _RUNGS).items()
    ]
    return tuple(sorted(found, key=lambda each: (-each.count, each.name)))


def _counts(cells: Cells, of: Of) -> dict[str, int]:
    counts = {
        name: sum(cells.counts(of, kind=kind, name=name)[cells.first :]) for kind, name in cells.names(of)
    }  # fmt: skip
    return {name: count for name, count in counts.items() if count}


def _funnel(cohorts: Sequence[Cohort], now: datetime) -> FunnelView:
    mature_until = now - SIGN_UP_WITHIN
    # A cohort is a whole day: it has had its 30 days when the last of its browsers has.
    mature = [each for each in cohorts if _midnight(each.day) + timedelta(days=1) <= mature_until]
    visitors, registered = _sums(cohorts)
    mature_visitors, mature_registered = _sums(mature)
    return FunnelView(
        visitors=visitors,
        registered=registered,
        ratio=registered / visitors if visitors else None,
        mature_visitors=mature_visitors,
        mature_registered=mature_registered,
        mature_ratio=mature_registered / mature_visitors if mature_visitors else None,
        days=tuple((_midnight(each.day), each.visitors, each.registered) for each in cohorts),
        mature_until=mature_until,
    )


def _sums(cohorts: Sequence[Cohort]) -> tuple[int, int]:
    return sum(each.visitors for each in cohorts), sum(each.registered for each in cohorts)


def _first_day(period: Period) -> date:
    return period.start.astimezone(UTC).date()


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), tzinfo=UTC)
