"""Operators' figures as JSON: views become plain objects, definitions only what a reader of figures needs of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import TypeAlias
from uuid import UUID

from typing_extensions import TypedDict

from core.metrics.definition import Metric
from core.metrics.reading import Reading
from core.slos.definition import Slo
from core.slos.status import SloStatus

Json: TypeAlias = "dict[str, Json] | list[Json] | str | int | float | bool | None"


class MetricDocument(TypedDict):
    """A definition. `formula` says in one line what is computed, `source` who asks for it."""

    slug: str
    title: str
    unit: str
    direction: str
    area: str
    formula: str
    source: str
    aggregate: str
    target: float | None
    critical: float | None


class PointDocument(TypedDict):
    """One bin: [start, end)."""

    start: str
    end: str
    value: float | None


class ReadingDocument(TypedDict):
    """A metric over a range; null where nothing was counted. `change` is relative: 0.06 is six per cent more."""

    metric: MetricDocument
    start: str
    end: str
    value: float | None
    before: float | None
    change: float | None
    points: list[PointDocument]


class SloDocument(TypedDict):
    """An objective now. Ratios are 0…1; `budget_left` falls below 0 when overdrawn."""

    slug: str
    title: str
    objective: float
    window_s: float
    critical: str
    source: str
    health: str
    valid: int
    bad: int
    stuck: int
    sli: float | None
    budget_left: float | None
    minutes_left: float | None
    exhausts_at: str | None
    p95_ms: float | None
    median_s: float | None
    burns: list[dict[str, str | float | bool | None]]
    uncorrected: dict[str, float | int | None] | None
    corrections: list[str]


def metric_document(metric: Metric) -> MetricDocument:
    return MetricDocument(
        slug=metric.slug,
        title=metric.title,
        unit=metric.unit.value,
        direction=metric.direction.value,
        area=metric.area.value,
        formula=metric.formula,
        source=metric.source,
        aggregate=metric.aggregate,
        target=metric.target,
        critical=metric.critical,
    )


def reading_document(reading: Reading, edges: tuple[datetime, ...], *, with_points: bool) -> ReadingDocument:
    bins = zip(edges, edges[1:], reading.points, strict=False) if with_points else ()
    return ReadingDocument(
        metric=metric_document(reading.metric),
        start=edges[0].isoformat(),
        end=edges[-1].isoformat(),
        value=reading.value,
        before=reading.before,
        change=reading.change,
        points=[PointDocument(start=a.isoformat(), end=b.isoformat(), value=value) for a, b, value in bins],
    )


def slo_document(status: SloStatus) -> SloDocument:
    slo = status.slo
    kept = status.uncorrected
    return SloDocument(
        slug=slo.slug,
        title=slo.title,
        objective=slo.objective,
        window_s=slo.window.total_seconds(),
        critical=slo.critical,
        source=slo.source,
        health=status.health.value,
        valid=status.valid,
        bad=status.bad,
        stuck=status.stuck,
        sli=status.sli,
        budget_left=status.budget_left,
        minutes_left=status.minutes_left,
        exhausts_at=status.exhausts_at.isoformat() if status.exhausts_at else None,
        p95_ms=status.p95,
        median_s=status.median_s,
        burns=[
            {
                "severity": burn.rule.severity,
                "long_s": burn.rule.long.total_seconds(),
                "short_s": burn.rule.short.total_seconds(),
                "factor": burn.rule.factor,
                "long_rate": burn.long_rate,
                "short_rate": burn.short_rate,
                "state": burn.state.value,
                "is_held": burn.is_held,
            }
            for burn in status.burns
        ],
        uncorrected=None
        if kept is None
        else {"valid": kept.valid, "bad": kept.bad, "sli": kept.sli, "budget_left": kept.budget_left},
        corrections=list(status.corrections),
    )


def to_json(value: object) -> Json:
    """A view as JSON: times in ISO 8601, lengths in seconds, names of fields as they are in the views."""
    match value:
        case Metric():
            return to_json(metric_document(value))
        case Slo():
            return {"slug": value.slug, "title": value.title, "objective": value.objective}
        case SloStatus():
            return to_json(slo_document(value))
        case Mapping():
            return {str(key): to_json(each) for key, each in value.items()}
        case list() | tuple():
            return [to_json(each) for each in value]
    if is_dataclass(value):
        return {field.name: to_json(getattr(value, field.name)) for field in fields(value)}
    return _scalar(value)


def _scalar(value: object) -> Json:
    match value:
        case Enum():
            return str(value.value)
        case datetime() | date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case UUID():
            return value.hex
        case None | bool() | int() | float() | str():
            return value
    raise TypeError(f"{type(value).__name__} is not meant to be sent")
