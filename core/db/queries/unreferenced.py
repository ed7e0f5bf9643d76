"""What nobody points at any more: runs with their versions, then words. Deleting a summary leaves these behind."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# What a restoration has put back stands there before the summaries that need it: while one is under way nothing goes.
_NOTHING_COMES_BACK = """NOT EXISTS (SELECT 1 FROM archive_runs a
                            WHERE a.policy = 'anonymous-summaries' AND a.direction = 'restore'
                              AND a.state IN ('queued', 'running', 'stopped'))"""
_RUNS = text(
    f"""
    DELETE FROM runs WHERE id IN (
        SELECT r.id FROM runs r
         WHERE r.finished_at < :before AND {_NOTHING_COMES_BACK}
           AND NOT EXISTS (SELECT 1 FROM summaries s WHERE s.run_id = r.id)
           AND NOT EXISTS (SELECT 1 FROM summary_versions v JOIN summaries s ON s.version_id = v.id
                            WHERE v.run_id = r.id)
         LIMIT :most FOR UPDATE SKIP LOCKED)
    RETURNING id
    """  # noqa: S608
)
_TRANSCRIPTS = text(
    f"""
    DELETE FROM transcripts WHERE id IN (
        SELECT t.id FROM transcripts t
         WHERE t.created_at < :before AND {_NOTHING_COMES_BACK}
           AND NOT EXISTS (SELECT 1 FROM runs r WHERE r.transcript_id = t.id)
           AND NOT EXISTS (SELECT 1 FROM summary_versions v WHERE v.transcript_id = t.id)
           AND NOT EXISTS (SELECT 1 FROM video_captions c
                            WHERE c.transcript_id = t.id AND c.fetched_at >= :cached_before)
         LIMIT :most FOR UPDATE SKIP LOCKED)
    RETURNING id
    """  # noqa: S608
)


# After an archival there may be hundreds of thousands: in one statement they would run into its time limit every hour.
MOST_SWEPT = 2_000


async def delete_unreferenced(
    session: AsyncSession, *, before: datetime, cached_before: datetime, most: int = MOST_SWEPT
) -> tuple[int, int]:
    """Counts of runs and transcripts deleted: those that ended before `before`, words kept while they are a cache.

    At most so many of each: whoever gets as many calls again.
    """
    runs = len((await session.execute(_RUNS, {"before": before, "most": most})).all())
    bounds = {"before": before, "cached_before": cached_before, "most": most}
    return runs, len((await session.execute(_TRANSCRIPTS, bounds)).all())
