from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy import event, text

from core.bootstrap import Services
from core.db.database import Database
from core.db.queries.progress import announce, touch_progress
from core.domain.run import RunState
from core.services import summaries as summaries_module
from core.services.progress import ProgressHub
from tests.factories.applications import ANN, services_on, settings_for, until
from tests.factories.captions import upload


@pytest.fixture
async def services(database_url: str, tmp_path: Path) -> AsyncIterator[Services]:
    async with services_on(database_url, settings_for(tmp_path)) as services:
        yield services


async def say(database: Database, run_id: uuid.UUID) -> None:
    async with database.transaction() as session:
        await announce(session, run_id)


async def test_a_change_wakes_those_who_watch_that_run_and_nobody_else(database: Database, database_url: str) -> None:
    hub = ProgressHub(database)
    hub.start(database_url)
    run_id = uuid.uuid4()
    with hub.watching(run_id) as changes, hub.watching(uuid.uuid4()) as others:
        await until(lambda: hub.is_listening)
        await changes.wait(1)
        changes.clear()
        others.clear()
        await say(database, run_id)
        await asyncio.wait_for(changes.wait(60), 2)
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(others.wait(60), 0.1)
    await hub.close()


async def test_a_lost_connection_is_made_anew_and_everybody_reads_again(database: Database, database_url: str) -> None:
    hub = ProgressHub(database)
    hub.start(database_url)
    with hub.watching(uuid.uuid4()) as changes:
        await until(lambda: hub.is_listening)
        changes.clear()
        async with database.transaction() as session:
            killed = await session.execute(
                text("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN %'")
            )
            assert killed.all()
        await asyncio.wait_for(changes.wait(60), 5)
    await hub.close()


async def test_without_a_direct_address_changes_are_found_by_asking(services: Services, database: Database) -> None:
    summary_id = await services.summaries.submit(upload(), ANN)
    hub = ProgressHub(database)
    hub.start(None)
    async with database.read() as session:
        run_id = await session.scalar(text("SELECT run_id FROM summaries WHERE id = :id"), {"id": summary_id})
    with hub.watching(run_id) as changes:
        await asyncio.wait_for(changes.wait(60), 3)
        changes.clear()
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(changes.wait(60), 0.1)
        async with database.transaction() as session:
            await touch_progress(session, run_id)
        await asyncio.wait_for(changes.wait(60), 3)
    await hub.close()


async def test_watching_survives_a_lost_connection_and_a_lost_notice(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(summaries_module, "READ_AGAIN_AFTER_S", 0.1)
    summary_id = await services.summaries.submit(upload(), ANN)
    states = services.summaries.watch(summary_id, ANN)
    assert (await anext(states)).state is RunState.QUEUED
    await services.hub.close()  # from here on nobody tells anything
    await services.summaries.cancel(summary_id, ANN)
    async with asyncio.timeout(5):
        assert [state.state async for state in states] == [RunState.CANCELLED]


async def test_a_thousand_watchers_of_a_run_cost_a_few_reads_a_change(services: Services) -> None:
    summary_id = await services.summaries.submit(upload(), ANN)
    reads = 0

    def count(_connection: object, _cursor: object, statement: str, *_rest: object) -> None:
        nonlocal reads
        reads += "FROM summaries" in statement

    watches = [services.summaries.watch(summary_id, ANN) for _ in range(1000)]
    await asyncio.gather(*(anext(watch) for watch in watches))
    event.listen(services.database._engine.sync_engine, "before_cursor_execute", count)
    following = [asyncio.create_task(anext(watch)) for watch in watches]
    async with services.database.transaction() as session:
        await session.execute(text("UPDATE progress_tracking SET ratio = 0.5"))
        await touch_progress(session, await session.scalar(text("SELECT id FROM runs")))
    states = await asyncio.wait_for(asyncio.gather(*following), 10)
    assert {state.document["progress"]["ratio"] for state in states} == {0.5}
    assert 1 <= reads <= 5
    for watch in watches:
        with contextlib.suppress(RuntimeError):
            await watch.aclose()


async def test_the_stage_at_work_goes_on_between_two_writes(services: Services) -> None:
    summary_id = await services.summaries.submit(upload(), ANN)
    async with services.database.transaction() as session:
        await session.execute(text("UPDATE progress_tracking SET updated_at = updated_at - interval '90 seconds'"))
    state = await services.summaries.get(summary_id, ANN)
    assert 90 <= (state.document["progress"]["stages"][0]["seconds"] or 0) < 100
