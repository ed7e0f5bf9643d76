"""What is simulated is counted and kept as the recorder itself counts and keeps."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from uuid import UUID

import numpy as np
import pytest

from core.domain.telemetry import KINDS, Kind, Outcome, Series, Who
from core.seeding.arrays import PACES, buckets_of, paces_of
from core.seeding.counting import count, join
from core.seeding.history import History, Stretch
from core.telemetry.buckets import GAMMA, bucket_of
from core.telemetry.recorder import Recorder
from core.telemetry.sampling import Row
from tests.factories.clocks import HeldClock
from tests.seeding.conftest import small_plan


@pytest.fixture(scope="module")
def history() -> History:
    return History(small_plan())


@pytest.fixture(scope="module")
def stretch(history: History) -> Stretch:
    """A whole day, which is the second stretch: the first begins in the middle of one."""
    stretches = history.stretches()
    next(stretches)
    return next(stretches)


def test_buckets_of_many_values_are_the_bucket_of_each() -> None:
    rng = np.random.default_rng(5)
    edges = GAMMA ** np.arange(0, 1_030)
    values = np.concatenate([
        rng.lognormal(4, 3, 20_000), edges, np.nextafter(edges, 0), np.nextafter(edges, np.inf),
        [0.0, 0.5, 1.0, 1.0000001, 1e9, 1e12],
    ])  # fmt: skip
    assert buckets_of(values).tolist() == [bucket_of(float(value)) for value in values]


@pytest.mark.parametrize("kind", list(Kind))
def test_paces_of_many_values_are_the_pace_of_each(kind: Kind) -> None:
    values = np.array([0.0, 49.999, 50.0, 199.999, 200.0, 499.9, 500.0, 999.0, 1_000.0, 5_000.0, 30_000.0, 60_000.0])
    assert [PACES[place] for place in paces_of(kind, values)] == [KINDS[kind].pace(float(value)) for value in values]


def test_sums_and_kept_rows_are_those_the_recorder_makes_of_the_same_events(history: History, stretch: Stretch) -> None:
    counted = count(stretch.rows, keep_one_in=10)
    clock = HeldClock(datetime.min.replace(tzinfo=UTC))
    recorder = Recorder(clock, process="test", keep_one_in=10, most_cells=10**6)
    sums: dict[tuple[int, Series], tuple[int, float, dict[int, int]]] = {}
    kept: list[Row] = []
    second = 0
    rows = stretch.rows
    for at_us, code, value, number, person, detail in zip(
        rows.at_us, rows.code, rows.value, rows.count, rows.person, rows.detail, strict=True
    ):
        if at_us // 1_000_000 != second:
            second = at_us // 1_000_000
            if (batch := recorder.take_batch()) is not None:
                kept += batch.rows
                sums |= {(each.minute, each.series): (each.count, each.total, each.histogram) for each in batch.sums}
        series = history.book.series(int(code))
        clock.at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=int(at_us))
        recorder.record(
            Kind(series.kind), series.name, Outcome(series.outcome), float(value), who=Who(series.who),
            count=int(number), request_id=UUID(int=1), person=UUID(int=1) if person >= 0 else None,
            detail={"as": "simulated"} if detail else None,
        )  # fmt: skip
    batch = recorder.take_batch()
    assert batch is not None
    kept += batch.rows
    sums |= {(each.minute, each.series): (each.count, each.total, each.histogram) for each in batch.sums}

    made = counted.minutes
    edges = [*made.first_pair, len(made.pair_bucket)]
    assert len(made.minute) == len(sums)
    for place, minute in enumerate(made.minute):
        events, total, histogram = sums[int(minute), history.book.series(int(counted.codes[made.series[place]]))]
        pairs = slice(edges[place], edges[place + 1])
        assert made.count[place] == events
        assert made.total[place] == pytest.approx(total, rel=1e-9)
        found = dict(zip(made.pair_bucket[pairs].tolist(), made.pair_count[pairs].tolist(), strict=True))
        assert found == histogram

    weights: dict[tuple[int, Series, int], list[int]] = defaultdict(list)
    for row in kept:
        weights[row.cell.minute, row.cell.series, row.bucket].append(row.weight)
    for at_us, place, bucket, weight in zip(
        counted.kept.at_us, counted.kept_series, counted.kept_bucket, counted.kept_weight, strict=True
    ):
        weights[int(at_us // 60_000_000), history.book.series(int(counted.codes[place])), int(bucket)].append(-weight)
    assert all(sum(both) == 0 for both in weights.values())
    assert len(counted.kept) == pytest.approx(len(kept), rel=0.002)


def test_rows_that_share_a_second_and_a_bucket_stand_for_at_most_as_many_as_are_kept_one_in(stretch: Stretch) -> None:
    rows = stretch.rows
    same = np.flatnonzero((rows.detail == 0) & (rows.count == 1))[:1]
    crowd = rows.where(np.repeat(same, 25))
    counted = count(crowd, keep_one_in=10)
    assert counted.kept_weight.tolist() == [10, 10, 5]


@pytest.mark.parametrize("width", [60, 1_440])
def test_hours_and_days_hold_what_their_minutes_hold(stretch: Stretch, width: int) -> None:
    minutes = count(stretch.rows, keep_one_in=10).minutes
    joined = join(minutes, width)
    expected: dict[tuple[int, int], list[float]] = defaultdict(lambda: [0.0, 0.0])
    pairs: dict[tuple[int, int, int], int] = defaultdict(int)
    edges = [*minutes.first_pair, len(minutes.pair_bucket)]
    for place, minute in enumerate(minutes.minute):
        key = int(minute) // width * width, int(minutes.series[place])
        expected[key][0] += int(minutes.count[place])
        expected[key][1] += float(minutes.total[place])
        for pair in range(edges[place], edges[place + 1]):
            pairs[(*key, int(minutes.pair_bucket[pair]))] += int(minutes.pair_count[pair])
    keys = list(zip(joined.minute.tolist(), joined.series.tolist(), strict=True))
    assert keys == sorted(expected)
    assert joined.count.tolist() == [expected[key][0] for key in keys]
    assert joined.total == pytest.approx([expected[key][1] for key in keys])
    edges = [*joined.first_pair, len(joined.pair_bucket)]
    found = {
        (*key, int(joined.pair_bucket[pair])): int(joined.pair_count[pair])
        for place, key in enumerate(keys)
        for pair in range(edges[place], edges[place + 1])
    }
    assert found == pairs
