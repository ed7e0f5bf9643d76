"""Metrics over a period: each evaluated from cells, from distinct people or from incidents."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from statistics import fmean

from core.db.queries.incidents import Incident
from core.metrics.definition import (
    Count,
    Distinct,
    Mean,
    Metric,
    People,
    Quantile,
    Rate,
    Recovery,
    Share,
    Statistic,
    scale_of,
)
from core.metrics.reading import Reading
from core.services.operations.cells import Cells
from core.services.operations.people import PeopleFigures, last_day

CRITICAL_SEVERITIES = ("P0", "P1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What a panel has read. `incidents`: of the period and the one before; `now` cuts the bin that still fills."""

    now: datetime
    cells: Cells
    people: PeopleFigures | None = None
    incidents: Sequence[Incident] = ()


def evaluate(metric: Metric, sources: Sources) -> Reading:
    """The metric over the period, over the one before, and by bin."""
    cells = sources.cells
    match metric.query:
        case Count(of=of):
            return _counted(metric, cells, cells.counts(of))
        case Rate(of=of, per_s=per_s):
            return _rate(metric, cells, cells.counts(of), per_s, sources.now)
        case Share(part=part, whole=whole):
            return _ratio(metric, cells, cells.counts(part), cells.counts(whole), 1.0)
        case Mean(of=of) as query:
            return _ratio(metric, cells, cells.totals(of), cells.counts(of), scale_of(query))
        case Quantile() as query:
            return _quantile(metric, cells, query)
        case Distinct(people=people):
            return _distinct(metric, sources, people)
        case Recovery() as query:
            return _recovery(metric, sources, query)


def _counted(metric: Metric, cells: Cells, values: Sequence[float]) -> Reading:
    return Reading(
        metric=metric,
        value=sum(values[cells.first :]),
        before=sum(values[: cells.first]) if cells.first else None,
        points=tuple(values[cells.first :]),
    )


def _rate(metric: Metric, cells: Cells, counts: Sequence[int], per_s: int, now: datetime) -> Reading:
    lengths = [_elapsed_s(start, end, now) for start, end in pairwise(cells.edges)]
    rates = tuple(per_s * count / length if length else None for count, length in zip(counts, lengths, strict=True))
    is_open = [min(end, now) - start < (end - start) / 2 for start, end in pairwise(cells.edges)]
    return Reading(
        metric=metric,
        value=_quotient(per_s * sum(counts[cells.first :]), sum(lengths[cells.first :])),
        before=_quotient(per_s * sum(counts[: cells.first]), sum(lengths[: cells.first])),
        # The bin that has hardly begun says nothing about a rate.
        points=tuple(None if hidden else rate for rate, hidden in zip(rates, is_open, strict=True))[cells.first :],
    )


def _ratio(metric: Metric, cells: Cells, parts: Sequence[float], wholes: Sequence[int], scale: float) -> Reading:
    first = cells.first
    return Reading(
        metric=metric,
        value=_quotient(scale * sum(parts[first:]), sum(wholes[first:])),
        before=_quotient(scale * sum(parts[:first]), sum(wholes[:first])),
        points=tuple(_quotient(scale * part, whole) for part, whole in zip(parts[first:], wholes[first:], strict=True)),
    )


def _quantile(metric: Metric, cells: Cells, query: Quantile) -> Reading:
    scale = scale_of(query)
    return Reading(
        metric=metric,
        value=_scaled(cells.quantile(query.of, query.q), scale),
        before=_scaled(cells.quantile(query.of, query.q, is_before=True), scale),
        points=tuple(_scaled(value, scale) for value in cells.quantiles(query.of, query.q)[cells.first :]),
    )


def _distinct(metric: Metric, sources: Sources, people: People) -> Reading:
    figures = sources.people
    if figures is None:
        raise ValueError(f"{metric.slug}: people were not read")
    value, before, points = figures.value(people), figures.before(people), figures.points(people)
    if people is not People.DAILY:
        return Reading(metric=metric, value=value, before=before, points=points)
    # Part of a day beside whole ones would read as a fall, every morning.
    today = sources.now.astimezone(UTC).date()
    is_over = [last_day(end) < today for end in figures.edges[figures.first + 1 :]]
    return Reading(
        metric=metric,
        value=value,
        before=before if is_over[-1] else None,
        points=tuple(point if over else None for point, over in zip(points, is_over, strict=True)),
    )


def _recovery(metric: Metric, sources: Sources, query: Recovery) -> Reading:
    edges, first = sources.cells.edges, sources.cells.first
    return Reading(
        metric=metric,
        value=recovery_figure(query, sources.incidents, edges[first], edges[-1]),
        before=recovery_figure(query, sources.incidents, edges[0], edges[first]) if first else None,
    )


def recovery_figure(query: Recovery, incidents: Sequence[Incident], start: datetime, end: datetime) -> float | None:
    """The figure over the P0 and P1 incidents that began in [start, end); None where none has both times."""
    taken = sorted(
        (until - since).total_seconds()
        for each in incidents
        if each.severity in CRITICAL_SEVERITIES and start <= each.started_at < end
        if (since := each.at(query.since)) is not None and (until := each.at(query.until)) is not None
    )
    if query.statistic is Statistic.COUNT:
        return len(taken)
    if not taken:
        return None
    match query.statistic:
        case Statistic.MEAN:
            return fmean(taken)
        case Statistic.MEDIAN:
            return nearest_rank(taken, 0.5)
        case Statistic.P90:
            return nearest_rank(taken, 0.9)


def nearest_rank(ordered: Sequence[float], q: float) -> float:
    """The smallest of the values with at least ⌈q·n⌉ values at or under it."""
    return ordered[max(math.ceil(q * len(ordered)), 1) - 1]


def _elapsed_s(start: datetime, end: datetime, now: datetime) -> float:
    """Of [start, end) so many seconds are over."""
    return max((min(end, now) - start).total_seconds(), 0.0)


def _quotient(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _scaled(value: float | None, scale: float) -> float | None:
    return None if value is None else value * scale
