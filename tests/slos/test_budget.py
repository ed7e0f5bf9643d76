from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.correction import Category, Correction
from core.slos import SLOS
from core.slos.budget import (
    Bucket,
    Counts,
    budget_left,
    burn_rate,
    exhausts_in_s,
    health_of,
    is_over,
    left_out,
    read_rule,
    read_slow_rule,
    total,
    wilson_low,
)
from core.slos.definition import BURN_RULES, SLOW_RULE, BurnRule, Slo
from core.slos.status import BurnState, Health

SLO = SLOS["availability"]
PAGE, _, TICKET, _ = BURN_RULES
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
counts = st.integers(0, 10**7).flatmap(lambda valid: st.builds(Counts, bad=st.integers(0, valid), valid=st.just(valid)))


def c(bad: int, valid: int) -> Counts:
    return Counts(bad=bad, valid=valid)


def test_without_data_nothing_is_claimed() -> None:
    nothing = Counts()
    assert nothing.sli is None
    assert budget_left(SLO, nothing) is None
    assert burn_rate(SLO, nothing) is None
    assert not is_over(SLO, nothing, 1.0)
    assert wilson_low(nothing) == 0.0
    reading = read_rule(SLO, PAGE, nothing, nothing)
    assert (reading.state, reading.long_rate, reading.short_rate) == (BurnState.NO_DATA, None, None)


def test_one_good_event_is_a_whole_budget_and_one_bad_event_overdraws_it() -> None:
    assert budget_left(SLO, c(0, 1)) == 1.0
    assert budget_left(SLO, c(1, 1)) == pytest.approx(-999.0)


def test_what_is_left_falls_below_zero_without_being_clamped() -> None:
    assert budget_left(SLO, c(3, 1_000)) == pytest.approx(-2.0)


def test_exactly_the_factor_is_not_over_it_and_one_more_is() -> None:
    # 14.4 × 0.001 × 10,000 = 144 exactly; in binary fractions the product is a little less.
    assert 14.4 * (1 - 0.999) * 10_000 != 144
    assert not is_over(SLO, c(144, 10_000), 14.4)
    assert is_over(SLO, c(145, 10_000), 14.4)


@given(counts=counts, factor=st.sampled_from([14.4, 6.0, 3.0, 1.0]))
def test_comparison_agrees_with_exact_fractions(counts: Counts, factor: float) -> None:
    exact = Fraction(str(factor)) * Fraction(1, 1000) * counts.valid
    assert is_over(SLO, counts, factor) == (counts.bad > exact)


@given(counts=counts)
def test_the_lower_bound_lies_between_nothing_and_the_ratio(counts: Counts) -> None:
    ratio = counts.bad / counts.valid if counts.valid else 0.0
    assert 0.0 <= wilson_low(counts) <= ratio + 1e-9


@pytest.mark.parametrize(
    ("long", "short", "state"),
    [
        (c(200, 10_000), c(20, 1_000), BurnState.FIRING),
        (c(200, 10_000), c(0, 1_000), BurnState.RECOVERING),
        (c(200, 10_000), Counts(), BurnState.RECOVERING),
        (c(100, 10_000), c(40, 1_000), BurnState.RISING),
        (c(100, 10_000), c(1, 1_000), BurnState.OK),
        (Counts(), Counts(), BurnState.NO_DATA),
    ],
)
def test_the_state_of_a_pair(long: Counts, short: Counts, state: BurnState) -> None:
    assert read_rule(SLO, PAGE, long, short).state is state


def test_a_page_on_few_events_is_held_back_and_says_so() -> None:
    held = read_rule(SLO, PAGE, c(2, 60), c(2, 5))
    assert (held.state, held.is_held) == (BurnState.OK, True)
    sure = read_rule(SLO, PAGE, c(3, 60), c(2, 5))
    assert (sure.state, sure.is_held) == (BurnState.FIRING, False)


def test_a_ticket_is_not_held_back() -> None:
    assert read_rule(SLO, TICKET, c(1, 60), c(1, 5)).state is BurnState.FIRING


def test_few_requests_of_which_many_fail_fire_the_slow_rule_though_no_pair_is_sure() -> None:
    # Two requests an hour, all of them failing: the last half hour may well be empty.
    slo = replace(SLO, objective=0.95)
    window = c(6, 6)
    assert read_rule(slo, BURN_RULES[0], c(1, 1), Counts()).state is BurnState.OK
    assert read_slow_rule(slo, SLOW_RULE, window, Counts()).state is BurnState.FIRING
    assert read_slow_rule(slo, SLOW_RULE, window, c(0, 2)).state is BurnState.RECOVERING


@pytest.mark.parametrize(
    ("window", "state"),
    [
        (c(4, 100), BurnState.OK),  # too few bad
        (c(5, 600), BurnState.OK),  # not little traffic: the pairs judge it
        (c(5, 599), BurnState.FIRING),
        (Counts(), BurnState.NO_DATA),
    ],
)
def test_the_slow_rule_at_its_edges(window: Counts, state: BurnState) -> None:
    assert read_slow_rule(SLO, SLOW_RULE, window, Counts()).state is state


@pytest.mark.parametrize(
    ("rule", "state", "left", "health"),
    [
        (PAGE, BurnState.FIRING, 0.5, Health.FIRING),
        (PAGE, BurnState.FIRING, -3.0, Health.FIRING),
        (PAGE, BurnState.RISING, 0.5, Health.BURNING),
        (PAGE, BurnState.RECOVERING, 0.5, Health.BURNING),
        (TICKET, BurnState.FIRING, -0.1, Health.BURNING),
        (TICKET, BurnState.RISING, 0.5, Health.OK),
        (PAGE, BurnState.OK, 0.0, Health.SPENT),
        (PAGE, BurnState.OK, 0.001, Health.OK),
        (PAGE, BurnState.NO_DATA, None, Health.NO_DATA),
    ],
)
def test_health_in_one_word(rule: BurnRule, state: BurnState, left: float | None, health: Health) -> None:
    burn = replace(read_rule(SLO, rule, Counts(), Counts()), state=state)
    assert health_of(left, [burn], None) is health


def buckets(*per_hour: tuple[int, int], ends: datetime = NOW) -> list[Bucket]:
    start = ends - len(per_hour) * HOUR
    return [
        Bucket(start=start + n * HOUR, end=start + (n + 1) * HOUR, counts=c(bad, valid))
        for n, (bad, valid) in enumerate(per_hour)
    ]


def rolling(hours: int, objective: float = 0.9) -> Slo:
    return replace(SLO, objective=objective, window=timedelta(hours=hours), rules=(), slow_rule=None)


def test_a_steady_rate_over_the_allowed_one_exhausts_a_clean_window() -> None:
    # 100 an hour, 10 % allowed of 1,000: at 20 bad an hour the good old hours leave and 10 too many come each hour.
    slo = rolling(10)
    window = buckets(*[(0, 100)] * 10)
    present = Bucket(start=NOW - HOUR, end=NOW, counts=c(20, 100))
    assert exhausts_in_s(slo, window, present) == pytest.approx(5 * 3600)


def test_old_errors_that_leave_the_window_push_the_end_away() -> None:
    slo = rolling(10)
    clean = buckets(*[(0, 100)] * 9, (60, 100))
    late = buckets((60, 100), *[(0, 100)] * 9)
    present = Bucket(start=NOW - HOUR, end=NOW, counts=c(12, 100))
    assert exhausts_in_s(slo, clean, present) == pytest.approx(40 / 12 * 3600)
    found = exhausts_in_s(slo, late, present)
    assert found is not None
    # The 60 are gone after the first hour: 88 of the budget are left then.
    assert found == pytest.approx(3600 + 88 / 12 * 3600)


def test_at_or_under_the_allowed_rate_it_never_comes() -> None:
    slo = rolling(10)
    window = buckets(*[(9, 100)] * 10)
    for bad in (0, 5, 9):
        present = Bucket(start=NOW - HOUR, end=NOW, counts=c(bad, 100))
        assert exhausts_in_s(slo, window, present) is None


def test_what_is_spent_already_is_exhausted_now() -> None:
    slo = rolling(10)
    present = Bucket(start=NOW - HOUR, end=NOW, counts=c(0, 100))
    assert exhausts_in_s(slo, buckets(*[(10, 100)] * 10), present) == 0.0


def test_a_history_shorter_than_the_window_loses_nothing_at_first() -> None:
    slo = rolling(10)
    window = buckets(*[(0, 100)] * 2)
    present = Bucket(start=NOW - HOUR, end=NOW, counts=c(20, 100))
    # 20 of budget saved up; each hour brings 10 of budget and spends 20.
    assert exhausts_in_s(slo, window, present) == pytest.approx(2 * 3600)


an_hour = st.integers(1, 200).flatmap(lambda valid: st.tuples(st.integers(0, valid), st.just(valid)))


@given(window=st.lists(an_hour, min_size=4, max_size=24), present=an_hour)
def test_exhaustion_agrees_with_walking_through_the_minutes(
    window: list[tuple[int, int]], present: tuple[int, int]
) -> None:
    slo = rolling(len(window))
    found = exhausts_in_s(slo, buckets(*window), Bucket(start=NOW - HOUR, end=NOW, counts=c(*present)))
    minutes = [Fraction(valid, 600) - Fraction(bad, 60) for bad, valid in window for _ in range(60)]
    left, step = sum(minutes), Fraction(present[1], 600) - Fraction(present[0], 60)
    if left <= 0 and any(bad for bad, _ in window):
        assert found == 0.0
        return
    for number, gone in enumerate(minutes, start=1):
        left += step - gone
        if left <= 0 and step - gone < 0:
            assert found is not None
            assert (number - 1) * 60 - 1e-3 <= found <= number * 60 + 1e-3
            return
    assert found is None or found > len(minutes) * 60 - 1e-3


def test_a_correction_leaves_bad_and_valid_out_and_both_figures_are_kept() -> None:
    window = buckets((0, 100), (50, 100), (1, 100))
    maintenance = Correction(start=NOW - 2 * HOUR, end=NOW - HOUR, category=Category.MAINTENANCE)
    assert total(left_out(window, [maintenance])) == c(1, 200)
    assert total(window) == c(51, 300)


def test_corrections_that_overlap_take_a_stretch_out_once() -> None:
    window = buckets((1, 10), (2, 20), (3, 30))
    whole = Correction(start=NOW - 3 * HOUR, end=NOW - HOUR, category=Category.VENDOR)
    part = Correction(start=NOW - 2 * HOUR, end=NOW, category=Category.LOAD_TEST)
    assert total(left_out(window, [whole, part])) == Counts()
    assert left_out(window, []) == window
