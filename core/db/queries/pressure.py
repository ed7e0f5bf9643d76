"""How much users feel of what goes on: how long answers take, and who waits for a lock."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_ANSWERS = text(
    """
    SELECT string_agg(m.histogram, ''::bytea) FROM rollup_minutes m JOIN series s ON s.id = m.series_id
     WHERE s.kind IN ('page_request', 'api_request') AND m.at >= :start AND m.at < :end
    """
)
_WAITING = text(
    """
    SELECT count(*) FROM pg_stat_activity
     WHERE datname = current_database() AND wait_event_type = 'Lock' AND wait_event <> 'advisory'
       AND pid <> pg_backend_pid()
    """
)


async def read_answer_times(session: AsyncSession, start: datetime, end: datetime) -> bytes:
    """The joined histograms of pages and calls answered in these minutes, as core.telemetry.buckets packs them."""
    found: bytes | None = await session.scalar(_ANSWERS, {"start": start, "end": end})
    return found or b""


async def count_lock_waits(session: AsyncSession) -> int:
    """Connections to this database that wait for a row or a table at this moment."""
    return int(await session.scalar(_WAITING) or 0)
