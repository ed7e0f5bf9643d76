"""Summaries asked for: from the request over the queue, the ladder of captions and the engine to the last line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.domain.ladder import CaptionFailure
from core.domain.run import Stage
from core.domain.telemetry import Kind, Outcome, length_band
from core.seeding.arrays import Flags, Floats, Ints
from core.seeding.columns import outcome
from core.seeding.day import OK, Day, Jobs, after
from core.seeding.failures import ENDS, ENGINE_STOPPED, number, reasons
from core.seeding.ladder import Climbed, climb
from core.seeding.names import ENGINE, LANGUAGE_SHARES, LANGUAGES, RUNGS, SUBMITTED
from core.seeding.visits import Visits, query

_SOURCES = (0.74, 0.16, 0.10)  # address, file, paste
_PASTE = 2
_CACHED_SHARE, _CANCELLED_SHARE, _STOPPED_SHARE = 0.09, 0.012, 0.00015
_CACHED, _CANCELLED, _FAILED = outcome(Outcome.CACHED), outcome(Outcome.CANCELLED), outcome(Outcome.FAILED)
# The share of its request's time until a submission stands, by source.
_SUBMITTING = (0.55, 0.85, 0.75)
# How far into the engine's first stage a job had come that stopped there.
_STOPPED_AT = 0.4
# Median ms of the engine's stages for half an hour of video, and how they grow with its length.
_STAGES = ((Stage.READING, 420.0), (Stage.CHAPTERS, 380.0), (Stage.WRITING, 1_150.0), (Stage.CHECKING, 310.0))
_GROWS = 0.55
_KNOWN_VIDEOS = 0.31
_WAIT_MS = 850.0
_LONG_WAIT_SHARE, _LONG_WAIT_MS = 0.022, 21_000.0
_LATE_MS = 30_000.0
_UNSUPPORTED = 0.014
_TALKS = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """Jobs with what was known when they were asked for. `minutes` is NaN where the words have no times."""

    at_us: Ints
    by: Visits
    request: NDArray[np.uint64]
    source: Ints
    minutes: Floats
    is_cached: Flags


@dataclass(frozen=True, slots=True, kw_only=True)
class _Worked:
    """How jobs went: `ends` as places in OUTCOMES, `failure` as ones in `failures.CODES`.

    `took`: ms from asking to the end, which are the ms of the wait, the rungs and of each of `_STAGES` together.
    """

    ends: Ints
    failure: Ints
    took: Floats
    waits: Floats
    climbed: Climbed
    stages: list[Floats]


def ask(day: Day, by: Visits, request: NDArray[np.uint64], within_ms: Floats) -> None:
    """A summary for each of these requests, which take `within_ms`, with everything that follows from it."""
    asked = _draw(day, by, request)
    worked = _work(day, asked, _submit(day, asked, within_ms))
    ended = after(asked.at_us, worked.took)
    names = day.book.name_each(tuple(dict.fromkeys(_bands())))
    # What is known of the video came with its captions, or with the word that it has none.
    is_known = np.isin(
        worked.failure, [number(code) for code in ("", CaptionFailure.CAPTIONS_DISABLED, ENGINE_STOPPED)]
    )
    day.columns.add(
        Kind.SUMMARY, names[np.where(is_known, _band(asked.minutes), 0)], at_us=ended, value=worked.took,
        outcome=worked.ends, who=by.by, request=request, person=by.account, detail=reasons(day.book)[worked.failure],
    )  # fmt: skip
    _tell_cause(day, asked, worked)
    _tell_stages(day, asked, worked)
    _finish(day, asked, ended, worked.ends)
    _keep(day, asked, ended, worked)


def _draw(day: Day, by: Visits, request: NDArray[np.uint64]) -> _Asked:
    size = len(by.at_us)
    source = day.choice(size, _SOURCES)
    minutes = 24.0 * np.exp(day.rng.standard_normal(size))
    minutes[(source == _PASTE) & day.chance(size, 0.7)] = np.nan
    is_cached = (source == 0) & day.chance(size, _CACHED_SHARE)
    return _Asked(at_us=by.at_us, by=by, request=request, source=source, minutes=minutes, is_cached=is_cached)


def _submit(day: Day, asked: _Asked, within_ms: Floats) -> Floats:
    """Ms until each was taken."""
    took: Floats = within_ms * np.take(_SUBMITTING, asked.source) * day.rng.uniform(0.8, 1.1, len(within_ms))
    day.columns.add(
        Kind.SUBMIT, day.book.name_each(SUBMITTED)[asked.source], at_us=after(asked.at_us, took), value=took,
        who=asked.by.by, request=asked.request, person=asked.by.account, outcome=np.where(asked.is_cached, _CACHED, OK),
    )  # fmt: skip
    _look_up(day, asked, "metadata", asked.source == 0, asked.is_cached | day.chance(len(took), _KNOWN_VIDEOS))
    _look_up(day, asked, "summary", np.ones(len(took), dtype=np.bool_), asked.is_cached)
    query(day, asked.at_us, asked.request, "write", 5.0)
    return took


def _look_up(day: Day, asked: _Asked, cache: str, some: Flags, is_hit: Flags) -> None:
    day.columns.add(
        Kind.CACHE, day.book.name(cache), at_us=asked.at_us[some], value=0.0, request=asked.request[some],
        outcome=np.where(is_hit, outcome(Outcome.HIT), outcome(Outcome.MISS))[some],
    )  # fmt: skip


def _waits(day: Day, asked: _Asked, submitted_ms: Floats) -> Floats:
    """Ms from asking until a worker takes it; while the database can't be reached nothing leaves the queue."""
    size = len(asked.at_us)
    waits = submitted_ms + day.rng.exponential(_WAIT_MS, size)
    waits += day.chance(size, _LONG_WAIT_SHARE) * day.rng.exponential(_LONG_WAIT_MS, size)
    waits += (day.failing(asked.at_us) > 0) * day.rng.uniform(20_000, 90_000, size)
    return np.where(asked.is_cached, 0.0, waits)


def _work(day: Day, asked: _Asked, submitted_ms: Floats) -> _Worked:
    size = len(asked.at_us)
    waits = _waits(day, asked, submitted_ms)
    climbed = climb(day, after(asked.at_us, waits), asked.request, (asked.source == 0) & ~asked.is_cached)
    is_read = ~asked.is_cached & (climbed.failure == 0)
    failure = np.where(is_read & day.chance(size, _STOPPED_SHARE), number(ENGINE_STOPPED), climbed.failure)
    ends = np.where(asked.is_cached, _CACHED, ENDS[failure])
    ends[(ends == OK) & day.chance(size, _CANCELLED_SHARE)] = _CANCELLED
    longer = np.power(np.nan_to_num(asked.minutes, nan=12.0) / 30, _GROWS)
    stages = [(ends == OK) * day.lasting(asked.at_us, median * longer, 0.4) for _, median in _STAGES]
    cut_short = is_read & (ends != OK)
    stages[0] += cut_short * day.lasting(asked.at_us, _STOPPED_AT * _STAGES[0][1] * longer, 0.4)
    return _Worked(
        ends=ends, failure=failure, took=waits + climbed.took + sum(stages), waits=waits, climbed=climbed, stages=stages
    )


def _tell_cause(day: Day, asked: _Asked, worked: _Worked) -> None:
    """Of those that failed or came late, the part that took longest."""
    lengths = np.stack([worked.waits, worked.climbed.longest, *worked.stages])
    names = [Stage.QUEUED, "", *(stage for stage, _ in _STAGES)]
    of_stages = day.book.name_each(tuple(f"{Kind.STAGE}:{name}" for name in names))
    of_rungs = day.book.name_each(tuple(f"{Kind.RUNG}:{name}" for name in RUNGS))
    place = lengths.argmax(axis=0)
    cause = np.where(place == 1, of_rungs[worked.climbed.longest_rung], of_stages[place])
    some = (worked.ends == _FAILED) | ((worked.ends == OK) & (worked.took >= _LATE_MS))
    day.columns.add(
        Kind.CAUSE, cause[some], at_us=after(asked.at_us, worked.took)[some], value=worked.took[some],
        outcome=worked.ends[some], who=asked.by.by[some], request=asked.request[some],
        person=asked.by.account[some], detail=reasons(day.book)[worked.failure[some]],
    )  # fmt: skip


def _tell_stages(day: Day, asked: _Asked, worked: _Worked) -> None:
    """The stages that each went through, one after the other. What a person cancels leaves none."""
    told = ~np.isin(worked.ends, (_CACHED, _CANCELLED))
    is_read = told & (worked.climbed.failure == 0)
    at_us = asked.at_us
    reading, *others = ((stage, took) for (stage, _), took in zip(_STAGES, worked.stages, strict=True))
    for (stage, took), some, failure in (
        ((Stage.QUEUED, worked.waits), told, np.zeros_like(worked.failure)),
        ((Stage.FETCHING, worked.climbed.took), told & (asked.source == 0), worked.climbed.failure),
        (reading, is_read, worked.failure),
        *((other, worked.ends == OK, worked.failure) for other in others),
    ):
        at_us = after(at_us, took)
        day.columns.add(
            Kind.STAGE, day.book.name(stage.value), at_us=at_us[some], value=took[some], request=asked.request[some],
            outcome=np.where(failure > 0, _FAILED, OK)[some],
        )  # fmt: skip


def _finish(day: Day, asked: _Asked, ended: Ints, ends: Ints) -> None:
    """What is told of a summary that was made: its engine, language, coverage and lines."""
    made = ends == OK
    at_us, request = ended[made], asked.request[made]
    size = len(at_us)
    language = day.choice(size, LANGUAGE_SHARES)
    day.columns.add(Kind.ENGINE, day.book.name(ENGINE), at_us=at_us, value=0.0, request=request)
    day.columns.add(Kind.LANGUAGE, day.book.name_each(LANGUAGES)[language], at_us=at_us, value=0.0, request=request)
    timed = ~np.isnan(asked.minutes[made])
    share = day.rng.beta(9.0, 3.4, size)
    day.columns.add(
        Kind.COVERAGE, day.book.name(ENGINE), at_us=at_us[timed], value=1_000 * share[timed], request=request[timed]
    )  # fmt: skip
    lines = 9 + day.rng.poisson(16.0, size)
    unsupported = day.rng.binomial(lines, _UNSUPPORTED)
    for name, count in (("supported", lines - unsupported), ("unsupported", unsupported)):
        some = count > 0
        day.columns.add(
            Kind.LINES, day.book.name(name), at_us=at_us[some], value=0.0, count=count[some], request=request[some]
        )  # fmt: skip
    query(day, at_us, request, "write", 6.0)


def _keep(day: Day, asked: _Asked, ended: Ints, worked: _Worked) -> None:
    day.visitors.made_summaries(asked.by.visitor[asked.by.visitor >= 0], asked.at_us[asked.by.visitor >= 0])
    day.active.append(np.unique(asked.by.account[asked.by.account >= 0]))
    day.jobs.append(
        Jobs(
            asked_us=asked.at_us, ended_us=ended, account=asked.by.account, visitor=asked.by.visitor,
            outcome=worked.ends, failure=worked.failure, talk=day.rng.integers(0, _TALKS, len(ended)),
            request=asked.request,
        )
    )  # fmt: skip


def _bands() -> tuple[str, ...]:
    return ("unknown", *(length_band(minutes * 60_000) for minutes in (1, 6, 21, 61, 121)))


def _band(minutes: Floats) -> Ints:
    """A place in `_bands`."""
    return np.where(np.isnan(minutes), 0, 1 + np.digitize(np.nan_to_num(minutes), (5, 20, 60, 120)))
