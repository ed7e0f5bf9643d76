"""What every part of the accounts stands on."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.config import Settings
from core.db.database import Database, driver_connection
from core.db.queries.account_tokens import AccountToken, insert_token
from core.db.queries.batches import claim_batches
from core.db.queries.sessions import EndedSession, NewSession, end_session, insert_session
from core.db.queries.users import claim_summaries
from core.db.queries.visitors import link_visitors
from core.domain.account import (
    LINK_LIVES,
    Account,
    AccountClosed,
    LinkSpent,
    OpenedSession,
    Purpose,
    SignedIn,
    TooManyTries,
    Visit,
    WrongCredentials,
)
from core.domain.permissions import Role
from core.domain.telemetry import Kind, Outcome, Who
from core.errors import Conflict, InvalidInput
from core.ports import Jobs, Recording
from core.services.accounts.links import Links, sha256_of
from core.services.accounts.passwords import Passwords
from core.services.accounts.tries import TryCounters

_TOKEN_BYTES = 32
WHO = {Role.USER: Who.USER, Role.OPERATOR: Who.OPERATOR, Role.ADMIN: Who.ADMIN}


@dataclass(slots=True)
class Way:
    """A try to get in. `account` is whose it turned out to be."""

    account: Account | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountParts:
    """`origin` is where links lead: the public address, or the one the web listens at; never what a client claims."""

    database: Database
    jobs: Jobs
    recording: Recording
    clock: Clock
    settings: Settings
    passwords: Passwords
    links: Links
    tries: TryCounters
    origin: str

    @property
    def idle(self) -> timedelta:
        return timedelta(seconds=self.settings.session_idle_s)

    async def add_link(
        self,
        session: AsyncSession,
        purpose: Purpose,
        *,
        email: str | None = None,
        user_id: UUID | None = None,
        password_hash: str | None = None,
        anonymous_id: str | None = None,
    ) -> UUID:
        """Id of a new single-use link."""
        token_id, now = uuid4(), self.clock.now()
        token = AccountToken(
            id=token_id, token_sha256=self.links.digest(token_id), purpose=purpose, email=email, user_id=user_id,
            password_hash=password_hash, anonymous_id=anonymous_id, expires_at=now + LINK_LIVES[purpose],
        )  # fmt: skip
        await insert_token(session, token, now=now)
        return token_id

    async def mail_link(self, session: AsyncSession, token_id: UUID) -> None:
        """Has the link mailed once this transaction is committed."""
        await self.jobs.enqueue_mail(await driver_connection(session), token_id, self.origin)

    async def open_session(
        self,
        session: AsyncSession,
        account: Account,
        visit: Visit,
        *,
        claimed: Iterable[str] = (),
        is_new: bool = False,
    ) -> tuple[OpenedSession, list[EndedSession]]:
        """A session for this account, in place of the one that the browser had; what the browser made comes along.

        `claimed` are anonymous browsers beside this one; `is_new` says that the account is made at this moment.
        """
        now = self.clock.now()
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        mine = {*claimed, *([visit.anonymous_id] if visit.anonymous_id else [])}
        if mine:
            await claim_batches(session, account.id, mine)
            await claim_summaries(session, account.id, mine)
            await link_visitors(session, account.id, mine, registered_at=now if is_new else None)
        before = visit.signed_in
        replaced = await end_session(session, before.session_id, before.account.id) if before else []
        new = NewSession(
            token_sha256=sha256_of(token), user_id=account.id, agent=visit.agent,
            expires_at=now + timedelta(seconds=self.settings.session_longest_s),
        )  # fmt: skip
        session_id = await insert_session(session, new, now=now)
        signed_in = SignedIn(account=account, session_id=session_id, signed_in_at=now)
        return OpenedSession(token=token, signed_in=signed_in), replaced

    def record_ended(self, ended: Iterable[EndedSession], *, at: datetime | None = None) -> None:
        """Counts how long sessions lasted: until `at`, else until they were seen for the last time."""
        record_lengths(self.recording, ended, at=at)

    @contextmanager
    def recorded(self, kind: Kind, name: str) -> Iterator[Way]:
        """Around one try to get in: counts it once, with how it ended and how long it took.

        `name` is the way: of a SIGN_IN password, again (in an open session), verify, reset or first_admin.
        """
        way, began_s, outcome = Way(), time.perf_counter(), Outcome.SERVER_ERROR
        try:
            yield way
            outcome = Outcome.OK
        except TooManyTries:
            outcome = Outcome.LIMITED
            raise
        except (WrongCredentials, AccountClosed, LinkSpent, InvalidInput, Conflict):
            outcome = Outcome.REFUSED
            raise
        finally:
            took_ms = (time.perf_counter() - began_s) * 1000
            who, person = (WHO[way.account.role], way.account.id) if way.account else (Who.ANONYMOUS, None)
            self.recording.record(kind, name, outcome, took_ms, who=who, person=person)


def record_lengths(recording: Recording, ended: Iterable[EndedSession], *, at: datetime | None = None) -> None:
    """Counts how long sessions lasted, in ms: until `at`, else until they were seen for the last time."""
    for each in ended:
        lasted_ms = ((at or each.last_seen_at) - each.created_at) / timedelta(milliseconds=1)
        recording.record(Kind.SESSION_LENGTH, "", value=lasted_ms, person=each.user_id)
