"""Writing what was measured. One batch is one transaction; a batch that comes twice changes nothing the second time."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from psycopg.types.json import Jsonb
from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Text

from core.db.database import driver_connection
from core.domain.telemetry import Series, is_kept_whole
from core.ports import Detail

Breath = Callable[[], Awaitable[None]]
EventRow = tuple[datetime, float, int, int, int, UUID | None, UUID | None, Jsonb | None]
_LONGEST_DETAIL_CHARS = 500


class MinuteSum(NamedTuple):
    """A row of `rollup_minutes`; `events` is its count, `histogram` as core.telemetry.buckets packs it."""

    at: datetime
    series_id: int
    writer: int
    events: int
    total: float
    histogram: bytes


async def defer_durability(session: AsyncSession) -> None:
    """The commit does not wait for the disk: a crash of the server may lose the last second, never consistency."""
    await session.execute(text("SET LOCAL synchronous_commit = off"))


async def register_writer(session: AsyncSession, process: str, *, now: datetime) -> int:
    """The number under which a process writes its sums from now on."""
    statement = text("INSERT INTO telemetry_writers (process, started_at) VALUES (:process, :now) RETURNING id")
    return int((await session.execute(statement, {"process": process, "now": now})).scalar_one())


async def advance_writer(session: AsyncSession, writer: int, seq: int, *, dropped: int, now: datetime) -> bool | None:
    """True where batch `seq` is new and now counts as written, False where it was written, None for an unknown writer.

    The row is locked until the transaction ends: the same batch on another connection waits, and is then known.
    """
    statement = text(
        """
        UPDATE telemetry_writers SET seq = :seq, dropped = :dropped, flushed_at = :now
         WHERE id = :id AND seq < :seq RETURNING id
        """
    )
    values = {"id": writer, "seq": seq, "dropped": dropped, "now": now}
    if await session.scalar(statement, values) is not None:
        return True
    known = await session.scalar(text("SELECT id FROM telemetry_writers WHERE id = :id"), {"id": writer})
    return None if known is None else False


async def list_series(session: AsyncSession) -> dict[Series, int]:
    """All series with their numbers."""
    found = await session.execute(text("SELECT id, kind, name, outcome, pace, who FROM series"))
    return {Series(row.kind, row.name, row.outcome, row.pace, row.who): row.id for row in found}


async def ensure_series(session: AsyncSession, wanted: Iterable[Series]) -> dict[Series, int]:
    """The numbers of these series, negative for those that are kept whole.

    Looked for first: an insert that meets a present row burns one of 32,767 numbers.
    """
    asked = sorted(set(wanted))
    known = await _find_series(session, asked)
    missing = [series for series in asked if series not in known]
    if missing:
        await session.execute(_INSERT_SERIES, {**_columns(missing), "whole": [is_kept_whole(each) for each in missing]})
        known |= await _find_series(session, missing)
    return known


_SERIES_COLUMNS = "unnest(:kinds, :names, :outcomes, :paces, :whos) AS asked (kind, name, outcome, pace, who)"
_SERIES_PARAMETERS = tuple(
    bindparam(name, type_=ARRAY(Text)) for name in ("kinds", "names", "outcomes", "paces", "whos")
)
_FIND_SERIES = text(
    f"SELECT s.id, s.kind, s.name, s.outcome, s.pace, s.who FROM series s JOIN {_SERIES_COLUMNS}"  # noqa: S608
    " USING (kind, name, outcome, pace, who)"
).bindparams(*_SERIES_PARAMETERS)
_INSERT_SERIES = text(
    """
    INSERT INTO series (id, kind, name, outcome, pace, who)
    SELECT CASE WHEN is_whole THEN -1 ELSE 1 END * nextval(pg_get_serial_sequence('series', 'id')),
           kind, name, outcome, pace, who
      FROM unnest(:kinds, :names, :outcomes, :paces, :whos, cast(:whole AS boolean[]))
           AS asked (kind, name, outcome, pace, who, is_whole)
    ON CONFLICT DO NOTHING
    """
).bindparams(*_SERIES_PARAMETERS)


async def _find_series(session: AsyncSession, asked: Sequence[Series]) -> dict[Series, int]:
    found = await session.execute(_FIND_SERIES, _columns(asked))
    return {Series(row.kind, row.name, row.outcome, row.pace, row.who): row.id for row in found}


def _columns(series: Sequence[Series]) -> dict[str, list[str]]:
    return {
        "kinds": [each.kind for each in series],
        "names": [each.name for each in series],
        "outcomes": [each.outcome for each in series],
        "paces": [each.pace for each in series],
        "whos": [each.who for each in series],
    }


def pack_detail(detail: Detail | None) -> Jsonb | None:
    """The detail as Postgres takes it: no null characters, no halves of characters, nothing endless."""
    if detail is None:
        return None
    return Jsonb({_clean(key): _clean(value) for key, value in detail.items()}, dumps=_dumps)


def _clean(value: str | float | bool | None) -> str | float | bool | None:
    if isinstance(value, str):
        return value.encode("utf-8", "replace").decode().replace("\0", "")[:_LONGEST_DETAIL_CHARS]
    if isinstance(value, float) and not -1e300 < value < 1e300:
        return None
    return value


def _dumps(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


async def copy_events(session: AsyncSession, slices: Iterable[Sequence[EventRow]], breathe: Breath) -> None:
    """Writes rows by binary COPY; each day needs its partition. `breathe` is awaited between the slices."""
    connection = await driver_connection(session)
    columns = "ts, value, series_id, bucket, weight, request_id, person, detail"
    statement = f"COPY events ({columns}) FROM STDIN (FORMAT BINARY)"
    async with connection.cursor() as cursor, cursor.copy(statement.encode()) as copy:
        copy.set_types(["timestamptz", "float4", "int2", "int2", "int2", "uuid", "uuid", "jsonb"])
        for rows in slices:
            for row in rows:
                await copy.write_row(row)
            await breathe()


_UPSERT_MINUTES = b"""
    INSERT INTO rollup_minutes (at, series_id, writer, count, total, histogram)
    SELECT * FROM unnest(%b::timestamptz[], %b::int2[], %b::int4[], %b::int4[], %b::float8[], %b::bytea[])
    ON CONFLICT (at, series_id, writer) DO UPDATE
       SET count = excluded.count, total = excluded.total, histogram = excluded.histogram
"""


async def upsert_minutes(session: AsyncSession, sums: Sequence[MinuteSum]) -> None:
    """Writes the sums as they are now, over what this writer wrote for the same minute and series before."""
    if sums:
        connection = await driver_connection(session)
        await connection.execute(_UPSERT_MINUTES, [list(column) for column in zip(*sums, strict=True)])


async def mark_dirty(session: AsyncSession, hours: Iterable[datetime]) -> None:
    """Says that the sums of these hours are out of date.

    A mark that is there is locked, not passed over: whoever sums the hour deletes its mark first, so that waits until
    this transaction's minutes can be seen, or the mark is made anew.
    """
    statement = text(
        "INSERT INTO dirty_hours (hour) SELECT unnest(cast(:hours AS timestamptz[])) ON CONFLICT (hour)"
        " DO UPDATE SET hour = excluded.hour"
    )
    if marked := sorted(set(hours)):
        await session.execute(statement, {"hours": marked})


async def note_active(session: AsyncSession, active: Iterable[tuple[date, UUID]]) -> None:
    """Keeps who was active on which day, once."""
    rows = sorted(set(active))
    statement = text(
        "INSERT INTO active_days (day, user_id) SELECT * FROM unnest(cast(:days AS date[]), cast(:people AS uuid[]))"
        " ON CONFLICT DO NOTHING"
    )
    if rows:
        await session.execute(statement, {"days": [day for day, _ in rows], "people": [user for _, user in rows]})
