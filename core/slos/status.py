"""How an objective stands: its budget, how quickly that burns, and what spent it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.slos.definition import BurnRule, Slo, SlowRule


class BurnState(StrEnum):
    """Long and short window over the factor: firing. Only the long: recovering. Only the short: rising."""

    FIRING = "firing"
    RECOVERING = "recovering"
    RISING = "rising"
    OK = "ok"
    NO_DATA = "no data"


class Health(StrEnum):
    """One word for an objective's card."""

    OK = "ok"
    BURNING = "burning"  # a ticket rule fires, or a page rule recovers or rises
    FIRING = "firing"  # a page rule fires
    SPENT = "spent"  # nothing is left of the budget
    NO_DATA = "no data"


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnReading:
    """One rule. Rates are multiples of the rate that spends the budget in just the window; None without data.

    `is_held`: over the factor, but on so few events that it may be chance, so that nobody is called.
    """

    rule: BurnRule
    long_rate: float | None
    short_rate: float | None
    state: BurnState
    is_held: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowReading:
    """The rule for little traffic: what its window held."""

    rule: SlowRule
    bad: int
    valid: int
    state: BurnState


@dataclass(frozen=True, slots=True, kw_only=True)
class Uncorrected:
    """The same objective with nothing taken out: shown beside the corrected figures, always."""

    valid: int
    bad: int
    sli: float | None
    budget_left: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SloStatus:
    """An objective now. Counts are over its whole window; `stuck` are open too long and counted as bad already.

    What `corrections` name is left out of all counts; `uncorrected` holds the figures with it, None without any.
    `budget_left` is 1 with nothing spent, 0 when it is used up and below when it is overdrawn: never clamped.
    `exhausts_at` extrapolates the present rate with old errors leaving the window; None where that never comes, or
    without data, and `at` where it is used up already; `full_budget_lasts_s` is the same from a full budget. `p95` in
    ms; `median_s` only where incidents are counted: how long until they were mitigated.
    """

    slo: Slo
    at: datetime
    valid: int
    bad: int
    stuck: int
    sli: float | None
    budget_events: float
    budget_left: float | None
    minutes_left: float | None
    burns: tuple[BurnReading, ...]
    health: Health
    exhausts_at: datetime | None
    full_budget_lasts_s: float | None
    p95: float | None
    median_s: float | None = None
    slow: SlowReading | None = None
    uncorrected: Uncorrected | None = None
    corrections: tuple[str, ...] = ()

    @property
    def fastest(self) -> BurnReading | None:
        """The rule that tells most: one that fires, else the one whose long window burns fastest; None without data."""
        known = [burn for burn in self.burns if burn.long_rate is not None]
        order = {BurnState.FIRING: 0, BurnState.RISING: 1, BurnState.RECOVERING: 1}
        return min(known, key=lambda burn: (order.get(burn.state, 2), -(burn.long_rate or 0.0)), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spender:
    """One cause and its share of the bad events. `percent` of all spenders of a list add up to exactly 100.

    `cause` is "kind:name" of what spent it ("rung:youtube", "api_request:GET /api/v1/summaries"), "" for the rest.
    """

    cause: str
    label: str
    bad: int
    percent: int
