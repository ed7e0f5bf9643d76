"""The Overview's one sentence on where to look next: computed from the objectives, what spent them, and since when."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import accumulate
from zoneinfo import ZoneInfo

from core.slos.status import BurnState, Health, SloStatus, Spender

# Less than this left of a budget is worth a look although nothing burns.
LITTLE_LEFT = 0.25
# A beginning is named only where the bad ratio at least doubled, and chance would do that once in a thousand times.
_AT_LEAST_TIMES = 2.0
_SURE_Z = 3.29
_FEWEST_BAD = 5
# A deploy is named rather than a moment near it that fits no more than a little better.
_DEPLOY_FITS = 0.85


@dataclass(frozen=True, slots=True, kw_only=True)
class Advice:
    """The one sentence on where to look next. `tone`: ok, warn or bad, "" for no data.

    `slo` is the slug of the objective it speaks of, which a click leads to; None where nothing was measured.
    """

    headline: str
    because: str
    outlook: str
    tone: str
    slo: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployAt:
    release: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Onset:
    """When a cause's share of all events changed: bad ratio `before` and `after`; `release` where a deploy fits."""

    since: datetime
    release: str | None
    before: float
    after: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What was found out about the worst objective in the range: who spent it, the top one first, and since when."""

    spenders: Sequence[Spender]
    onset: Onset | None


def worst(statuses: Sequence[SloStatus]) -> SloStatus | None:
    """The objective to look at: firing before burning before spent before nearly spent; None where all is quiet."""
    pressing = [status for status in statuses if _rank(status) < _QUIET]
    return min(pressing, key=lambda status: (_rank(status), -_rate(status), status.budget_left or 0.0), default=None)


def advise(statuses: Sequence[SloStatus], finding: Finding | None, *, now: datetime, zone: str) -> Advice:
    """The sentence. `finding` is about `worst(statuses)`; None where that is None or nothing could be found out."""
    status = worst(statuses)
    if status is None:
        return _quiet(statuses)
    clock = _Clock(now, zone)
    return Advice(
        headline=_headline(status),
        because=_because(status, finding, clock),
        outlook=_outlook(status, clock),
        tone="bad" if status.health in {Health.FIRING, Health.SPENT} else "warn",
        slo=status.slo.slug,
    )


def find_onset(
    edges: Sequence[datetime], bad: Sequence[int], valid: Sequence[int], deploys: Sequence[DeployAt]
) -> Onset | None:
    """The moment at which the bad ratio rose most surely, a deploy's where one fits; None where it did not.

    `bad` and `valid` are counts of the bins of `edges`.
    """
    sums = list(zip([0, *accumulate(bad)], [0, *accumulate(valid)], strict=True))
    splits = {index: _Split.at(sums, index) for index in range(1, len(edges) - 1)}
    best = max(splits.items(), key=lambda each: each[1].z, default=None)
    if best is None or not best[1].is_clear:
        return None
    index, split = best
    placed = [(_nearest(splits, edges, each.at), each) for each in deploys if edges[0] < each.at < edges[-1]]
    fitting = [(near, each) for near, each in placed if near.is_clear and near.z >= _DEPLOY_FITS * split.z]
    if fitting:
        near, deploy = max(fitting, key=lambda each: each[0].z)
        return Onset(since=deploy.at, release=deploy.release, before=near.before, after=near.after)
    return Onset(since=edges[index], release=None, before=split.before, after=split.after)


@dataclass(frozen=True, slots=True)
class _Split:
    """Two stretches and how surely the later one is worse."""

    before: float
    after: float
    z: float
    bad: int

    @classmethod
    def at(cls, sums: Sequence[tuple[int, int]], index: int) -> _Split:
        (bad_1, valid_1), (bad_n, valid_n) = sums[index], sums[-1]
        bad_2, valid_2 = bad_n - bad_1, valid_n - valid_1
        if not valid_1 or not valid_2:
            return cls(0.0, 0.0, 0.0, bad_2)
        before, after, pooled = bad_1 / valid_1, bad_2 / valid_2, bad_n / valid_n
        spread = math.sqrt(pooled * (1 - pooled) * (1 / valid_1 + 1 / valid_2))
        return cls(before, after, (after - before) / spread if spread else 0.0, bad_2)

    @property
    def is_clear(self) -> bool:
        return self.z >= _SURE_Z and self.bad >= _FEWEST_BAD and self.after >= _AT_LEAST_TIMES * self.before


def _nearest(splits: dict[int, _Split], edges: Sequence[datetime], at: datetime) -> _Split:
    """The split at the edge before or after that moment, whichever tells more: it lies somewhere within a bin."""
    after = bisect_left(edges, at)
    return max((splits[index] for index in (after - 1, after) if index in splits), key=lambda split: split.z)


_QUIET = 4
_RANKS = {Health.FIRING: 0, Health.BURNING: 1, Health.SPENT: 2}


def _rank(status: SloStatus) -> int:
    if status.health is Health.OK and status.budget_left is not None and status.budget_left < LITTLE_LEFT:
        return 3
    return _RANKS.get(status.health, _QUIET)


def _rate(status: SloStatus) -> float:
    return (status.fastest.long_rate or 0.0) if status.fastest else 0.0


def _headline(status: SloStatus) -> str:
    title = status.slo.title
    burn = status.fastest
    if status.health is Health.FIRING or status.health is Health.BURNING:
        is_pair = burn is not None and burn.state in {BurnState.FIRING, BurnState.RISING, BurnState.RECOVERING}
        if not is_pair or burn is None or burn.long_rate is None:
            return f"{title}: failures among few, so the budget burns unseen."
        if burn.state is BurnState.RECOVERING:
            return f"{title}: recovering after burning the budget at {_times(burn.long_rate)}."
        rate = burn.short_rate if burn.state is BurnState.RISING else burn.long_rate
        return f"{title}: the budget burns at {_times(rate or 0.0)}."
    if status.health is Health.SPENT:
        return f"{title}: the budget of {_days(status)} is used up."
    return f"{title}: {_percent(status.budget_left or 0.0)} of the budget of {_days(status)} is left."


def _because(status: SloStatus, finding: Finding | None, clock: _Clock) -> str:
    if status.slo.incidents is not None:
        bound_min = status.slo.incidents.within_s / 60
        return f"{status.bad} of {status.valid} incidents were not mitigated within {bound_min:g} minutes."
    stuck = f"{status.stuck:,} still open after {status.slo.stuck_after_s:g} s. " if status.stuck else ""
    if finding is None or not finding.spenders:
        return f"{stuck}No bad events lie in the range shown." if not stuck else stuck.strip()
    top = finding.spenders[0]
    total = sum(each.bad for each in finding.spenders)
    since = _since(finding.onset, clock)
    share = f"{top.percent} % of the {total:,} bad ones" if total > 1 else "The one bad event"
    return f"{stuck}{share}: {top.label}{since}."


def _since(onset: Onset | None, clock: _Clock) -> str:
    if onset is None:
        return ""
    if onset.release is not None:
        return f", since release {onset.release} at {clock.moment(onset.since)}"
    return f", since about {clock.moment(onset.since)}"


def _outlook(status: SloStatus, clock: _Clock) -> str:
    left = status.budget_left
    if left is not None and left <= 0:
        return f"It is overdrawn by {_percent(-left)}." if left < 0 else "Nothing of it is left."
    if status.exhausts_at is None:
        return "At this rate the budget does not run out." if status.slo.incidents is None else ""
    return f"At this rate the budget ends {clock.day(status.exhausts_at)}."


def _quiet(statuses: Sequence[SloStatus]) -> Advice:
    known = [status for status in statuses if status.budget_left is not None]
    if not known:
        return Advice(
            headline="Nothing has been measured yet.",
            because="The first figures come with the first requests.",
            outlook="",
            tone="",
            slo=None,
        )
    missing = len(statuses) - len(known)
    tightest = min(known, key=lambda status: status.budget_left or 0.0)
    which = {1: "The one objective", 2: "Both objectives"}.get(len(known), f"All {len(known)} objectives")
    if missing:
        which += " that has data" if len(known) == 1 else " that have data"
    return Advice(
        headline=f"{which} {'is' if len(known) == 1 else 'are'} within budget.",
        because=f"The tightest is {tightest.slo.title}: {_percent(tightest.budget_left or 0.0)} of its budget is left, "
        f"{tightest.bad:,} of {tightest.valid:,} were bad in {_days(tightest)}.",
        outlook=f"{missing} more have no data yet." if missing > 1 else "One more has no data yet." if missing else "",
        tone="ok",
        slo=tightest.slo.slug,
    )


class _Clock:
    """Times as the reader's clock shows them."""

    def __init__(self, now: datetime, zone: str) -> None:
        self._zone = ZoneInfo(zone)
        self._now = now.astimezone(self._zone)

    def moment(self, at: datetime) -> str:
        local = at.astimezone(self._zone)
        if local.date() == self._now.date():
            return f"{local:%H:%M}"
        return f"{local:%H:%M} on {local.day} {local:%B}"

    def day(self, at: datetime) -> str:
        local = at.astimezone(self._zone)
        if (local.date() - self._now.date()).days == 0:
            return f"today at {local:%H:%M}"
        if (local.date() - self._now.date()).days == 1:
            return f"tomorrow at {local:%H:%M}"
        return f"on {local.day} {local:%B}"


def _times(rate: float) -> str:
    return f"{rate:.0f}×" if rate >= 10 else f"{rate:.1f}×"


def _percent(ratio: float) -> str:
    return f"{100 * ratio:.0f} %" if abs(ratio) >= 0.01 or ratio == 0 else f"{100 * ratio:.1g} %"


def _days(status: SloStatus) -> str:
    return f"{status.slo.window.days} days"
