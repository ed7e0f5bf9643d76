from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
from sqlalchemy import text

from core.db.database import Database
from core.telemetry.flushing import Flusher
from core.telemetry.recorder import Recorder
from tests.factories.clocks import HeldClock

Ask = Callable[[str], Awaitable[list[tuple[object, ...]]]]


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock()


@pytest.fixture
def recorder(clock: HeldClock) -> Recorder:
    return Recorder(clock, process="test")


@pytest.fixture
async def flusher(recorder: Recorder, database: Database, clock: HeldClock) -> AsyncIterator[Flusher]:
    flusher = Flusher(recorder, database, clock)
    yield flusher
    await flusher.close()


@pytest.fixture
def ask(database: Database) -> Ask:
    """The rows of a question in SQL."""

    async def rows(question: str) -> list[tuple[object, ...]]:
        async with database.read() as session:
            return [tuple(row) for row in await session.execute(text(question))]

    return rows
