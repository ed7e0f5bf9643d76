"""Makes a metric from what is its own: unit and rule of aggregation follow from the query."""

from __future__ import annotations

from core.domain.telemetry import KINDS, Unit
from core.metrics.definition import (
    Area,
    Count,
    Direction,
    Distinct,
    Mean,
    Metric,
    People,
    Quantile,
    Query,
    Rate,
    Recovery,
    Share,
    Statistic,
)

_PER = {60: Unit.PER_MINUTE, 3600: Unit.PER_HOUR}
_PEOPLE_RATIOS = (People.STICKINESS, People.CONVERSION)


def make(
    area: Area,
    slug: str,
    title: str,
    formula: str,
    source: str,
    query: Query,
    *,
    direction: Direction = Direction.DOWN,
    target: float | None = None,
    critical: float | None = None,
) -> Metric:
    """The fields as `Metric` has them. KeyError for a rate by anything but the minute or the hour."""
    return Metric(
        slug=slug,
        title=title,
        unit=_unit(query),
        direction=direction,
        area=area,
        formula=formula,
        source=source,
        query=query,
        aggregate=_aggregate(query),
        target=target,
        critical=critical,
    )


def _unit(query: Query) -> Unit:
    match query:
        case Share():
            return Unit.RATIO
        case Count():
            return Unit.COUNT
        case Rate(per_s=per_s):
            return _PER[per_s]
        case Quantile(of=of) | Mean(of=of):
            return KINDS[of[0].kind].unit
        case Distinct(people=people):
            return Unit.RATIO if people in _PEOPLE_RATIOS else Unit.PEOPLE
        case Recovery(statistic=statistic):
            return Unit.COUNT if statistic is Statistic.COUNT else Unit.SECONDS


def _aggregate(query: Query) -> str:
    match query:
        case Count():
            return "added up"
        case Share() | Rate():
            return "recomputed from counts"
        case Mean():
            return "recomputed from sums and counts"
        case Quantile():
            return "recomputed from merged histograms, never averaged"
        case Distinct():
            return "counted anew from active days and browsers' firsts: distinct people are never added up"
        case Recovery():
            return "recomputed from the incidents"
