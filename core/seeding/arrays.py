"""Buckets and paces of many values at once, equal to what `core.telemetry.buckets` and `KINDS` say of each."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from core.domain.telemetry import KINDS, Kind, Pace
from core.telemetry.buckets import GAMMA, LARGEST_BUCKET, bucket_of

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

PACES = (Pace.NONE, Pace.FAST, Pace.SLOW, Pace.CRAWLING)
_PER_LOG = 1 / np.log(GAMMA)
# The two logarithms may differ in the last digit: so near to an edge the bucket is asked of `bucket_of` itself.
_NEAR_AN_EDGE = 1e-9


def buckets_of(values: Floats) -> Ints:
    """`bucket_of` of each value."""
    places = np.log(np.maximum(values, 1.0)) * _PER_LOG
    buckets: Ints = np.minimum(np.ceil(places), LARGEST_BUCKET).astype(np.int64)
    for index in np.flatnonzero((np.abs(places - np.round(places)) < _NEAR_AN_EDGE) & (values > 1.0)):
        buckets[index] = bucket_of(float(values[index]))
    return buckets


def paces_of(kind: Kind, values: Floats) -> Ints:
    """The place in `PACES` of each value's pace."""
    thresholds = KINDS[kind].thresholds_ms
    if thresholds is None:
        return np.zeros(len(values), dtype=np.int64)
    place: Ints = 1 + np.digitize(values, thresholds)
    return place
