"""What an objective is, and which windows watch how quickly its budget burns."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from fractions import Fraction

from core.metrics.definition import Moment, Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class BurnRule:
    """A pair of windows: both must burn faster than `factor`. `severity` is "page" or "ticket"."""

    severity: str
    long: timedelta
    short: timedelta
    factor: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SlowRule:
    """For little traffic, which no pair of windows judges well: `bad` in `window` while fewer than `traffic_below`
    came, burning faster than `factor`; `short` with events and none of them bad ends it.
    """

    severity: str
    window: timedelta
    short: timedelta
    bad: int
    traffic_below: int
    factor: float


# Google SRE Workbook, chapter 5, for 30 days: 2, 5, 10 and 10 % of the budget.
BURN_RULES: tuple[BurnRule, ...] = (
    BurnRule(severity="page", long=timedelta(hours=1), short=timedelta(minutes=5), factor=14.4),
    BurnRule(severity="page", long=timedelta(hours=6), short=timedelta(minutes=30), factor=6.0),
    BurnRule(severity="ticket", long=timedelta(days=1), short=timedelta(hours=2), factor=3.0),
    BurnRule(severity="ticket", long=timedelta(days=3), short=timedelta(hours=6), factor=1.0),
)
# An outage of a quiet service burned at 27 times the rate for eight days unnoticed (operations facts, §1.2).
SLOW_RULE = SlowRule(
    severity="page",
    window=timedelta(hours=6),
    short=timedelta(minutes=30),
    bad=5,
    traffic_below=600,
    factor=6.0,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRule:
    """Counts incidents instead of events: each of these severities is valid, and bad where `until` came too late.

    One that is still without `until` is bad as soon as `within_s` has gone by.
    """

    severities: tuple[str, ...]
    since: Moment
    until: Moment
    within_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Slo:
    """An objective over a rolling window: `bad` ÷ `valid` may be at most 1 − `objective`.

    `bad` must be a part of `valid`. `metric` is the slug of the share of good ones; `latency` the selections whose P95
    is shown beside it. `causes`: the selections whose names tell what spent the budget, one event for each bad one;
    left out, those of `bad`. `stuck_after_s`: work still open after so long is bad now, not when it ends. `incidents`
    takes the place of `valid` and `bad` where incidents are what counts.
    """

    slug: str
    title: str
    short_title: str
    metric: str
    valid: tuple[Selection, ...]
    bad: tuple[Selection, ...]
    objective: float
    critical: str
    source: str
    window: timedelta = timedelta(days=30)
    latency: tuple[Selection, ...] = ()
    causes: tuple[Selection, ...] = ()
    stuck_after_s: float | None = None
    rules: tuple[BurnRule, ...] = BURN_RULES
    slow_rule: SlowRule | None = SLOW_RULE
    incidents: IncidentRule | None = None

    def __post_init__(self) -> None:
        if not 0 < self.objective < 1:
            raise ValueError(f"{self.slug}: an objective lies between 0 and 1")
        if (self.incidents is None) == (not self.valid):
            raise ValueError(f"{self.slug}: either events or incidents are counted")
        for rule in (*self.rules, *((self.slow_rule,) if self.slow_rule else ())):
            if exactly(rule.factor) * self.exact_allowed >= 1:
                raise ValueError(
                    f"{self.slug}: burning {rule.factor} times as fast is impossible, the rule never fires"
                )
        if any(rule.long >= self.window for rule in self.rules):
            raise ValueError(f"{self.slug}: a rule looks at more than the whole window")

    @property
    def told_by(self) -> tuple[Selection, ...]:
        """The selections whose names are the causes."""
        return self.causes or self.bad

    @property
    def allowed(self) -> float:
        """The share that may be bad: the error budget as a ratio."""
        return float(self.exact_allowed)

    @property
    def exact_allowed(self) -> Fraction:
        """The same without the noise of binary fractions: 1 − 0.999 is one thousandth."""
        return 1 - exactly(self.objective)


def exactly(decimal: float) -> Fraction:
    """The number as it is written, 0.999 or 14.4, not the binary number nearest to it."""
    return Fraction(str(decimal))
