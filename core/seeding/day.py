"""One stretch of the simulation (a day, as a rule) and the chances that all its scenes share."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from core.domain.telemetry import Outcome
from core.seeding.arrays import Flags, Floats, Ints
from core.seeding.columns import OUTCOMES, Book, Columns, outcome
from core.seeding.people import People, Visitors
from core.seeding.plan import MINUTE_US, Plan, micros_of, slowness

OK = outcome(Outcome.OK)
# How requests end when nothing is wrong, as shares of all; the rest is OK.
_PAGE_ENDS = {
    Outcome.SERVER_ERROR: 2.0e-4, Outcome.TIMEOUT: 3.0e-5, Outcome.DROPPED: 8.0e-5, Outcome.CLIENT_ERROR: 9.0e-3,
    Outcome.LIMITED: 4.0e-4,
}  # fmt: skip
_API_ENDS = {
    Outcome.SERVER_ERROR: 2.5e-4, Outcome.TIMEOUT: 4.0e-5, Outcome.DROPPED: 6.0e-5, Outcome.VENDOR_LIMITED: 2.0e-5,
    Outcome.CLIENT_ERROR: 2.6e-2, Outcome.LIMITED: 3.0e-3,
}  # fmt: skip
# What is kept beside a request that ended badly.
_DETAILS = {
    Outcome.SERVER_ERROR: '{"error": "OperationalError", "status": 500}',
    Outcome.TIMEOUT: '{"error": "TimeoutError", "status": 504}',
    Outcome.DROPPED: '{"status": 499}',
    Outcome.VENDOR_LIMITED: '{"error": "VendorLimited", "status": 503}',
    Outcome.CLIENT_ERROR: '{"status": 404}',
    Outcome.LIMITED: '{"status": 429}',
}
# How they fail while the database can't be reached, as shares of those that fail.
_OUTAGE_ENDS = {Outcome.SERVER_ERROR: 0.78, Outcome.TIMEOUT: 0.14, Outcome.DROPPED: 0.08}


@dataclass(frozen=True, slots=True, kw_only=True)
class Jobs:
    """Summaries that were asked for, one entry each, as the library is to hold them.

    `account` and `visitor`: whose, -1 for none; `request`: two halves of the number of the request that asked;
    `outcome` is a place in OUTCOMES, `failure` one in `failures.CODES`, `talk` a number that chooses its words.
    """

    asked_us: Ints
    ended_us: Ints
    account: Ints
    visitor: Ints
    outcome: Ints
    failure: Ints
    talk: Ints
    request: NDArray[np.uint64]


@dataclass(slots=True, kw_only=True)
class Day:
    """What the scenes of one stretch draw from and write to."""

    plan: Plan
    rng: np.random.Generator
    book: Book
    people: People
    visitors: Visitors
    start_us: int
    end_us: int
    columns: Columns = field(default_factory=Columns)
    jobs: list[Jobs] = field(default_factory=list)
    active: list[Ints] = field(default_factory=list)

    def lasting(self, at_us: Ints, median_ms: Floats | float, spread: float) -> Floats:
        """Durations in ms: log-normal, longer under a slow release."""
        drawn: Floats = median_ms * np.exp(spread * self.rng.standard_normal(len(at_us)))
        return drawn * slowness(self.plan, at_us)

    def chance(self, size: int, share: Floats | float) -> Flags:
        hit: Flags = self.rng.random(size) < share
        return hit

    def choice(self, size: int, shares: tuple[float, ...]) -> Ints:
        """Places 0 … len(shares) − 1, each as often as its share says."""
        reach = np.cumsum(shares)
        places: Ints = np.searchsorted(reach, self.rng.random(size) * reach[-1], side="right")
        return places

    def ends(self, at_us: Ints, *, is_api: bool) -> Ints:
        """How requests at these moments end, as places in OUTCOMES."""
        found = self._drawn(len(at_us), _API_ENDS if is_api else _PAGE_ENDS)
        lost = self.chance(len(at_us), self.failing(at_us))
        found[lost] = self._drawn(int(lost.sum()), _OUTAGE_ENDS)
        return found

    def details(self, ends: Ints) -> Ints:
        """What is kept beside each of these endings, as places in the book."""
        places: Ints = np.array([self.book.detail(_DETAILS.get(each, "")) for each in OUTCOMES])
        return np.take(places, ends)

    def failing(self, at_us: Ints) -> Floats:
        """The share of requests that an outage takes at these moments."""
        share = np.zeros(len(at_us))
        for trouble in self.plan.troubles:
            share[_between(at_us, trouble.started_at, trouble.mitigated_at)] = trouble.fails
        return share

    def requests(self, at_us: Ints) -> NDArray[np.uint64]:
        """New request numbers, UUIDs of version 7 in two halves (core.domain.request_ids says how they are made)."""
        low, high = self.rng.integers(0, 2**62, len(at_us)), self.rng.integers(0, 2**12, len(at_us))
        upper = (at_us // 1_000) << 16 | 7 << 12 | high
        return np.stack([upper.astype(np.uint64), low.astype(np.uint64) | np.uint64(2 << 62)], axis=1)

    def _drawn(self, size: int, ends: dict[Outcome, float]) -> Ints:
        place = np.searchsorted(np.cumsum(list(ends.values())), self.rng.random(size), side="right")
        return np.take([*(outcome(each) for each in ends), OK], place)


def after(at_us: Ints, ms: Floats) -> Ints:
    """The moments so many milliseconds later."""
    later: Ints = at_us + (ms * 1_000).astype(np.int64)
    return later


def minutes_us(count: float) -> int:
    return round(count * MINUTE_US)


def _between(at_us: Ints, start: datetime, end: datetime) -> Flags:
    inside: Flags = (at_us >= micros_of(start)) & (at_us < micros_of(end))
    return inside
