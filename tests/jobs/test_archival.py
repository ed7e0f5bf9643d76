"""What is started at the page is carried out by a worker, and by the next one if the first dies."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from core.archiving.archive_file import OpenArchive
from core.bootstrap import Services
from core.clock import SystemClock
from core.config import Settings
from core.domain.archival import ArchiveState, Policy
from core.jobs.archival import MOST_ATTEMPTS, rescue_archive_runs
from core.jobs.queue import QueuedJobs, build_queue
from tests.factories.aged import Aged, copy_out, fill, run_sql
from tests.factories.applications import STALLED_AFTER_S, services_on, settings_for, until, worker_on, worker_process
from tests.factories.archives import over, start, start_restoring

# The worker records what it does: its events are not those of the test.
TABLES = ("transcripts", "runs", "summary_versions", "summaries", "progress_tracking")
SUMMARIES = Policy.ANONYMOUS_SUMMARIES


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path, archive_rest_ratio=0)


@pytest.fixture
def aged(database_url: str) -> Aged:
    return fill(database_url, now=datetime.now(UTC))


async def rescue(services: Services) -> int:
    jobs = QueuedJobs(build_queue("postgresql://"))
    return await rescue_archive_runs(services.database, jobs, SystemClock(), stalled_after_s=STALLED_AFTER_S)


def count_jobs(url: str) -> int:
    with psycopg.connect(url) as connection:
        row = connection.execute(
            "SELECT count(*) FROM procrastinate_jobs WHERE task_name = 'maintenance:archive' AND status = 'todo'"
        ).fetchone()
    return row[0] if row else 0


async def test_a_worker_archives_and_restores_what_the_page_starts(
    services: Services, settings: Settings, database_url: str, aged: Aged
) -> None:
    before = copy_out(database_url, TABLES)
    run = await start(services.archival, SUMMARIES)
    async with worker_on(database_url, settings):
        ended = await over(services.archival, run)
        assert (ended.state, ended.done_rows) == (ArchiveState.DONE, len(aged.due))
        restored = await over(services.archival, await start_restoring(services.archival, ended))
        assert (restored.state, restored.done_rows) == (ArchiveState.DONE, len(aged.due))
    assert copy_out(database_url, TABLES) == before


@pytest.mark.slow
async def test_a_run_whose_worker_was_killed_is_gone_on_with_by_the_next(
    services: Services, settings: Settings, database_url: str, aged: Aged
) -> None:
    run = await start(services.archival, SUMMARIES)
    kill = {"SIGHTLINE_KILL_AT": "archive-10-rows-deleted", "SIGHTLINE_ARCHIVE_REST_RATIO": "0"}
    with worker_process(database_url, settings.data_dir, kill) as doomed:
        await until(lambda: doomed.process.poll() is not None, within_s=30)
    assert (await services.archival.run(run.id)).state is ArchiveState.RUNNING
    async with worker_on(database_url, settings):
        ended = await over(services.archival, run)
    assert (ended.state, ended.done_rows, ended.attempt) == (ArchiveState.DONE, len(aged.due), 2)


@pytest.mark.usefixtures("aged")
async def test_a_silent_run_gets_one_new_job_however_many_rescues_look(services: Services, database_url: str) -> None:
    run = await start(services.archival, SUMMARIES)
    run_sql(database_url, "DELETE FROM procrastinate_jobs")
    run_sql(
        database_url, "UPDATE archive_runs SET state = 'running', attempt = 1, heartbeat_at = now() - interval '1 min'"
    )
    found = await asyncio.gather(*(rescue(services) for _ in range(4)))
    assert sum(found) == 1
    assert (await services.archival.run(run.id)).state is ArchiveState.QUEUED
    assert count_jobs(database_url) == 1
    assert await rescue(services) == 0


@pytest.mark.usefixtures("aged")
async def test_a_run_that_shows_signs_of_life_is_left_alone(services: Services, database_url: str) -> None:
    await start(services.archival, SUMMARIES)
    run_sql(database_url, "UPDATE archive_runs SET state = 'running', attempt = 1, heartbeat_at = now()")
    assert await rescue(services) == 0


@pytest.mark.usefixtures("aged")
async def test_a_queued_run_that_no_job_will_carry_out_gets_one(services: Services, database_url: str) -> None:
    run = await start(services.archival, SUMMARIES)
    assert await rescue(services) == 0
    run_sql(database_url, "DELETE FROM procrastinate_jobs")
    assert await rescue(services) == 0, "whoever opened it may be about to take it"
    run_sql(database_url, "UPDATE archive_runs SET created_at = now() - interval '1 min'")
    assert await rescue(services) == 1
    assert count_jobs(database_url) == 1
    assert (await services.archival.run(run.id)).state is ArchiveState.QUEUED


@pytest.mark.usefixtures("aged")
async def test_what_ended_too_many_processes_waits_for_a_person(services: Services, database_url: str) -> None:
    run = await start(services.archival, SUMMARIES)
    silent = "UPDATE archive_runs SET state = 'running', attempt = %s, heartbeat_at = now() - interval '1 min'"
    run_sql(database_url, silent, MOST_ATTEMPTS)
    await rescue(services)
    given_up = await services.archival.run(run.id)
    assert given_up.state is ArchiveState.STOPPED
    assert given_up.failure is not None


@pytest.mark.usefixtures("aged")
async def test_a_slow_process_that_still_holds_the_file_is_not_overtaken_and_finds_its_run_taken(
    services: Services, database_url: str
) -> None:
    run = await start(services.archival, SUMMARIES)
    path = services.archival.folder / run.file
    with OpenArchive(path, creates=True):
        run_sql(database_url, "UPDATE archive_runs SET state = 'running', heartbeat_at = now() - interval '1 min'")
        await rescue(services)
        assert not await services.archival.carry_out(run.id)
    assert await services.archival.carry_out(run.id)
    assert (await services.archival.run(run.id)).state is ArchiveState.DONE


@pytest.mark.usefixtures("aged")
async def test_a_worker_that_is_asked_to_end_gives_its_run_to_the_next(services: Services, database_url: str) -> None:
    run = await start(services.archival, SUMMARIES)
    run_sql(database_url, "DELETE FROM procrastinate_jobs")
    stopping = asyncio.Event()
    stopping.set()
    assert await services.archival.carry_out(run.id, stopping)
    assert (await services.archival.run(run.id)).state is ArchiveState.QUEUED
    assert count_jobs(database_url) == 1


async def test_the_schedule_comes_to_each_policy_once_a_day_at_a_quiet_hour(services: Services) -> None:
    states = await services.archival.policies()
    times = [state.next_at for state in states if state.next_at is not None]
    assert len({(at.hour, at.minute) for at in times}) == len(states)
    assert all(2 <= at.hour < 4 and at - datetime.now(UTC) <= timedelta(days=1) for at in times)


async def test_services_of_two_processes_accept_each_other_s_previews(
    services: Services, database_url: str, settings: Settings, aged: Aged
) -> None:
    """A page may be served by another process than the one that takes the click."""
    preview = await services.archival.preview(SUMMARIES, "cli:tester")
    async with services_on(database_url, settings) as other:
        run = await other.archival.start(SUMMARIES, preview.token, preview.rows, "cli:tester")
    assert run.planned_rows == len(aged.due)
