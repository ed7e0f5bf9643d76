"""A row as a line of text and back: whatever a column can hold, COPY prints the same bytes before and after."""

from __future__ import annotations

import json
from datetime import date, timedelta
from decimal import Decimal

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg.types.json import Json, Jsonb

from core.db.database import Database
from core.db.queries.archive_rows import Insertion, insert_lines, print_plainly, read_lines
from core.errors import Conflict

_WORDS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=20)
_DOCUMENTS = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(-(10**30), 10**30), st.floats(allow_nan=False), _WORDS),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(_WORDS, inner, max_size=3)),
    max_leaves=6,
).filter(lambda found: "inf" not in json.dumps(found).lower())
_LISTS = st.sampled_from(["{}", "{{1,2},{3,NULL}}", "[0:1]={7,8}", "{NULL}"])
_INSTANTS = st.one_of(
    st.sampled_from(["infinity", "-infinity", "4713-01-01 00:00:00 BC", "294276-12-31 23:59:59.999999+00"]),
    st.datetimes().map(lambda at: at.isoformat() + "+05:30"),
)
_ODD_NUMBERS = st.sampled_from([Decimal("NaN"), Decimal("1E-40")])
# Type of a column and what is put into it.
_COLUMNS: tuple[tuple[str, st.SearchStrategy[object]], ...] = (
    ("text", _WORDS),
    ("char(9)", st.text("ab ", max_size=9)),
    ("timestamptz", _INSTANTS),
    ("timestamp", st.datetimes()),
    ("date", st.dates(min_value=date(1, 1, 1))),
    ("interval", st.timedeltas(timedelta(days=-(10**5)), timedelta(days=10**5))),
    ("float8", st.floats()),
    ("float4", st.floats(width=32)),
    (
        "numeric",
        st.one_of(
            st.decimals(allow_nan=False, allow_infinity=False), st.sampled_from([Decimal("NaN"), Decimal("1E-40")])
        ),
    ),
    ("int8", st.integers(-(2**63), 2**63 - 1)),
    ("bytea", st.binary(max_size=40)),
    ("jsonb", _DOCUMENTS.map(Jsonb)),
    ("json", _DOCUMENTS.map(Json)),
    ("text[]", st.lists(st.one_of(st.none(), _WORDS), max_size=4)),
    ("int4[]", _LISTS),
    ("uuid", st.uuids()),
    ("boolean", st.booleans()),
    ("inet", st.ip_addresses()),
    ("int4range", st.sampled_from(["empty", "[1,5)", "(,3)", "[2,)"])),
)
_ROWS = st.lists(st.tuples(*(st.one_of(st.none(), values) for _, values in _COLUMNS)), min_size=40, max_size=40)


def make_table(connection: psycopg.Connection) -> None:
    columns = ", ".join(f'"c {number}" {kind}' for number, (kind, _) in enumerate(_COLUMNS))
    connection.execute(
        f'CREATE TABLE odd (id int PRIMARY KEY, {columns}, "made" int GENERATED ALWAYS AS (id * 2) STORED)'.encode()
    )


def put_in(connection: psycopg.Connection, rows: list[tuple[object, ...]]) -> None:
    names = ", ".join(f'"c {number}"' for number in range(len(_COLUMNS)))
    values = ", ".join(f"%s::{kind}" for kind, _ in _COLUMNS)
    connection.execute("TRUNCATE odd")
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO odd (id, {names}) VALUES (%s, {values})".encode(),
            [(number, *row) for number, row in enumerate(rows)],
        )


def copied(connection: psycopg.Connection) -> list[bytes]:
    with connection.cursor().copy(b"COPY (SELECT * FROM odd ORDER BY id) TO STDOUT") as copy:
        return [bytes(row) for row in copy]


async def there_and_back(database: Database) -> None:
    """All rows as lines, deleted, and inserted again from nothing but the lines."""
    async with database.transaction() as session:
        await print_plainly(session)
        lines = await read_lines(session, "odd", "id", list(range(1000)))
        connection = await (await session.connection()).get_raw_connection()
        await connection.driver_connection.execute("TRUNCATE odd")  # type: ignore[union-attr]
        rows = [line[line.index(":") + 1 : -1] for line in lines]
        assert await insert_lines(session, Insertion(table="odd"), rows) == len(lines)
        assert await insert_lines(session, Insertion(table="odd"), rows) == 0


async def test_whatever_a_column_holds_comes_back_the_same_bytes(database: Database, database_url: str) -> None:
    batches: list[list[tuple[object, ...]]] = []

    @given(_ROWS)
    @settings(max_examples=8, deadline=None, database=None, derandomize=True, suppress_health_check=list(HealthCheck))
    def collect(rows: list[tuple[object, ...]]) -> None:
        batches.append(rows)

    collect()
    with psycopg.connect(database_url, autocommit=True) as connection:
        make_table(connection)
        for rows in batches:
            put_in(connection, rows)
            before = copied(connection)
            await there_and_back(database)
            assert copied(connection) == before
            assert len(before) == 40


async def test_a_stored_null_and_no_value_stay_two_things(database: Database, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE odd (id int PRIMARY KEY, document jsonb, words text)")
        connection.execute("""INSERT INTO odd VALUES (1, 'null', ''), (2, NULL, NULL), (3, '"null"', 'null')""")
        before = copied(connection)
        await there_and_back(database)
        assert copied(connection) == before


async def test_the_settings_of_a_connection_do_not_change_what_is_written(
    database: Database, database_url: str
) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE odd (id int PRIMARY KEY, at timestamptz, span interval, blob bytea, share float8)"
        )
        connection.execute("INSERT INTO odd VALUES (1, '2026-03-29 01:30:00.123456+00', '1 day 2:03', '\\x00ff', 0.1)")
        name = connection.info.dbname
        plain = await lines_of(database)
        for setting in ("TimeZone = 'Asia/Kolkata'", "DateStyle = 'German'", "bytea_output = 'escape'",
                        "extra_float_digits = -3", "IntervalStyle = 'sql_standard'"):  # fmt: skip
            connection.execute(f"ALTER DATABASE {name} SET {setting}".encode())
    other = Database(database_url, app_name="test")
    assert await lines_of(other) == plain
    assert "2026-03-29 01:30:00.123456+00" in plain[0]
    await other.close()


async def lines_of(database: Database) -> list[str]:
    async with database.transaction() as session:
        await print_plainly(session)
        return await read_lines(session, "odd", "id", [1])


async def test_a_line_with_a_column_that_the_table_lacks_is_refused(database: Database, database_url: str) -> None:
    with psycopg.connect(database_url, autocommit=True) as connection:
        connection.execute("CREATE TABLE odd (id int PRIMARY KEY)")
    with pytest.raises(Conflict, match=r"odd\.gone"):
        await insert_one(database)


async def insert_one(database: Database) -> None:
    async with database.transaction() as session:
        await insert_lines(session, Insertion(table="odd"), ['{"id":"1","gone":"x"}'])
