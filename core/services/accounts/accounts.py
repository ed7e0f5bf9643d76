"""Signing in and out, and the sessions of a person; the other parts of the accounts stand beside it as attributes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.config import Settings
from core.db.database import Database
from core.db.queries.account_tokens import void_tokens_of
from core.db.queries.sessions import (
    SessionRecord,
    end_session,
    end_sessions_of,
    find_session_by_id,
    find_session_by_token,
    holding_among,
    list_sessions,
    refresh_session,
    touch_session,
)
from core.db.queries.users import StoredAccount, find_user, find_user_by_id, set_password_hash
from core.domain.account import (
    AccountClosed,
    OpenedSession,
    OpenSession,
    SignedIn,
    Visit,
    WrongCredentials,
)
from core.domain.backoff import SESSION
from core.domain.passwords import check_password
from core.domain.telemetry import Kind
from core.errors import AppError, NotFound
from core.ports import Jobs, PasswordHasher, Recording
from core.services.accounts.links import Links, sha256_of
from core.services.accounts.parts import AccountParts
from core.services.accounts.passwords import Passwords
from core.services.accounts.resets import Resets
from core.services.accounts.roles import Roles
from core.services.accounts.sign_ups import SignUps
from core.services.accounts.tries import TryCounters, wait_ahead

# "Last seen" is written at most so often: reading a page must not mean a write.
_SEEN_EVERY = timedelta(minutes=1)
_MOST_LISTED = 100


class Accounts:
    """`sign_ups`, `resets` and `roles` are the other doors.

    Every method that a person can cause takes the session it acts in: what is another's is not found.
    """

    def __init__(
        self,
        *,
        database: Database,
        jobs: Jobs,
        recording: Recording,
        clock: Clock,
        settings: Settings,
        hasher: PasswordHasher,
        origin: str,
    ) -> None:
        links = Links(settings)
        self._parts = AccountParts(
            database=database, jobs=jobs, recording=recording, clock=clock, settings=settings,
            passwords=Passwords(hasher), links=links, tries=TryCounters(database, links, clock, recording),
            origin=origin,
        )  # fmt: skip
        self._database = database
        self._clock = clock
        self.sign_ups = SignUps(self._parts)
        self.resets = Resets(self._parts)
        self.roles = Roles(self._parts)

    async def sign_in(self, email: str, password: str, visit: Visit) -> OpenedSession:
        """A new session. What the browser made without an account comes along.

        Raises WrongCredentials (in the same words and time whether there is such an account), AccountClosed,
        TooManyTries, Unavailable.
        """
        with self._parts.recorded(Kind.SIGN_IN, "password") as way:
            opened = await self._sign_in(email, password, visit)
            way.account = opened.signed_in.account
        return opened

    async def resolve(self, token: str) -> SignedIn | None:
        """Who is signed in by this session's secret; None where it has ended. Raises Unavailable."""
        now = self._clock.now()
        async with self._database.read() as session:
            found = await find_session_by_token(session, sha256_of(token), now=now, seen_after=now - self._parts.idle)
        if found is None:
            return None
        await self._note_seen(found, now)
        return found.signed_in

    async def find_session(self, session_id: UUID) -> SignedIn | None:
        """The session as it is now; None once it has ended or its person is banned. Raises Unavailable."""
        async with self._database.read() as session:
            return await self._find(session, session_id)

    async def ended_among(self, session_ids: Iterable[UUID]) -> frozenset[UUID]:
        """Those of these sessions that no longer hold. Raises Unavailable."""
        asked, now = frozenset(session_ids), self._clock.now()
        async with self._database.read() as session:
            return asked - await holding_among(session, asked, now=now, seen_after=now - self._parts.idle)

    async def confirm_password(self, session_id: UUID, password: str) -> None:
        """Makes the session fresh. Raises WrongCredentials, TooManyTries, NotFound, Unavailable."""
        signed_in = await self.find_session(session_id)
        if signed_in is None:
            raise _no_longer()
        await self._check_own_password(signed_in, password)
        async with self._database.transaction() as session:
            await refresh_session(session, session_id, now=self._clock.now())

    async def change_password(self, signed_in: SignedIn, current: str, new: str) -> frozenset[UUID]:
        """Sets a new password, voids links for another one, and ends this person's other sessions, whose ids are
        returned.

        Raises WrongCredentials, PasswordRefused, TooManyTries, NotFound where the session ended meanwhile, Unavailable.
        """
        check_password(new, email=signed_in.account.email)
        await self._check_own_password(signed_in, current)
        password_hash, now = await self._parts.passwords.hash(new), self._clock.now()
        async with self._database.transaction() as session:
            await find_user_by_id(session, signed_in.account.id, is_locked=True)
            # A reset by mail may have ended this session meanwhile, because of whoever acts in it.
            if await self._find(session, signed_in.session_id) is None:
                raise _no_longer()
            await set_password_hash(session, signed_in.account.id, password_hash)
            await void_tokens_of(session, signed_in.account.id, now=now)
            await refresh_session(session, signed_in.session_id, now=now)
            ended = await end_sessions_of(session, signed_in.account.id, but=signed_in.session_id)
        self._parts.record_ended(ended)
        return frozenset(each.id for each in ended)

    async def list_sessions(self, signed_in: SignedIn) -> tuple[OpenSession, ...]:
        """This person's sessions, this one first, then the last seen ones."""
        now = self._clock.now()
        async with self._database.read() as session:
            rows = await list_sessions(
                session, signed_in.account.id, now=now, seen_after=now - self._parts.idle, limit=_MOST_LISTED
            )
        listed = [
            OpenSession(
                id=row.id, created_at=row.created_at, last_seen_at=row.last_seen_at, agent=row.agent,
                is_this=row.id == signed_in.session_id,
            )
            for row in rows
        ]  # fmt: skip
        return tuple(sorted(listed, key=lambda each: not each.is_this))

    async def revoke(self, signed_in: SignedIn, session_id: UUID) -> None:
        """Ends one of this person's sessions; this one is a sign-out. Raises NotFound, Unavailable."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            ended = await end_session(session, session_id, signed_in.account.id)
        self._parts.record_ended(ended, at=now if session_id == signed_in.session_id else None)
        if not ended:
            raise NotFound("This session has ended already.")

    async def revoke_others(self, signed_in: SignedIn) -> frozenset[UUID]:
        """Ends this person's sessions but this one, and returns their ids."""
        async with self._database.transaction() as session:
            ended = await end_sessions_of(session, signed_in.account.id, but=signed_in.session_id)
        self._parts.record_ended(ended)
        return frozenset(each.id for each in ended)

    async def _find(self, session: AsyncSession, session_id: UUID) -> SignedIn | None:
        now = self._clock.now()
        found = await find_session_by_id(session, session_id, now=now, seen_after=now - self._parts.idle)
        return found.signed_in if found else None

    async def _sign_in(self, email: str, password: str, visit: Visit) -> OpenedSession:
        parts = self._parts
        taken = await parts.tries.take_sign_in(email, visit.address)
        async with self._database.read() as session:
            found = await find_user(session, email)
        if not await parts.passwords.is_right(password, found.password_hash if found else None) or found is None:
            raise WrongCredentials(_no_match(taken.left), detail={"tries_left": taken.left})
        await parts.tries.give_back(taken)
        fresh_hash = await self._stronger_hash(found, password)
        async with self._database.transaction() as session:
            stored = await find_user_by_id(session, found.account.id, is_locked=True)
            if stored is None or stored.is_banned:
                raise AccountClosed("This account was closed by the operators of this service. Write to them.")
            if stored.password_hash != found.password_hash:
                raise WrongCredentials(_no_match(taken.left), detail={"tries_left": taken.left})
            if fresh_hash is not None:
                await set_password_hash(session, stored.account.id, fresh_hash)
            opened, replaced = await parts.open_session(session, stored.account, visit)
        parts.record_ended(replaced, at=self._clock.now())
        return opened

    async def _stronger_hash(self, found: StoredAccount, password: str) -> str | None:
        """A hash of today's cost, where the stored one is of an earlier and lower one."""
        if not self._parts.passwords.is_outdated(found.password_hash):
            return None
        return await self._parts.passwords.hash(password)

    async def _check_own_password(self, signed_in: SignedIn, password: str) -> None:
        tries, counted = self._parts.tries, str(signed_in.session_id)
        with self._parts.recorded(Kind.SIGN_IN, "again") as way:
            way.account = signed_in.account
            left = await tries.take("session", counted, SESSION)
            async with self._database.read() as session:
                found = await find_user_by_id(session, signed_in.account.id)
            if not await self._parts.passwords.is_right(password, found.password_hash if found else None):
                raise WrongCredentials(_wrong(left), detail={"tries_left": left})
        await tries.forget("session", counted)

    async def _note_seen(self, found: SessionRecord, now: datetime) -> None:
        if now - found.last_seen_at < _SEEN_EVERY:
            return
        try:
            async with self._database.transaction() as session:
                await touch_session(session, found.signed_in.session_id, now=now, seen_before=now - _SEEN_EVERY)
        except (AppError, SQLAlchemyError):
            return  # the next request notes it; a database that only reads must not end sessions


def _no_longer() -> NotFound:
    return NotFound("You are no longer signed in. Open the page again.")


def _no_match(left: int) -> str:
    return f"That e-mail and password don’t match. {wait_ahead(left)}".strip()


def _wrong(left: int) -> str:
    return f"That is not your password. {wait_ahead(left)}".strip()
