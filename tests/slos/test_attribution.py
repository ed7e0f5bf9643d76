from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.slos.attribution import EVERYTHING_ELSE, spenders, whole_percents


@pytest.mark.parametrize(
    ("counts", "percents"),
    [
        ([], []),
        ([0, 0], [0, 0]),
        ([1], [100]),
        ([1, 1, 1], [34, 33, 33]),
        ([71, 14, 9, 4, 2], [71, 14, 9, 4, 2]),
        ([2, 1], [67, 33]),
        ([999, 1], [100, 0]),
        # 16.6…, 33.3…, 50: the largest remainder goes up.
        ([1, 2, 3], [17, 33, 50]),
    ],
)
def test_percents_by_the_largest_remainder(counts: list[int], percents: list[int]) -> None:
    assert whole_percents(counts) == percents


@given(st.lists(st.integers(0, 10**9), max_size=30))
def test_percents_add_up_to_exactly_one_hundred_and_are_off_by_less_than_one(counts: list[int]) -> None:
    percents = whole_percents(counts)
    total = sum(counts)
    assert sum(percents) == (100 if total else 0)
    assert all(abs(percent - 100 * count / total) < 1 for count, percent in zip(counts, percents, strict=True) if total)


@given(st.dictionaries(st.text(min_size=1, max_size=5), st.integers(0, 1_000), max_size=20), st.integers(0, 500))
def test_every_bad_event_belongs_to_one_spender(causes: dict[str, int], unexplained: int) -> None:
    total = sum(causes.values()) + unexplained
    found = spenders(causes, {}, total)
    assert sum(each.bad for each in found) == total
    assert sum(each.percent for each in found) == (100 if total else 0)
    named = [each.bad for each in found if each.cause]
    assert named == sorted(named, reverse=True)
    assert len(found) <= 7


def test_the_rest_is_named_and_comes_last() -> None:
    causes = {f"route:{n}": n for n in range(1, 10)}
    found = spenders(causes, {"route:9": "The worst"}, 50, shown=2)
    assert [(each.label, each.bad) for each in found] == [("The worst", 9), ("route:8", 8), (EVERYTHING_ELSE, 33)]
    assert found[-1].cause == ""


def test_causes_without_bad_events_are_no_spenders() -> None:
    assert spenders({"a": 0}, {}, 0) == []


def test_more_causes_than_bad_events_are_a_mistake() -> None:
    with pytest.raises(ValueError, match="more bad events"):
        spenders({"a": 2}, {}, 1)
