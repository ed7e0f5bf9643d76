"""Rows as lines of text and back, the same bytes: each value as Postgres itself prints and reads it.

A line is `{"table":{"column":"text", …}}`, made from the catalogue: a column that is added later comes along by itself.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.database import driver_connection
from core.errors import Conflict

# What the text of a value depends on. Text goes both ways under the same settings, so that nothing is rounded.
_PLAIN = text(
    "SELECT set_config('TimeZone', 'UTC', true), set_config('DateStyle', 'ISO, YMD', true),"
    " set_config('IntervalStyle', 'iso_8601', true), set_config('extra_float_digits', '1', true),"
    " set_config('bytea_output', 'hex', true)"
)
_COLUMNS = text(
    """
    SELECT attname AS name, format_type(atttypid, atttypmod) AS type
      FROM pg_attribute
     WHERE attrelid = CAST(:table AS regclass) AND attnum > 0 AND NOT attisdropped AND attgenerated = ''
     ORDER BY attnum
    """
)
_CHILDREN = text(
    """
    SELECT c.conrelid::regclass::text AS "table", a.attname AS "column"
      FROM pg_constraint c JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]
     WHERE c.contype = 'f' AND c.confdeltype = 'c' AND c.confrelid = CAST(:table AS regclass)
       AND cardinality(c.conkey) = 1
     ORDER BY 1
    """
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column of a table; `type` as Postgres writes it."""

    name: str
    type: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """A table whose rows go when the row goes that their `column` names."""

    table: str
    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Insertion:
    """How lines become rows of `table`. `values` replaces a column's own value by an expression over `r`, the line.

    `joins` and `where` follow the lines; `parameters` are theirs.
    """

    table: str
    values: Mapping[str, str] = field(default_factory=dict)
    joins: str = ""
    where: str = "true"
    parameters: Mapping[str, object] = field(default_factory=dict)


async def print_plainly(session: AsyncSession) -> None:
    """For the rest of the transaction values are printed and read in the one form that archives hold."""
    await session.execute(_PLAIN)


async def list_columns(session: AsyncSession, table: str) -> tuple[Column, ...]:
    found = await session.execute(_COLUMNS, {"table": table})
    return tuple(Column(name=row.name, type=row.type) for row in found)


async def list_children(session: AsyncSession, table: str) -> tuple[Child, ...]:
    """The tables whose rows a deletion from `table` takes along."""
    return tuple(
        Child(table=row.table, column=row.column) for row in await session.execute(_CHILDREN, {"table": table})
    )


async def read_lines(
    session: AsyncSession, table: str, key: str, values: Sequence[object], *, order: str | None = None
) -> list[str]:
    """The rows of `table` whose `key` is among `values`, as lines in the order of `order` (by default the key)."""
    if not values:
        return []
    connection = await driver_connection(session)
    statement = (
        f'{await select_lines(session, table)} WHERE "{key}" = ANY(%(values)s) ORDER BY t."{order or key}") AS x'
    )
    cursor = await connection.execute(statement.encode(), {"values": list(values)})
    return [line for (line,) in await cursor.fetchall()]


async def stream_lines(session: AsyncSession, table: str, *, label: str, batch: int) -> AsyncIterator[list[str]]:
    """All rows of a table as lines that name it `label`, in batches, in the order in which they lie."""
    connection = await driver_connection(session)
    statement = f"{await select_lines(session, table, label=label)}) AS x"
    async with connection.cursor("archived") as cursor:
        await cursor.execute(statement.encode())
        while rows := await cursor.fetchmany(batch):
            yield [line for (line,) in rows]


async def select_lines(session: AsyncSession, table: str, *, label: str | None = None) -> str:
    """The open beginning of a statement that gives lines: a condition, an order and `) AS x` follow it."""
    columns = await list_columns(session, table)
    texts = ", ".join(f't."{column.name}"::text AS "{column.name}"' for column in columns)
    return f"SELECT '{{\"{label or table}\":' || row_to_json(x)::text || '}}' FROM (SELECT {texts} FROM {table} AS t"  # noqa: S608


async def insert_lines(session: AsyncSession, how: Insertion, lines: Sequence[str]) -> int:
    """How many of the lines (each the object of one row) became rows; those that were there stay as they are.

    Raises Conflict where the table no longer has a column that was archived.
    """
    if not lines:
        return 0
    connection = await driver_connection(session)
    columns = await _columns_of(session, how.table, lines[0])
    names = ", ".join(f'"{column.name}"' for column in columns)
    record = ", ".join(f'"{column.name}" text' for column in columns)
    values = ", ".join(how.values.get(column.name, f'r."{column.name}"::{column.type}') for column in columns)
    statement = (
        f"INSERT INTO {how.table} ({names}) SELECT {values} FROM unnest(%(lines)s::text[]) WITH ORDINALITY"  # noqa: S608
        f" AS given (line, place) CROSS JOIN LATERAL json_to_record(given.line::json) AS r ({record})"
        f" {how.joins} WHERE {how.where} ORDER BY given.place ON CONFLICT DO NOTHING"
    )
    cursor = await connection.execute(statement.encode(), {**how.parameters, "lines": list(lines)})
    return cursor.rowcount


async def _columns_of(session: AsyncSession, table: str, line: str) -> tuple[Column, ...]:
    """The columns that the line has: what was added to the table later keeps its default."""
    archived = set(json.loads(line))
    columns = tuple(column for column in await list_columns(session, table) if column.name in archived)
    if gone := archived - {column.name for column in columns}:
        raise Conflict(
            f"The archive holds {table}.{', '.join(sorted(gone))}, which the database no longer has: its schema is "
            "newer than the archive. Put it back with the version of Sightline that made it."
        )
    return columns
