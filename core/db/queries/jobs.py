"""What we ask procrastinate's tables beyond its own queries, for the rescue of runs whose worker is gone."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# Any number, the same in every process: one rescue at a time in a database.
_RESCUE_LOCK = 7_320_544_121


async def try_rescue_lock(session: AsyncSession) -> bool:
    """True for one transaction at a time. A lock of the transaction, so it holds behind a pooler too."""
    return bool(await session.scalar(text("SELECT pg_try_advisory_xact_lock(:key)"), {"key": _RESCUE_LOCK}))


async def fail_stalled_jobs(session: AsyncSession, task_name: str, *, stalled_after_s: float) -> set[UUID]:
    """Ends the jobs whose worker has shown no heartbeat for so long, or was pruned; returns their runs or batches.

    The dead jobs are final: a stalled worker that wakes can finish nothing but its own dead job.
    """
    found = await session.execute(
        text(
            """
            UPDATE procrastinate_jobs SET status = 'failed', abort_requested = false
             WHERE id IN (
                SELECT job.id FROM procrastinate_jobs job
                  LEFT JOIN procrastinate_workers worker ON worker.id = job.worker_id
                 WHERE job.status = 'doing' AND job.task_name = :task
                   AND (worker.id IS NULL OR worker.last_heartbeat < now() - make_interval(secs => :stalled_after_s))
                   FOR UPDATE OF job)
            RETURNING lock
            """
        ),
        {"task": task_name, "stalled_after_s": stalled_after_s},
    )
    return {UUID(row.lock) for row in found}


async def find_runs_without_job(session: AsyncSession) -> set[UUID]:
    """Open runs that no live job will carry out."""
    found = await session.execute(
        text(
            """
            SELECT r.id FROM runs r
             WHERE r.state IN ('queued', 'running')
               AND NOT EXISTS (SELECT 1 FROM procrastinate_jobs job
                                WHERE job.lock = r.id::text AND job.status IN ('todo', 'doing'))
            """
        )
    )
    return {row.id for row in found}


async def count_failed_jobs(session: AsyncSession, run_id: UUID) -> int:
    """How many jobs of this run ended with their worker."""
    return int(
        await session.scalar(
            text("SELECT count(*) FROM procrastinate_jobs WHERE lock = :lock AND status = 'failed'"),
            {"lock": str(run_id)},
        )
        or 0
    )
