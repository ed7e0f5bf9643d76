"""The audit log: appended to in the transaction of the act it tells of, read page by page, checked as a whole."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import Row, bindparam, select, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.models import AuditRow, UserRow
from core.domain.archival import AuditEntry
from core.domain.audit import GENESIS, AuditCheck, AuditFilter, AuditValue, line_hash

# Any number, the same in every process: whoever writes the next line waits for the one before it to be committed.
_LOCK = 7_340_201_551
_HEAD = "audit_head"
_BATCH = 1_000

_LAST_HASH = text("SELECT hash FROM audit_log ORDER BY id DESC LIMIT 1")
# The number is taken under the lock, so numbers rise in the order of the chain; the detail is hashed as it is kept.
_NEXT = text("SELECT nextval(pg_get_serial_sequence('audit_log', 'id')) AS id, CAST(:detail AS jsonb) AS detail")
_INSERT = text(
    """
    INSERT INTO audit_log (id, at, actor, action, subject, detail, previous_hash, hash)
    VALUES (:id, :at, :actor, :action, :subject, :detail, :previous_hash, :hash)
    """
).bindparams(bindparam("detail", type_=JSONB))
# The chain alone can't tell that its newest lines were cut off.
_NOTE_HEAD = text(
    """
    INSERT INTO installation_facts (name, value, written_at) VALUES (:name, :value, :now)
    ON CONFLICT (name) DO UPDATE SET value = excluded.value, written_at = excluded.written_at
    """
).bindparams(bindparam("value", type_=JSONB))
_READ_HEAD = text("SELECT value FROM installation_facts WHERE name = :name")


async def append_audit(
    session: AsyncSession, *, actor: str, action: str, subject: str, detail: Mapping[str, AuditValue], now: datetime
) -> None:
    """Adds a line, committed or undone with the act it tells of. Until then every other writer waits: act first.

    `actor` is "account:<uuid>", "cli:<os user>", "schedule", or "owner": whose the subject is. `detail` holds ids,
    counts and names of files.
    """
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    # A statement of its own after the lock: only then does it see the line that the lock was waited for.
    previous = await session.scalar(_LAST_HASH) or GENESIS
    row = (await session.execute(_NEXT, {"detail": json.dumps(dict(detail), allow_nan=False)})).one()
    digest = line_hash(previous, line_id=row.id, at=now, actor=actor, action=action, subject=subject, detail=row.detail)
    values = {"id": row.id, "at": now, "actor": actor, "action": action, "subject": subject, "detail": row.detail}
    await session.execute(_INSERT, {**values, "previous_hash": previous, "hash": digest})
    await session.execute(_NOTE_HEAD, {"name": _HEAD, "value": {"id": row.id, "hash": digest}, "now": now})


async def check_audit(session: AsyncSession) -> AuditCheck:
    """Every line hashed again, oldest first, up to the first that is not as it was written.

    The session must be a snapshot: the log may grow meanwhile.
    """
    lines, last_id, previous = 0, None, GENESIS
    while rows := await _lines_after(session, last_id):
        # Hashing a whole log takes seconds: pages are served meanwhile.
        intact, reason = await asyncio.to_thread(_follow, rows, previous)
        if intact:
            lines, last_id, previous = lines + intact, rows[intact - 1].id, rows[intact - 1].hash
        if reason is not None:
            broken_id = rows[intact].id
            return AuditCheck(lines=lines, head_id=last_id, head_hash=previous, broken_id=broken_id, reason=reason)
    found = AuditCheck(lines=lines, head_id=last_id, head_hash=previous)
    return await _against_noted_head(session, found)


async def has_line(session: AsyncSession, line_hash: str) -> bool:
    """True where the log holds a line of this hash, noted elsewhere earlier."""
    found = await session.scalar(select(AuditRow.id).where(AuditRow.hash == line_hash).limit(1))
    return found is not None


async def list_audit(
    session: AsyncSession, only: AuditFilter, *, before_id: int | None = None, limit: int = 50
) -> tuple[AuditEntry, ...]:
    """At most `limit` lines, newest first, older than `before_id`."""
    statement = select(AuditRow).order_by(AuditRow.id.desc()).limit(limit)
    if before_id is not None:
        statement = statement.where(AuditRow.id < before_id)
    if only.actions:
        statement = statement.where(AuditRow.action.in_(only.actions))
    if only.start is not None:
        statement = statement.where(AuditRow.at >= only.start)
    if only.end is not None:
        statement = statement.where(AuditRow.at < only.end)
    if words := only.words.strip():
        columns = (AuditRow.actor, AuditRow.action, AuditRow.subject)
        found = [column.icontains(words, autoescape=True) for column in columns]
        statement = statement.where(found[0] | found[1] | found[2])
    return tuple(_entry(row) for row in await session.scalars(statement))


async def list_actions(session: AsyncSession) -> tuple[str, ...]:
    """Every action that was ever logged, in order of name: the choices of the filter."""
    found = await session.scalars(select(AuditRow.action).distinct().order_by(AuditRow.action))
    return tuple(found)


async def find_addresses(session: AsyncSession, accounts: Iterable[UUID]) -> dict[UUID, str]:
    """The e-mail address of each of these accounts that exists."""
    found = await session.execute(select(UserRow.id, UserRow.email).where(UserRow.id.in_(list(accounts))))
    return {row.id: row.email for row in found}


async def _lines_after(session: AsyncSession, last_id: int | None) -> list[Row[tuple[object, ...]]]:
    columns = (
        AuditRow.id, AuditRow.at, AuditRow.actor, AuditRow.action, AuditRow.subject, AuditRow.detail,
        AuditRow.previous_hash, AuditRow.hash,
    )  # fmt: skip
    statement = select(*columns).order_by(AuditRow.id).limit(_BATCH)
    if last_id is not None:
        statement = statement.where(AuditRow.id > last_id)
    return list((await session.execute(statement)).all())


def _follow(rows: Sequence[Row[tuple[object, ...]]], previous: str) -> tuple[int, str | None]:
    """How many lines from the first on are intact, and what is wrong with the one after them, if anything."""
    for intact, row in enumerate(rows):
        if (reason := _fault(row, previous)) is not None:
            return intact, reason
        previous = row.hash
    return len(rows), None


def _fault(row: Row[tuple[object, ...]], previous: str) -> str | None:
    if row.previous_hash != previous:
        return "it does not follow the line before it: a line was taken out or put in here"
    digest = line_hash(
        previous,
        line_id=row.id,
        at=row.at,
        actor=row.actor,
        action=row.action,
        subject=row.subject,
        detail=row.detail,
    )
    return None if digest == row.hash else "what it says is not what was written"


async def _against_noted_head(session: AsyncSession, found: AuditCheck) -> AuditCheck:
    noted = await session.scalar(_READ_HEAD, {"name": _HEAD})
    is_same = (noted is None and found.head_id is None) or (
        noted is not None and (noted["id"], noted["hash"]) == (found.head_id, found.head_hash)
    )
    if is_same:
        return found
    return AuditCheck(
        lines=found.lines,
        head_id=found.head_id,
        head_hash=found.head_hash,
        broken_id=noted["id"] if noted else found.head_id,
        reason="the newest lines are not those that were written last: lines were cut off or added at the end",
    )


def _entry(row: AuditRow) -> AuditEntry:
    return AuditEntry(
        id=row.id, at=row.at, actor=row.actor, action=row.action, subject=row.subject, detail=row.detail, hash=row.hash
    )
