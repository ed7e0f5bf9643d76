"""Merging of sums: pure. What two writers, or sixty minutes, counted is added up bucket by bucket."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from core.telemetry.buckets import merge, pack


@dataclass(frozen=True, slots=True, kw_only=True)
class Tally:
    """The sums of one series in one stretch of time."""

    count: int
    total: float
    histogram: dict[int, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class RawEvent:
    """What recomputing needs of a raw row; `minute` since 1970."""

    minute: int
    series_id: int
    value: float
    bucket: int
    weight: int


def compact(joined: bytes) -> bytes:
    """Histograms that stand one after the other as one, each bucket once and in order."""
    return pack(merge(joined))


def recompute(events: Iterable[RawEvent]) -> dict[tuple[int, int], Tally]:
    """The sums by (minute, series id), made again from raw rows.

    Counts and buckets are exact, since what was not kept stands in the weights; totals are as good as the kept values
    stand for the others of their bucket: within 1 %.
    """
    counts: dict[tuple[int, int], int] = {}
    totals: dict[tuple[int, int], float] = {}
    histograms: dict[tuple[int, int], dict[int, int]] = {}
    for event in events:
        key = event.minute, event.series_id
        counts[key] = counts.get(key, 0) + event.weight
        totals[key] = totals.get(key, 0.0) + event.weight * event.value
        buckets = histograms.setdefault(key, {})
        buckets[event.bucket] = buckets.get(event.bucket, 0) + event.weight
    return {key: Tally(count=counts[key], total=totals[key], histogram=histograms[key]) for key in counts}
