"""Roles and bans, given by whoever holds the machine; and the first admin, made by whoever reads its log."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncSession

from core.db.queries.account_tokens import find_token, use_token, void_tokens_for
from core.db.queries.audit import append_audit
from core.db.queries.sessions import end_sessions_of
from core.db.queries.users import (
    StoredAccount,
    find_user,
    find_user_by_id,
    has_admin,
    insert_user,
    lock_first_admin,
    set_banned_at,
    set_role,
)
from core.domain.account import (
    Account,
    LinkSpent,
    OpenedSession,
    Purpose,
    Visit,
    WrongCredentials,
    read_email,
)
from core.domain.backoff import LINK
from core.domain.passwords import check_password
from core.domain.permissions import Role
from core.domain.telemetry import Kind
from core.errors import Conflict, NotFound
from core.services.accounts.links import sha256_of
from core.services.accounts.parts import AccountParts

_RANK = {Role.USER: 0, Role.OPERATOR: 1, Role.ADMIN: 2}


class Roles:
    """Everything here is written into the audit log, by account id: never by address."""

    def __init__(self, parts: AccountParts) -> None:
        self._parts = parts

    async def grant(self, email: str, role: Role, *, actor: str) -> Account:
        """Gives the role to whoever has this address. Less than before ends the person's sessions: what is open in them
        was opened with the greater one. Raises NotFound, Unavailable.
        """
        async with self._parts.database.transaction() as session:
            before = await self._hold(session, email)
            await set_role(session, before.id, role)
            ended = await end_sessions_of(session, before.id) if _RANK[role] < _RANK[before.role] else []
            detail = {"from": before.role.value, "to": role.value, "sessions_ended": len(ended)}
            await self._audit(session, "account.grant", before, detail, actor=actor)
        self._parts.record_ended(ended)
        return Account(id=before.id, email=before.email, role=role, created_at=before.created_at)

    async def ban(self, email: str, *, actor: str) -> Account:
        """Closes the account and ends its sessions; its summaries stay. Raises NotFound, Unavailable."""
        now = self._parts.clock.now()
        async with self._parts.database.transaction() as session:
            account = await self._hold(session, email)
            await set_banned_at(session, account.id, now)
            ended = await end_sessions_of(session, account.id)
            await self._audit(session, "account.ban", account, {"sessions_ended": len(ended)}, actor=actor)
        self._parts.record_ended(ended)
        return account

    async def unban(self, email: str, *, actor: str) -> Account:
        """Opens a closed account again. Raises NotFound, Unavailable."""
        async with self._parts.database.transaction() as session:
            account = await self._hold(session, email)
            await set_banned_at(session, account.id, None)
            await self._audit(session, "account.unban", account, {}, actor=actor)
        return account

    async def first_admin_link(self) -> str | None:
        """A new link that makes the first admin; None where there is one. Older links no longer work.

        Raises Unavailable.
        """
        parts = self._parts
        async with parts.database.transaction() as session:
            await lock_first_admin(session)
            await void_tokens_for(session, Purpose.FIRST_ADMIN, now=parts.clock.now())
            if await has_admin(session):
                return None
            token_id = await parts.add_link(session, Purpose.FIRST_ADMIN)
        return parts.links.address(parts.origin, Purpose.FIRST_ADMIN, token_id)

    async def look_at_first_admin(self, secret: str) -> None:
        """Raises LinkSpent where the link can't be used, Unavailable. Changes nothing."""
        now = self._parts.clock.now()
        async with self._parts.database.read() as session:
            if await find_token(session, sha256_of(secret), Purpose.FIRST_ADMIN, now=now) is None:
                raise _spent()

    async def make_first_admin(self, secret: str, email: str, password: str, visit: Visit) -> OpenedSession:
        """The first admin, signed in. Whoever reads the log owns the machine, so no mail proves the address; of an
        account that stands already, the password is needed.

        Raises InvalidInput, PasswordRefused, WrongCredentials, TooManyTries, LinkSpent, Unavailable.
        """
        with self._parts.recorded(Kind.SIGN_IN, "first_admin") as way:
            opened = await self._make_first_admin(secret, read_email(email), password, visit)
            way.account = opened.signed_in.account
        return opened

    async def _make_first_admin(self, secret: str, email: str, password: str, visit: Visit) -> OpenedSession:
        parts = self._parts
        await self.look_at_first_admin(secret)
        check_password(password, email=email)
        async with parts.database.read() as session:
            known = await find_user(session, email)
        if known is not None:
            await self._check_password(secret, known, password)
        password_hash = await parts.passwords.hash(password)
        async with parts.database.transaction() as session:
            account = await self._make_admin(session, secret, email, password_hash, known)
            opened, replaced = await parts.open_session(session, account, visit, is_new=known is None)
            actor = f"account:{account.id}"
            await self._audit(session, "account.first_admin", account, {"to": Role.ADMIN.value}, actor=actor)
        parts.record_ended(replaced, at=parts.clock.now())
        return opened

    async def _make_admin(
        self, session: AsyncSession, secret: str, email: str, password_hash: str, known: StoredAccount | None
    ) -> Account:
        now = self._parts.clock.now()
        await lock_first_admin(session)
        used = await use_token(session, sha256_of(secret), Purpose.FIRST_ADMIN, now=now)
        if used is None or await has_admin(session):
            raise _spent()
        if known is None:
            made = await insert_user(session, email=email, password_hash=password_hash, role=Role.ADMIN, now=now)
            if made is None:
                raise Conflict("An account with this address was made at this moment. Try again.")
            return made
        await set_role(session, known.account.id, Role.ADMIN)
        stored = await find_user_by_id(session, known.account.id)
        if stored is None or stored.is_banned:
            raise Conflict("This account is closed. Take another address.")
        return stored.account

    async def _check_password(self, secret: str, known: StoredAccount, password: str) -> None:
        await self._parts.tries.take("first admin", sha256_of(secret), LINK)
        if not await self._parts.passwords.is_right(password, known.password_hash):
            raise WrongCredentials("This address has an account already, and that is not its password.")

    async def _hold(self, session: AsyncSession, email: str) -> Account:
        found = await find_user(session, email)
        stored = await find_user_by_id(session, found.account.id, is_locked=True) if found else None
        if stored is None:
            raise NotFound("Nobody has an account with this address.")
        return stored.account

    async def _audit(
        self, session: AsyncSession, action: str, account: Account, detail: dict[str, str | int], *, actor: str
    ) -> None:
        await append_audit(
            session, actor=actor, action=action, subject=f"account:{account.id}", detail=detail,
            now=self._parts.clock.now(),
        )  # fmt: skip


def _spent() -> LinkSpent:
    return LinkSpent(
        "This link was used already, or there is an admin by now. At each start without one, a new link is made."
    )
