"""What every policy that goes by age asks of its table: what is due, what stays, and the next rows to take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

_SAMPLES = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class OldRows:
    """A table whose rows age by `created_at`; conditions are SQL over `alias`, with the parameter `cutoff`.

    `old`: what the operators' guide would delete; `due`: what may go; `kept`: why the rest stays.
    """

    alias: str
    table: str
    key: str
    old: str
    due: str
    kept: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """What is due in one moment. `bytes` as the rows are stored."""

    rows: int
    bytes: int
    oldest: datetime | None
    newest: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What a preview shows beyond `Due`. `samples` are ids with their times, never what people wrote."""

    table_rows: int
    kept_back: tuple[tuple[str, int], ...]
    samples: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a pass through the rows has come to: they are taken by age, and by key where that is the same."""

    at: datetime
    key: UUID


async def count_due(session: AsyncSession, rows: OldRows, cutoff: datetime) -> Due:
    a = rows.alias
    statement = (
        f"SELECT count(*) AS n, coalesce(sum(pg_column_size({a}.*)), 0) AS bytes, min({a}.created_at) AS oldest,"  # noqa: S608
        f" max({a}.created_at) AS newest FROM {rows.table} {a} WHERE {rows.due}"
    )
    row = (await session.execute(text(statement), {"cutoff": cutoff})).one()
    return Due(rows=row.n, bytes=int(row.bytes), oldest=row.oldest, newest=row.newest)


async def look(session: AsyncSession, rows: OldRows, cutoff: datetime) -> Seen:
    """The rest of the preview, counted in the caller's snapshot."""
    a, parameters = rows.alias, {"cutoff": cutoff}
    kept = []
    for reason, condition in rows.kept:
        statement = f"SELECT count(*) FROM {rows.table} {a} WHERE {rows.old} AND {condition}"  # noqa: S608
        if count := await session.scalar(text(statement), parameters):
            kept.append((reason, int(count)))
    total = await session.scalar(text(f"SELECT count(*) FROM {rows.table}"))  # noqa: S608
    sample = (
        f"SELECT {a}.{rows.key}::text AS id, {a}.created_at FROM {rows.table} {a} WHERE {rows.due}"  # noqa: S608
        f" ORDER BY {a}.created_at, {a}.{rows.key} LIMIT {_SAMPLES}"
    )
    found = await session.execute(text(sample), parameters)
    samples = tuple(f"{row.id} of {row.created_at:%Y-%m-%d %H:%M}" for row in found)
    return Seen(table_rows=total or 0, kept_back=tuple(kept), samples=samples)


async def find_candidates(
    session: AsyncSession, rows: OldRows, cutoff: datetime, *, after: Place | None, limit: int
) -> list[Place]:
    """The next due rows by age, none of them locked yet."""
    a = rows.alias
    later = f"AND ({a}.created_at, {a}.{rows.key}) > (:at, :after)" if after else ""
    statement = (
        f"SELECT {a}.created_at AS at, {a}.{rows.key} AS key FROM {rows.table} {a} WHERE {rows.due} {later}"  # noqa: S608
        f" ORDER BY {a}.created_at, {a}.{rows.key} LIMIT :limit"
    )
    where = {"at": after.at, "after": after.key} if after else {}
    found = await session.execute(text(statement), {"cutoff": cutoff, "limit": limit, **where})
    return [Place(at=row.at, key=row.key) for row in found]


async def lock_due(session: AsyncSession, rows: OldRows, cutoff: datetime, keys: Sequence[UUID]) -> list[UUID]:
    """Those of the rows that are still due and that nobody else holds; from now on they are ours."""
    a = rows.alias
    statement = (
        f"SELECT {a}.{rows.key} AS key FROM {rows.table} {a} WHERE {a}.{rows.key} = ANY(:keys) AND {rows.due}"  # noqa: S608
        f" FOR UPDATE OF {a} SKIP LOCKED"
    )
    found = await session.execute(text(statement), {"cutoff": cutoff, "keys": list(keys)})
    return [row.key for row in found]


async def delete_rows(session: AsyncSession, rows: OldRows, keys: Sequence[UUID]) -> int:
    """How many went, with whatever cascades."""
    statement = f"DELETE FROM {rows.table} WHERE {rows.key} = ANY(:keys) RETURNING {rows.key}"  # noqa: S608
    return len((await session.execute(text(statement), {"keys": list(keys)})).all())


async def count_present(session: AsyncSession, rows: OldRows, keys: Sequence[UUID]) -> int:
    """How many of these rows are there."""
    statement = f"SELECT count(*) FROM {rows.table} WHERE {rows.key} = ANY(:keys)"  # noqa: S608
    return int(await session.scalar(text(statement), {"keys": list(keys)}) or 0)
