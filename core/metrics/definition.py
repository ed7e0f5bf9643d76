"""What a metric is: a title, a unit, a formula a person can check, its source, and the query that computes it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.domain.telemetry import KINDS, Kind, Outcome, Pace, Series, Unit, Who


class Direction(StrEnum):
    """Which way is better."""

    UP = "up"
    DOWN = "down"
    NEITHER = "neither"


class Area(StrEnum):
    """The panel on which a metric stands first."""

    PERFORMANCE = "performance"
    USAGE = "usage"
    INFRASTRUCTURE = "infrastructure"
    TRUST = "trust"
    SECURITY = "security"


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """Series that a metric counts. An empty tuple stands for "any"; `but` outcomes are left out."""

    kind: Kind
    names: tuple[str, ...] = ()
    outcomes: tuple[Outcome, ...] = ()
    but: tuple[Outcome, ...] = ()
    paces: tuple[Pace, ...] = ()
    whos: tuple[Who, ...] = ()

    def matches(self, series: Series) -> bool:
        return (
            series.kind == self.kind
            and (not self.names or series.name in self.names)
            and (not self.outcomes or series.outcome in self.outcomes)
            and series.outcome not in self.but
            and (not self.paces or series.pace in self.paces)
            and (not self.whos or series.who in self.whos)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """Events of the selections, added up."""

    of: tuple[Selection, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rate:
    """Events of the selections in an hour or a minute (`per_s` seconds)."""

    of: tuple[Selection, ...]
    per_s: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """`part` ÷ `whole`, both counts; no value where `whole` is 0."""

    part: tuple[Selection, ...]
    whole: tuple[Selection, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantile:
    """The q-quantile of the values, within 1 %."""

    of: tuple[Selection, ...]
    q: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Mean:
    """The exact mean of the values."""

    of: tuple[Selection, ...]


class People(StrEnum):
    """Figures about distinct people, which no sums hold: core/services/operations/people.py computes each."""

    DAILY = "daily_active"
    WEEKLY = "weekly_active"
    MONTHLY = "monthly_active"
    STICKINESS = "stickiness"
    FIRST_SUMMARY = "visitors"
    REGISTERED = "registered"
    CONVERSION = "conversion"


@dataclass(frozen=True, slots=True, kw_only=True)
class Distinct:
    people: People


class Moment(StrEnum):
    """The times of an incident, in their order."""

    STARTED = "started"
    DETECTED = "detected"
    ACKNOWLEDGED = "acknowledged"
    MITIGATED = "mitigated"
    RESOLVED = "resolved"


class Statistic(StrEnum):
    MEDIAN = "median"
    P90 = "p90"
    MEAN = "mean"
    COUNT = "n"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovery:
    """Of the P0 and P1 incidents that began in the range: seconds from `since` to `until`, as one figure.

    Only incidents that have both times count. Percentiles are exact (nearest rank): there are few incidents.
    """

    since: Moment
    until: Moment
    statistic: Statistic


Query = Count | Rate | Share | Quantile | Mean | Distinct | Recovery


@dataclass(frozen=True, slots=True, kw_only=True)
class Metric:
    """One definition. `slug` is its name in addresses, `/metrics` (with underscores) and the reference.

    `formula` says in one line what is divided by what; `source` names the line of the operators' guide, or the other
    place, that asks for it. `aggregate` says how values of several stretches become one ("recomputed from counts",
    "not additive" …): percentiles are never averaged, distinct people never summed.
    """

    slug: str
    title: str
    unit: Unit
    direction: Direction
    area: Area
    formula: str
    source: str
    query: Query
    aggregate: str
    target: float | None = None
    critical: float | None = None


def selections_of(query: Query) -> tuple[Selection, ...]:
    """All selections a query reads; empty for what is not made of sums."""
    match query:
        case Share():
            return (*query.part, *query.whole)
        case Count() | Rate() | Quantile() | Mean():
            return query.of
    return ()


def scale_of(query: Quantile | Mean) -> float:
    """What the stored values of a query are multiplied with to be in its unit. ValueError where they differ in it."""
    scales = {KINDS[selection.kind].scale for selection in query.of}
    if len(scales) != 1:
        raise ValueError("values of different scales can't be read as one")
    return scales.pop()
