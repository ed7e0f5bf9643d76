"""Legal holds: what no policy may take, and how a hold and an archival keep out of each other's way."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.models import LegalHoldRow
from core.domain.archival import Hold, HoldSubject
from core.domain.owner import WITHHELD

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


async def await_slices(session: AsyncSession) -> None:
    """For whoever places a hold: what slices and deletions under way take is gone by now, and none begins meanwhile."""
    await session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _HOLD_LOCK})


async def place_hold(session: AsyncSession, hold: Hold) -> bool:
    """After `await_slices`; False where it stands already."""
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


async def withhold(session: AsyncSession, summary_id: UUID) -> bool:
    """Takes a summary out of its owner's sight where it is held; False where it is not, and may be deleted.

    It keeps whose it was, so that a hold on the person goes on to cover it.
    """
    await respect_holds(session)
    return await session.scalar(_WITHHOLD, {"id": summary_id}) is not None


async def delete_released(session: AsyncSession) -> int:
    """Deletes what its owner deleted while it was held and no hold keeps any longer; how many."""
    return len((await session.execute(_DELETE_RELEASED)).all())


async def carry_over(session: AsyncSession, anonymous_ids: Iterable[str], account_id: UUID) -> None:
    """A hold on an anonymous browser holds the account that claims what the browser made."""
    await respect_holds(session)
    await session.execute(_CARRY_OVER, {"anonymous_ids": list(anonymous_ids), "account_id": str(account_id)})


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


_WITHHOLD = text(
    f"""
    UPDATE summaries s SET user_id = '{WITHHELD}', anonymous_id = coalesce(s.anonymous_id, s.user_id)
     WHERE s.id = :id AND {SUMMARY_IS_HELD}
    RETURNING s.id
    """  # noqa: S608
)
_DELETE_RELEASED = text(
    f"DELETE FROM summaries s WHERE s.user_id = '{WITHHELD}' AND NOT {SUMMARY_IS_HELD} RETURNING s.id"  # noqa: S608
)
_CARRY_OVER = text(
    """
    INSERT INTO legal_holds (subject_kind, subject_id, reason, placed_by, placed_at)
    SELECT 'user', :account_id, h.reason, h.placed_by, h.placed_at FROM legal_holds h
     WHERE h.subject_kind = 'user' AND h.subject_id = ANY(:anonymous_ids)
    ON CONFLICT DO NOTHING
    """
)
