"""Accounts: signing up, signing in, failing to, and leaving."""

from __future__ import annotations

import numpy as np

from core.domain.telemetry import Kind, Outcome, Who
from core.seeding.arrays import Ints
from core.seeding.columns import NOBODY, outcome, who
from core.seeding.day import OK, Day, after, minutes_us
from core.seeding.names import POST_SIGN_IN, POST_SIGN_UP
from core.seeding.people import DAY_US
from core.seeding.visits import Visits, query

_SIGN_IN_SHARE = 0.13
_WRONG = 0.09
_RESETS = 0.05
_HELD_BACK = 0.08
_REFUSED = outcome(Outcome.REFUSED)


def sign_in(day: Day, visits: Visits) -> None:
    """Some visits by accounts begin with a password; some of these are wrong, and some lead to a reset."""
    some = visits.where((visits.account >= 0) & day.chance(len(visits.at_us), _SIGN_IN_SHARE))
    size = len(some.at_us)
    wrong = day.chance(size, _WRONG)
    _try_password(day, some.where(wrong), _REFUSED)
    later = some.at_us + minutes_us(0.4) * wrong
    _try_password(day, Visits(at_us=later, account=some.account, visitor=some.visitor, by=some.by), OK)
    held_back = some.where(wrong & day.chance(size, _HELD_BACK))
    _try_password(day, held_back, outcome(Outcome.LIMITED))
    reset = some.where(wrong & day.chance(size, _RESETS))
    day.columns.add(
        Kind.SIGN_IN, day.book.name("reset"), at_us=reset.at_us + minutes_us(2.5), person=reset.account,
        value=day.lasting(reset.at_us, 170.0, 0.2), who=who(Who.ANONYMOUS), request=day.requests(reset.at_us),
    )  # fmt: skip
    left = some.where(day.chance(size, 0.4))
    lasted = np.minimum(day.rng.exponential(3.5 * DAY_US, len(left.at_us)), 10 * DAY_US) / 1_000
    day.columns.add(
        Kind.SESSION_LENGTH, day.book.name(""), at_us=left.at_us + minutes_us(9), value=lasted, person=left.account,
    )  # fmt: skip


def sign_up(day: Day) -> None:
    """Everybody whose account begins in this stretch; those who came as visitors are tied to their browser."""
    created = day.people.created_us
    new = np.flatnonzero((created >= day.start_us) & (created < day.end_us))
    for account in new:
        day.visitors.sign_up(day.rng, int(account), int(created[account]))
    at_us = created[new]
    request = day.requests(at_us)
    took = day.lasting(at_us, 165.0, 0.2)
    anonymous = who(Who.ANONYMOUS)
    day.columns.add(
        Kind.PAGE_REQUEST, day.book.name(POST_SIGN_UP), at_us=after(at_us, took), value=took, who=anonymous,
        request=request,
    )  # fmt: skip
    day.columns.add(
        Kind.SIGN_UP, day.book.name("password"), at_us=after(at_us, took), value=took, who=anonymous, request=request
    )  # fmt: skip
    proved = at_us + minutes_us(1) + day.rng.integers(0, minutes_us(4), len(new))
    verify = day.lasting(proved, 24.0, 0.4)
    day.columns.add(
        Kind.SIGN_IN, day.book.name("verify"), at_us=proved, value=verify, who=anonymous, person=new,
        request=day.requests(proved),
    )  # fmt: skip


def _try_password(day: Day, some: Visits, end: int) -> None:
    request = day.requests(some.at_us)
    took = day.lasting(some.at_us, 142.0, 0.22)
    ended = after(some.at_us, took)
    day.columns.add(
        Kind.PAGE_REQUEST, day.book.name(POST_SIGN_IN), at_us=ended, value=took, who=who(Who.ANONYMOUS), request=request
    )  # fmt: skip
    day.columns.add(
        Kind.SIGN_IN, day.book.name("password"), at_us=ended, value=took, outcome=end, who=who(Who.ANONYMOUS),
        request=request, person=some.account if end == OK else NOBODY,
    )  # fmt: skip
    query(day, some.at_us, request, "read", 3.0)


def at_random(day: Day, mean: float) -> Ints:
    """Moments anywhere in this stretch, so many on average in a whole day."""
    size = day.rng.poisson(mean * (day.end_us - day.start_us) / DAY_US)
    return np.sort(day.rng.integers(day.start_us, day.end_us, size))
