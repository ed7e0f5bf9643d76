"""Single events that were kept: ways into a request's story, and what spent a budget."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

# A job that broke down and was taken up again may end so long after its request began.
LONGEST_STORY = timedelta(hours=1)
_CLOCKS_DIFFER = timedelta(seconds=1)
_MOST_STEPS = 500

EventDetail = dict[str, str | int | float | bool | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptEvent:
    """One raw row. `ts` is when it ended."""

    ts: datetime
    series_id: int
    value: float
    weight: int
    request_id: UUID | None
    person: UUID | None
    detail: EventDetail


async def list_kept(
    session: AsyncSession,
    series_ids: Collection[int],
    ranges: Sequence[tuple[datetime, datetime]],
    *,
    worst: Collection[int] = (),
    limit: int,
) -> list[KeptEvent]:
    """Kept events of these series in ranges that do not overlap: those of `worst` first, then the largest values."""
    found = await session.execute(
        text(
            """
            SELECT e.ts, e.series_id, e.value, e.weight, e.request_id, e.person, e.detail
              FROM unnest(cast(:starts AS timestamptz[]), cast(:ends AS timestamptz[])) AS p (since, until)
              JOIN LATERAL (
                   SELECT * FROM events WHERE ts >= p.since AND ts < p.until AND series_id = ANY(:ids)) e ON true
             ORDER BY e.series_id = ANY(:worst) DESC, e.value DESC, e.ts DESC LIMIT :limit
            """
        ),
        {
            "starts": [start for start, _ in ranges],
            "ends": [end for _, end in ranges],
            "ids": list(series_ids),
            "worst": list(worst),
            "limit": limit,
        },
    )
    return [_event(row) for row in found]


async def count_people(session: AsyncSession, series_ids: Collection[int], start: datetime, end: datetime) -> int:
    """Distinct accounts among the kept events of these series in [start, end)."""
    statement = text(
        "SELECT count(DISTINCT person) FROM events WHERE ts >= :start AND ts < :end AND series_id = ANY(:ids)"
    )
    return int(await session.scalar(statement, {"start": start, "end": end, "ids": list(series_ids)}) or 0)


async def list_story(session: AsyncSession, request_id: UUID, began_at: datetime) -> list[KeptEvent]:
    """All kept events of one request, as they ended. Its number tells when it began, so only that hour is read."""
    found = await session.execute(
        text(
            "SELECT ts, series_id, value, weight, request_id, person, detail FROM events"
            " WHERE ts >= :start AND ts < :end AND request_id = :id ORDER BY ts LIMIT :limit"
        ),
        {
            "start": began_at - _CLOCKS_DIFFER,
            "end": began_at + LONGEST_STORY,
            "id": request_id,
            "limit": _MOST_STEPS,
        },
    )
    return [_event(row) for row in found]


def _event(row: Row[tuple[object, ...]]) -> KeptEvent:
    return KeptEvent(
        ts=row.ts,
        series_id=row.series_id,
        value=row.value,
        weight=row.weight,
        request_id=row.request_id,
        person=row.person,
        detail=row.detail or {},
    )
