from __future__ import annotations

import asyncio
import random
from datetime import date, datetime, timedelta
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import text

from core.db.database import Database
from core.db.queries import telemetry as queries
from core.db.queries.summing import read_raw
from core.domain.request_ids import new_request_id
from core.domain.telemetry import Kind, Outcome, Series, Who
from core.telemetry.batches import Batch
from core.telemetry.buckets import bucket_of, merge
from core.telemetry.flushing import Flusher
from core.telemetry.recorder import Recorder
from core.telemetry.rollups import RawEvent, recompute
from tests.factories.clocks import NOON, HeldClock
from tests.telemetry.conftest import Ask

EPOCH = datetime.fromtimestamp(0, NOON.tzinfo)


async def compare_raw_with_sums(database: Database) -> int:
    """Asserts that the sums made again from raw rows are those that were written; returns how many events there are."""
    async with database.read() as session:
        rows = [row async for row in read_raw(session, NOON - timedelta(days=400), NOON + timedelta(days=400))]
        minutes = await session.execute(
            text(
                "SELECT at, series_id, sum(count) AS count, sum(total) AS total, string_agg(histogram, ''::bytea) AS h"
                " FROM rollup_minutes GROUP BY 1, 2"
            )
        )
        written = {((row.at - EPOCH) // timedelta(minutes=1), row.series_id): row for row in minutes}
    again = recompute(
        RawEvent(
            minute=(row.ts - EPOCH) // timedelta(minutes=1), series_id=row.series_id, value=row.value,
            bucket=row.bucket, weight=row.weight,
        )
        for row in rows
    )  # fmt: skip
    assert again.keys() == written.keys()
    for key, tally in again.items():
        assert tally.count == written[key].count
        assert tally.histogram == merge(written[key].h)
        # The values of a bucket differ by two per cent at most (bucket 0 holds everything from 0 to 1).
        assert tally.total == pytest.approx(written[key].total, rel=0.021, abs=tally.count)
    return sum(tally.count for tally in again.values())


async def test_what_was_recorded_is_written_once_with_all_it_carries(
    recorder: Recorder, flusher: Flusher, ask: Ask
) -> None:
    number, person = new_request_id(NOON), uuid4()
    recorder.record(
        Kind.API_REQUEST, "GET /x", Outcome.SERVER_ERROR, 321.5,
        who=Who.USER, request_id=number, person=person, detail={"error": "KeyError", "at": "x.py:1", "n": 3, "o": None},
    )  # fmt: skip
    await flusher.flush()
    await flusher.flush()
    assert await ask(
        "SELECT ts, value, bucket, weight, request_id, person, detail, kind, name, outcome, pace, who"
        " FROM events JOIN series ON series.id = series_id"
    ) == [
        (NOON, 321.5, bucket_of(321.5), 1, number, person, {"error": "KeyError", "at": "x.py:1", "n": 3, "o": None},
         "api_request", "GET /x", "server_error", "slow", "user"),
    ]  # fmt: skip
    assert await ask("SELECT at, count, total FROM rollup_minutes") == [(NOON, 1, 321.5)]
    assert await ask("SELECT hour FROM dirty_hours") == [(NOON,)]
    [(process, seq, dropped, flushed_at)] = await ask("SELECT process, seq, dropped, flushed_at FROM telemetry_writers")
    assert (process, seq, dropped, flushed_at) == ("test", 1, 0, NOON)


async def test_raw_rows_and_sums_agree_however_the_batches_fall(
    recorder: Recorder, flusher: Flusher, database: Database, clock: HeldClock
) -> None:
    draw = random.Random(3)
    total = 0
    for _ in range(60):
        for _ in range(draw.choice([0, 3, 40])):
            count = draw.choice([1, 1, 5])
            recorder.record(
                draw.choice([Kind.API_REQUEST, Kind.SUMMARY, Kind.CACHE]), draw.choice("abc"),
                draw.choice([Outcome.OK, Outcome.OK, Outcome.SERVER_ERROR]), draw.lognormvariate(5, 2), count=count,
                at=draw.choice([None, None, None, clock.now() - timedelta(minutes=draw.randint(0, 300))]),
            )  # fmt: skip
            total += count
        await flusher.flush()
        clock.forward(seconds=draw.choice([1, 20, 200]))
    await flusher.flush()
    assert await compare_raw_with_sums(database) == total


async def test_a_batch_whose_commit_was_not_heard_of_is_written_once(
    recorder: Recorder, flusher: Flusher, database: Database, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder.record(Kind.CACHE, "x", count=7)
    with monkeypatch.context() as patch:
        write = flusher._write

        async def write_and_lose_the_answer(batch: Batch) -> None:
            await write(batch)
            raise psycopg.OperationalError("the connection was lost")

        patch.setattr(flusher, "_write", write_and_lose_the_answer)
        with pytest.raises(psycopg.OperationalError):
            await flusher.flush()
    recorder.record(Kind.CACHE, "x", count=2)
    await flusher.flush()
    assert await ask("SELECT sum(weight) FROM events") == [(9,)]
    assert await ask("SELECT sum(count) FROM rollup_minutes") == [(9,)]
    assert await compare_raw_with_sums(database) == 9


async def test_the_same_batch_on_two_connections_at_once_is_written_once(
    recorder: Recorder, flusher: Flusher, ask: Ask
) -> None:
    recorder.record(Kind.CACHE, "x", count=7)
    batch = recorder.take_batch()
    assert batch is not None
    await flusher._prepare(batch)
    await asyncio.gather(*(flusher._write(batch) for _ in range(4)))
    assert await ask("SELECT sum(weight) FROM events") == [(7,)]


async def test_a_process_that_starts_again_adds_to_what_the_one_before_it_wrote(
    database: Database, clock: HeldClock, ask: Ask
) -> None:
    for _ in range(2):
        recorder = Recorder(clock, process="test")
        recorder.record(Kind.CACHE, "x", count=5)
        await Flusher(recorder, database, clock).flush()
    assert await ask("SELECT count(*), sum(count) FROM rollup_minutes") == [(2, 10)]
    assert await ask("SELECT count(*) FROM series") == [(1,)]


async def test_a_late_event_is_folded_in_beside_what_was_written(
    recorder: Recorder, flusher: Flusher, database: Database, clock: HeldClock, ask: Ask
) -> None:
    recorder.record(Kind.CACHE, "x", count=5)
    await flusher.flush()
    clock.forward(hours=3)
    await flusher.flush()
    recorder.record(Kind.CACHE, "y")
    await flusher.flush()
    recorder.record(Kind.CACHE, "x", count=2, at=NOON + timedelta(seconds=5))
    await flusher.flush()
    question = "SELECT at, sum(count) FROM rollup_minutes JOIN series ON id = series_id WHERE name = 'x' GROUP BY 1"
    assert await ask(question) == [(NOON, 7)]
    assert await compare_raw_with_sums(database) == 8


async def test_days_get_their_partition_when_an_event_needs_it(
    recorder: Recorder, flusher: Flusher, clock: HeldClock, ask: Ask
) -> None:
    recorder.record(Kind.CACHE, "x")
    recorder.record(Kind.CACHE, "x", at=NOON - timedelta(days=40))
    clock.forward(hours=13)
    recorder.record(Kind.CACHE, "x")
    await flusher.flush()
    assert [row[0] for row in await ask("SELECT tableoid::regclass::text FROM events ORDER BY ts")] == [
        "events_20261014", "events_20261123", "events_20261124",
    ]  # fmt: skip


async def test_numbers_of_series_are_not_burnt(recorder: Recorder, flusher: Flusher, ask: Ask) -> None:
    for round_number in range(5):
        for name in ("a", "b", f"new {round_number}"):
            recorder.record(Kind.CACHE, name)
        await flusher.flush()
    assert await ask("SELECT max(id), count(*) FROM series") == [(7, 7)]


async def test_series_that_are_kept_whole_have_negative_numbers(recorder: Recorder, flusher: Flusher, ask: Ask) -> None:
    recorder.record(Kind.API_REQUEST, "x", value=1)
    recorder.record(Kind.API_REQUEST, "x", value=300)
    recorder.record(Kind.API_REQUEST, "x", Outcome.TIMEOUT, 1)
    recorder.record(Kind.API_REQUEST, "x", Outcome.CLIENT_ERROR, 1)
    await flusher.flush()
    found = {(outcome, pace): number for outcome, pace, number in await ask("SELECT outcome, pace, id FROM series")}
    assert {key for key, number in found.items() if number < 0} == {("ok", "slow"), ("timeout", "fast")}
    assert len({abs(number) for number in found.values()}) == 4


async def test_two_processes_that_meet_the_same_new_series_agree_on_its_number(database: Database) -> None:
    wanted = [Series("cache", f"name {number}", "hit") for number in range(40)]

    async def ensure(order: list[Series]) -> dict[Series, int]:
        async with database.transaction() as session:
            return await queries.ensure_series(session, order)

    found = await asyncio.gather(*(ensure(random.Random(seed).sample(wanted, 40)) for seed in range(6)))
    assert all(each == found[0] for each in found)
    assert len(set(found[0].values())) == 40


async def test_people_of_a_day_are_kept_once(
    recorder: Recorder, flusher: Flusher, database: Database, clock: HeldClock, ask: Ask
) -> None:
    ann = uuid4()
    recorder.active(ann)
    await flusher.flush()
    other = Recorder(clock, process="other")
    other.active(ann)
    await Flusher(other, database, clock).flush()
    assert await ask("SELECT day, user_id FROM active_days") == [(date(2026, 11, 23), ann)]


@pytest.mark.parametrize("detail", [
    {"reason": "a null \0 inside"},
    {"reason": "half \ud83d a character"},
    {"ratio": float("nan"), "big": float("inf")},
    {"reason": "x" * 100_000},
])  # fmt: skip
async def test_no_detail_can_keep_a_batch_from_being_written(
    recorder: Recorder, flusher: Flusher, ask: Ask, detail: dict[str, str]
) -> None:
    recorder.record(Kind.LOG, "half \ud83d \0 name", detail=detail)
    await flusher.flush()
    assert await ask("SELECT count(*), max(length(detail::text)) < 1000 FROM events") == [(1, True)]


async def test_a_batch_that_is_refused_for_good_is_given_up_row_by_row_then_whole_and_counted(
    recorder: Recorder, flusher: Flusher, database: Database, ask: Ask
) -> None:
    async with database.transaction() as session:
        await session.execute(text("ALTER TABLE events ADD CHECK (value < 1000)"))
    recorder.record(Kind.SUMMARY, "x", value=5_000, count=3)
    for _ in range(3):
        with pytest.raises(psycopg.errors.CheckViolation) as refused:
            await flusher.flush()
        flusher._forget_what_is_known(refused.value)
    recorder.record(Kind.SUMMARY, "x", value=10)
    await flusher.flush()
    assert await ask("SELECT sum(weight) FROM events") == [(1,)]
    assert await ask("SELECT sum(count) FROM rollup_minutes") == [(4,)]
    assert await ask("SELECT dropped FROM telemetry_writers") == [(3,)]


async def test_nothing_is_given_up_while_a_backup_is_put_back(
    recorder: Recorder, flusher: Flusher, database: Database, ask: Ask
) -> None:
    recorder.record(Kind.SUMMARY, "x", value=5_000, count=3)
    async with database.transaction() as session:
        await session.execute(text("ALTER TABLE events RENAME TO elsewhere"))
    for _ in range(8):
        with pytest.raises(Exception, match="does not exist") as refused:
            await flusher.flush()
        flusher._forget_what_is_known(refused.value)
    async with database.transaction() as session:
        await session.execute(text("ALTER TABLE elsewhere RENAME TO events"))
    await flusher.flush()
    assert await ask("SELECT sum(weight) FROM events") == [(3,)]
    assert await ask("SELECT sum(count) FROM rollup_minutes") == [(3,)]


async def test_a_database_that_was_emptied_is_written_to_under_a_new_number(
    recorder: Recorder, flusher: Flusher, database: Database, ask: Ask
) -> None:
    recorder.record(Kind.CACHE, "x")
    await flusher.flush()
    async with database.transaction() as session:
        await session.execute(text("TRUNCATE telemetry_writers, series, rollup_minutes, events"))
    recorder.record(Kind.CACHE, "x")
    with pytest.raises(Exception, match="does not know writer"):
        await flusher.flush()
    flusher._forget_what_is_known(RuntimeError())
    await flusher.flush()
    assert await ask("SELECT count(*) FROM events") == [(1,)]


async def test_nothing_is_said_to_the_database_where_nothing_happened(
    recorder: Recorder, flusher: Flusher, ask: Ask
) -> None:
    await flusher.flush()
    assert await ask("SELECT count(*) FROM telemetry_writers") == [(0,)]
    assert recorder.waiting == 0


async def test_recording_does_not_record_itself(database_url: str, clock: HeldClock) -> None:
    recorder = Recorder(clock, process="test")
    recorded = Database(database_url, recording=recorder)
    recorder.record(Kind.CACHE, "x")
    await Flusher(recorder, recorded, clock).flush()
    assert recorder.take_batch() is None
    async with recorded.read() as session:
        await session.execute(text("SELECT 1"))
    batch = recorder.take_batch()
    assert batch is not None
    assert [(each.series.kind, each.series.name, each.count) for each in batch.sums] == [("query", "read", 1)]
    await recorded.close()


async def test_it_writes_by_itself_each_second_and_at_the_end(
    recorder: Recorder, database: Database, clock: HeldClock, ask: Ask
) -> None:
    flusher = Flusher(recorder, database, clock, interval_s=0.02)
    flusher.start()
    recorder.record(Kind.CACHE, "x")
    async with asyncio.timeout(10):
        while await ask("SELECT sum(weight) FROM events") != [(1,)]:  # noqa: ASYNC110  # what is waited for rings no bell
            await asyncio.sleep(0.02)
    recorder.record(Kind.CACHE, "x")
    await flusher.close()
    assert await ask("SELECT sum(weight) FROM events") == [(2,)]


async def test_half_a_buffer_does_not_wait_for_its_second(database: Database, clock: HeldClock, ask: Ask) -> None:
    recorder = Recorder(clock, process="test", most_rows=10)
    flusher = Flusher(recorder, database, clock, interval_s=3600)
    flusher.start()
    await asyncio.sleep(0)
    for number in range(5):
        recorder.record(Kind.CACHE, "x", Outcome.FAILED, float(number))
    async with asyncio.timeout(10):
        while await ask("SELECT sum(weight) FROM events") != [(5,)]:  # noqa: ASYNC110  # what is waited for rings no bell
            await asyncio.sleep(0.02)
    await flusher.close()


async def test_rows_that_press_while_a_batch_is_written_do_not_wait_for_their_second_either(
    database: Database, clock: HeldClock, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    recorder = Recorder(clock, process="test", most_rows=10)
    flusher = Flusher(recorder, database, clock, interval_s=3600)
    write = flusher._write

    async def write_while_more_happens(batch: Batch) -> None:
        await write(batch)
        if batch.seq == 1:
            fail_five_times()

    def fail_five_times() -> None:
        for _ in range(5):
            recorder.record(Kind.CACHE, "x", Outcome.FAILED)

    monkeypatch.setattr(flusher, "_write", write_while_more_happens)
    flusher.start()
    await asyncio.sleep(0)
    fail_five_times()
    async with asyncio.timeout(5):
        while await ask("SELECT sum(weight) FROM events") != [(10,)]:  # noqa: ASYNC110  # what is waited for rings no bell
            await asyncio.sleep(0.02)
    await flusher.close()


async def test_closing_in_the_middle_of_a_copy_ends_and_writes_what_was_under_way(
    recorder: Recorder, database: Database, clock: HeldClock, ask: Ask, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy_events, is_copying = queries.copy_events, asyncio.Event()

    async def interrupted(*_: object) -> None:
        """What psycopg makes of a cancel that reaches it amid a COPY."""
        monkeypatch.setattr(queries, "copy_events", copy_events)
        is_copying.set()
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            raise psycopg.OperationalError("sending query failed: another command is already in progress") from None

    monkeypatch.setattr(queries, "copy_events", interrupted)
    flusher = Flusher(recorder, database, clock, interval_s=0.01)
    flusher.start()
    recorder.record(Kind.API_REQUEST, "GET /x", value=1.0)
    async with asyncio.timeout(10):
        await is_copying.wait()
        await flusher.close()
    assert await ask("SELECT sum(count)::int FROM rollup_minutes") == [(1,)]
