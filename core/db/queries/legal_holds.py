"""Legal holds: what no policy may take, and how a hold and an archival keep out of each other's way."""

from __future__ import annotations

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.models import LegalHoldRow
from core.domain.archival import Hold, HoldSubject

# Any number, the same in every process: whoever places a hold waits for the slices that began without it.
_HOLD_LOCK = 7_340_201_552

# Conditions over the alias `s` of summaries and `e` of events. Written once, so that no policy forgets half of it.
SUMMARY_IS_HELD = """EXISTS (SELECT 1 FROM legal_holds h WHERE
    (h.subject_kind = 'summary' AND h.subject_id = s.id::text)
    OR (h.subject_kind = 'user' AND h.subject_id IN (s.user_id, s.anonymous_id)))"""
EVENT_IS_HELD = """EXISTS (SELECT 1 FROM legal_holds h
    WHERE h.subject_kind = 'user' AND h.subject_id = e.person::text)"""


async def respect_holds(session: AsyncSession) -> None:
    """Until the transaction ends no hold can be placed; every hold placed before is seen by the next statement."""
    await session.execute(text("SELECT pg_advisory_xact_lock_shared(:key)"), {"key": _HOLD_LOCK})


async def place_hold(session: AsyncSession, hold: Hold) -> bool:
    """False where it stands already. Waits for the slices under way, so none of them can take what is held."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _HOLD_LOCK})
    statement = insert(LegalHoldRow).values(
        subject_kind=hold.subject_kind, subject_id=hold.subject_id, reason=hold.reason, placed_by=hold.placed_by,
        placed_at=hold.placed_at,
    )  # fmt: skip
    placed = await session.scalar(statement.on_conflict_do_nothing().returning(LegalHoldRow.subject_id))
    return placed is not None


async def release_hold(session: AsyncSession, kind: HoldSubject, subject_id: str) -> bool:
    """False where there was none."""
    statement = text("DELETE FROM legal_holds WHERE subject_kind = :kind AND subject_id = :id RETURNING subject_id")
    return await session.scalar(statement, {"kind": kind.value, "id": subject_id}) is not None


async def list_holds(session: AsyncSession) -> tuple[Hold, ...]:
    """All that stand, newest first."""
    rows = await session.scalars(select(LegalHoldRow).order_by(LegalHoldRow.placed_at.desc(), LegalHoldRow.subject_id))
    return tuple(
        Hold(
            subject_kind=row.subject_kind, subject_id=row.subject_id, reason=row.reason, placed_by=row.placed_by,
            placed_at=row.placed_at,
        )
        for row in rows
    )  # fmt: skip


async def is_known_subject(session: AsyncSession, kind: HoldSubject, subject_id: str) -> bool:
    """True where there is such a summary, or anything of such a person: an account, or an anonymous browser."""
    statements = {
        HoldSubject.SUMMARY: "SELECT EXISTS (SELECT 1 FROM summaries WHERE id::text = :id)",
        HoldSubject.USER: (
            "SELECT EXISTS (SELECT 1 FROM users WHERE id::text = :id)"
            " OR EXISTS (SELECT 1 FROM summaries WHERE user_id = :id OR anonymous_id = :id)"
        ),
    }
    return bool(await session.scalar(text(statements[kind]), {"id": subject_id}))
