from __future__ import annotations

import asyncio
from pathlib import Path

import psycopg
import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, ProgrammingError

from core.db.database import Database, driver_connection
from core.errors import Unavailable

ADD_VIDEO = text("INSERT INTO videos (id, fetched_at) VALUES (:id, now())")
COUNT_VIDEOS = text("SELECT count(*) FROM videos")


async def count(database: Database) -> int:
    async with database.read() as session:
        return int((await session.execute(COUNT_VIDEOS)).scalar_one())


async def test_a_transaction_is_committed_at_its_end(database: Database) -> None:
    async with database.transaction() as session:
        await session.execute(ADD_VIDEO, {"id": "a"})
    assert await count(database) == 1


async def test_an_error_undoes_the_whole_transaction(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as session:
            await session.execute(ADD_VIDEO, {"id": "a"})
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await count(database) == 0


async def test_a_cancelled_transaction_is_undone_and_the_pool_goes_on(database: Database) -> None:
    started = asyncio.Event()

    async def hang() -> None:
        async with database.transaction() as session:
            await session.execute(ADD_VIDEO, {"id": "a"})
            started.set()
            await session.execute(text("SELECT pg_sleep(30)"))

    task = asyncio.create_task(hang())
    await started.wait()
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await count(database) == 0


async def test_reading_can_change_nothing(database: Database) -> None:
    with pytest.raises(DBAPIError, match="read-only"):
        async with database.read() as session:
            await session.execute(ADD_VIDEO, {"id": "a"})


async def test_the_drivers_connection_shares_the_sessions_transaction(database: Database) -> None:
    async def fail() -> None:
        async with database.transaction() as session:
            driver = await driver_connection(session)
            await driver.execute("INSERT INTO videos (id, fetched_at) VALUES ('a', now())")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        await fail()
    assert await count(database) == 0


async def test_limits_hold_within_the_transaction_and_not_on_the_connection(database: Database) -> None:
    async with database.transaction() as session:
        inside = (await session.execute(text("SHOW statement_timeout"))).scalar_one()
        driver = await driver_connection(session)
    assert inside == "15s"
    async with database.read() as session:
        assert await driver_connection(session) is driver
        await session.rollback()
        assert (await session.execute(text("SHOW statement_timeout"))).scalar_one() == "0"


async def test_nothing_is_prepared_on_the_server(database: Database) -> None:
    for _ in range(12):
        assert await count(database) == 0
    async with database.read() as session:
        prepared = await session.execute(text("SELECT count(*) FROM pg_prepared_statements"))
    assert prepared.scalar_one() == 0


async def test_a_connection_that_was_cut_is_replaced_unnoticed(database: Database, database_url: str) -> None:
    await database.open()
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert await count(database) == 0


@pytest.mark.parametrize("by", ["session", "driver"])
@pytest.mark.parametrize("way", ["transaction", "read", "snapshot"])
async def test_a_connection_that_is_cut_in_the_middle_is_a_database_that_does_not_answer(
    database: Database, database_url: str, way: str, by: str
) -> None:
    async def work() -> None:
        async with getattr(database, way)() as session:
            backend = await session.scalar(text("SELECT pg_backend_pid()"))
            with psycopg.connect(database_url) as other:
                other.execute("SELECT pg_terminate_backend(%s, 5000)", [backend])
            if by == "session":
                await session.execute(text("SELECT 1"))
            else:
                await (await driver_connection(session)).execute(b"SELECT 1")

    with pytest.raises(Unavailable):
        await work()


async def test_what_the_database_refuses_is_not_taken_for_its_absence(database: Database) -> None:
    with pytest.raises(ProgrammingError):
        async with database.transaction() as session:
            await session.execute(text("SELECT * FROM nowhere"))


async def test_a_database_that_does_not_answer_is_named_as_such(tmp_path: Path) -> None:
    database = Database(f"postgresql://nobody@/nothing?host={tmp_path}")
    with pytest.raises(Unavailable, match="does not answer"):
        await database.open()
    await database.close()
