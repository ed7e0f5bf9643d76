"""An archival rests longer as soon as users feel it, and goes back by steps."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import datetime, timedelta

import psycopg
import pytest

from core.db.database import Database
from core.domain.period import floor_minute
from core.services.archival import pressure
from core.services.archival.pressure import NOBODY_THERE, WebPressure
from core.telemetry.buckets import bucket_of, pack
from tests.factories.aged import NOW, fill, run_sql
from tests.factories.clocks import HeldClock


@pytest.fixture(autouse=True)
def every_look(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pressure, "_LOOK_INTERVAL_S", 0.0)


def answered(url: str, at: datetime, times_ms: Mapping[float, int], kind: str = "page_request") -> None:
    """So many answers of each length in this minute."""
    run_sql(
        url,
        "INSERT INTO series (kind, name, outcome, pace, who) VALUES (%s, 'x', 'ok', '', '') ON CONFLICT DO NOTHING",
        kind,
    )
    run_sql(
        url,
        "INSERT INTO rollup_minutes (at, series_id, writer, count, total, histogram)"
        " SELECT %s, id, 1, %s, 0, %s FROM series WHERE kind = %s",
        floor_minute(at), sum(times_ms.values()), pack({bucket_of(ms): n for ms, n in times_ms.items()}), kind,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("before_ms", "now_ms", "level"),
    [(50, 50, 1), (50, 59, 1), (50, 65, 2), (50, 500, 2), (5, 15, 1), (5, 30, 2)],
    ids=["the same", "a little", "slower", "far slower", "still quick", "no longer quick"],
)
async def test_answers_that_got_slower_than_in_the_hour_before_count(
    database: Database, database_url: str, before_ms: float, now_ms: float, level: float
) -> None:
    answered(database_url, NOW - timedelta(minutes=20), {before_ms: 100})
    answered(database_url, NOW, {now_ms: 100})
    assert await WebPressure(database, HeldClock(NOW))() == level


async def test_it_doubles_while_it_is_felt_and_goes_back_when_it_is_not(database: Database, database_url: str) -> None:
    clock = HeldClock(NOW)
    answered(database_url, NOW - timedelta(minutes=20), {50: 100})
    answered(database_url, NOW, {500: 100})
    felt = WebPressure(database, clock)
    assert [await felt() for _ in range(6)] == [2, 4, 4, 4, 4, 4]
    clock.forward(minutes=10)
    levels = [await felt() for _ in range(8)]
    assert levels == sorted(levels, reverse=True)
    assert levels[-1] == NOBODY_THERE


async def test_without_users_there_is_nobody_to_rest_for(database: Database, database_url: str) -> None:
    answered(database_url, NOW, {9000: 100}, kind="stage")
    assert await WebPressure(database, HeldClock(NOW))() == NOBODY_THERE


async def test_somebody_who_waits_for_a_row_is_felt(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    aged = fill(database_url, 5)
    lock = b"SELECT 1 FROM summaries WHERE id = %s FOR UPDATE"
    with psycopg.connect(database_url) as holder:
        holder.execute(lock, (aged.summaries[0],))
        async with await psycopg.AsyncConnection.connect(database_url) as waiter:
            waiting = asyncio.create_task(waiter.execute(lock, (aged.summaries[0],)))
            felt = WebPressure(database, HeldClock(NOW))
            try:
                async with asyncio.timeout(20):
                    while await felt() != 2:  # noqa: ASYNC110  # Postgres rings no bell
                        await asyncio.sleep(0.02)
                monkeypatch.setattr(pressure, "_FELT_WAIT_S", 3600.0)
                assert await felt() < 2, "a moment's wait is not felt"
            finally:  # while somebody waits, the connection cannot be closed
                holder.rollback()
                await waiting
