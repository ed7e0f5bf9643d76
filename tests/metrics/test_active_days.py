"""Distinct people by window against sets of people, for random weeks of them."""

from __future__ import annotations

from datetime import date, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from core.metrics.active_days import ActiveDay, count_active

FIRST = date(2026, 2, 1)
# Some differ in one half alone, as ids that begin with the time do.
PEOPLE = [UUID(int=number) for number in (1, 2, 1 << 64, 2 << 64, (3 << 64) + 3, (3 << 64) + 4)]
days = st.dictionaries(st.integers(0, 69), st.sets(st.sampled_from(PEOPLE), min_size=1))


@given(active=days, length=st.integers(1, 70))
def test_each_window_counts_everybody_once(active: dict[int, set[UUID]], length: int) -> None:
    active = {day: people for day, people in active.items() if day < length}
    found = count_active(
        [(_day(day), b"".join(each.bytes for each in sorted(people))) for day, people in sorted(active.items())],
        FIRST,
        _day(length - 1),
    )
    assert found == [
        ActiveDay(
            day=_day(day),
            daily=_within(active, day, 1),
            weekly=_within(active, day, 7),
            monthly=_within(active, day, 30),
        )
        for day in range(length)
    ]


def test_nobody() -> None:
    nobody = ActiveDay(day=FIRST, daily=0, weekly=0, monthly=0)
    assert count_active([], FIRST, FIRST) == [nobody]


def _day(place: int) -> date:
    return FIRST + timedelta(days=place)


def _within(active: dict[int, set[UUID]], day: int, window: int) -> int:
    return len(set[UUID]().union(*(active.get(each, set()) for each in range(day - window + 1, day + 1))))
