"""Signed-in browsers. A session holds while its row stands, it was seen lately, and its person is not banned."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, and_, delete, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.models import SessionRow, UserRow
from core.domain.account import Account, SignedIn
from core.domain.permissions import Role


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSession:
    token_sha256: str
    user_id: UUID
    agent: str
    expires_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionRecord:
    """A session that holds. `last_seen_at` is up to a minute old."""

    signed_in: SignedIn
    last_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EndedSession:
    id: UUID
    user_id: UUID
    created_at: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedSession:
    id: UUID
    created_at: datetime
    last_seen_at: datetime
    agent: str


async def insert_session(session: AsyncSession, new: NewSession, *, now: datetime) -> UUID:
    session_id = uuid4()
    await session.execute(
        insert(SessionRow).values(
            id=session_id, token_sha256=new.token_sha256, user_id=new.user_id, created_at=now, signed_in_at=now,
            last_seen_at=now, expires_at=new.expires_at, agent=new.agent,
        )
    )  # fmt: skip
    return session_id


async def find_session_by_token(
    session: AsyncSession, token_sha256: str, *, now: datetime, seen_after: datetime
) -> SessionRecord | None:
    return await _find(session, and_(SessionRow.token_sha256 == token_sha256, _holds(now, seen_after)))


async def find_session_by_id(
    session: AsyncSession, session_id: UUID, *, now: datetime, seen_after: datetime
) -> SessionRecord | None:
    return await _find(session, and_(SessionRow.id == session_id, _holds(now, seen_after)))


async def holding_among(
    session: AsyncSession, ids: Iterable[UUID], *, now: datetime, seen_after: datetime
) -> frozenset[UUID]:
    """Those of these sessions that still hold."""
    holding = (
        select(SessionRow.id)
        .join(UserRow, UserRow.id == SessionRow.user_id)
        .where(SessionRow.id.in_(list(ids)), _holds(now, seen_after))
    )
    return frozenset(await session.scalars(holding))


async def list_sessions(
    session: AsyncSession, user_id: UUID, *, now: datetime, seen_after: datetime, limit: int
) -> list[ListedSession]:
    """At most `limit` sessions of this person that hold, the last seen first."""
    listed = (
        select(SessionRow)
        .join(UserRow, UserRow.id == SessionRow.user_id)
        .where(SessionRow.user_id == user_id, _holds(now, seen_after))
        .order_by(SessionRow.last_seen_at.desc(), SessionRow.id)
        .limit(limit)
    )
    return [
        ListedSession(id=row.id, created_at=row.created_at, last_seen_at=row.last_seen_at, agent=row.agent)
        for row in await session.scalars(listed)
    ]


async def touch_session(session: AsyncSession, session_id: UUID, *, now: datetime, seen_before: datetime) -> None:
    """Notes that it was seen, unless somebody has noted that since `seen_before`."""
    stale = and_(SessionRow.id == session_id, SessionRow.last_seen_at < seen_before)
    await session.execute(update(SessionRow).where(stale).values(last_seen_at=now))


async def refresh_session(session: AsyncSession, session_id: UUID, *, now: datetime) -> None:
    """Notes that the password was shown in it."""
    await session.execute(update(SessionRow).where(SessionRow.id == session_id).values(signed_in_at=now))


async def end_session(session: AsyncSession, session_id: UUID, user_id: UUID) -> list[EndedSession]:
    """Ends this session if it is this person's; one row, or none."""
    return await _end(session, and_(SessionRow.id == session_id, SessionRow.user_id == user_id))


async def end_sessions_of(session: AsyncSession, user_id: UUID, *, but: UUID | None = None) -> list[EndedSession]:
    """Ends all of this person's sessions, but for one where that is wanted."""
    mine = SessionRow.user_id == user_id
    return await _end(session, mine if but is None else and_(mine, SessionRow.id != but))


async def end_outdated_sessions(session: AsyncSession, *, now: datetime, seen_after: datetime) -> list[EndedSession]:
    return await _end(session, or_(SessionRow.expires_at <= now, SessionRow.last_seen_at <= seen_after))


async def _find(session: AsyncSession, is_it: ColumnElement[bool]) -> SessionRecord | None:
    found = await session.execute(
        select(
            SessionRow.id.label("session_id"), SessionRow.signed_in_at, SessionRow.last_seen_at,
            UserRow.id, UserRow.email, UserRow.role, UserRow.created_at,
        )
        .join(UserRow, UserRow.id == SessionRow.user_id)
        .where(is_it)
    )  # fmt: skip
    row = found.one_or_none()
    if row is None:
        return None
    account = Account(id=row.id, email=row.email, role=Role(row.role), created_at=row.created_at)
    signed_in = SignedIn(account=account, session_id=row.session_id, signed_in_at=row.signed_in_at)
    return SessionRecord(signed_in=signed_in, last_seen_at=row.last_seen_at)


async def _end(session: AsyncSession, which: ColumnElement[bool]) -> list[EndedSession]:
    ended = await session.execute(
        delete(SessionRow)
        .where(which)
        .returning(SessionRow.id, SessionRow.user_id, SessionRow.created_at, SessionRow.last_seen_at)
    )
    return [
        EndedSession(id=row.id, user_id=row.user_id, created_at=row.created_at, last_seen_at=row.last_seen_at)
        for row in ended
    ]


def _holds(now: datetime, seen_after: datetime) -> ColumnElement[bool]:
    return and_(SessionRow.expires_at > now, SessionRow.last_seen_at > seen_after, UserRow.banned_at.is_(None))
