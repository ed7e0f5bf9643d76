"""The database is stopped and started again while people go on using the service."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

import httpx
import pytest
from sqlalchemy import text

from core.clock import SystemClock
from core.db.database import Database
from core.db.embedded import EmbeddedServer
from core.db.migrate import upgrade
from core.domain.telemetry import Kind, Outcome
from core.telemetry.flushing import Flusher
from core.telemetry.recorder import Recorder
from tests.api.conftest import new_client, settings_for
from tests.fakes import FakeServices
from tests.fixtures_database import data_folder

OUTAGE_S = 2.0
ROOM_FOR_ROWS = 1_000


@pytest.fixture
def server() -> Iterator[EmbeddedServer]:
    """A server of this test's own."""
    with data_folder() as folder:
        server = EmbeddedServer(folder, is_durable=False)
        server.start()
        upgrade(server.url)
        yield server
        server.stop()


class Visitors:
    """Open a page again and again, meet an error now and then, and note what they were answered."""

    def __init__(self, client: httpx.AsyncClient, recorder: Recorder) -> None:
        self._client = client
        self._recorder = recorder
        self.answers: list[int] = []
        self.errors = 0
        self._working = asyncio.create_task(self._visit())

    async def leave(self) -> None:
        self._working.cancel()
        await asyncio.gather(self._working, return_exceptions=True)

    async def _visit(self) -> None:
        while True:
            self.answers.append((await self._client.get("/")).status_code)
            for _ in range(10):  # each is kept whole, so that the room for rows is used up
                self._recorder.record(Kind.CALL, "vendor.ask", Outcome.FAILED, 12.0)
                self.errors += 1
            await asyncio.sleep(0.005)


@pytest.mark.slow
async def test_while_the_database_is_away_nobody_notices_and_afterwards_the_figures_are_true(
    server: EmbeddedServer, tmp_path: object, caplog: pytest.LogCaptureFixture
) -> None:
    clock = SystemClock()
    recorder = Recorder(clock, process="web", most_rows=ROOM_FOR_ROWS)
    database = Database(server.url)
    flusher = Flusher(recorder, database, clock, interval_s=0.05)
    services = FakeServices(settings_for(tmp_path), recorder=recorder)  # type: ignore[arg-type]
    async with new_client(services) as client:
        flusher.start()
        visitors = Visitors(client, recorder)
        await _until_written(database)
        address = server.url
        await asyncio.to_thread(server.stop)
        await asyncio.sleep(OUTAGE_S)
        assert "telemetry.not_written" in caplog.text
        assert recorder.waiting <= ROOM_FOR_ROWS
        before = len(visitors.answers)
        await asyncio.to_thread(server.start)
        assert server.url == address
        await _until_written(database, more_than=recorder.dropped)
        await asyncio.sleep(0.3)
        await visitors.leave()
        await flusher.flush()
    assert set(visitors.answers) == {200}
    assert len(visitors.answers) > before
    async with database.read() as session:
        sums = dict(
            (
                await session.execute(
                    text("SELECT kind, sum(count)::int FROM rollup_minutes JOIN series ON id = series_id GROUP BY 1")
                )
            ).all()
        )
        kept = await session.scalar(text("SELECT sum(weight)::int FROM events"))
        dropped = await session.scalar(text("SELECT sum(dropped)::int FROM telemetry_writers"))
    assert sums == {"page_request": len(visitors.answers), "call": visitors.errors}
    assert dropped > 0
    assert kept + dropped == len(visitors.answers) + visitors.errors
    await flusher.close()
    await database.close()


async def _until_written(database: Database, more_than: int = 0) -> None:
    """Returns once a batch is written, by itself, that says so many events were dropped."""
    async with asyncio.timeout(30):
        while True:
            try:
                async with database.read() as session:
                    found = await session.scalar(text("SELECT max(dropped) FROM telemetry_writers WHERE seq > 0"))
                if found is not None and found >= more_than:
                    return
            except Exception:
                pass
            await asyncio.sleep(0.05)
