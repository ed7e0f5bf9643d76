from __future__ import annotations

import asyncio
import random
from datetime import datetime, timedelta

import pytest
from sqlalchemy import text

from core.db.database import Database
from core.db.queries import summing as queries
from core.db.queries import telemetry as writing
from core.domain.period import Tier
from core.domain.telemetry import Kind
from core.telemetry.buckets import merge
from core.telemetry.flushing import Flusher
from core.telemetry.recorder import Recorder
from core.telemetry.summing import Summing
from tests.factories.clocks import NOON, HeldClock
from tests.telemetry.conftest import Ask

Held = dict[tuple[datetime, int], tuple[int, float, dict[int, int]]]


@pytest.fixture
def summing(database: Database, clock: HeldClock) -> Summing:
    return Summing(database, clock)


async def read(database: Database, tier: Tier, unit: str) -> Held:
    """The sums of one tier, cut to hours or days, all writers together."""
    statement = text(
        f"SELECT date_trunc('{unit}', at, 'UTC') AS cut, series_id, sum(count) AS count, sum(total) AS total,"
        f" string_agg(histogram, ''::bytea) AS histogram FROM rollup_{tier}s GROUP BY 1, 2"
    )
    async with database.read() as session:
        rows = await session.execute(statement)
        return {(r.cut, r.series_id): (r.count, round(r.total, 6), merge(r.histogram)) for r in rows}


async def record_two_days(recorder: Recorder, flusher: Flusher, clock: HeldClock) -> None:
    draw = random.Random(11)
    for number in range(150):
        for _ in range(draw.randint(1, 6)):
            recorder.record(Kind.API_REQUEST, draw.choice("abc"), value=draw.lognormvariate(4, 1))
        if number % 15 == 0:
            await flusher.flush()
        clock.forward(minutes=draw.choice([1, 7, 55]))
    await flusher.flush()
    clock.forward(hours=2)


async def test_hours_and_days_hold_exactly_what_their_minutes_hold(
    recorder: Recorder, flusher: Flusher, database: Database, clock: HeldClock, summing: Summing, ask: Ask
) -> None:
    await record_two_days(recorder, flusher, clock)
    assert await summing.sum_up() > 40
    assert await read(database, Tier.HOUR, "hour") == await read(database, Tier.MINUTE, "hour")
    assert await read(database, Tier.DAY, "day") == await read(database, Tier.MINUTE, "day")
    assert await ask("SELECT count(*) FROM dirty_hours") == [(0,)]
    assert await ask("SELECT max(count) FROM (SELECT count(*) FROM rollup_days GROUP BY at, series_id) AS c") == [(1,)]


async def test_summing_again_changes_nothing(
    recorder: Recorder, flusher: Flusher, database: Database, clock: HeldClock, summing: Summing
) -> None:
    await record_two_days(recorder, flusher, clock)
    await summing.sum_up()
    before = await read(database, Tier.HOUR, "hour"), await read(database, Tier.DAY, "day")
    assert await summing.sum_up() == 0
    async with database.transaction() as session:
        await session.execute(
            text("INSERT INTO dirty_hours SELECT DISTINCT date_trunc('hour', at, 'UTC') FROM rollup_minutes")
        )
    assert await summing.sum_up() > 40
    assert (await read(database, Tier.HOUR, "hour"), await read(database, Tier.DAY, "day")) == before


@pytest.mark.parametrize(("step", "call"), [
    ("clean_hours", 1), ("clean_hours", 2), ("read_series_sums", 1), ("read_series_sums", 9), ("replace_sums", 1),
    ("replace_sums", 30),
])  # fmt: skip
async def test_killed_anywhere_it_goes_on_where_it_was(
    recorder: Recorder, flusher: Flusher, database: Database, clock: HeldClock, summing: Summing, ask: Ask,
    monkeypatch: pytest.MonkeyPatch, step: str, call: int,
) -> None:  # fmt: skip
    await record_two_days(recorder, flusher, clock)
    calls = 0
    with monkeypatch.context() as patch:
        real = getattr(queries, step)

        async def killed(*arguments: object) -> object:
            nonlocal calls
            calls += 1
            if calls == call:
                raise asyncio.CancelledError
            return await real(*arguments)

        patch.setattr(queries, step, killed)
        with pytest.raises(asyncio.CancelledError):
            await summing.sum_up()
    await summing.sum_up()
    assert await read(database, Tier.HOUR, "hour") == await read(database, Tier.MINUTE, "hour")
    assert await read(database, Tier.DAY, "day") == await read(database, Tier.MINUTE, "day")
    assert await ask("SELECT count(*) FROM dirty_hours") == [(0,)]


async def test_an_hour_is_summed_once_it_is_over(
    recorder: Recorder, flusher: Flusher, clock: HeldClock, summing: Summing, ask: Ask
) -> None:
    recorder.record(Kind.CACHE, "x")
    await flusher.flush()
    clock.forward(minutes=61)
    assert await summing.sum_up() == 0
    clock.forward(minutes=1)
    assert await summing.sum_up() == 1
    assert await ask("SELECT at, count FROM rollup_hours") == [(NOON, 1)]


async def test_a_late_event_makes_its_hour_and_day_anew(
    recorder: Recorder, flusher: Flusher, clock: HeldClock, summing: Summing, ask: Ask
) -> None:
    recorder.record(Kind.CACHE, "x", count=2)
    await flusher.flush()
    clock.forward(days=2)
    await summing.sum_up()
    recorder.record(Kind.CACHE, "x", count=3, at=NOON)
    await flusher.flush()
    assert await ask("SELECT hour FROM dirty_hours") == [(NOON,)]
    await summing.sum_up()
    assert await ask("SELECT count FROM rollup_hours") == [(5,)]
    assert await ask("SELECT at, count FROM rollup_days") == [(NOON.replace(hour=0), 5)]


async def test_an_hour_that_is_written_to_while_it_is_summed_is_summed_again(
    recorder: Recorder, flusher: Flusher, database: Database, clock: HeldClock, summing: Summing, ask: Ask
) -> None:
    recorder.record(Kind.CACHE, "x")
    await flusher.flush()
    clock.forward(hours=2)
    # A writer that has locked the mark and not yet committed: summing has to wait for its minutes.
    async with database.transaction() as session:
        await writing.mark_dirty(session, [NOON])
        await session.execute(text("UPDATE rollup_minutes SET count = count + 10"))
        working = asyncio.create_task(summing.sum_up())
        await asyncio.sleep(0.1)
        assert not working.done()
    assert await working == 1
    assert await ask("SELECT count FROM rollup_hours") == [(11,)]


async def test_two_workers_sum_no_more_than_one(
    recorder: Recorder, flusher: Flusher, database: Database, clock: HeldClock
) -> None:
    await record_two_days(recorder, flusher, clock)
    marked = len(await read(database, Tier.MINUTE, "hour"))
    sums = await asyncio.gather(*(Summing(database, clock).sum_up() for _ in range(3)))
    while rest := await Summing(database, clock).sum_up():
        sums.append(rest)
    assert 0 < sum(sums) <= marked
    assert await read(database, Tier.DAY, "day") == await read(database, Tier.MINUTE, "day")


async def test_minutes_go_after_ninety_one_days_hours_after_two_years_and_days_never(
    database: Database, clock: HeldClock, summing: Summing, ask: Ask
) -> None:
    async with database.transaction() as session:
        for tier in Tier:
            await session.execute(
                text(
                    f"INSERT INTO rollup_{tier}s (at, total, count, writer, series_id, histogram)"
                    " SELECT cast(:now AS timestamptz) - make_interval(days => age), 1, 1, 0, 1, ''::bytea"
                    " FROM unnest(ARRAY[1, 90, 92, 93, 700, 740, 4000]) AS age"
                ),
                {"now": NOON},
            )
    assert await summing.forget() == 5 + 2
    ages = "SELECT (date_part('day', timestamptz '2026-11-23 12:00Z' - at))::int FROM rollup_{} ORDER BY at DESC"
    assert [age for (age,) in await ask(ages.format("minutes"))] == [1, 90]
    assert [age for (age,) in await ask(ages.format("hours"))] == [1, 90, 92, 93, 700]
    assert len(await ask(ages.format("days"))) == 7
    assert await summing.forget() == 0


async def test_minutes_of_an_hour_that_is_not_summed_are_kept(
    database: Database, clock: HeldClock, summing: Summing, ask: Ask
) -> None:
    old = NOON - timedelta(days=100)
    async with database.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO rollup_minutes (at, total, count, writer, series_id, histogram)"
                " VALUES (:at, 1, 1, 0, 1, '')"
            ),
            {"at": old},
        )
        await writing.mark_dirty(session, [old])
    assert await summing.forget() == 0
    await summing.sum_up()
    assert await summing.forget() == 1
    assert await ask("SELECT count FROM rollup_hours") == [(1,)]


async def test_writers_that_ended_long_ago_are_forgotten_unless_they_dropped_something(
    database: Database, clock: HeldClock, summing: Summing, ask: Ask
) -> None:
    async with database.transaction() as session:
        for name, dropped, age in (("old", 0, 100), ("lossy", 3, 100), ("young", 0, 80)):
            statement = text(
                "INSERT INTO telemetry_writers (process, dropped, flushed_at) VALUES (:name, :dropped, :at)"
            )
            await session.execute(statement, {"name": name, "dropped": dropped, "at": NOON - timedelta(days=age)})
    await summing.forget()
    assert await ask("SELECT process FROM telemetry_writers ORDER BY 1") == [("lossy",), ("young",)]


async def test_there_is_always_room_for_today_and_the_next_days(summing: Summing, clock: HeldClock, ask: Ask) -> None:
    await asyncio.gather(*(summing.make_room() for _ in range(4)))
    clock.forward(days=1)
    await summing.make_room()
    question = "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'events'::regclass ORDER BY 1"
    found = await ask(question)
    assert [name for (name,) in found] == [f"events_202611{day}" for day in (23, 24, 25, 26, 27)]
