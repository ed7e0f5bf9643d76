"""Archived and restored, every row is the same bytes; what was not due was never touched."""

from __future__ import annotations

from datetime import datetime, timedelta

import psycopg
import pytest

from core.domain.archival import ArchiveState, Policy
from core.services.archival import Archival
from tests.factories.aged import NOW, TABLES, copy_out, fill, fill_events
from tests.factories.archives import archive_with, restore_with
from tests.factories.clocks import HeldClock

SEEDS = range(4)


def due_by_the_guide(url: str, cutoff: datetime) -> int:
    """What the operators' guide would delete, its moment fixed."""
    statement = "SELECT count(*) FROM summaries WHERE user_id = 'ANONYMOUS_USER' AND created_at < %s"
    with psycopg.connect(url) as connection:
        row = connection.execute(statement, (cutoff,)).fetchone()
    return row[0] if row else 0


@pytest.mark.parametrize("seed", SEEDS)
async def test_summaries_come_back_as_they_were(
    archival: Archival, held_clock: HeldClock, database_url: str, seed: int
) -> None:
    aged = fill(database_url, seed=seed)
    held_clock.forward(days=seed * 9 - 9, microseconds=seed)
    due = due_by_the_guide(database_url, held_clock.now() - timedelta(days=90))
    assert 0 < due < len(aged.summaries)
    before = copy_out(database_url)
    archived = await archive_with(archival, Policy.ANONYMOUS_SUMMARIES)
    assert (archived.state, archived.done_rows) == (ArchiveState.DONE, due)
    left = copy_out(database_url)
    assert len(left["summaries"]) == len(aged.summaries) - due
    assert {table: left[table] for table in TABLES if table != "summaries"} == {
        table: before[table] for table in TABLES if table != "summaries"
    }
    restored = await restore_with(archival, archived)
    assert (restored.state, restored.done_rows, restored.skipped_rows) == (ArchiveState.DONE, due, 0)
    assert copy_out(database_url) == before


@pytest.mark.parametrize("seed", SEEDS)
async def test_progress_comes_back_as_it_was(archival: Archival, database_url: str, seed: int) -> None:
    fill(database_url, seed=seed)
    before = copy_out(database_url)
    archived = await archive_with(archival, Policy.PROGRESS)
    assert archived.done_rows > 0
    assert len(copy_out(database_url)["progress_tracking"]) == len(before["progress_tracking"]) - archived.done_rows
    await restore_with(archival, archived)
    assert copy_out(database_url) == before


@pytest.mark.parametrize("seed", SEEDS)
async def test_whole_days_of_events_come_back_as_they_were(archival: Archival, database_url: str, seed: int) -> None:
    fill_events(database_url, {0: 20, 34: 30, 35: 40, 36: 150, 37: 0, 50: 200}, seed=seed)
    before = copy_out(database_url)
    archived = await archive_with(archival, Policy.EVENTS)
    assert (archived.state, archived.done_rows) == (ArchiveState.DONE, 350)
    with psycopg.connect(database_url) as connection:
        names = {row[0] for row in connection.execute("SELECT inhrelid::regclass::text FROM pg_inherits")}
        assert names >= {f"events_{(NOW - timedelta(days=back)).date():%Y%m%d}" for back in (0, 34, 35)}
        assert connection.execute("SELECT count(*) FROM events").fetchone() == (90,)
        assert connection.execute("SELECT count(*) FROM pg_class WHERE relname LIKE 'events_2%'").fetchone() != (0,)
    await restore_with(archival, archived)
    assert copy_out(database_url) == before
