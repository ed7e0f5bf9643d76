"""Brings back the runs of workers that died: noticed by their silence, carried on elsewhere from the checkpoint."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.db.database import Database, driver_connection
from core.db.queries.jobs import count_failed_jobs, fail_stalled_jobs, find_runs_without_job, try_rescue_lock
from core.db.queries.progress import touch_progress
from core.db.queries.runs import fail_worn_out, requeue_run
from core.errors import NextStep
from core.jobs.messages import RunFailure
from core.jobs.queue import RUN_TASK
from core.logging import EventLog
from core.ports import Jobs

log = EventLog(__name__)

# A transcript that ended three workers will end the fourth.
MOST_DEATHS = 3


async def rescue_runs(database: Database, jobs: Jobs, clock: Clock, *, stalled_after_s: float) -> int:
    """How many runs were given a new job, or up. Two rescues at once do no more than one.

    A run is lost when the worker of its job has been silent for `stalled_after_s`, or when it has no live job at all.
    """
    async with database.transaction() as session:
        if not await try_rescue_lock(session):
            return 0
        await fail_stalled_jobs(session, RUN_TASK, stalled_after_s=stalled_after_s)
        lost = await find_runs_without_job(session)
        for run_id in sorted(lost):
            await _rescue(session, jobs, clock, run_id)
        return len(lost)


async def _rescue(session: AsyncSession, jobs: Jobs, clock: Clock, run_id: UUID) -> None:
    deaths = await count_failed_jobs(session, run_id)
    if deaths >= MOST_DEATHS:
        await fail_worn_out(session, run_id, _WORN_OUT, now=clock.now())
        log.error("run.given_up", run=str(run_id), deaths=deaths)
    elif await requeue_run(session, run_id):
        await jobs.enqueue_run(await driver_connection(session), run_id)
        log.warning("run.rescued", run=str(run_id), deaths=deaths)
    await touch_progress(session, run_id)


_WORN_OUT: RunFailure = {
    "code": "worker_stopped_repeatedly",
    "message": f"The worker stopped {MOST_DEATHS} times while it was busy with this transcript, so Sightline has given "
    "it up. The operators can see why; try again later, or with a shorter transcript.",
    "next_step": NextStep.CONTACT_OPERATOR.value,
    "retryable": True,
    "detail": {"stops": MOST_DEATHS},
}
