"""How often something may be tried, and how long one waits after that.

The rule has three counters for signing in. By account and place together: five tries are free, then one waits 1, 2, 4,
8 and at most 15 minutes after each. By account alone, against many places that guess at one account: 30 are free. By
place alone, against one place that guesses at many accounts: 100 are free. The account's own counter does not hold at
a place from which this account signed in within the last 90 days, so strangers can't lock a person out of their usual
place; and a browser that is signed in asks for the password under a counter of its own.
A counter is forgotten after a day without a try.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class TryRule:
    """`free` tries, then a wait that doubles from `first_wait` to `longest_wait` with each further one."""

    free: int
    first_wait: timedelta = timedelta(minutes=1)
    longest_wait: timedelta = timedelta(minutes=15)
    forgotten_after: timedelta = timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Tries:
    """What is known under one key. `blocked_until` is None where the next try is free."""

    count: int = 0
    last_at: datetime | None = None
    blocked_until: datetime | None = None


ACCOUNT_AT_PLACE = TryRule(free=5)
ACCOUNT_ANYWHERE = TryRule(free=30)
PLACE = TryRule(free=100)
# A browser that is signed in, asked for the password again; a link that asks for the password chosen at sign-up.
SESSION = TryRule(free=5)
LINK = TryRule(free=5)
# Mails to one address, whoever asks for them; and mails that one place asks for.
MAILS_TO_ADDRESS = TryRule(free=3, first_wait=timedelta(minutes=10), longest_wait=timedelta(hours=2))
MAILS_FROM_PLACE = TryRule(free=20, first_wait=timedelta(minutes=10), longest_wait=timedelta(hours=2))
USUAL_PLACE_FOR = timedelta(days=90)


def wait_of(tries: Tries, now: datetime) -> timedelta:
    """How long the next try has to wait; zero where it may come."""
    if tries.blocked_until is None or tries.blocked_until <= now:
        return timedelta(0)
    return tries.blocked_until - now


def taken(tries: Tries, rule: TryRule, now: datetime) -> Tries:
    """The counter after one more try. It counts before the outcome is known, so that many at once are no way round.

    With the last free one the wait begins; a try that succeeds takes it back.
    """
    is_forgotten = tries.last_at is None or now - tries.last_at >= rule.forgotten_after
    count = 1 if is_forgotten else tries.count + 1
    blocked_until = now + _wait_after(count, rule) if count >= rule.free else None
    return Tries(count=count, last_at=now, blocked_until=blocked_until)


def given_back(tries: Tries) -> Tries:
    """The counter after a try that turned out to be none to count."""
    return Tries(count=max(tries.count - 1, 0), last_at=tries.last_at, blocked_until=None)


def tries_left(tries: Tries, rule: TryRule) -> int:
    """Tries until the next wait."""
    return max(rule.free - tries.count, 0)


def _wait_after(count: int, rule: TryRule) -> timedelta:
    doublings = min(count - rule.free, 20)
    wait: timedelta = rule.first_wait * 2**doublings
    return min(wait, rule.longest_wait)
