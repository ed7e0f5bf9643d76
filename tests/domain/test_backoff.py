"""How tries are counted and how long one waits: worked by hand."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.domain.backoff import ACCOUNT_AT_PLACE, Tries, TryRule, given_back, taken, tries_left, wait_of
from tests.fakes import NOON

RULE = TryRule(free=3)
MINUTE = timedelta(minutes=1)


def after(count: int, rule: TryRule = RULE) -> Tries:
    """So many tries, each as soon as it may come."""
    tries, now = Tries(), NOON
    for _ in range(count):
        now += wait_of(tries, now)
        tries = taken(tries, rule, now)
    return tries


@pytest.mark.parametrize(("count", "minutes"), [(1, 0), (4, 0), (5, 1), (6, 2), (7, 4), (8, 8), (9, 15), (40, 15)])
def test_the_sixth_try_waits_and_each_one_after_it_twice_as_long_up_to_a_quarter_of_an_hour(
    count: int, minutes: int
) -> None:
    tries = after(count, ACCOUNT_AT_PLACE)
    assert tries.last_at is not None
    assert wait_of(tries, tries.last_at) == minutes * MINUTE


def test_a_wait_ends_at_its_edge() -> None:
    tries = after(3)
    assert wait_of(tries, NOON + MINUTE - timedelta(microseconds=1)) > timedelta(0)
    assert wait_of(tries, NOON + MINUTE) == timedelta(0)


def test_a_day_without_a_try_forgets_them_all() -> None:
    tries = after(30)
    assert tries.last_at is not None
    assert taken(tries, RULE, tries.last_at + timedelta(days=1)).count == 1
    assert taken(tries, RULE, tries.last_at + timedelta(hours=23)).count == 31


def test_a_try_that_was_right_takes_back_the_wait_it_began() -> None:
    tries = given_back(after(3))
    assert tries == Tries(count=2, last_at=NOON, blocked_until=None)
    assert given_back(Tries()).count == 0


def test_tries_left_count_down_to_the_wait() -> None:
    assert [tries_left(after(count), RULE) for count in (1, 2, 3, 4)] == [2, 1, 0, 0]
