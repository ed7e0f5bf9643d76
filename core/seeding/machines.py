"""What no person does: samples of processes, queue and database, refusals, reports, log lines, and small requests."""

from __future__ import annotations

import numpy as np

from core.domain.telemetry import Kind, Outcome, Who
from core.seeding.accounts import at_random
from core.seeding.arrays import Ints
from core.seeding.columns import outcome, who
from core.seeding.day import Day
from core.seeding.names import DIRECTIVES, OTHER_SHARES, OTHERS, QUEUE, REFUSAL_SHARES, REFUSALS, WARNINGS
from core.seeding.plan import MINUTE_US, micros_of

_PROCESSES = (("web", 0.11, 310.0, 1.4), ("worker", 0.34, 190.0, 0.9))  # share of a core, MB, ms of lag
_DATABASE_MB, _GROWS_MB_A_DAY = 420.0, 11.0
_SAMPLES = 10


def sample(day: Day, every_us: int) -> None:
    """Processes, queue and database, looked at now and then."""
    first = -(-day.start_us // every_us) * every_us
    at_us = np.arange(first, day.end_us, every_us) + day.rng.integers(0, MINUTE_US)
    at_us = at_us[at_us < day.end_us]
    size, wobble = len(at_us), day.rng.standard_normal
    busy = 1 + 0.35 * np.sin(2 * np.pi * (at_us / (1_440 * MINUTE_US) - 0.3))
    for name, cpu, memory, lag in _PROCESSES:
        place = day.book.name(name)
        day.columns.add(Kind.CPU, place, at_us=at_us, value=1_000 * cpu * busy * np.exp(0.3 * wobble(size)))
        day.columns.add(Kind.MEMORY, place, at_us=at_us, value=memory * (1 + 0.04 * wobble(size)))
        day.columns.add(Kind.LOOP_LAG, place, at_us=at_us, value=lag * np.exp(0.6 * wobble(size)))
    stuck = day.failing(at_us) > 0
    waiting = day.rng.poisson(0.8 * busy) + stuck * day.rng.poisson(30.0, size)
    queue = day.book.name(QUEUE)
    day.columns.add(Kind.QUEUE_DEPTH, queue, at_us=at_us, value=waiting.astype(np.float64))
    age = np.where(waiting > 0, day.rng.exponential(900.0, size) + stuck * 60_000.0, 0.0)
    day.columns.add(Kind.QUEUE_AGE, queue, at_us=at_us, value=age)
    used = np.clip(0.16 * busy + 0.02 * wobble(size) + 0.8 * stuck, 0.02, 1.0)
    day.columns.add(Kind.CONNECTIONS, day.book.name("all"), at_us=at_us, value=1_000 * used)
    grown = (at_us - (day.start_us - day.start_us % MINUTE_US)) / (1_440 * MINUTE_US)
    size_mb = _DATABASE_MB + _GROWS_MB_A_DAY * (_days_in(day) + grown)
    day.columns.add(Kind.DATABASE_SIZE, day.book.name("all"), at_us=at_us, value=size_mb)


def sampling_us(minutes: int, events: int) -> int:
    """How far samples lie apart: a minute, or more where they would be over an eighth of all events."""
    wanted = _SAMPLES * minutes / (events / 8)
    return MINUTE_US * max(1, int(np.ceil(wanted)))


def sampled(minutes: int, events: int) -> float:
    """About how many samples that makes in all."""
    return _SAMPLES * minutes * MINUTE_US / sampling_us(minutes, events)


def refuse_and_report(day: Day) -> None:
    """Limits that refused somebody, browsers that reported a policy, and what was logged."""
    refused = at_random(day, 26)
    which = day.choice(len(refused), REFUSAL_SHARES)
    day.columns.add(
        Kind.REFUSAL, day.book.name_each(REFUSALS)[which], at_us=refused, value=0.0, request=day.requests(refused),
        outcome=np.where(which == REFUSALS.index("back_off"), outcome(Outcome.LIMITED), outcome(Outcome.OK)),
    )  # fmt: skip
    reported = at_random(day, 7)
    which = day.rng.integers(0, len(DIRECTIVES), len(reported))
    day.columns.add(Kind.REPORT, day.book.name_each(DIRECTIVES)[which], at_us=reported, value=0.0)
    logged = at_random(day, 9)
    day.columns.add(
        Kind.LOG, day.book.name_each(WARNINGS)[day.rng.integers(0, len(WARNINGS), len(logged))], at_us=logged, value=0.0
    )  # fmt: skip


def fill(day: Day, at_us: Ints) -> None:
    """Requests for assets and the like at these moments: they make the number of events what was asked for."""
    which = day.choice(len(at_us), OTHER_SHARES)
    day.columns.add(
        Kind.OTHER_REQUEST, day.book.name_each(OTHERS)[which], at_us=at_us, value=day.lasting(at_us, 2.6, 0.8),
        who=who(Who.ANONYMOUS),
    )  # fmt: skip


def _days_in(day: Day) -> float:
    return (day.start_us - micros_of(day.plan.start)) / (1_440 * MINUTE_US)
