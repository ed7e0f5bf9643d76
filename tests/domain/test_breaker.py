"""The breaker: when it opens, how long it rests, that one alone tries first, and what late answers change."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.breaker import Breaker, BreakerOutcome, BreakerRule, BreakerState

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
RULE = BreakerRule(faults_to_open=3, first_pause=timedelta(minutes=1), longest_pause=timedelta(minutes=5))
WORKED, FAULT, HARD, NOTHING = (
    BreakerOutcome.WORKED, BreakerOutcome.FAULT, BreakerOutcome.HARD_FAULT, BreakerOutcome.NOTHING_LEARNT,
)  # fmt: skip


def after(*outcomes: BreakerOutcome, now: datetime = NOW, start: Breaker | None = None) -> Breaker:
    breaker = start or Breaker()
    for outcome in outcomes:
        breaker = breaker.after(outcome, now, RULE)
    return breaker


def probe_fails(breaker: Breaker) -> Breaker:
    now = breaker.resting_until
    assert now is not None
    return breaker.probing(now, RULE).after(FAULT, now, RULE)


def test_faults_in_a_row_open_it_and_a_success_between_them_does_not_let_it() -> None:
    assert not after(FAULT, FAULT).is_resting(NOW)
    assert not after(FAULT, FAULT, WORKED, FAULT, FAULT).is_resting(NOW)
    opened = after(FAULT, FAULT, FAULT)
    assert opened.is_resting(NOW)
    assert opened.resting_until == NOW + timedelta(minutes=1)
    assert opened.state(NOW) is BreakerState.OPEN


def test_a_hard_fault_opens_it_at_once() -> None:
    assert after(HARD).resting_until == NOW + timedelta(minutes=1)


def test_what_says_nothing_changes_nothing() -> None:
    assert after(FAULT, NOTHING) == after(FAULT)
    assert after(FAULT, FAULT, FAULT, NOTHING) == after(FAULT, FAULT, FAULT)


def test_after_the_pause_one_alone_tries() -> None:
    later = NOW + timedelta(minutes=1)
    breaker = after(FAULT, FAULT, FAULT)
    assert not breaker.is_resting(later)
    assert breaker.state(later) is BreakerState.HALF_OPEN
    probed = breaker.probing(later, RULE)
    assert probed.is_resting(later)
    assert probed.state(later) is BreakerState.HALF_OPEN
    assert probed.probing(later, RULE) is probed


def test_a_probe_that_works_closes_it_and_the_count_starts_anew() -> None:
    later = NOW + timedelta(minutes=1)
    closed = after(WORKED, now=later, start=after(FAULT, FAULT, FAULT).probing(later, RULE))
    assert closed == Breaker()
    assert closed.state(later) is BreakerState.CLOSED


def test_each_probe_that_fails_doubles_the_pause_up_to_the_longest() -> None:
    breaker = after(FAULT, FAULT, FAULT)
    pauses = []
    for _ in range(40):
        began = breaker.resting_until
        breaker = probe_fails(breaker)
        assert began is not None
        assert breaker.resting_until is not None
        pauses.append((breaker.resting_until - began).total_seconds() / 60)
    assert pauses[:3] == [2, 4, 5]
    assert set(pauses[3:]) == {5}


def test_a_probe_that_nobody_hears_of_again_makes_room_for_the_next() -> None:
    later = NOW + timedelta(minutes=1)
    probed = after(FAULT, FAULT, FAULT).probing(later, RULE)
    much_later = later + RULE.probe_for
    assert not probed.is_resting(much_later)
    assert probed.probing(much_later, RULE).is_resting(much_later)


def test_a_probe_that_learns_nothing_makes_room_for_the_next_at_once() -> None:
    later = NOW + timedelta(minutes=1)
    released = after(NOTHING, now=later, start=after(FAULT, FAULT, FAULT).probing(later, RULE))
    assert not released.is_resting(later)
    assert released.openings == 1


def test_faults_of_calls_that_began_before_the_pause_do_not_lengthen_it() -> None:
    opened = after(FAULT, FAULT, FAULT)
    assert after(FAULT, HARD, start=opened, now=NOW + timedelta(seconds=9)) == opened


def test_while_closed_nobody_needs_to_probe() -> None:
    assert Breaker().probing(NOW, RULE) == Breaker()


@given(st.lists(st.sampled_from([*BreakerOutcome, "probe", "wait"]), max_size=60))
def test_whatever_happens_it_never_rests_for_longer_than_the_longest_pause(steps: list[BreakerOutcome | str]) -> None:
    breaker, now = Breaker(), NOW
    for step in steps:
        if isinstance(step, BreakerOutcome):
            breaker = breaker.after(step, now, RULE)
        elif step == "probe":
            breaker = breaker.probing(now, RULE)
        else:
            now += timedelta(seconds=45)
        assert not breaker.is_resting(now + RULE.longest_pause)


@pytest.mark.parametrize("outcome", [FAULT, HARD])
def test_months_of_failures_do_not_grow_into_a_number_without_end(outcome: BreakerOutcome) -> None:
    old = Breaker(openings=10_000, resting_until=NOW)
    assert after(outcome, start=old).resting_until == NOW + RULE.longest_pause
