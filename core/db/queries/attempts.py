"""Counters of tries, under digests: the table tells nobody which account or place stands behind a row.

A row whose count is zero and that nothing blocks is the mark of a place from which an account signed in
(`last_failed_at` is then when that was last).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from sqlalchemy import and_, delete, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.models import AttemptRow
from core.domain.backoff import Tries


async def hold_tries(session: AsyncSession, keys: Iterable[str], *, now: datetime) -> dict[str, Tries]:
    """What is known under each key, locked until the transaction ends, made first where there is nothing.

    In the order of the keys, so that two that want some of the same never wait for each other; and in one statement,
    which holds what stands by writing it as it is, so that no sweep comes between finding and holding.
    """
    fresh = insert(AttemptRow).values([{"key": key, "failures": 0, "last_failed_at": now} for key in sorted(keys)])
    held = fresh.on_conflict_do_update(index_elements=[AttemptRow.key], set_={"key": AttemptRow.key})
    columns = (AttemptRow.key, AttemptRow.failures, AttemptRow.last_failed_at, AttemptRow.blocked_until)
    return {
        row.key: Tries(count=row.failures, last_at=row.last_failed_at, blocked_until=row.blocked_until)
        for row in await session.execute(held.returning(*columns))
    }


async def write_tries(session: AsyncSession, counted: Mapping[str, Tries]) -> None:
    """Rows that were held before."""
    statement = text(
        "UPDATE attempts SET failures = :count, last_failed_at = :last, blocked_until = :until WHERE key = :of"
    )
    rows = [
        {"of": key, "count": tries.count, "last": tries.last_at, "until": tries.blocked_until}
        for key, tries in sorted(counted.items())
    ]
    await session.execute(statement, rows)


async def note_usual_place(session: AsyncSession, key: str, *, now: datetime) -> None:
    seen = insert(AttemptRow).values(key=key, failures=0, last_failed_at=now)
    await session.execute(seen.on_conflict_do_update(index_elements=[AttemptRow.key], set_={"last_failed_at": now}))


async def is_usual_place(session: AsyncSession, key: str, *, since: datetime) -> bool:
    noted = select(AttemptRow.key).where(AttemptRow.key == key, AttemptRow.last_failed_at > since)
    return await session.scalar(noted) is not None


async def delete_outdated_attempts(session: AsyncSession, *, counted_before: datetime, seen_before: datetime) -> None:
    """Counters that nobody added to since `counted_before`, and marks of places that are older than `seen_before`.

    What somebody holds stays: it is about to be no longer outdated, and waiting for it could be waiting for each other.
    """
    is_counter = AttemptRow.failures > 0
    outdated = or_(
        AttemptRow.last_failed_at < seen_before, and_(is_counter, AttemptRow.last_failed_at < counted_before)
    )
    unheld = select(AttemptRow.key).where(outdated).with_for_update(skip_locked=True)
    await session.execute(delete(AttemptRow).where(AttemptRow.key.in_(unheld)))
