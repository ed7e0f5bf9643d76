"""Who uses the service: accounts with their habits, and browsers without one of which some sign up."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from core.seeding.arrays import Floats, Ints
from core.seeding.plan import MINUTE_US, Plan, micros_of, weights

# The share of the accounts that were there before the history begins.
_FROM_BEFORE = 0.3
_OLDEST_DAYS = 200
# Of those who sign up, so many had made a summary without an account first, mostly a few days before.
_CAME_AS_VISITORS = 0.62
_WAIT_DAYS = 5.0
DAY_US = 1_440 * MINUTE_US
_NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Accounts by rising time of sign-up: `created_us` in microseconds since 1970, `leaves_us` when they stop coming.

    `habit` is how often one comes, relative to the others; a few come much more often than most.
    """

    created_us: Ints
    leaves_us: Ints
    habit: Floats

    def __len__(self) -> int:
        return len(self.created_us)

    def drawn(self, rng: np.random.Generator, size: int, at_us: int) -> Ints:
        """Accounts that come at this time, the frequent ones more often; empty where there is nobody yet."""
        here = np.flatnonzero((self.created_us < at_us) & (self.leaves_us > at_us))
        if len(here) == 0:
            return np.zeros(0, dtype=np.int64)
        reach = np.cumsum(self.habit[here])
        drawn: Ints = here[np.searchsorted(reach, rng.random(size) * reach[-1], side="right")]
        return drawn


@dataclass(slots=True, kw_only=True)
class Visitors:
    """Browsers without an account, numbered as they first came. Times in microseconds since 1970, or `_NEVER`."""

    first_summary_us: Ints
    registered_us: Ints
    account: Ints
    count: int = field(default=0)

    def come(self, rng: np.random.Generator, size: int) -> Ints:
        """So many visits: three in five by a new browser, the rest by one that was here lately."""
        is_new = rng.random(size) < 0.6
        numbers = self.count + np.cumsum(is_new) - 1
        self.count += int(is_new.sum())
        back = 1 + rng.exponential(400.0, size).astype(np.int64)
        return np.where(is_new, numbers, np.maximum(numbers - back, 0))

    def made_summaries(self, visitor: Ints, at_us: Ints) -> None:
        np.minimum.at(self.first_summary_us, visitor, at_us)

    def sign_up(self, rng: np.random.Generator, account: int, at_us: int) -> None:
        """Ties a new account to a browser that made a summary before, where one was; most sign up within days."""
        if rng.random() > _CAME_AS_VISITORS:
            return
        made = self.first_summary_us[: self.count]
        open_ones = np.flatnonzero((made < at_us) & (self.account[: self.count] < 0))
        if len(open_ones) == 0:
            return
        wanted = at_us - rng.exponential(_WAIT_DAYS) * DAY_US
        visitor = open_ones[np.argmin(np.abs(made[open_ones] - wanted))]
        self.registered_us[visitor] = at_us
        self.account[visitor] = account


def make_people(plan: Plan, rng: np.random.Generator) -> People:
    """Some from before the history, the others as traffic grows."""
    old = round(plan.users * _FROM_BEFORE)
    start_us = micros_of(plan.start)
    before = start_us - (rng.random(old) * _OLDEST_DAYS * DAY_US).astype(np.int64)
    reach = np.cumsum(weights(plan))
    minute = np.searchsorted(reach, rng.random(plan.users - old) * reach[-1], side="right")
    during = start_us + minute * MINUTE_US + rng.integers(0, MINUTE_US, len(minute))
    created = np.sort(np.concatenate([before, during]))
    stays = rng.exponential(140.0, plan.users) * DAY_US
    return People(
        created_us=created,
        leaves_us=np.maximum(created, start_us) + DAY_US + stays.astype(np.int64),
        habit=rng.lognormal(0.0, 1.3, plan.users),
    )


def make_visitors(capacity: int) -> Visitors:
    """Room for so many browsers."""
    return Visitors(
        first_summary_us=np.full(capacity, _NEVER),
        registered_us=np.full(capacity, _NEVER),
        account=np.full(capacity, -1),
    )
