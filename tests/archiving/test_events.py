"""A day goes as a whole, when nobody has written into it since it was read, and comes back exactly once."""

from __future__ import annotations

import asyncio
import threading
import time
from datetime import timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest

from core.archiving.faults import Step
from core.domain.archival import ArchiveState, HoldSubject, Policy
from core.services.archival import Archival
from tests.factories.aged import NOW, copy_out, fill_events, run_sql
from tests.factories.archives import ACTOR, Hook, archive_with, carry_out_with, restore_with, start, start_restoring
from tests.factories.clocks import HeldClock

OLD = {36: 120, 37: 80}


def late(url: str, back: int = 36) -> None:
    """An event that comes in weeks late."""
    at = NOW - timedelta(days=back)
    run_sql(url, "INSERT INTO events VALUES (%s, 1, (SELECT min(id) FROM series), 1, 1)", at)


async def test_an_event_that_comes_in_while_its_day_is_written_is_archived_too(
    archival: Archival, database_url: str
) -> None:
    fill_events(database_url, OLD)
    run = await start(archival, Policy.EVENTS)
    hook = Hook(Step.SLICE_READ_BACK, lambda: late(database_url, 37))
    await carry_out_with(archival, run.id, hook)
    ended = await archival.run(run.id)
    assert (ended.state, ended.done_rows) == (ArchiveState.DONE, 201)
    await restore_with(archival, ended)
    assert len(copy_out(database_url, ("events",))["events"]) == 201


async def test_a_row_that_is_changed_while_its_day_is_written_is_archived_as_it_is_now(
    archival: Archival, database_url: str
) -> None:
    fill_events(database_url, OLD)
    run = await start(archival, Policy.EVENTS)
    change = (
        "UPDATE events SET weight = 999"
        " WHERE (tableoid, ctid) = (SELECT tableoid, ctid FROM events ORDER BY ts, ctid LIMIT 1)"
    )
    await carry_out_with(archival, run.id, Hook(Step.SLICE_READ_BACK, lambda: run_sql(database_url, change)))
    await restore_with(archival, await archival.run(run.id))
    rows = copy_out(database_url, ("events",))["events"]
    assert (len(rows), sum(b"\t999\t" in row for row in rows)) == (200, 1)


async def test_a_reader_of_the_events_keeps_the_day_for_a_moment_and_nobody_waits_long_behind_it(
    archival: Archival, database_url: str
) -> None:
    """Waiting for a lock blocks whoever comes after: so it waits 100 ms at most, gives way, and comes back."""
    fill_events(database_url, {0: 5, **OLD})
    run = await start(archival, Policy.EVENTS)
    waits: list[float] = []
    with psycopg.connect(database_url) as reader, psycopg.connect(database_url, autocommit=True) as user:
        reader.execute("SELECT count(*) FROM events")
        working = asyncio.create_task(archival.carry_out(run.id))
        ends = time.monotonic() + 0.8
        while not working.done():
            began = time.monotonic()
            await asyncio.to_thread(user.execute, "SELECT count(*) FROM events WHERE ts > now() - interval '1 day'")
            waits.append(time.monotonic() - began)
            if time.monotonic() > ends:
                reader.rollback()
            await asyncio.sleep(0.005)
    assert (await archival.run(run.id)).state is ArchiveState.DONE
    assert max(waits) < 0.2
    assert sum(wait > 0.05 for wait in waits) > 0, "nobody ever waited: this proved nothing"


async def test_a_day_with_events_of_a_person_under_hold_stays_whole(archival: Archival, database_url: str) -> None:
    fill_events(database_url, {36: 60, 37: 0})
    person = UUID(int=1)
    day = NOW - timedelta(days=37)
    run_sql(
        database_url, "INSERT INTO events VALUES (%s, 1, (SELECT min(id) FROM series), 1, 1, NULL, %s)", day, uuid4()
    )
    run_sql(
        database_url,
        "INSERT INTO users (id, email, email_key, password_hash) VALUES (%s, 'a@example.org', 'a@example.org', 'x')",
        person,
    )
    await archival.holds.place(HoldSubject.USER, str(person), reason="a court asked", actor=ACTOR)
    preview = await archival.preview(Policy.EVENTS, ACTOR)
    assert (preview.rows, preview.kept_back) == (1, (("of days with events of a person under legal hold", 60),))
    run = await archive_with(archival, Policy.EVENTS)
    assert run.done_rows == 1
    assert len(copy_out(database_url, ("events",))["events"]) == 60


async def test_days_come_back_once_however_often_they_are_restored(archival: Archival, database_url: str) -> None:
    fill_events(database_url, OLD)
    before = copy_out(database_url)
    archived = await archive_with(archival, Policy.EVENTS)
    await restore_with(archival, archived)
    preview = await archival.restoring.preview(archived.id, ACTOR)
    assert (preview.rows, preview.existing) == (200, 200)
    again = await restore_with(archival, archived)
    assert (again.done_rows, again.skipped_rows) == (0, 200)
    assert copy_out(database_url) == before


async def test_names_are_found_again_in_a_database_that_numbers_them_otherwise(
    archival: Archival, database_url: str
) -> None:
    fill_events(database_url, OLD)
    archived = await archive_with(archival, Policy.EVENTS)
    run_sql(database_url, "UPDATE series SET id = id + 100 WHERE name = 'home'")
    run_sql(database_url, "DELETE FROM series WHERE name <> 'home'")
    run_sql(
        database_url, "INSERT INTO series (kind, name, outcome, pace, who) VALUES ('stage', 'reading', 'ok', '', '')"
    )
    await restore_with(archival, archived)
    with psycopg.connect(database_url) as connection:
        found = connection.execute(
            "SELECT name, count(*) FROM events JOIN series ON id = series_id GROUP BY 1"
        ).fetchall()
    assert {name for name, _ in found} == {"home", 'GET /a "b"'}
    assert sum(count for _, count in found) == 200


async def test_only_days_that_are_wholly_past_go(archival: Archival, held_clock: HeldClock, database_url: str) -> None:
    fill_events(database_url, {35: 10, 36: 10})
    assert (await archival.preview(Policy.EVENTS, ACTOR)).rows == 10
    held_clock.at = NOW.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    assert (await archival.preview(Policy.EVENTS, ACTOR)).rows == 20


async def test_an_empty_day_goes_with_the_others(archival: Archival, database_url: str) -> None:
    fill_events(database_url, {36: 10, 37: 0})
    run = await archive_with(archival, Policy.EVENTS)
    assert (run.state, run.done_rows) == (ArchiveState.DONE, 10)
    with psycopg.connect(database_url) as connection:
        assert connection.execute(
            "SELECT count(*) FROM pg_inherits WHERE inhparent = 'events'::regclass"
        ).fetchone() == (0,)


async def test_users_write_today_while_a_day_is_taken_off(archival: Archival, database_url: str) -> None:
    """No write of the present waits 200 ms, and none is lost."""
    fill_events(database_url, {0: 1, **dict.fromkeys(range(36, 44), 300)})
    run = await start(archival, Policy.EVENTS)
    stop, waits = threading.Event(), []

    def write() -> None:
        with psycopg.connect(database_url, autocommit=True) as user:
            while not stop.is_set():
                began = time.monotonic()
                user.execute("INSERT INTO events SELECT %s, 1, min(id), 1, 1 FROM series", (NOW,))
                waits.append(time.monotonic() - began)

    thread = threading.Thread(target=write)
    thread.start()
    try:
        assert await archival.carry_out(run.id)
    finally:
        stop.set()
        thread.join()
    assert (await archival.run(run.id)).done_rows == 2400
    assert max(waits) < 0.2
    assert len(copy_out(database_url, ("events",))["events"]) == len(waits) + 1


@pytest.mark.parametrize("step", [Step.ROWS_INSERTED, Step.RESTORE_COMMITTED])
async def test_a_restoration_whose_connection_breaks_brings_a_day_back_once(
    archival: Archival, database_url: str, step: Step
) -> None:
    fill_events(database_url, OLD)
    before = copy_out(database_url)
    archived = await archive_with(archival, Policy.EVENTS)
    run = await start_restoring(archival, archived)
    cut = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    await carry_out_with(archival, run.id, Hook(step, lambda: run_sql(database_url, cut)))
    assert (await archival.run(run.id)).state is ArchiveState.DONE
    assert copy_out(database_url) == before


async def test_a_file_from_elsewhere_comes_back_once_wherever_it_lies(
    archival: Archival, database_url: str, tmp_path: Path
) -> None:
    """Rows without a key: the same file under another name must not double them."""
    fill_events(database_url, OLD)
    before = copy_out(database_url)
    archived = await archive_with(archival, Policy.EVENTS)
    first, second = tmp_path / "first.jsonl.gz", tmp_path / "second.jsonl.gz"
    (archival.folder / archived.file).rename(first)
    run_sql(database_url, "TRUNCATE archive_runs CASCADE")
    assert await restore_file(archival, first) == (0, 200, 0)
    assert copy_out(database_url) == before
    first.rename(second)
    assert await restore_file(archival, second) == (200, 0, 200)
    assert copy_out(database_url) == before


async def restore_file(archival: Archival, path: Path) -> tuple[int, int, int]:
    """How many rows the preview found there already, and how many then were restored and skipped."""
    preview = await archival.restoring.preview_file(path, ACTOR)
    run = await archival.restoring.start_file(path, preview.token, preview.rows, ACTOR)
    assert await archival.carry_out(run.id)
    ended = await archival.run(run.id)
    return preview.existing, ended.done_rows, ended.skipped_rows
