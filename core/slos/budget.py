"""The arithmetic of error budgets (operations facts, §1.2 and §1.3; Google SRE Workbook, chapter 5).

Comparisons are of products in exact fractions, never of rounded quotients: 1.44 % bad is not over 14.4 × 0.1 %.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.domain.correction import Correction
from core.slos.definition import BurnRule, Slo, SlowRule, exactly
from core.slos.status import BurnReading, BurnState, Health, SlowReading

# A page needs this many bad events, and to be sure at this level: one failure at night wakes nobody.
FEWEST_TO_PAGE = 3
_Z_95 = 1.96
PAGE = "page"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counts:
    """Bad events among the valid ones of some stretch of time."""

    bad: int = 0
    valid: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(bad=self.bad + other.bad, valid=self.valid + other.valid)

    @property
    def sli(self) -> float | None:
        """The share of good ones; None where nothing was valid, which is neither good nor bad."""
        return 1 - self.bad / self.valid if self.valid else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Bucket:
    """The counts of [start, end)."""

    start: datetime
    end: datetime
    counts: Counts

    @property
    def length_s(self) -> float:
        return (self.end - self.start).total_seconds()


def budget_events(slo: Slo, valid: int) -> float:
    """How many of so many events may be bad."""
    return float(slo.exact_allowed * valid)


def budget_minutes(slo: Slo) -> float:
    """How long all may be bad in a window: 43.2 minutes in 30 days at 99.9 %."""
    return float(slo.exact_allowed) * slo.window.total_seconds() / 60


def budget_left(slo: Slo, counts: Counts) -> float | None:
    """1 − bad ÷ budget: 1 untouched, 0 used up, below 0 overdrawn (never clamped). None without data."""
    if counts.valid == 0:
        return None
    return float(1 - counts.bad / (slo.exact_allowed * counts.valid))


def burn_rate(slo: Slo, counts: Counts) -> float | None:
    """The bad ratio as a multiple of the allowed one; None without data."""
    if counts.valid == 0:
        return None
    return float(counts.bad / (slo.exact_allowed * counts.valid))


def is_over(slo: Slo, counts: Counts, factor: float) -> bool:
    """True where the budget burns faster than `factor`; never without data."""
    return counts.bad > exactly(factor) * slo.exact_allowed * counts.valid


def wilson_low(counts: Counts) -> float:
    """The lower bound of the bad ratio, 95 % sure: what so few events prove at least."""
    if counts.valid == 0:
        return 0.0
    n, p = counts.valid, counts.bad / counts.valid
    spread = _Z_95 * math.sqrt(p * (1 - p) / n + _Z_95**2 / (4 * n**2))
    return max((p + _Z_95**2 / (2 * n) - spread) / (1 + _Z_95**2 / n), 0.0)


def is_surely_over(slo: Slo, counts: Counts, factor: float) -> bool:
    """True where it is over, and not on so few events that it may be chance."""
    return (
        counts.bad >= FEWEST_TO_PAGE
        and is_over(slo, counts, factor)
        and wilson_low(counts) > factor * float(slo.exact_allowed)
    )


def read_rule(slo: Slo, rule: BurnRule, long: Counts, short: Counts) -> BurnReading:
    """How one pair of windows stands; pages only where the long window is sure."""
    is_long, is_short = is_over(slo, long, rule.factor), is_over(slo, short, rule.factor)
    sure_long, sure_short = is_long, is_short
    if rule.severity == PAGE:
        sure_long = is_surely_over(slo, long, rule.factor)
        sure_short = is_surely_over(slo, short, rule.factor)
    if long.valid == 0:
        state = BurnState.NO_DATA
    elif sure_long:
        state = BurnState.FIRING if is_short else BurnState.RECOVERING
    else:
        state = BurnState.RISING if sure_short and not is_long else BurnState.OK
    return BurnReading(
        rule=rule,
        long_rate=burn_rate(slo, long),
        short_rate=burn_rate(slo, short),
        state=state,
        is_held=is_long and not sure_long,
    )


def read_slow_rule(slo: Slo, rule: SlowRule, window: Counts, short: Counts) -> SlowReading:
    """The absolute rule beside the pairs. It ends once the short window holds events and none of them is bad."""
    is_met = window.bad >= rule.bad and window.valid < rule.traffic_below and is_over(slo, window, rule.factor)
    if window.valid == 0:
        state = BurnState.NO_DATA
    elif is_met:
        state = BurnState.RECOVERING if short.valid and not short.bad else BurnState.FIRING
    else:
        state = BurnState.OK
    return SlowReading(rule=rule, bad=window.bad, valid=window.valid, state=state)


def health_of(left: float | None, burns: Iterable[BurnReading], slow: SlowReading | None) -> Health:
    """One word for all of it, the most pressing first."""
    states = {(burn.rule.severity, burn.state) for burn in burns}
    if slow is not None:
        states.add((slow.rule.severity, slow.state))
    if (PAGE, BurnState.FIRING) in states:
        return Health.FIRING
    moving = {(PAGE, BurnState.RECOVERING), (PAGE, BurnState.RISING), ("ticket", BurnState.FIRING)}
    if moving & states:
        return Health.BURNING
    if left is None:
        return Health.NO_DATA
    return Health.SPENT if left <= 0 else Health.OK


def budget_share(slo: Slo, rule: BurnRule) -> float:
    """The share of the budget that is gone when the long window burns at just the factor."""
    return rule.factor * rule.long.total_seconds() / slo.window.total_seconds()


def factor_for(share: float, long: timedelta, window: timedelta) -> float:
    """The burn rate at which that share of the budget goes within `long`: the way the rules were made."""
    return share * window.total_seconds() / long.total_seconds()


def detection_s(slo: Slo, rule: BurnRule, error_ratio: float) -> float | None:
    """How long after its onset an error at this ratio makes the rule fire, if all was well before; None: never."""
    line = float(exactly(rule.factor) * slo.exact_allowed)
    return None if error_ratio <= line else line * rule.long.total_seconds() / error_ratio


def reset_s(slo: Slo, rule: BurnRule, error_ratio: float) -> float | None:
    """How long after the repair the rule stops firing; None where it never fired."""
    line = float(exactly(rule.factor) * slo.exact_allowed)
    return None if error_ratio <= line else rule.short.total_seconds() * (1 - line / error_ratio)


def full_budget_lasts_s(slo: Slo, rate: float | None) -> float | None:
    """How long a full budget lasts at this burn rate; None where it lasts for ever, or without data."""
    return slo.window.total_seconds() / rate if rate else None


def exhausts_in_s(slo: Slo, window: Sequence[Bucket], present: Bucket) -> float | None:
    """Seconds until nothing is left if all goes on as in `present`, with the old events leaving the window.

    `window`: buckets without gaps that fill the rolling window up to now, oldest first; each leaves evenly. 0 where
    the budget is used up already, None where that never comes.
    """
    allowed = slo.allowed
    now = window[-1].end
    bad_s, valid_s = (count / present.length_s for count in (present.counts.bad, present.counts.valid))
    over = sum(bucket.counts.bad for bucket in window) - allowed * sum(bucket.counts.valid for bucket in window)
    if over >= 0 and any(bucket.counts.bad for bucket in window):
        return 0.0
    opened_s = (window[0].start - (now - slo.window)).total_seconds()
    at_s = 0.0
    for length_s, bad, valid in ((opened_s, 0, 0), *((b.length_s, b.counts.bad, b.counts.valid) for b in window)):
        if length_s <= 0:
            continue
        slope = (bad_s - bad / length_s) - allowed * (valid_s - valid / length_s)
        if slope > 0 and over + slope * length_s >= 0:
            return at_s - over / slope
        over += slope * length_s
        at_s += length_s
    return None


def left_out(buckets: Iterable[Bucket], corrections: Sequence[Correction]) -> list[Bucket]:
    """The same buckets, empty where a correction takes them out. None may lie across the edge of a correction."""
    return [
        replace(bucket, counts=Counts())
        if any(correction.covers(bucket.start, bucket.end) for correction in corrections)
        else bucket
        for bucket in buckets
    ]


def total(buckets: Iterable[Bucket]) -> Counts:
    """The counts of all of them."""
    return sum((bucket.counts for bucket in buckets), start=Counts())


def uptime_ratio(total_min: float, *, major_min: float, partial_min: float) -> float:
    """Uptime of a status page: a partial outage costs three tenths of a major one (operations facts, §4)."""
    return (total_min - major_min - 0.3 * partial_min) / total_min
