"""What an objective is, and which windows watch how quickly its budget burns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from core.metrics.definition import Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnRule:
    """A pair of windows: both must burn at `factor` or more. `severity` is "page" or "ticket"."""

    severity: str
    long: timedelta
    short: timedelta
    factor: float


# Google SRE Workbook, chapter 5, for 30 days: 2, 5, 10 and 10 % of the budget.
BURN_RULES: tuple[BurnRule, ...] = (
    BurnRule(severity="page", long=timedelta(hours=1), short=timedelta(minutes=5), factor=14.4),
    BurnRule(severity="page", long=timedelta(hours=6), short=timedelta(minutes=30), factor=6.0),
    BurnRule(severity="ticket", long=timedelta(days=1), short=timedelta(hours=2), factor=3.0),
    BurnRule(severity="ticket", long=timedelta(days=3), short=timedelta(hours=6), factor=1.0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Slo:
    """An objective over a rolling window: `bad` ÷ `valid` may be at most 1 − `objective`.

    `bad` must be a part of `valid`. `metric` is the slug of the share of good ones; `latency` the selections whose P95
    is shown beside it. `cause` names the dimension by which spent budget is told apart: "name" (route, length band) or
    "outcome". `stuck_after_s`: work still open after so long is bad now, not when it ends.
    """

    slug: str
    title: str
    short_title: str
    metric: str
    valid: tuple[Selection, ...]
    bad: tuple[Selection, ...]
    objective: float
    window: timedelta
    critical: str
    source: str
    latency: tuple[Selection, ...] = ()
    cause: str = "name"
    stuck_after_s: float | None = None

    def __post_init__(self) -> None:
        if not 0 < self.objective < 1:
            raise ValueError(f"{self.slug}: an objective lies between 0 and 1")

    @property
    def allowed(self) -> float:
        """The share that may be bad: the error budget as a ratio."""
        return 1 - self.objective
