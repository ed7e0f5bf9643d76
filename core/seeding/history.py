"""The simulation, stretch by stretch in order of time: who came, what they did, and what that left behind."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from core.domain.telemetry import Kind
from core.seeding import accounts, machines
from core.seeding.arrays import Floats, Ints
from core.seeding.columns import Book, Columns, Rows
from core.seeding.day import Day, Jobs, after
from core.seeding.jobs import ask
from core.seeding.names import API_DELETE, API_GET, API_LIST, API_SUBMIT, API_TRANSCRIPT, POST_SUMMARIZE, SUMMARY_PAGE
from core.seeding.people import make_people, make_visitors
from core.seeding.plan import MINUTE_US, Plan, chunks, micros_of, minute_of, weights
from core.seeding.visits import Visits, browse, call_api, draw_visits, open_page, watch_operations

# Events that one visit leaves, with all that follows from it, on average; measured over a history of 90 days.
_EVENTS_A_VISIT = 39.3
# The rest of the events are small requests, of which there are as many as it takes.
_BY_VISITS = 0.84
_PROGRAMS = 0.07
_ASKING = (0.27, 0.40)  # of visits without and with an account
_POLLS = 5
_THINKING_S = 45.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Stretch:
    """What one stretch left: `first` minute since 1970, its events by rising time, jobs, and who was active in it."""

    first: int
    rows: Rows
    jobs: list[Jobs]
    active: Ints


class History:
    """Made anew it gives the same stretches. People and names are known once all of them were taken."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.book = Book()
        self._weights = weights(plan)
        self._reach = np.concatenate([[0.0], np.cumsum(self._weights)])
        self.people = make_people(plan, np.random.default_rng([plan.seed, 0]))
        self.visitors = make_visitors(self._visits_until(plan.minutes) + 1)
        self._over: Rows | None = None
        self._told = 0

    def stretches(self) -> Iterator[Stretch]:
        for number, (first, end) in enumerate(chunks(self.plan), 1):
            yield self._simulate(number, first, end)

    def _simulate(self, number: int, first: int, end: int) -> Stretch:
        start_us = micros_of(self.plan.start)
        day = Day(
            plan=self.plan, rng=np.random.default_rng([self.plan.seed, number]), book=self.book, people=self.people,
            visitors=self.visitors, start_us=start_us + first * MINUTE_US, end_us=start_us + end * MINUTE_US,
        )  # fmt: skip
        if self._over is not None:
            day.columns.take(self._over)
        visits = self._visits_until(end) - self._visits_until(first)
        _live(day, self._moments(day, first, end, visits))
        machines.sample(day, machines.sampling_us(self.plan.minutes, self.plan.events))
        machines.refuse_and_report(day)
        accounts.sign_up(day)
        return self._close(day, first, end)

    def _close(self, day: Day, first: int, end: int) -> Stretch:
        """Leaves to the next stretch what ended in it, and fills this one up to its share of the events."""
        rows = day.columns.rows()
        inside = rows.at_us < day.end_us
        self._over = rows.where(~inside)
        rows = rows.where(inside)
        self._told += int(rows.count.sum())
        missing = max(0, self._events_until(end) - self._told)
        day.columns = Columns()
        day.columns.take(rows)
        machines.fill(day, self._moments(day, first, end, missing))
        self._told += missing
        return Stretch(
            first=minute_of(self.plan.start) + first,
            rows=day.columns.rows(),
            jobs=day.jobs,
            active=np.unique(np.concatenate([*day.active, np.zeros(0, dtype=np.int64)])),
        )

    def _moments(self, day: Day, first: int, end: int, size: int) -> Ints:
        """Moments of this stretch, by rising time, as busy as its minutes."""
        low, high = self._reach[first], self._reach[end]
        minute = np.searchsorted(self._reach, low + day.rng.random(size) * (high - low), side="right") - 1
        base = micros_of(self.plan.start)
        at_us = base + np.clip(minute, first, end - 1) * MINUTE_US + day.rng.integers(0, MINUTE_US, size)
        return np.sort(at_us)

    def _visits_until(self, minute: int) -> int:
        share: float = self._reach[minute] / self._reach[-1]
        return round(share * self._by_people() * _BY_VISITS / _EVENTS_A_VISIT)

    def _events_until(self, minute: int) -> int:
        """How many events are to be counted before this minute of the plan."""
        share: float = self._reach[minute] / self._reach[-1]
        return round(self._by_machines() * minute / self.plan.minutes + self._by_people() * share)

    def _by_machines(self) -> float:
        return machines.sampled(self.plan.minutes, self.plan.events)

    def _by_people(self) -> float:
        return self.plan.events - self._by_machines()


def _live(day: Day, at_us: Ints) -> None:
    """Everything that people and programs do who come at these moments."""
    is_program = day.chance(len(at_us), _PROGRAMS)
    visits = draw_visits(day, at_us[~is_program])
    browse(day, visits)
    accounts.sign_in(day, visits)
    share = np.where(visits.account >= 0, _ASKING[1], _ASKING[0])
    _ask_on_pages(day, visits.where(day.chance(len(share), share)))
    _run_programs(day, draw_visits(day, at_us[is_program]))
    watch_operations(day, at_us)


def _ask_on_pages(day: Day, visits: Visits) -> None:
    size = len(visits.at_us)
    asking = _later(visits, 20_000 + 1_000 * day.rng.exponential(_THINKING_S, size))
    request = day.requests(asking.at_us)
    took = day.lasting(asking.at_us, 58.0, 0.5)
    ends = day.ends(asking.at_us, is_api=False)
    day.columns.add(
        Kind.PAGE_REQUEST, day.book.name(POST_SUMMARIZE), at_us=after(asking.at_us, took), value=took, outcome=ends,
        who=asking.by, request=request, person=asking.account, detail=day.details(ends),
    )  # fmt: skip
    accepted = ends == 0
    ask(day, asking.where(accepted), request[accepted], took[accepted])
    open_page(day, _later(asking.where(accepted), took[accepted] + 120.0), SUMMARY_PAGE)


def _run_programs(day: Day, callers: Visits) -> None:
    """Programs that ask over the interface, look again until it is done, and fetch the words."""
    submit = _later(callers, np.zeros(len(callers.at_us)))
    called = call_api(day, submit, API_SUBMIT, median_ms=47, spread=0.5)
    ask(day, submit.where(called.is_ok), called.request[called.is_ok], called.took[called.is_ok])
    callers = callers.where(called.is_ok)
    for look in range(_POLLS):
        polling = callers.where(day.chance(len(callers.at_us), 1 - 0.12 * look))
        call_api(
            day, _later(polling, np.full(len(polling.at_us), 2_000.0 * (look + 1))), API_GET, median_ms=14, spread=0.85
        )
    for name, share, median, delay in (
        (API_TRANSCRIPT, 0.6, 36.0, 14_000.0), (API_LIST, 0.5, 23.0, 17_000.0), (API_DELETE, 0.08, 19.0, 30_000.0),
    ):  # fmt: skip
        some = callers.where(day.chance(len(callers.at_us), share))
        call_api(day, _later(some, np.full(len(some.at_us), delay)), name, median_ms=median, spread=0.85)


def _later(visits: Visits, ms: Floats) -> Visits:
    return Visits(at_us=after(visits.at_us, ms), account=visits.account, visitor=visits.visitor, by=visits.by)
