"""Killed at every numbered step: no row is lost, none is deleted that no verified archive holds, and it goes on."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import psycopg
import pytest

from core.archiving.archive_file import OpenArchive, members_of, row_of, table_of
from core.archiving.faults import Step
from core.clock import SystemClock
from core.config import Settings
from core.db.database import Database
from core.db.queries.archival import Slice, list_slices
from core.domain.archival import ArchiveRun, ArchiveState, Direction, Policy
from core.services.archival import Archival
from tests.factories.aged import copy_out, fill, fill_events
from tests.factories.archives import archive_with, restore_with

ARCHIVE_STEPS = [step for step in Step if step.value.startswith("archive")]
RESTORE_STEPS = [step for step in Step if step.value.startswith("restore")]
# Progress goes the way of summaries, so a few steps show that it does.
A_FEW = {Step.SLICE_HALF_WRITTEN, Step.ROWS_DELETED, Step.SLICE_COMMITTED, Step.ROWS_INSERTED, Step.RESTORE_COMMITTED}
TABLE_OF = {Policy.ANONYMOUS_SUMMARIES: "summaries", Policy.PROGRESS: "progress_tracking", Policy.EVENTS: "events"}
KEY_OF = {"summaries": "id", "progress_tracking": "run_id"}
COUNT = 60
DAYS = {34: 20, 36: 40, 37: 30, 40: 50}


def cases(steps: list[Step]) -> list[tuple[Policy, Step]]:
    """Every step of every policy."""
    return [(policy, step) for policy in Policy for step in steps if policy is not Policy.PROGRESS or step in A_FEW]


def run_command(url: str, data_dir: str, kill_at: str, arguments: list[str]) -> None:
    """In the child: the command line itself, told where to die."""
    os.environ |= {
        "DATABASE_URL": url,
        "SIGHTLINE_DATA_DIR": data_dir,
        "SIGHTLINE_KILL_AT": kill_at,
        "SIGHTLINE_ARCHIVE_REST_RATIO": "0",
    }
    from core.cli import main

    sys.exit(main(arguments))


def die_at(step: str, url: str, data_dir: Path, arguments: list[str]) -> None:
    """Runs the command in a process of its own, which must die at this step and nowhere else."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["core.cli", "core.services.archival", "core.db.migrate"])
    child = context.Process(target=run_command, args=(url, str(data_dir), step, arguments))
    child.start()
    child.join(60)
    assert child.exitcode == -signal.SIGKILL, f"it was not killed at {step}: {child.exitcode}"


def put_in(url: str, policy: Policy) -> dict[str, list[bytes]]:
    now = datetime.now(UTC)
    if policy is Policy.EVENTS:
        fill_events(url, DAYS, now=now)
    else:
        fill(url, COUNT, now=now)
    return copy_out(url)


def archived_rows(folder: Path, slices: tuple[Slice, ...], file: str, table: str) -> list[str]:
    """The rows of the committed slices, each of them checked against its hash."""
    if not slices:
        return []
    with OpenArchive(folder / file) as archive:
        rows = []
        for member, made in members_of(slices):
            archive.check(member, made, table)
            rows += [row_of(line) for line in archive.lines(member) if table_of(line) == table]
    return rows


def keys(url: str, table: str, key: str) -> list[str]:
    with psycopg.connect(url) as connection:
        return [row[0] for row in connection.execute(f"SELECT {key}::text FROM {table}".encode())]


async def assert_nothing_is_lost(
    archival: Archival, url: str, run: ArchiveRun, original: dict[str, list[bytes]], all_keys: list[str]
) -> None:
    """Live ∪ archive = original, and nothing is deleted that is not in a slice that was written, synced and checked."""
    table = TABLE_OF[run.policy]
    async with archival.database.read() as session:
        slices = await list_slices(session, run.id)
    archived = archived_rows(archival.folder, slices, run.file, table)
    live = copy_out(url)
    assert {name: rows for name, rows in live.items() if name != table} == {
        name: rows for name, rows in original.items() if name != table
    }
    assert not Counter(live[table]) - Counter(original[table])
    assert len(archived) + len(live[table]) == len(original[table])
    if table != "events":
        key = KEY_OF[table]
        gone = {json.loads(row)[key] for row in archived}
        assert gone.isdisjoint(keys(url, table, key))
        assert gone | set(keys(url, table, key)) == set(all_keys)


def archival_on(database: Database, data_dir: Path) -> Archival:
    settings = Settings(data_dir=data_dir, archive_rest_ratio=0)
    return Archival(database=database, jobs=None, clock=SystemClock(), settings=settings, key=lambda: "a key")


async def the_run(archival: Archival, url: str, direction: Direction) -> ArchiveRun:
    """The one run of this direction: the killed process has left it open, or done if it died after the last commit."""
    with psycopg.connect(url) as connection:
        [(run_id,)] = connection.execute(
            "SELECT id FROM archive_runs WHERE direction = %s", (direction.value,)
        ).fetchall()
    return await archival.run(run_id)


@pytest.mark.slow
@pytest.mark.parametrize(("policy", "step"), cases(ARCHIVE_STEPS), ids=lambda value: value.value)
async def test_an_archival_killed_at_any_step_loses_nothing_and_goes_on(
    database: Database, database_url: str, tmp_path: Path, policy: Policy, step: Step
) -> None:
    original = put_in(database_url, policy)
    table = TABLE_OF[policy]
    all_keys = [] if policy is Policy.EVENTS else keys(database_url, table, KEY_OF[table])
    archival = archival_on(database, tmp_path)
    die_at(step.value, database_url, tmp_path, ["archive", policy.value, "--yes", "--json"])
    run = await the_run(archival, database_url, Direction.ARCHIVE)
    await assert_nothing_is_lost(archival, database_url, run, original, all_keys)
    if run.state is not ArchiveState.DONE:
        assert await archival.carry_out(run.id)
    run = await archival.run(run.id)
    assert run.state is ArchiveState.DONE
    assert run.done_rows == run.planned_rows > 0
    await assert_nothing_is_lost(archival, database_url, run, original, all_keys)
    await restore_with(archival, run)
    assert copy_out(database_url) == original


@pytest.mark.slow
@pytest.mark.parametrize(("policy", "step"), cases(RESTORE_STEPS), ids=lambda value: value.value)
async def test_a_restoration_killed_at_any_step_goes_on_to_the_same_end(
    database: Database, database_url: str, tmp_path: Path, policy: Policy, step: Step
) -> None:
    original = put_in(database_url, policy)
    archival = archival_on(database, tmp_path)
    archived = await archive_with(archival, policy)
    die_at(step.value, database_url, tmp_path, ["restore-archive", archived.file, "--yes", "--json"])
    run = await the_run(archival, database_url, Direction.RESTORE)
    if run.state is not ArchiveState.DONE:
        assert await archival.carry_out(run.id)
    ended = await archival.run(run.id)
    assert (ended.state, ended.done_rows) == (ArchiveState.DONE, archived.done_rows)
    assert copy_out(database_url) == original


async def test_a_death_between_two_slices_keeps_the_first(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    original = put_in(database_url, Policy.EVENTS)
    archival = archival_on(database, tmp_path)
    command = ["archive", "events", "--yes", "--json"]
    die_at(f"{Step.SLICE_HALF_WRITTEN.value}:2", database_url, tmp_path, command)
    run = await archival.open_run(Policy.EVENTS)
    assert run is not None
    assert run.done_rows == DAYS[40]
    await assert_nothing_is_lost(archival, database_url, run, original, [])
    die_at(f"{Step.SLICE_COMMITTED.value}:1", database_url, tmp_path, command)
    assert await archival.carry_out(run.id)
    ended = await archival.run(run.id)
    assert (ended.state, ended.attempt) == (ArchiveState.DONE, 3)
    await restore_with(archival, ended)
    assert copy_out(database_url) == original
