from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.telemetry.buckets import ALPHA, LARGEST_BUCKET, bucket_of, merge, pack, quantile, value_of

# A little room for the last digit of a float.
BOUND = ALPHA * (1 + 1e-9)
values = st.floats(min_value=1.0001, max_value=9e8, allow_nan=False)


def histogram(of: list[float]) -> dict[int, int]:
    counts: dict[int, int] = {}
    for value in of:
        counts[bucket_of(value)] = counts.get(bucket_of(value), 0) + 1
    return counts


@given(values)
def test_a_bucket_stands_within_one_per_cent_of_everything_in_it(value: float) -> None:
    assert abs(value_of(bucket_of(value)) - value) <= BOUND * value


@given(st.lists(values, min_size=1, max_size=400), st.sampled_from([0.0, 0.5, 0.9, 0.95, 0.99, 1.0]))
def test_a_quantile_lies_within_one_per_cent_of_the_exact_one(of: list[float], q: float) -> None:
    exact = sorted(of)[max(math.ceil(q * len(of)), 1) - 1]
    found = quantile(histogram(of), q)
    assert found is not None
    assert abs(found - exact) <= BOUND * exact


@pytest.mark.parametrize("shape", ["lognormal", "exponential", "two humps"])
def test_a_hundred_thousand_durations_keep_their_percentiles(shape: str) -> None:
    random = np.random.default_rng(7)
    drawn = {
        "lognormal": random.lognormal(5.0, 1.2, 100_000),
        "exponential": random.exponential(900.0, 100_000) + 1.5,
        "two humps": np.concatenate([random.normal(80, 8, 60_000), random.normal(2_400, 90, 40_000)]).clip(2),
    }[shape]
    counts = histogram(drawn.tolist())
    for q in (0.5, 0.95, 0.99):
        exact = float(np.quantile(drawn, q, method="inverted_cdf"))
        assert abs((quantile(counts, q) or 0) - exact) <= BOUND * exact


@given(st.lists(st.lists(values, max_size=50), min_size=1, max_size=5))
def test_histograms_joined_are_the_histogram_of_all(parts: list[list[float]]) -> None:
    joined = b"".join(pack(histogram(part)) for part in parts)
    assert merge(joined) == histogram([value for part in parts for value in part])


def test_what_is_out_of_range_is_counted_at_its_end() -> None:
    assert [bucket_of(value) for value in (0.0, 0.3, 1.0)] == [0, 0, 0]
    assert bucket_of(1e11) == bucket_of(1e12) == LARGEST_BUCKET
    assert LARGEST_BUCKET < 32_768


def test_nothing_has_no_quantile() -> None:
    assert quantile({}, 0.5) is None
    assert merge(b"") == {}
    assert pack({}) == b""
