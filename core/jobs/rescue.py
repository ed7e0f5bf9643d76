"""Brings back the runs of workers that died: noticed by their silence, carried on elsewhere from the checkpoint."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.db.database import Database, driver_connection
from core.db.queries.jobs import count_failed_jobs, fail_stalled_jobs, find_runs_without_job, try_rescue_lock
from core.db.queries.progress import touch_progress
from core.db.queries.runs import fail_worn_out, requeue_run
from core.db.queries.standing import StandingSummary, find_standing
from core.domain.telemetry import Outcome
from core.errors import NextStep
from core.jobs.messages import RunFailure
from core.jobs.queue import RUN_TASK
from core.logging import EventLog
from core.ports import Detail, Jobs, Recording
from core.services.summary_figures import SummaryFigures

log = EventLog(__name__)

# A transcript that ended three workers will end the fourth.
MOST_DEATHS = 3


async def rescue_runs(
    database: Database, jobs: Jobs, clock: Clock, recording: Recording, *, stalled_after_s: float
) -> int:
    """How many runs were given a new job, or up. Two rescues at once do no more than one.

    A run is lost when the worker of its job has been silent for `stalled_after_s`, or when it has no live job at all.
    """
    async with database.transaction() as session:
        if not await try_rescue_lock(session):
            return 0
        await fail_stalled_jobs(session, RUN_TASK, stalled_after_s=stalled_after_s)
        lost = await find_runs_without_job(session)
        given_up = {run_id: await _rescue(session, jobs, clock, run_id) for run_id in sorted(lost)}
    figures = SummaryFigures(recording)
    for run_id, standing in given_up.items():
        detail: Detail = {"run": str(run_id), "code": _WORN_OUT["code"]}
        figures.ended(standing, Outcome.FAILED, at=clock.now(), detail=detail)
    return len(lost)


async def _rescue(session: AsyncSession, jobs: Jobs, clock: Clock, run_id: UUID) -> list[StandingSummary]:
    """The summaries for which there is no more hope: none where the run goes on."""
    standing: list[StandingSummary] = []
    deaths = await count_failed_jobs(session, run_id)
    if deaths >= MOST_DEATHS:
        await fail_worn_out(session, run_id, _WORN_OUT, now=clock.now())
        standing = await find_standing(session, run_id)
        log.error("run.given_up", run=str(run_id), deaths=deaths)
    elif await requeue_run(session, run_id):
        await jobs.enqueue_run(await driver_connection(session), run_id)
        log.warning("run.rescued", run=str(run_id), deaths=deaths)
    await touch_progress(session, run_id)
    return standing


_WORN_OUT: RunFailure = {
    "code": "worker_stopped_repeatedly",
    "message": f"The worker stopped {MOST_DEATHS} times while it was busy with this transcript, so Sightline has given "
    "it up. The operators can see why; try again later, or with a shorter transcript.",
    "next_step": NextStep.CONTACT_OPERATOR.value,
    "retryable": True,
    "detail": {"stops": MOST_DEATHS},
}
