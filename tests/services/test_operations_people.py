"""What is compared with what, where people are counted by days and the last day is not over."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from core.metrics import METRICS
from core.metrics.active_days import ActiveDay
from core.services.operations.cells import Cells
from core.services.operations.figures import Sources, evaluate
from core.services.operations.people import PeopleFigures

TODAY = date(2026, 11, 25)
EDGES = tuple(datetime(2026, 11, day, 9, 30, tzinfo=UTC) for day in (23, 24, 25))


def sources(now: datetime, *, first: int = 1) -> Sources:
    days = [TODAY - timedelta(days=back) for back in range(3)]
    active = {day: ActiveDay(day=day, daily=10, weekly=50, monthly=90) for day in days}
    active[TODAY] = ActiveDay(day=TODAY, daily=4, weekly=50, monthly=90)
    return Sources(
        now=now,
        cells=Cells((), [], EDGES, [], first=first),
        people=PeopleFigures(edges=EDGES, first=first, active=active, first_summaries={}, registered={}, grown_up={}),
    )


@pytest.mark.parametrize(
    ("now", "before"),
    [(EDGES[-1], None), (datetime(2026, 11, 25, 23, 59, tzinfo=UTC), None), (datetime(2026, 11, 26, tzinfo=UTC), 10)],
)
def test_a_day_that_still_runs_is_compared_with_nothing(now: datetime, before: int | None) -> None:
    reading = evaluate(METRICS["daily-active"], sources(now))
    assert (reading.value, reading.before) == (4, before)


def test_a_bin_of_a_day_that_still_runs_has_no_value_or_its_line_would_end_in_a_fall() -> None:
    assert evaluate(METRICS["daily-active"], sources(EDGES[-1], first=0)).points == (10, None)
    assert evaluate(METRICS["daily-active"], sources(datetime(2026, 11, 26, tzinfo=UTC), first=0)).points == (10, 4)
    assert evaluate(METRICS["weekly-active"], sources(EDGES[-1], first=0)).points == (50, 50)


def test_windows_of_many_days_are_compared_all_the_same() -> None:
    reading = evaluate(METRICS["weekly-active"], sources(EDGES[-1]))
    assert (reading.value, reading.before) == (50, 50)
