"""Summaries that show the offline engine's work while the language model's run goes on."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.models import AwaitedRunRow


async def await_run(session: AsyncSession, summary_id: UUID, run_id: UUID) -> None:
    """Once `run_id` is done its work takes the place of what the summary shows by then."""
    statement = insert(AwaitedRunRow).values(summary_id=summary_id, run_id=run_id)
    await session.execute(statement.on_conflict_do_update(index_elements=["summary_id"], set_={"run_id": run_id}))


async def take_awaited(session: AsyncSession, run_id: UUID) -> list[UUID]:
    """Points the summaries that await this run, which is done, at it; the runs they stood on. The caller completes
    the summaries.
    """
    moved = await session.execute(
        text(
            """
            WITH awaited AS (DELETE FROM awaited_runs WHERE run_id = :run_id RETURNING summary_id),
                 stood AS (SELECT s.id, s.run_id FROM summaries s JOIN awaited a ON a.summary_id = s.id),
                 moved AS (UPDATE summaries s SET run_id = :run_id FROM stood WHERE s.id = stood.id)
            SELECT DISTINCT run_id FROM stood
            """
        ),
        {"run_id": run_id},
    )
    return [row.run_id for row in moved]


async def is_awaited(session: AsyncSession, run_id: UUID) -> bool:
    return bool(
        await session.scalar(text("SELECT EXISTS (SELECT 1 FROM awaited_runs WHERE run_id = :id)"), {"id": run_id})
    )


async def find_awaited_run(session: AsyncSession, summary_id: UUID) -> UUID | None:
    found: UUID | None = await session.scalar(
        text("SELECT run_id FROM awaited_runs WHERE summary_id = :id"), {"id": summary_id}
    )
    return found


async def stop_awaiting(session: AsyncSession, summary_id: UUID) -> None:
    await session.execute(text("DELETE FROM awaited_runs WHERE summary_id = :id"), {"id": summary_id})


async def forget_ended(session: AsyncSession, *, before: datetime) -> None:
    """Nobody awaits a run any more that ended before this without a summary, or is gone."""
    await session.execute(
        text(
            """
            DELETE FROM awaited_runs a
             WHERE NOT EXISTS (SELECT 1 FROM runs r WHERE r.id = a.run_id
                                AND (r.state IN ('queued', 'running') OR r.finished_at >= :before))
            """
        ),
        {"before": before},
    )
