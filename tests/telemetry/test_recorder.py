from __future__ import annotations

import asyncio
import threading
from collections import Counter
from datetime import date, timedelta
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.request_ids import new_request_id
from core.domain.telemetry import KINDS, Kind, Outcome, Pace, Series, Who
from core.logging import request_id
from core.telemetry.batches import Batch
from core.telemetry.buckets import bucket_of
from core.telemetry.recorder import OTHER, Recorder
from core.telemetry.sampling import LARGEST_WEIGHT
from tests.factories.clocks import NOON, HeldClock

OK_CALL = {"kind": Kind.API_REQUEST, "name": "GET /x", "value": 10.0}


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


def recorder_of(clock: HeldClock, **limits: int) -> Recorder:
    return Recorder(clock, process="test", **limits)


def batch_of(recorder: Recorder) -> Batch:
    batch = recorder.take_batch()
    assert batch is not None
    return batch


Key = tuple[int, Series, int]


def weights(batches: list[Batch]) -> Counter[Key]:
    """Σ weight of the raw rows by minute, series and bucket."""
    found: Counter[Key] = Counter()
    for batch in batches:
        for row in batch.rows:
            found[row.cell.minute, row.cell.series, row.bucket] += row.weight
    return found


def sums(batches: list[Batch]) -> Counter[Key]:
    """The counts as the database will hold them: a later sum of one writer takes the place of the earlier one."""
    held = {(each.writer, each.minute, each.series): each for batch in batches for each in batch.sums}
    found: Counter[Key] = Counter()
    for each in held.values():
        for bucket, count in each.histogram.items():
            found[each.minute, each.series, bucket] += count
        assert each.count == sum(each.histogram.values())
    return found


events = st.lists(
    st.tuples(
        st.sampled_from([Kind.API_REQUEST, Kind.SUMMARY, Kind.CACHE, Kind.PAGE_OPEN]),
        st.sampled_from(["a", "b", "c"]),
        st.sampled_from([Outcome.OK, Outcome.SERVER_ERROR, Outcome.CLIENT_ERROR]),
        st.floats(min_value=0, max_value=70_000),
        st.sampled_from([1, 1, 1, 3, 40_000]),
        st.booleans(),
        st.sampled_from(["go on", "go on", "go on", "flush", "half a minute", "three minutes", "late"]),
    ),
    max_size=120,
)


@given(events, st.integers(min_value=1, max_value=7))
def test_weights_and_sums_are_the_true_counts_of_every_minute_series_and_bucket(
    drawn: list[tuple[Kind, str, Outcome, float, int, bool, str]], keep_one_in: int
) -> None:
    clock = HeldClock()
    recorder = recorder_of(clock, keep_one_in=keep_one_in)
    batches: list[Batch] = []
    truth: Counter[Key] = Counter()
    for kind, name, outcome, value, count, has_detail, then in drawn:
        at = clock.now() - timedelta(minutes=7) if then == "late" else None
        recorder.record(
            kind, name, outcome, value, count=count, detail={"code": "x"} if has_detail else None, at=at
        )  # fmt: skip
        minute = int((at or clock.now()).timestamp()) // 60
        truth[minute, Series(kind, name, outcome, KINDS[kind].pace(value), ""), bucket_of(value)] += count
        if then == "flush" and (batch := recorder.take_batch()):
            batches.append(batch)
            recorder.settle()
        clock.forward(seconds={"half a minute": 30, "three minutes": 180}.get(then, 0.4))
    if batch := recorder.take_batch():
        batches.append(batch)
    assert weights(batches) == truth
    assert sums(batches) == truth
    assert all(1 <= row.weight <= LARGEST_WEIGHT for batch in batches for row in batch.rows)


def test_of_ordinary_events_the_first_of_each_bucket_is_kept_and_then_one_in_ten(clock: HeldClock) -> None:
    recorder = recorder_of(clock)
    for number in range(25):
        recorder.record(**OK_CALL, request_id=new_request_id(clock.now()), who=Who.USER)
        recorder.record(Kind.API_REQUEST, "GET /x", value=100.0 if number == 20 else 10.0, who=Who.USER)
    rows = batch_of(recorder).rows
    assert [(row.bucket, row.weight) for row in rows] == [
        (bucket_of(10), 10), (bucket_of(10), 10), (bucket_of(10), 10), (bucket_of(10), 10), (bucket_of(10), 9),
        (bucket_of(100), 1),
    ]  # fmt: skip


@pytest.mark.parametrize(("outcome", "value", "is_whole"), [
    (Outcome.OK, 199.9, False),
    (Outcome.OK, 200.0, True),
    (Outcome.OK, 5_000.0, True),
    (Outcome.SERVER_ERROR, 1.0, True),
    (Outcome.TIMEOUT, 1.0, True),
    (Outcome.DROPPED, 1.0, True),
    (Outcome.VENDOR_LIMITED, 1.0, True),
    (Outcome.FAILED, 1.0, True),
    (Outcome.CLIENT_ERROR, 1.0, False),
    (Outcome.LIMITED, 1.0, False),
])  # fmt: skip
def test_errors_and_slow_ones_are_kept_whole(clock: HeldClock, outcome: Outcome, value: float, is_whole: bool) -> None:
    recorder = recorder_of(clock)
    for _ in range(10):
        recorder.record(Kind.API_REQUEST, "GET /x", outcome, value)
    assert len(batch_of(recorder).rows) == (10 if is_whole else 1)


def test_each_bucket_of_each_batch_has_an_example_that_can_be_looked_at(clock: HeldClock) -> None:
    recorder = recorder_of(clock)
    number = new_request_id(clock.now())
    for value in (10.0, 20.0, 30.0):
        recorder.record(Kind.API_REQUEST, "GET /x", value=value, request_id=number)
    assert [row.request_id for row in batch_of(recorder).rows] == [number] * 3


def test_the_number_of_the_running_request_is_taken(clock: HeldClock) -> None:
    recorder = recorder_of(clock)
    number = new_request_id(clock.now())
    token = request_id.set(number.hex)
    recorder.record(**OK_CALL)
    request_id.reset(token)
    recorder.record(Kind.CACHE, "x")
    assert [row.request_id for row in batch_of(recorder).rows] == [number, None]


def test_an_event_stands_in_the_minute_it_happened_in(clock: HeldClock) -> None:
    recorder = recorder_of(clock)
    recorder.record(**OK_CALL)
    clock.forward(seconds=59.999)
    recorder.record(**OK_CALL)
    clock.forward(seconds=0.001)
    recorder.record(**OK_CALL)
    noon = int(NOON.timestamp()) // 60
    assert {each.minute: each.count for each in batch_of(recorder).sums} == {noon: 2, noon + 1: 1}


def test_a_batch_holds_only_what_changed_and_the_sums_in_it_are_absolute(clock: HeldClock) -> None:
    recorder = recorder_of(clock)
    recorder.record(**OK_CALL)
    recorder.record(Kind.CACHE, "x")
    first = batch_of(recorder)
    assert recorder.take_batch() is None
    recorder.record(**OK_CALL)
    second = batch_of(recorder)
    assert (first.seq, second.seq) == (1, 2)
    assert [(each.series.kind, each.count) for each in second.sums] == [("api_request", 2)]
    assert [row.weight for row in second.rows] == [1]


def test_a_sum_that_was_handed_over_does_not_change_any_more(clock: HeldClock) -> None:
    recorder = recorder_of(clock)
    recorder.record(**OK_CALL)
    [taken] = batch_of(recorder).sums
    recorder.record(**OK_CALL)
    assert (taken.count, taken.histogram) == (1, {bucket_of(10): 1})


def test_a_late_event_for_a_forgotten_minute_is_summed_under_another_writer(clock: HeldClock) -> None:
    recorder = recorder_of(clock)
    recorder.record(**OK_CALL)
    first = batch_of(recorder)
    for _ in range(5):
        clock.forward(minutes=1)
        recorder.settle()
    recorder.record(**OK_CALL, at=NOON)
    recorder.record(**OK_CALL)
    late, present = batch_of(recorder).sums
    assert late.minute == first.sums[0].minute
    assert late.writer is not first.writer
    assert present.writer is first.writer


def test_a_late_event_for_a_minute_still_in_memory_is_added_to_its_sum(clock: HeldClock) -> None:
    recorder = recorder_of(clock)
    recorder.record(**OK_CALL)
    batch_of(recorder)
    clock.forward(minutes=2)
    recorder.settle()
    recorder.record(**OK_CALL, at=NOON)
    [late] = batch_of(recorder).sums
    assert late.count == 2


def test_stages_of_long_runs_whose_minutes_are_forgotten_do_not_use_up_numbers(clock: HeldClock) -> None:
    recorder = recorder_of(clock)
    batches = []
    for _ in range(120):
        recorder.record(**OK_CALL)
        recorder.record(Kind.STAGE, "queued", value=9.0, at=clock.now() - timedelta(minutes=10))
        batches.append(batch_of(recorder))
        recorder.settle()
        clock.forward(seconds=30)
    assert sum(sums(batches).values()) == 240
    assert len({each.writer for batch in batches for each in batch.sums}) == 2


def test_in_a_database_that_was_restored_no_number_of_before_is_used_again(clock: HeldClock) -> None:
    recorder = recorder_of(clock)
    recorder.record(**OK_CALL)
    batch_of(recorder)
    clock.forward(minutes=10)
    recorder.settle()
    recorder.record(**OK_CALL, at=NOON)
    [late] = batch_of(recorder).sums
    late.writer.id = 7
    recorder.start_over()
    assert late.writer.id is None


def test_late_events_that_trickle_in_share_one_writer(clock: HeldClock) -> None:
    recorder = recorder_of(clock)
    recorder.record(**OK_CALL)
    batch_of(recorder)
    clock.forward(minutes=10)
    recorder.settle()
    writers = set()
    for _ in range(30):
        recorder.record(**OK_CALL, at=NOON)
        [late] = batch_of(recorder).sums
        recorder.settle()
        writers.add(late.writer)
        clock.forward(seconds=1)
    assert len(writers) == 1


def test_when_the_clock_is_set_back_nothing_is_counted_twice_or_lost(clock: HeldClock) -> None:
    recorder = recorder_of(clock)
    batches = []
    for step in (0, 5, -4, 1, 1):
        clock.forward(minutes=step)
        recorder.record(**OK_CALL)
        batches.append(batch_of(recorder))
        recorder.settle()
    assert sum(sums(batches).values()) == 5
    assert weights(batches) == sums(batches)


def test_the_future_is_now_and_ages_ago_is_as_long_as_minutes_are_kept(clock: HeldClock) -> None:
    recorder = recorder_of(clock)
    recorder.record(Kind.CACHE, "future", at=NOON + timedelta(days=400))
    recorder.record(Kind.CACHE, "past", at=NOON - timedelta(days=400))
    future, past = batch_of(recorder).rows
    assert future.at == NOON
    assert NOON - timedelta(days=91) < past.at < NOON - timedelta(days=80)


def test_when_there_is_no_room_the_oldest_rows_go_and_are_counted_but_the_sums_stay_exact(clock: HeldClock) -> None:
    recorder = recorder_of(clock, most_rows=10)
    for number in range(25):
        recorder.record(Kind.API_REQUEST, "GET /x", Outcome.SERVER_ERROR, float(number))
    batch = batch_of(recorder)
    assert [row.value for row in batch.rows] == [float(number) for number in range(15, 25)]
    assert batch.dropped == recorder.dropped == 15
    assert sum(each.count for each in batch.sums) == 25


def test_no_weight_goes_to_a_row_that_was_dropped(clock: HeldClock) -> None:
    recorder = recorder_of(clock, most_rows=2)
    recorder.record(**OK_CALL)
    for value in (300.0, 400.0):
        recorder.record(Kind.API_REQUEST, "GET /x", value=value)
    recorder.record(**OK_CALL)
    batch = batch_of(recorder)
    assert sum(row.weight for row in batch.rows) + batch.dropped == 4


def test_the_sums_of_open_minutes_have_a_bound_too_and_what_goes_with_the_oldest_is_counted(clock: HeldClock) -> None:
    recorder = recorder_of(clock, most_cells=20)
    for _ in range(6):
        for name in range(5):
            recorder.record(Kind.CACHE, f"cache {name}", count=2)
        clock.forward(minutes=1)
    batch = batch_of(recorder)
    assert len(batch.sums) == 20
    assert sum(each.count for each in batch.sums) == 40
    assert weights([batch]) == sums([batch])
    assert batch.dropped == 20


def test_a_minute_that_was_given_up_is_not_overwritten_by_what_comes_late(clock: HeldClock) -> None:
    recorder = recorder_of(clock, most_cells=2)
    recorder.record(**OK_CALL)
    sent = batch_of(recorder)
    for minute in (1, 2, 3):
        recorder.record(Kind.CACHE, f"cache {minute}", at=NOON)
    recorder.record(**OK_CALL, at=NOON)
    late = [each for each in batch_of(recorder).sums if each.series.kind == "api_request"]
    assert [each.writer for each in late] != [sent.writer]


def test_names_are_bounded(clock: HeldClock) -> None:
    recorder = recorder_of(clock, most_series=5)
    for number in range(20):
        recorder.record(Kind.CACHE, f"name {number}")
    recorder.record(Kind.CACHE, "name 3")
    found = {each.series.name: each.count for each in batch_of(recorder).sums}
    assert found == {"name 0": 1, "name 1": 1, "name 2": 1, "name 3": 2, "name 4": 1, OTHER: 15}


def test_series_that_exist_already_are_within_the_bound(clock: HeldClock) -> None:
    recorder = recorder_of(clock, most_series=2)
    known = [Series("cache", f"name {number}", "ok") for number in range(4)]
    recorder.know(known)
    for number in (3, 7):
        recorder.record(Kind.CACHE, f"name {number}")
    assert {each.series.name for each in batch_of(recorder).sums} == {"name 3", OTHER}


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf"), -3.0, 1e300])
def test_figures_that_are_none_do_no_harm(clock: HeldClock, value: float) -> None:
    recorder = recorder_of(clock)
    recorder.record(Kind.SUMMARY, "x", value=value)
    [row] = batch_of(recorder).rows
    assert 0 <= row.value <= 1e12


def test_the_pace_is_the_kinds_own(clock: HeldClock) -> None:
    recorder = recorder_of(clock)
    for kind in Kind:
        for value in (0.0, 49.9, 50.0, 199.0, 500.0, 2_000.0, 5_000.0, 30_000.0, 60_000.0):
            recorder.record(kind, str(value), value=value)
    for each in batch_of(recorder).sums:
        assert each.series.pace == KINDS[Kind(each.series.kind)].pace(float(each.series.name))
    assert Pace.NONE.value == ""


async def test_what_other_threads_record_is_in_the_next_batch(clock: HeldClock) -> None:
    recorder = recorder_of(clock)
    number = new_request_id(clock.now())
    token = request_id.set(number.hex)

    def work() -> None:
        for _ in range(500):
            recorder.record(Kind.CALL, "smtp.send", Outcome.FAILED, 3.0)

    await asyncio.gather(*(asyncio.to_thread(work) for _ in range(4)))
    request_id.reset(token)
    batch = batch_of(recorder)
    assert [each.count for each in batch.sums] == [2_000]
    assert {row.request_id for row in batch.rows} == {number}


def test_threads_that_record_without_end_are_bounded_and_counted(clock: HeldClock) -> None:
    recorder = recorder_of(clock)
    thread = threading.Thread(target=lambda: [recorder.record(Kind.CACHE, "x") for _ in range(12_000)])
    thread.start()
    thread.join()
    batch = batch_of(recorder)
    assert sum(each.count for each in batch.sums) + batch.dropped == 12_000
    assert batch.dropped > 0


def test_a_person_is_active_once_a_day(clock: HeldClock) -> None:
    recorder = recorder_of(clock)
    ann, bob = uuid4(), uuid4()
    for person in (ann, ann, bob):
        recorder.active(person)
    assert batch_of(recorder).active == ((NOON.date(), ann), (NOON.date(), bob))
    recorder.active(ann)
    assert recorder.take_batch() is None
    clock.forward(days=1)
    recorder.active(ann)
    assert batch_of(recorder).active == ((date(2026, 11, 24), ann),)


def test_half_a_buffer_rings(clock: HeldClock) -> None:
    recorder = recorder_of(clock, most_rows=10)
    rung: list[bool] = []
    recorder.on_pressure(lambda: rung.append(True))
    for number in range(4):
        recorder.record(Kind.CACHE, "x", Outcome.FAILED, float(number))
    assert rung == []
    recorder.record(Kind.CACHE, "x", Outcome.FAILED)
    assert rung == [True]
