"""How an objective stands: its budget, how quickly that burns, and what spent it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from core.slos.definition import BurnRule, Slo


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
    """One rule. Rates are multiples of the rate that spends the budget in just the window; None without data."""

    rule: BurnRule
    long_rate: float | None
    short_rate: float | None
    state: BurnState


@dataclass(frozen=True, slots=True, kw_only=True)
class SloStatus:
    """An objective now. Counts are over its whole window; `stuck` are open too long and counted as bad already.

    `budget_left` is 1 with nothing spent, 0 when it is used up and below when it is overdrawn: never clamped.
    `exhausts_at` extrapolates the present rate with old errors leaving the window; None where that never comes, or
    without data; `full_budget_lasts_s` is the same from a full budget. `p95` in ms.
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Spender:
    """One cause and its share of the bad events. `percent` of all spenders of a list add up to exactly 100.

    `cause` is the series' name (route, length band …), "" for the rest; `outcome` tells apart what failed from what
    was slow.
    """

    cause: str
    label: str
    bad: int
    percent: int
