"""The funnel's two ends: when anonymous browsers first made a summary, and when their people signed up."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.models import VisitorRow


async def note_visitor(session: AsyncSession, anonymous_id: str, *, now: datetime) -> None:
    """Keeps the first time; later ones change nothing."""
    statement = insert(VisitorRow).values(anonymous_id=anonymous_id, first_summary_at=now)
    await session.execute(statement.on_conflict_do_nothing(index_elements=[VisitorRow.anonymous_id]))


async def link_visitors(
    session: AsyncSession, user_id: UUID, anonymous_ids: Iterable[str], *, registered_at: datetime | None
) -> None:
    """The funnel's end: whose browsers these were. `registered_at` is None where the account was there before."""
    mine = VisitorRow.anonymous_id.in_(list(anonymous_ids))
    values = {"user_id": user_id, "registered_at": func.coalesce(VisitorRow.registered_at, registered_at)}
    await session.execute(update(VisitorRow).where(mine, VisitorRow.user_id.is_(None)).values(values))
