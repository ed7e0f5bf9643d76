"""Writing a whole simulated history: many rows at once by binary COPY, in the caller's transaction."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from psycopg import AsyncConnection, sql
from psycopg.types.json import Jsonb
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.database import connect_arguments, driver_connection
from core.db.queries.telemetry import defer_durability

# Tables whose first row means that people, or a running service, were here.
_OF_PEOPLE = (
    "users", "visitors", "transcripts", "runs", "summaries", "active_days", "events", "rollup_minutes", "rollup_hours",
    "rollup_days", "archive_runs", "audit_log",
)  # fmt: skip


async def is_in_use(session: AsyncSession) -> bool:
    """True where the database holds anything of people's, or of what they did."""
    parts = " OR ".join(f"EXISTS (SELECT FROM {table})" for table in _OF_PEOPLE)
    return bool(await session.scalar(text(f"SELECT {parts}")))


async def write_fact(session: AsyncSession, name: str, value: Mapping[str, object], *, now: datetime) -> None:
    """Says it, over what was said before."""
    connection = await driver_connection(session)
    await connection.execute(
        "INSERT INTO installation_facts (name, value, written_at) VALUES (%s, %s, %s)"
        " ON CONFLICT (name) DO UPDATE SET value = excluded.value, written_at = excluded.written_at",
        (name, Jsonb(dict(value)), now),
    )


async def take_time(session: AsyncSession) -> None:
    """For this transaction alone: no statement is too long, and its end does not wait for the disk."""
    await session.execute(text("SELECT set_config('statement_timeout', '0', true)"))
    await session.execute(text("SELECT set_config('idle_in_transaction_session_timeout', '0', true)"))
    await defer_durability(session)


async def copy_binary(session: AsyncSession, table: str, columns: Sequence[str], parts: Iterable[bytes]) -> None:
    """Sends what is in COPY's binary form already."""
    connection = await driver_connection(session)
    async with connection.cursor() as cursor, cursor.copy(_copy(table, columns)) as copy:
        for part in parts:
            await copy.write(part)


async def add_sums(session: AsyncSession, table: str, columns: Sequence[str], parts: Iterable[bytes]) -> None:
    """Adds sums in COPY's binary form to those that stand there for the same time and series already."""
    connection = await driver_connection(session)
    named = sql.Identifier(table)
    await connection.execute(sql.SQL("CREATE TEMP TABLE incoming (LIKE {}) ON COMMIT DROP").format(named))
    await copy_binary(session, "incoming", columns, parts)
    await connection.execute(
        sql.SQL(
            "INSERT INTO {table} AS stored SELECT * FROM incoming ON CONFLICT (at, series_id, writer) DO UPDATE"
            " SET count = stored.count + excluded.count, total = stored.total + excluded.total,"
            " histogram = stored.histogram || excluded.histogram"
        ).format(table=named)
    )
    await connection.execute("DROP TABLE incoming")


async def copy_rows(
    session: AsyncSession, table: str, columns: Mapping[str, str], rows: Iterable[Sequence[object]]
) -> None:
    """Sends rows; `columns` gives the type of each column, in the rows' order."""
    connection = await driver_connection(session)
    async with connection.cursor() as cursor, cursor.copy(_copy(table, tuple(columns))) as copy:
        copy.set_types(list(columns.values()))
        for row in rows:
            await copy.write_row(row)


async def link_versions(session: AsyncSession) -> None:
    """Gives the runs that made a version that version, where they have none yet."""
    await session.execute(
        text(
            "UPDATE runs r SET version_id = v.id FROM summary_versions v WHERE v.run_id = r.id AND r.version_id IS NULL"
        )
    )


async def tidy(url: str, tables: Iterable[str]) -> None:
    """Statistics for the planner, and pages marked as wholly visible: what autovacuum brings in its own time."""
    connection = await AsyncConnection.connect(**connect_arguments(url, app_name="sightline seed"), autocommit=True)
    async with connection:
        for table in tables:
            await connection.execute(sql.SQL("VACUUM (ANALYZE) {}").format(sql.Identifier(table)))


def _copy(table: str, columns: Sequence[str]) -> sql.Composed:
    names = sql.SQL(", ").join(map(sql.Identifier, columns))
    return sql.SQL("COPY {} ({}) FROM STDIN (FORMAT BINARY)").format(sql.Identifier(table), names)
