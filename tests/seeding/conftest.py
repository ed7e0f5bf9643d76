"""One small seeded database for all tests here: they only read it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime

import psycopg
import pytest

from core.db.database import Database
from core.db.embedded import EmbeddedServer
from core.seeding.ledger import Ledger
from core.seeding.plan import Plan, make_plan
from core.seeding.storing import Keeping, Stored, store_history
from tests.fixtures_database import TEMPLATE

NOW = datetime(2026, 11, 25, 2, 30, 17, tzinfo=UTC)
# All single events are kept, so that every figure can be compared with them.
KEEPING = Keeping(event_days=60, keep_one_in=10)
EVENTS = 240_000
_NAME = "seeded"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seeded:
    """A database that holds a history, and what the simulation knows of it."""

    url: str
    stored: Stored

    @property
    def ledger(self) -> Ledger:
        return self.stored.ledger

    @property
    def plan(self) -> Plan:
        return self.stored.ledger.plan


def small_plan(seed: int = 1) -> Plan:
    """Forty days, so that some browsers have had the thirty in which they may sign up, and two hundred people."""
    return make_plan(days=40, users=200, events=EVENTS, seed=seed, now=NOW)


async def seed(url: str, plan: Plan, keeping: Keeping = KEEPING) -> Stored:
    database = Database(url, app_name="test seed")
    try:
        return await store_history(database, plan, keeping)
    finally:
        await database.close()


@pytest.fixture(scope="session")
def seeded(database_server: EmbeddedServer) -> Iterator[Seeded]:
    with psycopg.connect(database_server.url_of("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {_NAME} TEMPLATE {TEMPLATE}".encode())
    url = database_server.url_of(_NAME)
    # A thread of its own: pytest's has an event loop that belongs to the tests.
    with ThreadPoolExecutor(max_workers=1) as thread:
        stored = thread.submit(lambda: asyncio.run(seed(url, small_plan()))).result()
    yield Seeded(url=url, stored=stored)
    with psycopg.connect(database_server.url_of("postgres"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {_NAME} WITH (FORCE)".encode())


@pytest.fixture
async def seeded_database(seeded: Seeded) -> AsyncIterator[Database]:
    database = Database(seeded.url, app_name="test")
    yield database
    await database.close()
