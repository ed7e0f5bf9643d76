"""The ladder of captions: which rungs a job tries, one after the other, and how long that takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.domain.ladder import CaptionFailure
from core.domain.telemetry import Kind, Outcome
from core.seeding.arrays import Flags, Floats, Ints
from core.seeding.columns import outcome
from core.seeding.day import OK, Day, after
from core.seeding.failures import CODES, IS_FINAL, number, reasons
from core.seeding.names import CALLS, RUNGS, SLOW_RUNG
from core.seeding.plan import micros_of

_FAILED = outcome(Outcome.FAILED)
# The look into the cache: a part of the stage that has no time of its own as a rung.
_CACHE_MS = 4.0
_CACHE_HITS = 0.12
_SPEND_MICROUSD = 1_450.0
# Videos of which no service could have got captions, as shares of all whose captions are fetched.
_OF_THE_VIDEO = {CaptionFailure.CAPTIONS_DISABLED: 0.013, CaptionFailure.VIDEO_UNAVAILABLE: 0.007}
# Why a rung gives nothing else, as shares of that: the vendor's 429, its page for robots, no answer in time.
_OF_THE_VENDOR = {CaptionFailure.IP_BLOCKED: 0.4, CaptionFailure.REQUEST_BLOCKED: 0.52, CaptionFailure.TIMED_OUT: 0.08}
# How the call ended then, where not with an answer: a page that says no is one too.
_CALL_ENDS: dict[str, Outcome] = {
    CaptionFailure.IP_BLOCKED: Outcome.VENDOR_LIMITED,
    CaptionFailure.TIMED_OUT: Outcome.TIMEOUT,
}
_CALL_ENDS_BY_NUMBER = np.array([outcome(_CALL_ENDS.get(code, Outcome.OK)) for code in CODES])


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rung:
    """Median ms and spread, and the share that gives captions: before the last release and since."""

    name: str
    median_ms: tuple[float, float]
    spread: tuple[float, float]
    works: tuple[float, float]


_FETCHING = (
    _Rung(name=RUNGS[1], median_ms=(2_500, 2_700), spread=(0.55, 0.55), works=(0.94, 0.66)),
    _Rung(name=RUNGS[2], median_ms=(6_400, 6_600), spread=(0.5, 0.5), works=(0.66, 0.5)),
    _Rung(name=SLOW_RUNG, median_ms=(10_500, 43_000), spread=(0.4, 0.17), works=(0.97, 0.996)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Climbed:
    """Ms on all rungs together, 0 where none was needed.

    `failure`: the most telling reason why no rung gave captions, as a place in `failures.CODES`. `longest`: the ms of
    the rung that took longest, and `longest_rung` its place in RUNGS.
    """

    took: Floats
    failure: Ints
    longest: Floats
    longest_rung: Ints


def climb(day: Day, at_us: Ints, request: NDArray[np.uint64], wanting: Flags) -> Climbed:
    """Climbs from these moments on for those that want captions, the cache first."""
    size = len(at_us)
    hit = wanting & day.chance(size, _CACHE_HITS)
    day.columns.add(
        Kind.CACHE, day.book.name("captions"), at_us=at_us[wanting], value=0.0, request=request[wanting],
        outcome=np.where(hit, outcome(Outcome.HIT), outcome(Outcome.MISS))[wanting],
    )  # fmt: skip
    took = np.where(hit, _CACHE_MS, 0.0)
    day.columns.add(
        Kind.RUNG, day.book.name(RUNGS[0]), at_us=after(at_us, took)[hit], value=0.0, request=request[hit]
    )  # fmt: skip
    of_video = _drawn(day, size, _OF_THE_VIDEO)
    is_open, failure = wanting & ~hit, np.zeros(size, dtype=np.int64)
    longest, longest_rung = np.zeros(size), np.zeros(size, dtype=np.int64)
    for place, (rung, call) in enumerate(zip(_FETCHING, CALLS, strict=True), start=1):
        tries = np.flatnonzero(is_open)
        spent, why = _try(day, rung, call, after(at_us, took)[tries], request[tries], of_video[tries])
        took[tries] += spent
        longest_rung[tries] = np.where(spent > longest[tries], place, longest_rung[tries])
        longest[tries] = np.maximum(spent, longest[tries])
        is_open[tries] = (why > 0) & ~IS_FINAL[why]
        failure[tries] = np.where((why > 0) & (failure[tries] > 0), np.minimum(why, failure[tries]), why)
    return Climbed(took=took, failure=failure, longest=longest, longest_rung=longest_rung)


def _try(
    day: Day, rung: _Rung, call: str, at_us: Ints, request: NDArray[np.uint64], of_video: Ints
) -> tuple[Floats, Ints]:
    """Ms that this rung takes each from these moments on, and why it gives no captions: 0 where it does."""
    since = (at_us >= micros_of(day.plan.slow_rung_since)).astype(np.int64)
    spent = np.take(rung.median_ms, since) * np.exp(np.take(rung.spread, since) * day.rng.standard_normal(len(at_us)))
    works = day.chance(len(at_us), np.take(rung.works, since))
    why = np.where(works, 0, _drawn(day, len(at_us), _OF_THE_VENDOR))
    why = np.where(of_video > 0, of_video, why)
    ended = after(at_us, spent)
    day.columns.add(
        Kind.RUNG, day.book.name(rung.name), at_us=ended, value=spent, outcome=np.where(why > 0, _FAILED, OK),
        request=request, detail=reasons(day.book)[why],
    )  # fmt: skip
    day.columns.add(
        Kind.CALL, day.book.name(call), at_us=ended, value=spent, outcome=_CALL_ENDS_BY_NUMBER[why], request=request,
        detail=np.where(why == number(CaptionFailure.TIMED_OUT), day.book.detail('{"error": "ReadTimeout"}'), 0),
    )  # fmt: skip
    if rung.name == SLOW_RUNG:
        spend = _SPEND_MICROUSD * day.rng.uniform(0.6, 1.6, len(at_us))
        day.columns.add(Kind.SPEND, day.book.name(rung.name), at_us=ended, value=spend, request=request)
    return spent, why


def _drawn(day: Day, size: int, shares: dict[CaptionFailure, float]) -> Ints:
    """Failures by number, each as often as its share says; 0 for what the shares leave over."""
    place = np.searchsorted(np.cumsum(list(shares.values())), day.rng.random(size), side="right")
    return np.take([*map(number, shares), 0], place)
