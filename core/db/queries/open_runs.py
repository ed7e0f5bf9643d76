"""Work that is open at this moment."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.owner import WITHHELD


async def list_open_since(session: AsyncSession, before: datetime) -> list[datetime]:
    """Since when each summary has been waited for, of those asked for by then and still open; oldest first.

    A summary that was tried again has been waited for since then.
    """
    found = await session.scalars(
        text(
            f"""
            SELECT greatest(s.created_at, r.created_at) AS since
              FROM runs r JOIN summaries s ON s.run_id = r.id
             WHERE r.state IN ('queued', 'running') AND greatest(s.created_at, r.created_at) <= :before
               AND s.user_id <> '{WITHHELD}'
             ORDER BY since LIMIT 10000
            """  # noqa: S608
        ),
        {"before": before},
    )
    return list(found)
