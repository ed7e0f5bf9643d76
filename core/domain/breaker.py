"""A circuit breaker: whom to leave alone for a while after several failures in a row, and when to try again.

Closed, everybody may ask. After `faults_to_open` faults in a row it opens: nobody asks for a pause. After that it is
half open: one asks, as a probe, while the others go on waiting. If the probe works the breaker closes; if it does not,
the next pause is twice as long, up to the longest.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum


class BreakerOutcome(StrEnum):
    """What a call says of the one who was called."""

    WORKED = "worked"  # it answered properly, even if not what was wanted
    FAULT = "fault"  # it failed, or the way to it did
    HARD_FAULT = "hard_fault"  # it will go on failing for a while: a quota is used up, a key is refused
    NOTHING_LEARNT = "nothing_learnt"  # the call was given up before it could tell


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerRule:
    """Defaults are ours: five in a row are no chance any more, and a block by YouTube rarely lasts past half an hour.

    `probe_for` is how long a probe keeps the others waiting if nothing is heard of it again.
    """

    faults_to_open: int = 5
    first_pause: timedelta = timedelta(minutes=1)
    longest_pause: timedelta = timedelta(minutes=30)
    probe_for: timedelta = timedelta(minutes=2)


BREAKER_RULE = BreakerRule()


class BreakerState(StrEnum):
    CLOSED = "closed"
    OPEN = "open"
    HALF_OPEN = "half_open"


@dataclass(frozen=True, slots=True, kw_only=True)
class Breaker:
    """All that has to be kept of one vendor or rung. Times are aware UTC.

    `faults` counts those in a row while closed, `openings` the pauses in a row; `resting_until` is None while closed.
    """

    faults: int = 0
    openings: int = 0
    resting_until: datetime | None = None
    is_probing: bool = False

    def state(self, now: datetime) -> BreakerState:
        if self.resting_until is None:
            return BreakerState.CLOSED
        is_asked = self.is_probing or now >= self.resting_until
        return BreakerState.HALF_OPEN if is_asked else BreakerState.OPEN

    def is_resting(self, now: datetime) -> bool:
        """True where nobody is to ask now. Once it is False after a pause, the one who asks takes `probing` first."""
        return self.resting_until is not None and now < self.resting_until

    def probing(self, now: datetime, rule: BreakerRule = BREAKER_RULE) -> Breaker:
        """The state once one has gone to try: the others wait on. Itself while closed or resting."""
        if self.resting_until is None or self.is_resting(now):
            return self
        return replace(self, is_probing=True, resting_until=now + rule.probe_for)

    def after(self, outcome: BreakerOutcome, now: datetime, rule: BreakerRule = BREAKER_RULE) -> Breaker:
        """The state after one call. A fault of a call that began before the pause does not lengthen it."""
        if outcome is BreakerOutcome.WORKED:
            return Breaker()
        if outcome is BreakerOutcome.NOTHING_LEARNT:
            return replace(self, is_probing=False, resting_until=now) if self.is_probing else self
        if self.is_resting(now) and not self.is_probing:
            return self
        faults = self.faults + 1
        if self.openings or outcome is BreakerOutcome.HARD_FAULT or faults >= rule.faults_to_open:
            return self._opened(now, rule)
        return replace(self, faults=faults)

    def _opened(self, now: datetime, rule: BreakerRule) -> Breaker:
        openings = self.openings + 1
        # The shift is bounded: a count that has run for months must not grow into a number without end.
        pause = min(rule.first_pause * 2 ** min(openings - 1, 20), rule.longest_pause)
        return Breaker(openings=openings, resting_until=now + pause)
