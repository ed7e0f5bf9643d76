"""Reading the sums: any bins of any range, exactly, from whichever tiers hold them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.database import driver_connection
from core.domain.period import HOUR, Piece, Tier, pieces

_TABLES = {Tier.DAY: "rollup_days", Tier.HOUR: "rollup_hours", Tier.MINUTE: "rollup_minutes"}
_DAY = timedelta(days=1)


class SumRow(NamedTuple):
    """The sums of one group of series in one bin (0 is the first). `histogram`: joined, None where none was wanted."""

    bin: int
    group: int
    events: int
    total: float
    histogram: bytes | None


async def read_dirty_hours(session: AsyncSession, start: datetime, end: datetime) -> frozenset[datetime]:
    """Hours whose hour and day sums are out of date, among those of the days that [start, end) touches."""
    found = await session.scalars(
        text("SELECT hour FROM dirty_hours WHERE hour >= :start AND hour < :end"),
        {"start": start - _DAY, "end": end + _DAY},
    )
    return frozenset(found)


async def read_sums(
    session: AsyncSession,
    edges: Sequence[datetime],
    groups: Mapping[int, int],
    *,
    with_histogram: Iterable[int] = (),
) -> list[SumRow]:
    """The sums of [edges[i], edges[i+1]) for each bin i and each group of series; no row where nothing was counted.

    `groups`: series id → group; series that are not in it are not read. `with_histogram`: groups whose histograms are
    wanted too. Read in a snapshot, or a sum made meanwhile is missed.
    """
    if not groups:
        return []
    edges = _on_kept_sums(edges, await read_oldest_minute(session))
    dirty = await read_dirty_hours(session, edges[0], edges[-1])
    connection = await driver_connection(session)
    wanted = set(with_histogram)
    parameters: dict[str, object] = {
        "edges": list(edges),
        "ids": list(groups),
        "groups": list(groups.values()),
        "wants": [group in wanted for group in groups.values()],
    }
    parts = []
    for tier, ranges in _ranges_by_tier(edges, dirty).items():
        parameters |= {f"{tier}_starts": [a for a, _ in ranges], f"{tier}_ends": [b for _, b in ranges]}
        parts.append(_part(tier))
    await connection.execute(_ROOM)
    cursor = await connection.execute(
        _STATEMENT.format(parts=" UNION ALL ".join(parts)).encode(), parameters, binary=True
    )
    return [SumRow(*row) for row in await cursor.fetchall()]


async def read_series_version(session: AsyncSession) -> int:
    """A number that is another one as soon as a series was added or changed."""
    statement = text("SELECT coalesce(bit_xor(hashtextextended(s::text, 0)), 0) FROM series s")
    return int(await session.scalar(statement) or 0)


async def read_oldest_minute(session: AsyncSession) -> datetime | None:
    """Where the minutes' sums begin; of what lies before there are hours at the finest. None where there are none."""
    oldest: datetime | None = await session.scalar(text("SELECT min(at) FROM rollup_minutes"))
    return oldest


async def read_newest_minute(session: AsyncSession) -> datetime | None:
    """The newest minute of which there are sums; None before anything was counted."""
    newest: datetime | None = await session.scalar(text("SELECT max(at) FROM rollup_minutes"))
    return newest


async def read_dropped(session: AsyncSession) -> int:
    """How many events had to be dropped, by all processes so far."""
    return int(await session.scalar(text("SELECT coalesce(sum(dropped), 0) FROM telemetry_writers")) or 0)


# For this transaction alone. Joined histograms of a wide range are megabytes: they are added up in memory, not on disk.
# What is read lies together in time, whatever the planner guesses of ranges it can't see: always by the index on it.
_ROOM = (
    b"SELECT set_config('work_mem', '64MB', true), set_config('enable_seqscan', 'off', true),"
    b" set_config('max_parallel_workers_per_gather', '0', true)"
)
_STATEMENT = """
    WITH wanted AS MATERIALIZED (
        SELECT * FROM unnest(%(ids)s::int2[], %(groups)s::int4[], %(wants)s::bool[]) AS w (id, grp, wants)
    )
    SELECT (width_bucket(s.at, %(edges)s::timestamptz[]) - 1)::int4 AS bin, w.grp,
           sum(s.count)::int8, sum(s.total)::float8, string_agg(s.histogram, ''::bytea) FILTER (WHERE w.wants)
      FROM ({parts}) s JOIN wanted w ON w.id = s.series_id
     GROUP BY 1, 2
"""


def _on_kept_sums(edges: Sequence[datetime], minutes_from: datetime | None) -> Sequence[datetime]:
    """The same edges, those from before the minutes begin on the whole hour before: else that hour is in no bin.

    Narrower bins than an hour can't be told apart there; they stay empty.
    """
    if edges[-1] - edges[0] < (len(edges) - 1) * HOUR:
        return edges
    return [edge if minutes_from and edge >= minutes_from else edge.replace(minute=0, second=0) for edge in edges]


def _part(tier: Tier) -> str:
    # `+ 0` keeps the numbers out of the index search, which would else begin anew for each of them in each minute.
    return (
        "SELECT r.at, r.series_id, r.count, r.total, r.histogram"  # noqa: S608
        f" FROM unnest(%({tier}_starts)s::timestamptz[], %({tier}_ends)s::timestamptz[]) AS p (since, until)"
        f" JOIN LATERAL (SELECT * FROM {_TABLES[tier]} t WHERE t.at >= p.since AND t.at < p.until"
        " AND t.series_id + 0 = ANY(%(ids)s::int4[])) r ON true"
    )


def _ranges_by_tier(
    edges: Sequence[datetime], dirty: frozenset[datetime]
) -> dict[Tier, list[tuple[datetime, datetime]]]:
    """Which ranges of which tier hold exactly the bins; neighbours of one tier are one range."""
    found: dict[Tier, list[tuple[datetime, datetime]]] = {}
    for start, end in pairwise(edges):
        for piece in pieces(start, end, dirty=dirty):
            _add(found.setdefault(piece.tier, []), piece)
    return found


def _add(ranges: list[tuple[datetime, datetime]], piece: Piece) -> None:
    if ranges and ranges[-1][1] == piece.start:
        ranges[-1] = (ranges[-1][0], piece.end)
    else:
        ranges.append((piece.start, piece.end))
