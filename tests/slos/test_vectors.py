"""The worked vectors of the operations facts, §1.3 and §9, from an oracle of exact fractions."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from core.slos import SLOS
from core.slos.budget import (
    Counts,
    budget_left,
    budget_minutes,
    budget_share,
    burn_rate,
    detection_s,
    factor_for,
    full_budget_lasts_s,
    is_over,
    is_surely_over,
    reset_s,
    uptime_ratio,
    wilson_low,
)
from core.slos.definition import BURN_RULES, Slo

AVAILABILITY = SLOS["availability"]
ROWS = (
    (timedelta(hours=1), 0.02),
    (timedelta(hours=6), 0.05),
    (timedelta(days=1), 0.10),
    (timedelta(days=3), 0.10),
)


def with_objective(objective: float) -> Slo:
    return replace(AVAILABILITY, objective=objective, rules=(), slow_rule=None)


@pytest.mark.parametrize(("days", "factors"), [(30, (14.4, 6.0, 3.0, 1.0)), (28, (13.44, 5.6, 2.8, 0.9333))])
def test_factors_follow_from_the_share_of_the_budget(days: int, factors: tuple[float, ...]) -> None:
    found = [factor_for(share, long, timedelta(days=days)) for long, share in ROWS]
    assert found == pytest.approx(list(factors), abs=5e-5)


def test_the_rules_are_those_of_thirty_days() -> None:
    assert [(rule.long, budget_share(AVAILABILITY, rule)) for rule in BURN_RULES] == [
        (long, pytest.approx(share)) for long, share in ROWS
    ]
    # "short = long/12"; the day's is 2 h there as well.
    assert [rule.short for rule in BURN_RULES] == [long / 12 for long, _ in ROWS]


def test_the_budget_of_three_nines_is_43_minutes_a_month_and_almost_nine_hours_a_year() -> None:
    assert budget_minutes(AVAILABILITY) == pytest.approx(43.2)
    year = replace(AVAILABILITY, window=timedelta(days=365))
    assert budget_minutes(year) / 60 == pytest.approx(8.76)


def test_burn_and_what_is_left() -> None:
    assert burn_rate(AVAILABILITY, Counts(bad=13, valid=13_889)) == pytest.approx(0.93599, abs=5e-6)
    assert budget_left(AVAILABILITY, Counts(bad=9_864, valid=10_000_000)) == pytest.approx(0.0136)


def test_a_full_outage_is_detected_in_minutes() -> None:
    found = [detection_s(AVAILABILITY, rule, 1.0) for rule in BURN_RULES]
    assert [seconds and seconds / 60 for seconds in found] == pytest.approx([0.864, 2.16, 4.32, 4.32])


def test_one_per_cent_of_errors_is_detected_in_hours_and_never_by_the_first_rule() -> None:
    found = [detection_s(AVAILABILITY, rule, 0.01) for rule in BURN_RULES]
    assert found[0] is None
    assert [seconds and seconds / 60 for seconds in found[1:]] == pytest.approx([216, 432, 432])


def test_the_page_ends_five_minutes_after_a_full_outage() -> None:
    seconds = reset_s(AVAILABILITY, BURN_RULES[0], 1.0)
    assert seconds is not None
    assert seconds / 60 == pytest.approx(4.928)
    assert reset_s(AVAILABILITY, BURN_RULES[0], 0.01) is None


@pytest.mark.parametrize(("objective", "most"), [(0.90, 10), (0.95, 20), (0.99, 100)])
def test_nothing_burns_faster_than_when_all_is_bad(objective: float, most: float) -> None:
    slo = with_objective(objective)
    assert burn_rate(slo, Counts(bad=60, valid=60)) == pytest.approx(most)


@pytest.mark.parametrize(
    ("bad", "valid", "low"),
    [(1, 60, 0.00295), (2, 60, 0.00919), (3, 60, 0.01715), (20, 1_000, 0.01298), (25, 1_000, 0.01699)],
)
def test_wilson_lower_bounds(bad: int, valid: int, low: float) -> None:
    assert wilson_low(Counts(bad=bad, valid=valid)) == pytest.approx(low, abs=5e-6)


@pytest.mark.parametrize(
    ("bad", "valid", "pages"), [(1, 60, False), (2, 60, False), (3, 60, True), (20, 1_000, False), (25, 1_000, True)]
)
def test_one_or_two_failures_of_sixty_stay_quiet_and_three_page(bad: int, valid: int, pages: bool) -> None:
    counts = Counts(bad=bad, valid=valid)
    assert is_over(AVAILABILITY, counts, 14.4)
    assert is_surely_over(AVAILABILITY, counts, 14.4) is pages


def test_a_full_budget_lasts_the_window_divided_by_the_rate() -> None:
    assert full_budget_lasts_s(AVAILABILITY, 14.4) == pytest.approx(timedelta(days=30).total_seconds() / 14.4)
    assert full_budget_lasts_s(AVAILABILITY, 0.0) is None
    assert full_budget_lasts_s(AVAILABILITY, None) is None


def test_uptime_of_ninety_days_with_major_and_partial_outages() -> None:
    assert 100 * uptime_ratio(90 * 24 * 60, major_min=60, partial_min=100) == pytest.approx(99.930556, abs=5e-7)
