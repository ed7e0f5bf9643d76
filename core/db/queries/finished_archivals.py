"""Archivals and restorations that are over, as operators hear of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedArchival:
    """`state` is done, failed or expired; `direction` archive or restore."""

    policy: str
    direction: str
    state: str
    rows: int
    finished_at: datetime


async def list_finished(session: AsyncSession, start: datetime, end: datetime, *, limit: int) -> list[FinishedArchival]:
    """Those that ended in [start, end), newest first."""
    found = await session.execute(
        text(
            """
            SELECT policy, direction, state, done_rows AS rows, finished_at FROM archive_runs
             WHERE finished_at >= :start AND finished_at < :end AND state IN ('done', 'failed', 'expired')
             ORDER BY finished_at DESC LIMIT :limit
            """
        ),
        {"start": start, "end": end, "limit": limit},
    )
    return [FinishedArchival(**row) for row in found.mappings()]
