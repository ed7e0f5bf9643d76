"""Parts of a model's work that are finished: kept by the exact input they were made from, so none is paid for twice."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.models import FinishedPartRow, RunRow


@dataclass(frozen=True, slots=True, kw_only=True)
class NewPart:
    """`body` is the engine's own, `draft` what a page can show of it (None: nothing)."""

    key: str
    body: Mapping[str, object]
    draft: Mapping[str, object] | None


async def save_part(session: AsyncSession, run_id: UUID, recipe: str, new: NewPart, *, now: datetime) -> None:
    """Keeps a part of this run's words; one that is there already stays as it is."""
    words = select(RunRow.transcript_id).where(RunRow.id == run_id).scalar_subquery()
    await session.execute(
        insert(FinishedPartRow)
        .values(
            recipe=recipe, key=new.key, transcript_id=words, body=dict(new.body),
            draft=None if new.draft is None else dict(new.draft), created_at=now,
        )
        .on_conflict_do_nothing()
    )  # fmt: skip


async def list_parts(session: AsyncSession, recipe: str) -> dict[str, dict[str, Any]]:
    """Bodies by key."""
    found = await session.execute(select(FinishedPartRow.key, FinishedPartRow.body).filter_by(recipe=recipe))
    return {row.key: row.body for row in found}


async def list_part_drafts(session: AsyncSession, recipe: str) -> list[dict[str, Any]]:
    """What pages can show of the parts, in the order of their making."""
    found = await session.execute(
        select(FinishedPartRow.draft)
        .where(FinishedPartRow.recipe == recipe, FinishedPartRow.draft.is_not(None))
        .order_by(FinishedPartRow.created_at, FinishedPartRow.key)
    )
    return [row.draft for row in found]


async def count_parts(session: AsyncSession, recipe: str) -> int:
    """How many of them a page can show."""
    statement = text("SELECT count(*) FROM finished_parts WHERE recipe = :recipe AND draft IS NOT NULL")
    return await session.scalar(statement, {"recipe": recipe}) or 0


async def delete_parts(session: AsyncSession, *, before: datetime) -> None:
    """Parts made before this: whoever did not come back for them starts anew."""
    await session.execute(delete(FinishedPartRow).where(FinishedPartRow.created_at < before))
