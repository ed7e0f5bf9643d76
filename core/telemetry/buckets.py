"""Log-spaced buckets: whatever quantile is read from them lies within 1 % of the exact one.

The idea is DDSketch's: with γ = (1+α)/(1−α) bucket b holds (γ^(b−1), γ^b], and 2γ^b/(γ+1) is within α of all of it.
Buckets add up: the sum of two histograms is the histogram of both.
"""

from __future__ import annotations

import math
import struct
from collections.abc import Iterable, Mapping

ALPHA = 0.01
GAMMA = (1 + ALPHA) / (1 - ALPHA)
_PER_LOG = 1 / math.log(GAMMA)
_PAIR = struct.Struct("<HI")
# 10^9: eleven days in milliseconds, or a thousand terabytes in megabytes. What is larger counts as that.
LARGEST_BUCKET = math.ceil(math.log(1e9) * _PER_LOG)


def bucket_of(value: float) -> int:
    """The bucket of a value; 0 holds everything up to 1."""
    if value <= 1.0:
        return 0
    return min(math.ceil(math.log(value) * _PER_LOG), LARGEST_BUCKET)


def value_of(bucket: int) -> float:
    """The value that stands for a bucket, within 1 % of everything in it; 0.5 for bucket 0, which is [0, 1]."""
    return 0.5 if bucket == 0 else 2 * GAMMA**bucket / (GAMMA + 1)


def pack(counts: Mapping[int, int]) -> bytes:
    """A histogram as it is stored: (bucket, count) pairs of 6 bytes, by rising bucket.

    Two stored histograms one after the other are a stored histogram of both (unsorted), which is how SQL adds them.
    """
    return b"".join(_PAIR.pack(bucket, counts[bucket]) for bucket in sorted(counts))


def unpack(stored: bytes) -> Iterable[tuple[int, int]]:
    """The (bucket, count) pairs of a stored histogram, or of several joined."""
    return _PAIR.iter_unpack(stored)


def merge(stored: bytes) -> dict[int, int]:
    """Counts by bucket of a stored histogram, or of several joined."""
    counts: dict[int, int] = {}
    for bucket, count in unpack(stored):
        counts[bucket] = counts.get(bucket, 0) + count
    return counts


def quantile(counts: Mapping[int, int], q: float) -> float | None:
    """The smallest value with at least ⌈q·n⌉ values at or under it, within 1 %; None where nothing was counted."""
    total = sum(counts.values())
    if total == 0:
        return None
    rank = max(math.ceil(q * total), 1)
    seen = 0
    for bucket in sorted(counts):
        seen += counts[bucket]
        if seen >= rank:
            return value_of(bucket)
    raise AssertionError("counts do not add up")
