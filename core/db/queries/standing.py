"""The summaries that stand on a run, for the figures: each was asked for by somebody, at a time of its own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.models import RunRow, SummaryRow, SummaryVersionRow
from core.domain.owner import WITHHELD


@dataclass(frozen=True, slots=True, kw_only=True)
class StandingSummary:
    """`asked_at`: when it was made, or tried again; `user_id` as an Owner has it."""

    asked_at: datetime
    user_id: str
    duration_ms: int | None


async def find_standing(
    session: AsyncSession, run_id: UUID, *, summary_id: UUID | None = None
) -> list[StandingSummary]:
    """All summaries of this run that somebody waits for or reads, or the one that is named."""
    # A summary that was tried again stands on a younger run than itself, one that joined on an older.
    asked_at = func.greatest(SummaryRow.created_at, RunRow.created_at).label("asked_at")
    statement = (
        select(asked_at, SummaryRow.user_id, SummaryRow.duration_ms)
        .join(RunRow, RunRow.id == SummaryRow.run_id)
        .where(SummaryRow.run_id == run_id, SummaryRow.user_id != WITHHELD)
    )
    if summary_id is not None:
        statement = statement.where(SummaryRow.id == summary_id)
    found = await session.execute(statement)
    return [StandingSummary(asked_at=row.asked_at, user_id=row.user_id, duration_ms=row.duration_ms) for row in found]


async def find_language(session: AsyncSession, run_id: UUID) -> str | None:
    """The language (BCP 47) of what a done run wrote; None where the engine could not tell."""
    written = SummaryVersionRow.draft["language"].astext
    version = select(written).join(RunRow, RunRow.version_id == SummaryVersionRow.id).where(RunRow.id == run_id)
    language: str | None = await session.scalar(version)
    return language
