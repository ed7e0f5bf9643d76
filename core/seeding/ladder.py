"""The ladder of captions: which rungs a job tries, one after the other, and how long that takes."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.domain.telemetry import Kind, Outcome
from core.seeding.arrays import Flags, Floats, Ints
from core.seeding.columns import outcome
from core.seeding.day import OK, Day, after
from core.seeding.names import CALLS, RUNGS, SLOW_RUNG
from core.seeding.plan import micros_of

_FAILED = outcome(Outcome.FAILED)
_CACHE_MS = 4.0
_CACHE_HITS = 0.12
_MISSING = 0.0003  # videos that have no captions at all: no further rung could help
_LIMITED = 0.06  # of calls that give nothing: the vendor said "too many requests"
_SPEND_MICROUSD = 1_450.0


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

    `failed`: no rung gave captions; `hopeless`: because the video has none, which no service could change. `longest`:
    the ms of the rung that took longest, and `longest_rung` its place in RUNGS.
    """

    took: Floats
    failed: Flags
    hopeless: Flags
    longest: Floats
    longest_rung: Ints


def climb(day: Day, at_us: Ints, request: NDArray[np.uint64], wanting: Flags) -> Climbed:
    """Climbs for those that want captions, the cache first."""
    size = len(at_us)
    took, open_ones = np.zeros(size), wanting.copy()
    hit = wanting & day.chance(size, _CACHE_HITS)
    day.columns.add(
        Kind.RUNG, day.book.name(RUNGS[0]), at_us=after(at_us[hit], np.full(int(hit.sum()), _CACHE_MS)),
        value=_CACHE_MS, request=request[hit],
    )  # fmt: skip
    took[hit] = _CACHE_MS
    open_ones &= ~hit
    day.columns.add(
        Kind.CACHE, day.book.name("captions"), at_us=at_us[wanting], value=0.0, request=request[wanting],
        outcome=np.where(hit, outcome(Outcome.HIT), outcome(Outcome.MISS))[wanting],
    )  # fmt: skip
    hopeless = day.chance(size, _MISSING)
    failed = np.zeros(size, dtype=np.bool_)
    longest, longest_rung = took.copy(), np.zeros(size, dtype=np.int64)
    for place, (rung, call) in enumerate(zip(_FETCHING, CALLS, strict=True), start=1):
        tries = np.flatnonzero(open_ones)
        spent, works = _try(day, rung, call, at_us[tries], took[tries], request[tries], hopeless[tries])
        took[tries] += spent
        longest_rung[tries] = np.where(spent > longest[tries], place, longest_rung[tries])
        longest[tries] = np.maximum(spent, longest[tries])
        open_ones[tries] = ~(works | hopeless[tries])
        failed[tries] = ~works
    return Climbed(
        took=took, failed=failed & ~hopeless, hopeless=failed & hopeless, longest=longest, longest_rung=longest_rung
    )


def _try(
    day: Day, rung: _Rung, call: str, at_us: Ints, before: Floats, request: NDArray[np.uint64], hopeless: Flags
) -> tuple[Floats, Flags]:
    """Ms that this rung takes each, and whether it gives captions."""
    since = (at_us >= micros_of(day.plan.slow_rung_since)).astype(np.int64)
    spent = np.take(rung.median_ms, since) * np.exp(np.take(rung.spread, since) * day.rng.standard_normal(len(at_us)))
    works = day.chance(len(at_us), np.take(rung.works, since)) & ~hopeless
    ended = after(at_us, before + spent)
    day.columns.add(
        Kind.RUNG, day.book.name(rung.name), at_us=ended, value=spent, outcome=np.where(works, OK, _FAILED),
        request=request,
    )  # fmt: skip
    limited = ~works & day.chance(len(at_us), _LIMITED)
    ends = np.select([works | hopeless, limited], [OK, outcome(Outcome.VENDOR_LIMITED)], outcome(Outcome.FAILED))
    detail = np.where(ends == _FAILED, day.book.detail('{"error": "RequestBlocked"}'), 0)
    day.columns.add(
        Kind.CALL, day.book.name(call), at_us=ended, value=spent, outcome=ends, request=request, detail=detail
    )  # fmt: skip
    if rung.name == SLOW_RUNG:
        spend = _SPEND_MICROUSD * day.rng.uniform(0.6, 1.6, len(at_us))
        day.columns.add(Kind.SPEND, day.book.name(rung.name), at_us=ended, value=spend, request=request)
    return spent, works
