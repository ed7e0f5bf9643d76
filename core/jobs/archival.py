"""Archives by schedule, and carries out what was started at the page; takes over from a process that died."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

from procrastinate import App
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.db.database import Database, driver_connection
from core.db.queries.archival import list_silent, list_without_job, move_archive_run
from core.db.queries.jobs import fail_stalled_jobs, try_rescue_lock
from core.domain.archival import ArchiveRun, ArchiveState, Policy
from core.jobs.queue import ARCHIVE_TASK, MAINTENANCE_QUEUE
from core.logging import EventLog
from core.ports import Jobs
from core.services.archival import Archival
from core.services.archival.backlog import cron_of

log = EventLog(__name__)

EXPIRE_TASK = "maintenance:expire-archives"
_EXPIRE_CRON = "10 3 * * *"
# A run that ended so many processes will end the next: it waits for a person.
MOST_ATTEMPTS = 5


def register_archival(queue: App, archival: Archival, stopping: asyncio.Event) -> None:
    """Defines the tasks on this queue. `stopping` is set once the worker is asked to end."""

    @queue.task(name=ARCHIVE_TASK, queue=MAINTENANCE_QUEUE)
    async def carry_out(run_id: str) -> None:
        await archival.carry_out(UUID(run_id), stopping)

    @queue.periodic(cron=_EXPIRE_CRON)
    @queue.task(name=EXPIRE_TASK, queue=MAINTENANCE_QUEUE)
    async def expire(timestamp: int) -> None:  # noqa: ARG001  # procrastinate passes the scheduled time by this name
        await archival.expire()

    for policy in Policy:
        _schedule(queue, archival, policy)


def _schedule(queue: App, archival: Archival, policy: Policy) -> None:
    @queue.periodic(cron=cron_of(archival.definition(policy).at), periodic_id=policy.value)
    @queue.task(name=f"maintenance:archive-{policy.value}", queue=MAINTENANCE_QUEUE)
    async def tend(timestamp: int) -> None:  # noqa: ARG001  # procrastinate passes the scheduled time by this name
        await archival.tend(policy)


async def rescue_archive_runs(database: Database, jobs: Jobs, clock: Clock, *, stalled_after_s: float) -> int:
    """How many runs were given a new job, or up: those whose process is silent, and those that no job will carry out.

    Whoever takes the new job must also get the file, which a process that is only slow still holds.
    """
    before = clock.now() - timedelta(seconds=stalled_after_s)
    async with database.transaction() as session:
        if not await try_rescue_lock(session):
            return 0
        await fail_stalled_jobs(session, ARCHIVE_TASK, stalled_after_s=stalled_after_s)
        silent = await list_silent(session, before=before)
        for run in silent:
            await _rescue(session, jobs, run, clock)
        orphans = await list_without_job(session, before=before)
        for run_id in orphans:
            await jobs.enqueue_archive_run(await driver_connection(session), run_id)
    return len(silent) + len(orphans)


async def _rescue(session: AsyncSession, jobs: Jobs, run: ArchiveRun, clock: Clock) -> None:
    since = [ArchiveState.RUNNING]
    if run.attempt >= MOST_ATTEMPTS:
        failure = f"Its process ended {run.attempt} times in the middle of the work. The log says why; then resume it."
        await move_archive_run(session, run.id, ArchiveState.STOPPED, since=since, failure=failure)
        log.error("archive.given_up", run=str(run.id), attempts=run.attempt)
    elif await move_archive_run(session, run.id, ArchiveState.QUEUED, since=since, heartbeat_at=clock.now()):
        await jobs.enqueue_archive_run(await driver_connection(session), run.id)
        log.warning("archive.rescued", run=str(run.id), attempt=run.attempt)
