"""What the recorder would have left of a stretch: sums by minute, hour and day, and the rows it would have kept."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from core.domain.telemetry import Outcome, Pace, Series, is_kept_whole
from core.seeding.arrays import PACES, Flags, Floats, Ints, buckets_of
from core.seeding.columns import OUTCOMES, Rows, outcome_of, pace_of
from core.seeding.plan import MINUTE_US
from core.telemetry.buckets import LARGEST_BUCKET

_BUCKETS = LARGEST_BUCKET + 1
_SECOND_US = 1_000_000
_Number = TypeVar("_Number", np.int64, np.float64)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sums:
    """One entry a minute, hour or day (`minute` is its first, since 1970) and series, by rising minute and series.

    Its pairs of bucket and count are those from its entry of `first_pair` to the next one's.
    """

    minute: Ints
    series: Ints
    count: Ints
    total: Floats
    first_pair: Ints
    pair_bucket: Ints
    pair_count: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Counted:
    """`codes`: the series that occur; `series` of sums and rows are places in it. `kept` with `bucket` and `weight`."""

    codes: NDArray[np.int32]
    minutes: Sums
    kept: Rows
    kept_series: Ints
    kept_bucket: Ints
    kept_weight: Ints


def count(rows: Rows, *, keep_one_in: int) -> Counted:
    """`rows` of at most a day, counted as the recorder counts and keeps them."""
    codes, series = np.unique(rows.code, return_inverse=True)
    buckets = buckets_of(rows.value.astype(np.float64))
    minute = rows.at_us // MINUTE_US
    first = minute[0] if len(minute) else 0
    cell = ((minute - first) * len(codes) + series) * _BUCKETS + buckets
    order = np.argsort(cell * 60 + rows.at_us // _SECOND_US % 60, kind="stable")
    sums = _sums(minute[order], series[order], buckets[order], rows.count[order], rows.value[order])
    chosen, weight = _keep(rows, cell, codes, series, order, keep_one_in)
    return Counted(
        codes=codes, minutes=sums, kept=rows.where(chosen), kept_series=series[chosen], kept_bucket=buckets[chosen],
        kept_weight=weight,
    )  # fmt: skip


def join(sums: Sums, width: int) -> Sums:
    """The sums of whole hours (60 minutes) or days (1,440)."""
    pairs = np.diff(np.append(sums.first_pair, len(sums.pair_bucket)))
    start = sums.minute // width * width
    row = np.repeat(np.arange(len(start)), pairs)
    order = np.lexsort((sums.pair_bucket, sums.series[row], start[row]))
    totals = np.lexsort((sums.series, start))
    joined = _sums(
        start[row][order], sums.series[row][order], sums.pair_bucket[order], sums.pair_count[order], np.zeros(len(row))
    )
    edges = _starts(start[totals], sums.series[totals])
    return Sums(
        minute=joined.minute, series=joined.series, count=joined.count, first_pair=joined.first_pair,
        total=_added(sums.total[totals], edges), pair_bucket=joined.pair_bucket, pair_count=joined.pair_count,
    )  # fmt: skip


def _sums(minute: Ints, series: Ints, bucket: Ints, number: NDArray[np.integer], value: NDArray[np.floating]) -> Sums:
    """The sums of rows that are sorted by minute, series and bucket."""
    pairs = _starts(minute, series, bucket)
    cells = _starts(minute, series)
    return Sums(
        minute=minute[cells],
        series=series[cells],
        count=_added(number.astype(np.int64), cells),
        total=_added(value.astype(np.float64) * number, cells),
        first_pair=np.searchsorted(pairs, cells),
        pair_bucket=bucket[pairs],
        pair_count=_added(number.astype(np.int64), pairs),
    )


def _keep(
    rows: Rows, cell: Ints, codes: NDArray[np.int32], series: Ints, order: Ints, keep_one_in: int
) -> tuple[Ints, Ints]:
    """Places of the rows that are kept, by rising time, and what each stands for.

    A batch is a second. What is kept whole, and several events in one, stand for themselves alone.
    """
    whole = np.array([_is_whole(code) for code in codes], dtype=np.bool_)[series]
    alone = (whole | (rows.detail > 0) | (rows.count > 1))[order]
    second = (rows.at_us // _SECOND_US)[order]
    starts = _starts(cell[order], second, alone)
    rank = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    is_kept: Flags = alone | (rank % keep_one_in == 0)
    weight = _added(rows.count[order].astype(np.int64), np.flatnonzero(is_kept))
    chosen = order[is_kept]
    by_time = np.argsort(chosen, kind="stable")
    return chosen[by_time], weight[by_time]


def _is_whole(code: int) -> bool:
    pace: Pace = PACES[pace_of(code)]
    end: Outcome = OUTCOMES[outcome_of(code)]
    return is_kept_whole(Series(kind="", name="", outcome=end.value, pace=pace.value))


def _starts(*keys: NDArray[np.generic]) -> Ints:
    """Places where a new combination begins, in sorted rows."""
    size = len(keys[0])
    is_new = np.zeros(size, dtype=np.bool_)
    is_new[:1] = True
    for key in keys:
        is_new[1:] |= key[1:] != key[:-1]
    return np.flatnonzero(is_new)


def _added(values: NDArray[_Number], starts: Ints) -> NDArray[_Number]:
    if len(starts) == 0:
        return values[:0]
    added: NDArray[_Number] = np.add.reduceat(values, starts)
    return added
