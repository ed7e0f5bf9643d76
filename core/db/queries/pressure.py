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
    SELECT count(*) FROM pg_locks l JOIN pg_stat_activity a USING (pid)
     WHERE NOT l.granted AND l.locktype <> 'advisory' AND a.datname = current_database()
       AND l.waitstart < clock_timestamp() - make_interval(secs => :longer_than_s)
    """
)


async def read_answer_times(session: AsyncSession, start: datetime, end: datetime) -> bytes:
    """The joined histograms of pages and calls answered in these minutes, as core.telemetry.buckets packs them."""
    found: bytes | None = await session.scalar(_ANSWERS, {"start": start, "end": end})
    return found or b""


async def count_lock_waits(session: AsyncSession, *, longer_than_s: float) -> int:
    """Connections to this database that have waited for a row or a table for so long at this moment."""
    return int(await session.scalar(_WAITING, {"longer_than_s": longer_than_s}) or 0)
