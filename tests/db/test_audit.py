from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from core.db.database import Database
from core.db.queries.audit import append_audit, check_audit, has_line, list_actions, list_audit
from core.domain.audit import GENESIS, AuditCheck, AuditFilter, line_hash

NOON = datetime(2026, 11, 23, 12, 0, 0, 123456, tzinfo=UTC)
ADMIN = "account:6c3a5f0a-4a7f-4f63-9e0e-0d8d3f3a1b11"


async def append(
    database: Database, action: str = "archive.started", subject: str = "progress", **detail: object
) -> None:
    async with database.transaction() as session:
        await append_audit(session, actor=ADMIN, action=action, subject=subject, detail=detail, now=NOON)  # type: ignore[arg-type]


async def check(database: Database) -> AuditCheck:
    async with database.snapshot() as session:
        return await check_audit(session)


async def tamper(database: Database, *statements: str) -> None:
    """What somebody with all rights can do: change rows while no trigger looks."""
    async with database.transaction() as session:
        await session.execute(text("SET LOCAL session_replication_role = replica"))
        for statement in statements:
            await session.execute(text(statement))


async def _append_and_fail(database: Database) -> None:
    async with database.transaction() as session:
        await append_audit(session, actor=ADMIN, action="hold.placed", subject="x", detail={}, now=NOON)
        raise RuntimeError


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_log SET actor = 'nobody'",
        "DELETE FROM audit_log",
        "TRUNCATE audit_log",
        "UPDATE audit_log SET actor = actor WHERE id = 1",
    ],
)
async def test_the_log_refuses_to_be_changed(database: Database, statement: str) -> None:
    await append(database)
    with pytest.raises(DBAPIError, match="append-only"):
        async with database.transaction() as session:
            await session.execute(text(statement))
    assert (await check(database)).lines == 1


async def test_the_first_line_stands_on_the_known_start_and_the_next_on_it(database: Database) -> None:
    await append(database, rows=3)
    await append(database, rows=4, share=0.5, note=None, is_done=True)
    async with database.read() as session:
        rows = (await session.execute(text("SELECT * FROM audit_log ORDER BY id"))).all()
    assert rows[0].previous_hash == GENESIS
    assert rows[1].previous_hash == rows[0].hash
    assert rows[0].hash == line_hash(
        GENESIS, line_id=rows[0].id, at=NOON, actor=ADMIN, action="archive.started", subject="progress",
        detail={"rows": 3},
    )  # fmt: skip
    assert await check(database) == AuditCheck(lines=2, head_id=rows[1].id, head_hash=rows[1].hash)


async def test_an_empty_log_is_intact(database: Database) -> None:
    assert await check(database) == AuditCheck(lines=0, head_id=None, head_hash=GENESIS)


async def test_a_line_is_undone_with_its_act_and_leaves_no_gap_in_the_chain(database: Database) -> None:
    await append(database)
    with pytest.raises(RuntimeError):
        await _append_and_fail(database)
    await append(database)
    found = await check(database)
    assert (found.lines, found.is_intact) == (2, True)


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE audit_log SET actor = 'cli:mallory' WHERE id = 3", 3),
        ("UPDATE audit_log SET detail = '{\"rows\": 1}' WHERE id = 3", 3),
        ("UPDATE audit_log SET at = at + interval '1 microsecond' WHERE id = 3", 3),
        ("UPDATE audit_log SET id = 99 WHERE id = 5", 99),
        ("DELETE FROM audit_log WHERE id = 3", 4),
        ("DELETE FROM audit_log WHERE id = 1", 2),
        ("DELETE FROM audit_log WHERE id = 5", 5),
        ("DELETE FROM audit_log", 5),
    ],
)
async def test_what_a_superuser_changed_with_the_triggers_off_is_found(
    database: Database, statement: str, broken: int
) -> None:
    for number in range(5):
        await append(database, rows=number)
    await tamper(database, statement)
    found = await check(database)
    assert not found.is_intact
    assert found.broken_id == broken


async def test_a_log_longer_than_one_reading_is_checked_across_its_seams(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("core.db.queries.audit._BATCH", 2)
    for number in range(6):
        await append(database, rows=number)
    assert ((await check(database)).lines, (await check(database)).reason) == (6, None)
    await tamper(database, "DELETE FROM audit_log WHERE id = 3")
    found = await check(database)
    assert (found.lines, found.broken_id, found.head_id) == (2, 4, 2)


async def test_a_line_put_in_with_a_right_hash_at_the_end_is_found(database: Database) -> None:
    await append(database)
    head = (await check(database)).head_hash
    forged = line_hash(head, line_id=2, at=NOON, actor="x", action="x", subject="x", detail={})
    await tamper(
        database,
        f"INSERT INTO audit_log VALUES (2, '{NOON.isoformat()}', 'x', 'x', 'x', '{{}}', '{head}', '{forged}')",
    )
    found = await check(database)
    assert (found.is_intact, found.broken_id) == (False, 1)


async def test_a_log_that_was_written_anew_as_a_whole_no_longer_holds_a_noted_head(database: Database) -> None:
    await append(database, rows=4118)
    noted = (await check(database)).head_hash
    await tamper(database, "DELETE FROM audit_log", "DELETE FROM installation_facts")
    await append(database, rows=1)
    assert (await check(database)).is_intact
    async with database.read() as session:
        assert not await has_line(session, noted)


async def test_many_writers_at_once_keep_one_chain(database: Database) -> None:
    await asyncio.gather(*(append(database, rows=number) for number in range(12)))
    found = await check(database)
    assert (found.lines, found.is_intact) == (12, True)


async def test_the_second_writer_waits_for_the_first_to_commit(database: Database) -> None:
    async with database.transaction() as session:
        await append_audit(session, actor=ADMIN, action="first", subject="x", detail={}, now=NOON)
        second = asyncio.create_task(append(database, "second"))
        await asyncio.sleep(0.05)
        assert not second.done()
    await second
    async with database.read() as session:
        newest = await list_audit(session, AuditFilter())
    assert [entry.action for entry in newest] == ["second", "first"]
    assert (await check(database)).is_intact


async def test_any_detail_that_can_be_written_is_found_intact(database: Database) -> None:
    values = st.one_of(
        st.none(), st.booleans(), st.integers(-(2**70), 2**70), st.floats(allow_nan=False, allow_infinity=False),
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=12),
    )  # fmt: skip
    details: list[dict[str, object]] = []

    @given(st.dictionaries(st.text("abcdefgh", min_size=1, max_size=4), values, max_size=4))
    @settings(max_examples=60, deadline=None, database=None, derandomize=True)
    def collect(detail: dict[str, object]) -> None:
        details.append(detail)

    collect()
    async with database.transaction() as session:
        for detail in details:
            await append_audit(session, actor=ADMIN, action="x", subject="é\n", detail=detail, now=NOON)  # type: ignore[arg-type]
    found = await check(database)
    assert (found.lines, found.reason) == (len(details), None)


async def test_the_log_is_read_newest_first_in_pages_and_by_filter(database: Database) -> None:
    for number in range(6):
        await append(database, "hold.placed" if number % 2 else "archive.started", f"subject-{number}")
    async with database.read() as session:
        first = await list_audit(session, AuditFilter(), limit=4)
        rest = await list_audit(session, AuditFilter(), limit=4, before_id=first[-1].id)
        holds = await list_audit(session, AuditFilter(actions=("hold.placed",)))
        found = await list_audit(session, AuditFilter(words="SUBJECT-3"))
        none = await list_audit(session, AuditFilter(words="100%_"))
        later = await list_audit(session, AuditFilter(start=NOON.replace(hour=13)))
        assert await list_actions(session) == ("archive.started", "hold.placed")
    assert [entry.subject for entry in (*first, *rest)] == [f"subject-{n}" for n in (5, 4, 3, 2, 1, 0)]
    assert [entry.subject for entry in holds] == ["subject-5", "subject-3", "subject-1"]
    assert [entry.subject for entry in found] == ["subject-3"]
    assert (none, later) == ((), ())
