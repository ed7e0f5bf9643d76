"""What is to be simulated: the stretch of time, its rhythm, and what went wrong in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import numpy as np

from core.domain.period import floor_minute
from core.errors import InvalidInput
from core.seeding.arrays import Floats, Ints

MINUTE_US = 60_000_000
DAY_MINUTES = 1_440
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LONGEST_DAYS = 366
# Traffic at the end, as a multiple of that at the beginning.
_GROWTH = 2.2
_WEEK = (1.0, 1.06, 1.08, 1.04, 0.94, 0.62, 0.66)  # Monday first
# The outage: the database lost its connections. Minutes after it began.
_DETECTED, _ACKNOWLEDGED, _MITIGATED, _RESOLVED = 1.4, 3.1, 11.0, 19.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """`slows` is the factor by which everything takes longer until the next one."""

    name: str
    at: datetime
    committed_at: datetime
    commits: int
    note: str
    slows: float = 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """An incident. `fails`: the share of all requests that came to nothing between its start and its mitigation."""

    severity: str
    title: str
    started_at: datetime
    detected_at: datetime
    acknowledged_at: datetime
    mitigated_at: datetime
    resolved_at: datetime
    fails: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """[start, end) in whole minutes. `events` is how many are to be counted in all of it."""

    days: int
    users: int
    events: int
    seed: int
    end: datetime

    @property
    def start(self) -> datetime:
        return self.end - timedelta(days=self.days)

    @property
    def minutes(self) -> int:
        return self.days * DAY_MINUTES

    def at(self, share: float) -> datetime:
        """The minute at this share 0…1 of the whole."""
        return floor_minute(self.start + share * (self.end - self.start))

    def lately(self, hours: float, share: float) -> datetime:
        """So many hours before the end, or this share of the whole where that is less."""
        return floor_minute(self.end - min(timedelta(hours=hours), share * (self.end - self.start)))

    def busy_hour(self, share: float) -> datetime:
        """The early afternoon before that minute."""
        at = self.at(share)
        return at - (at - at.replace(hour=13, minute=52)) % timedelta(days=1)

    @property
    def releases(self) -> tuple[Release, ...]:
        """Three: the first made everything slower, the second repaired that, the third brought a slow rung."""
        return (
            _release(self.at(0.34), hours=20.5, commits=14, note="Library by tags", slows=1.5),
            _release(self.at(0.60), hours=31.0, commits=9, note="Library quick again"),
            _release(self.lately(14, 0.1), hours=19.2, commits=4, note="Captions by proxy"),
        )

    @property
    def slow_rung_since(self) -> datetime:
        return self.releases[-1].at

    @property
    def troubles(self) -> tuple[Trouble, ...]:
        """One outage, and two small incidents that let nothing fail."""
        return (
            _trouble("P2", "Mail arrived late", self.at(0.31), (3.0, 9.0, 24.0, 41.0)),
            _trouble(
                "P1", "Database connections used up", self.busy_hour(0.86),
                (_DETECTED, _ACKNOWLEDGED, _MITIGATED, _RESOLVED), fails=0.7,
            ),
            _trouble("P1", "Captions refused by YouTube", self.lately(19, 0.12), (0.8, 1.9, 3.7, 12.0)),
        )  # fmt: skip


def make_plan(*, days: int, users: int, events: int, seed: int, now: datetime) -> Plan:
    """The plan of a history that ends with the minute before `now`. InvalidInput where it is too small or too long."""
    if not 2 <= days <= _LONGEST_DAYS:
        raise InvalidInput(f"--days lies between 2 and {_LONGEST_DAYS}.")
    if users < 20:
        raise InvalidInput("--users is at least 20: fewer people have no rhythm.")
    if events < 2_000 * days:
        raise InvalidInput(f"--events is at least 2,000 a day: {2_000 * days:,} for {days} days.")
    return Plan(days=days, users=users, events=events, seed=seed, end=floor_minute(now))


def weights(plan: Plan) -> Floats:
    """How busy each minute of the plan is, relative to the others: by hour, by weekday, and growing."""
    first = minute_of(plan.start)
    minute = first + np.arange(plan.minutes)
    hour = (minute % DAY_MINUTES) / 60
    # Two humps: the European afternoon and the American one, and a night that is never quite still.
    day = 0.28 + np.exp(-(((hour - 13.5) / 4.2) ** 2)) + 0.55 * np.exp(-(((hour - 20.0) / 2.6) ** 2))
    weekday = (minute // DAY_MINUTES + 3) % 7  # the first of January 1970 was a Thursday
    growth = _GROWTH ** (np.arange(plan.minutes) / plan.minutes)
    busy: Floats = day * np.take(_WEEK, weekday) * growth
    return busy


def minute_of(at: datetime) -> int:
    """Whole minutes since 1970."""
    return (at - _EPOCH) // timedelta(minutes=1)


def micros_of(at: datetime) -> int:
    """Microseconds since 1970."""
    return (at - _EPOCH) // timedelta(microseconds=1)


def moment_of(micros: int) -> datetime:
    return _EPOCH + timedelta(microseconds=int(micros))


def chunks(plan: Plan) -> list[tuple[int, int]]:
    """[first, end) minutes of the plan, cut at each midnight in UTC."""
    first = minute_of(plan.start)
    edges = [0, *range(-first % DAY_MINUTES or DAY_MINUTES, plan.minutes, DAY_MINUTES), plan.minutes]
    return list(pairwise(edges))


def slowness(plan: Plan, at_us: Ints) -> Floats:
    """The factor by which things took longer at each moment, by the release that ran."""
    releases = plan.releases
    place = np.searchsorted([micros_of(release.at) for release in releases], at_us, side="right")
    return np.take([1.0, *(release.slows for release in releases)], place)


def _release(at: datetime, *, hours: float, commits: int, note: str, slows: float = 1.0) -> Release:
    name = f"{at.year}.{at.month}.{at.day}"
    return Release(
        name=name, at=at, committed_at=at - timedelta(hours=hours), commits=commits, note=note, slows=slows
    )  # fmt: skip


def _trouble(
    severity: str, title: str, start: datetime, minutes: tuple[float, float, float, float], *, fails: float = 0.0
) -> Trouble:
    detected, acknowledged, mitigated, resolved = (start + timedelta(minutes=each) for each in minutes)
    return Trouble(
        severity=severity, title=title, started_at=start, detected_at=detected, acknowledged_at=acknowledged,
        mitigated_at=mitigated, resolved_at=resolved, fails=fails,
    )  # fmt: skip
