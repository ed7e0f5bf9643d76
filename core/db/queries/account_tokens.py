"""Single-use links. The table holds digests only; a link is used by the one statement that finds it unused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.models import AccountTokenRow
from core.domain.account import Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountToken:
    """`email` is the address it was mailed to; a reset for an address that nobody has carries neither it nor a user."""

    id: UUID
    token_sha256: str
    purpose: Purpose
    expires_at: datetime
    email: str | None = None
    user_id: UUID | None = None
    password_hash: str | None = None
    anonymous_id: str | None = None


async def insert_token(session: AsyncSession, new: AccountToken, *, now: datetime) -> None:
    await session.execute(
        insert(AccountTokenRow).values(
            id=new.id, token_sha256=new.token_sha256, purpose=new.purpose.value, email=new.email, user_id=new.user_id,
            password_hash=new.password_hash, anonymous_id=new.anonymous_id, created_at=now, expires_at=new.expires_at,
        )
    )  # fmt: skip


async def find_token(
    session: AsyncSession, token_sha256: str, purpose: Purpose, *, now: datetime
) -> AccountToken | None:
    """The link, if it can still be used for this."""
    return await _find(session, _usable(_is_link(token_sha256, purpose), now))


async def find_token_by_id(session: AsyncSession, token_id: UUID, *, now: datetime) -> AccountToken | None:
    """The link to be mailed, if it can still be used."""
    return await _find(session, _usable(AccountTokenRow.id == token_id, now))


async def use_token(
    session: AsyncSession, token_sha256: str, purpose: Purpose, *, now: datetime
) -> AccountToken | None:
    """The link, used up with this; None where it can't be used, or somebody used it in the same moment."""
    used = (
        update(AccountTokenRow)
        .where(_usable(_is_link(token_sha256, purpose), now))
        .values(used_at=now)
        .returning(AccountTokenRow)
    )
    row = (await session.execute(used)).scalar_one_or_none()
    return None if row is None else _token(row)


async def void_tokens_of(session: AsyncSession, user_id: UUID, *, now: datetime) -> None:
    """Uses up what was mailed to this person and not yet used."""
    mine = (AccountTokenRow.user_id == user_id, AccountTokenRow.used_at.is_(None))
    await session.execute(update(AccountTokenRow).where(*mine).values(used_at=now))


async def void_tokens_for(session: AsyncSession, purpose: Purpose, *, now: datetime) -> None:
    open_ones = (AccountTokenRow.purpose == purpose.value, AccountTokenRow.used_at.is_(None))
    await session.execute(update(AccountTokenRow).where(*open_ones).values(used_at=now))


async def delete_outdated_tokens(session: AsyncSession, *, before: datetime) -> None:
    await session.execute(delete(AccountTokenRow).where(AccountTokenRow.expires_at < before))


def _is_link(token_sha256: str, purpose: Purpose) -> ColumnElement[bool]:
    return and_(AccountTokenRow.token_sha256 == token_sha256, AccountTokenRow.purpose == purpose.value)


def _usable(is_it: ColumnElement[bool], now: datetime) -> ColumnElement[bool]:
    return and_(is_it, AccountTokenRow.used_at.is_(None), AccountTokenRow.expires_at > now)


async def _find(session: AsyncSession, is_it: ColumnElement[bool]) -> AccountToken | None:
    row = (await session.execute(select(AccountTokenRow).where(is_it))).scalar_one_or_none()
    return None if row is None else _token(row)


def _token(row: AccountTokenRow) -> AccountToken:
    return AccountToken(
        id=row.id, token_sha256=row.token_sha256, purpose=Purpose(row.purpose), expires_at=row.expires_at,
        email=row.email, user_id=row.user_id, password_hash=row.password_hash, anonymous_id=row.anonymous_id,
    )  # fmt: skip
