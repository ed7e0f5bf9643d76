"""The operators' guide's own two statements, read from the document, do what our action did."""

from __future__ import annotations

import re
import uuid
from datetime import UTC, datetime

import psycopg
import pytest
from sqlalchemy.engine import make_url

from core.clock import SystemClock
from core.config import Settings
from core.db.database import Database
from core.domain.archival import Policy
from core.services.archival import Archival
from tests.conftest import SHARED
from tests.factories.aged import copy_out, fill
from tests.factories.archives import archive_with

GUIDE = SHARED / "spec" / "production-operations-guide.md"
TABLES = {Policy.ANONYMOUS_SUMMARIES: "summaries", Policy.PROGRESS: "progress_tracking"}


def guide_statement(table: str) -> str:
    """The one DELETE from this table that the guide gives."""
    if not GUIDE.exists():
        pytest.skip(f"the operators' guide is not here: {GUIDE.name}")
    found = re.findall(rf"DELETE FROM {table}\b[^;]*;", GUIDE.read_text("utf-8"))
    assert len(found) == 1
    return str(found[0])


def copy_database(url: str) -> tuple[str, str]:
    """Name and address of a copy of this database, as it is now."""
    name, own = f"copy_{uuid.uuid4().hex}", make_url(url).database
    with psycopg.connect(url.replace(f"/{own}?", "/postgres?"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} TEMPLATE {own}".encode())
    return name, url.replace(f"/{own}?", f"/{name}?")


def drop_database(url: str, name: str) -> None:
    own = make_url(url).database
    with psycopg.connect(url.replace(f"/{own}?", "/postgres?"), autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)".encode())


@pytest.mark.parametrize("policy", list(TABLES), ids=lambda policy: policy.value)
async def test_the_guide_s_statement_leaves_what_our_action_leaves(
    database_url: str, archival_settings: Settings, policy: Policy
) -> None:
    statement = guide_statement(TABLES[policy])
    fill(database_url, 150, seed=7, now=datetime.now(UTC))
    before = copy_out(database_url)
    name, copy = copy_database(database_url)
    try:
        with psycopg.connect(copy) as connection:
            deleted = connection.execute(statement.encode()).rowcount
        by_the_guide = copy_out(copy)
    finally:
        drop_database(database_url, name)
    database = Database(database_url, app_name="test")
    archival = Archival(
        database=database, jobs=None, clock=SystemClock(), settings=archival_settings, key=lambda: "a key"
    )
    run = await archive_with(archival, policy)
    await database.close()
    assert run.done_rows == deleted > 0
    assert copy_out(database_url) == by_the_guide
    assert by_the_guide != before


@pytest.mark.parametrize("policy", list(TABLES), ids=lambda policy: policy.value)
async def test_the_statement_on_the_page_is_the_guide_s_with_its_moment_fixed(
    archival: Archival, policy: Policy
) -> None:
    def words(sql: str) -> list[str]:
        return re.sub(r"NOW\(\) - INTERVAL '\d+ days'|'\d{4}-[^']*'", "MOMENT", sql).rstrip(";").split()

    preview = await archival.preview(policy, "cli:tester")
    assert words(preview.sql) == words(guide_statement(TABLES[policy]))
