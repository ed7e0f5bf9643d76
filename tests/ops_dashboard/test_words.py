"""How the dashboard writes numbers and times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.telemetry import Unit
from core.metrics.definition import Direction
from ops_dashboard.words import (
    Change,
    Clock,
    amount,
    before_phrase,
    change,
    duration,
    goal,
    percent,
    points,
    size,
    span,
)


@pytest.mark.parametrize(
    ("ms", "written"),
    [
        (1.64, "1.6 ms"), (142.3, "142 ms"), (999.4, "999 ms"), (999.6, "1.00 s"), (1_214, "1.21 s"), (9_996, "10.0 s"),
        (58_100, "58.1 s"), (59_960, "1:00 min"), (220_000, "3:40 min"), (3_599_700, "1 h"), (7_500_000, "2 h 5 min"),
        (12 * 86_400_000, "12 days"), (None, "–"),
    ],
)  # fmt: skip
def test_times_are_rounded_to_what_matters(ms: float | None, written: str) -> None:
    assert str(duration(ms)) == written


@pytest.mark.parametrize(
    ("ratio", "written"),
    [
        (0.98, "98.0 %"), (0.9996, "99.96 %"), (0.99996, "99.996 %"), (1.0, "100 %"), (0.0, "0 %"), (0.0004, "0.04 %"),
        (0.00001, "0.001 %"), (None, "–"),
    ],
)  # fmt: skip
def test_shares_keep_the_figures_in_which_they_differ(ratio: float | None, written: str) -> None:
    assert percent(ratio) == written


@given(st.floats(1e-9, 1 - 1e-9))
def test_a_share_is_never_written_as_all_or_nothing_unless_it_is(ratio: float) -> None:
    assert percent(ratio) not in {"0 %", "100 %", "0.0 %", "100.0 %"}


def test_a_budget_that_is_overdrawn_says_so() -> None:
    assert (points(0.62), points(0.004), points(-3.4), points(0.0)) == ("62 %", "under 1 %", "−340 %", "0 %")
    assert (points(-0.004), points(-0.00001)) == ("−0.4 %", "−0.1 %")


@pytest.mark.parametrize(
    ("value", "unit", "written"),
    [
        (2_000, Unit.MS, "2 s"), (200, Unit.MS, "200 ms"), (30_000, Unit.MS, "30 s"), (300_000, Unit.MS, "5 min"),
        (0.95, Unit.RATIO, "95 %"), (0.999, Unit.RATIO, "99.9 %"), (0.1, Unit.SCORE, "0.1"),
    ],
)  # fmt: skip
def test_targets_are_round_numbers(value: float, unit: Unit, written: str) -> None:
    assert goal(value, unit) == written


def test_units_stand_apart_from_numbers() -> None:
    assert str(amount(5_370_000, Unit.MICROUSD)) == "$5.37"
    assert str(amount(1284, Unit.COUNT)) == "1,284"
    assert str(amount(53.47, Unit.PER_HOUR)) == "53.5 an hour"
    assert (amount(0.942, Unit.RATIO).value, amount(0.942, Unit.RATIO).unit) == ("94.2", "%")
    assert str(size(61_300_000)) == "61 MB"


@pytest.mark.parametrize(
    ("value", "before", "unit", "direction", "expected"),
    [
        (106, 100, Unit.COUNT, Direction.UP, Change("+6 %", "ok")),
        (106, 100, Unit.COUNT, Direction.DOWN, Change("+6 %", "bad")),
        (106, 100, Unit.COUNT, Direction.NEITHER, Change("+6 %", "")),
        (0.014, 0.017, Unit.RATIO, Direction.DOWN, Change("−0.3", "ok")),
        (0.5, 0.5, Unit.RATIO, Direction.UP, Change("±0", "")),
        (5, 0, Unit.COUNT, Direction.UP, Change("from 0", "ok")),
        (0, 0, Unit.COUNT, Direction.UP, Change("±0", "")),
        (None, 5, Unit.COUNT, Direction.UP, None),
    ],
)
def test_a_change_says_by_how_much_and_whether_that_is_good(
    value: float | None, before: float | None, unit: Unit, direction: Direction, expected: Change | None
) -> None:
    assert change(value, before, unit, direction) == expected


def test_times_are_shown_on_the_clock_of_the_page() -> None:
    at = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    assert Clock("UTC").stamp(at) == "23 Nov 23:30"
    assert Clock("Europe/Berlin").stamp(at) == "24 Nov 00:30"
    assert Clock("Europe/Berlin").moment(at, datetime(2026, 11, 24, 9, tzinfo=UTC)) == "00:30"


def test_ranges_and_what_they_are_compared_with_have_plain_names() -> None:
    lengths = [timedelta(hours=1), timedelta(days=1), timedelta(days=7), timedelta(minutes=40), timedelta(hours=60)]
    assert [span(each) for each in lengths] == ["1 h", "24 h", "7 days", "40 min", "60 h"]
    assert before_phrase(timedelta(days=1)) == "the day before"
    assert before_phrase(timedelta(days=7)) == "the 7 days before"
