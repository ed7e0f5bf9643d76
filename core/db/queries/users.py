"""Accounts. An address is compared by its key; what is written to is the address as it was proved."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import cast
from uuid import UUID, uuid4

from sqlalchemy import CursorResult, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.models import SummaryRow, UserRow
from core.db.queries.legal_holds import carry_over
from core.domain.account import Account, email_key
from core.domain.owner import ANONYMOUS_USER
from core.domain.permissions import Role

# Held while the first admin is looked for or made: two starts, or two presses of one button, are one after the other.
_FIRST_ADMIN_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('sightline first admin'))")


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredAccount:
    account: Account
    password_hash: str
    is_banned: bool


async def find_user(session: AsyncSession, email: str) -> StoredAccount | None:
    row = (await session.execute(select(UserRow).where(UserRow.email_key == email_key(email)))).scalar_one_or_none()
    return None if row is None else _stored(row)


async def find_user_by_id(session: AsyncSession, user_id: UUID, *, is_locked: bool = False) -> StoredAccount | None:
    statement = select(UserRow).where(UserRow.id == user_id)
    row = (await session.execute(statement.with_for_update() if is_locked else statement)).scalar_one_or_none()
    return None if row is None else _stored(row)


async def insert_user(
    session: AsyncSession, *, email: str, password_hash: str, role: Role, now: datetime
) -> Account | None:
    """The new account; None where one with this address stands already."""
    made = insert(UserRow).values(
        id=uuid4(), email=email, email_key=email_key(email), password_hash=password_hash, role=role.value,
        created_at=now,
    ).on_conflict_do_nothing(index_elements=[UserRow.email_key]).returning(UserRow)  # fmt: skip
    row = (await session.execute(made)).scalar_one_or_none()
    return None if row is None else _stored(row).account


async def set_password_hash(session: AsyncSession, user_id: UUID, password_hash: str) -> None:
    await session.execute(update(UserRow).where(UserRow.id == user_id).values(password_hash=password_hash))


async def set_role(session: AsyncSession, user_id: UUID, role: Role) -> None:
    await session.execute(update(UserRow).where(UserRow.id == user_id).values(role=role.value))


async def set_banned_at(session: AsyncSession, user_id: UUID, banned_at: datetime | None) -> None:
    await session.execute(update(UserRow).where(UserRow.id == user_id).values(banned_at=banned_at))


async def lock_first_admin(session: AsyncSession) -> None:
    """Until the transaction ends."""
    await session.execute(_FIRST_ADMIN_LOCK)


async def has_admin(session: AsyncSession) -> bool:
    """True where somebody can act as an admin: a banned one can't."""
    admin = select(UserRow.id).where(UserRow.role == Role.ADMIN.value, UserRow.banned_at.is_(None)).limit(1)
    return await session.scalar(admin) is not None


async def claim_summaries(session: AsyncSession, user_id: UUID, anonymous_ids: Iterable[str]) -> int:
    """Makes what these anonymous browsers made this person's, and returns how many summaries that were.

    What is claimed no longer carries the browser's id, so nobody claims it twice.
    """
    browsers = list(anonymous_ids)
    await carry_over(session, browsers, user_id)
    claimed = await session.execute(
        update(SummaryRow)
        .where(SummaryRow.user_id == ANONYMOUS_USER, SummaryRow.anonymous_id.in_(browsers))
        .values(user_id=str(user_id), anonymous_id=None)
    )
    return cast("CursorResult[object]", claimed).rowcount


def _stored(row: UserRow) -> StoredAccount:
    account = Account(id=row.id, email=row.email, role=Role(row.role), created_at=row.created_at)
    return StoredAccount(account=account, password_hash=row.password_hash, is_banned=row.banned_at is not None)
