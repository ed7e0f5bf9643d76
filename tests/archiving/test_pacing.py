from __future__ import annotations

import pytest

from core.archiving.pacing import Pace


def test_slices_shrink_when_rows_are_locked_for_long_and_grow_when_they_are_not() -> None:
    pace = Pace(rest_ratio=3)
    first = pace.rows
    pace.took(locked_s=0.3, slice_s=0.4)
    assert pace.rows < first / 2
    small = pace.rows
    for _ in range(10):
        pace.took(locked_s=0.001, slice_s=0.002)
    assert pace.rows > 10 * small


def test_a_slice_comes_to_rest_where_its_lock_lasts_thirty_milliseconds() -> None:
    pace = Pace(rest_ratio=3)
    for _ in range(30):
        pace.took(locked_s=pace.rows / 10_000, slice_s=pace.rows / 9_000)
    assert pace.rows == pytest.approx(300, rel=0.05)


def test_neither_a_standstill_nor_a_flood_comes_of_one_odd_time() -> None:
    pace = Pace(rest_ratio=3)
    pace.took(locked_s=60, slice_s=60)
    assert pace.rows >= 20
    for _ in range(50):
        pace.took(locked_s=0, slice_s=0)
    assert pace.rows <= 4_000


def test_the_rest_grows_with_the_work_and_with_what_users_feel_but_has_an_end() -> None:
    pace = Pace(rest_ratio=6)
    assert pace.rest_s(0.1, 1) == pytest.approx(0.6)
    assert pace.rest_s(0.1, 4) == pytest.approx(2.4)
    assert pace.rest_s(1, 16) == 3
    assert Pace(rest_ratio=0).rest_s(5, 16) == 0
