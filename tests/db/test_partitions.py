from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime

from sqlalchemy import text

from core.db.database import Database
from core.db.queries.partitions import ensure_partitions, list_partitions

DAY = date(2026, 11, 23)
INSERT = "INSERT INTO events (ts, value, series_id, bucket, weight) VALUES ('2026-11-23 12:00Z', 1, 1, 1, 1)"


async def test_partitions_hold_their_day_in_utc_and_are_listed_with_their_size(database: Database) -> None:
    async with database.transaction() as session:
        assert await ensure_partitions(session, [DAY, date(2026, 2, 3), DAY]) == [date(2026, 2, 3), DAY]
        await session.execute(text(INSERT))
        found = await list_partitions(session)
    assert [(each.name, each.day) for each in found] == [
        ("events_20260203", date(2026, 2, 3)), ("events_20261123", DAY)
    ]  # fmt: skip
    assert (found[1].start, found[1].end) == (
        datetime(2026, 11, 23, tzinfo=UTC), datetime(2026, 11, 24, tzinfo=UTC)
    )  # fmt: skip
    assert found[1].bytes > found[0].bytes


async def test_a_partition_is_made_while_others_read_and_write_the_table(database: Database) -> None:
    async with database.transaction() as session:
        await ensure_partitions(session, [DAY])
    async with database.transaction() as writing:
        await writing.execute(text(INSERT))
        await writing.execute(text("SELECT count(*) FROM events"))
        async with asyncio.timeout(4), database.transaction() as session:  # a lock would wait for five seconds
            assert await ensure_partitions(session, [date(2026, 11, 24)]) == [date(2026, 11, 24)]


async def test_each_partition_has_the_indexes_of_the_whole(database: Database) -> None:
    async with database.transaction() as session:
        await ensure_partitions(session, [DAY])
        found = await session.scalars(
            text("SELECT indexdef FROM pg_indexes WHERE tablename = 'events_20261123' ORDER BY indexdef")
        )
    by_series, by_time = found
    assert "btree (series_id, ts) WHERE (series_id < 0)" in by_series
    assert "brin (ts) WITH (pages_per_range='32')" in by_time


async def test_a_partition_that_was_detached_is_not_made_again_over_its_rows(database: Database) -> None:
    async with database.transaction() as session:
        await ensure_partitions(session, [DAY])
        await session.execute(text(INSERT))
        await session.execute(text("ALTER TABLE events DETACH PARTITION events_20261123"))
        await ensure_partitions(session, [DAY])
        assert await list_partitions(session) == []
        assert await session.scalar(text("SELECT count(*) FROM events_20261123")) == 1
