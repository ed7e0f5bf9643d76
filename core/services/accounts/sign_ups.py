"""Making an account: asked for with an address and a password, finished by whoever reads that address's mail."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from core.db.queries.account_tokens import AccountToken, find_token, use_token
from core.db.queries.users import find_user, insert_user
from core.domain.account import (
    Account,
    LinkSpent,
    OpenedSession,
    PendingSignUp,
    Purpose,
    Visit,
    WrongCredentials,
    read_email,
)
from core.domain.backoff import LINK
from core.domain.passwords import check_password
from core.domain.permissions import Role
from core.domain.telemetry import Kind
from core.services.accounts.links import sha256_of
from core.services.accounts.parts import AccountParts
from core.services.accounts.tries import wait_ahead


class SignUps:
    """There is no account before its address is proved: a sign-up waits in its link."""

    def __init__(self, parts: AccountParts) -> None:
        self._parts = parts

    async def request(self, email: str, password: str, visit: Visit) -> UUID:
        """Mails a link that finishes the sign-up, and returns the id by which this browser is known again then.

        Where the address has an account already, the mail says that and changes nothing: answer, work and time are the
        same. Raises InvalidInput, PasswordRefused, TooManyTries, Unavailable.
        """
        parts = self._parts
        with parts.recorded(Kind.SIGN_UP, "password"):
            address = read_email(email)
            check_password(password, email=address)
            await parts.tries.take_mail(address, visit.address)
            password_hash = await parts.passwords.hash(password)
            async with parts.database.transaction() as session:
                token_id = await self._add_link(session, address, password_hash, visit)
                await parts.mail_link(session, token_id)
        return token_id

    async def look(self, secret: str, visit: Visit) -> PendingSignUp:
        """What the link is for, and whether this browser is the one that asked for it. Changes nothing.

        Raises LinkSpent, Unavailable.
        """
        token = await self._find(secret)
        return PendingSignUp(email=token.email or "", needs_password=visit.pending != token.id)

    async def finish(self, secret: str, visit: Visit, *, password: str = "") -> OpenedSession:
        """The account and a session in it; what the asking browser made without an account comes along.

        In another browser than the asking one the password chosen at sign-up is needed, so that nobody can make an
        account of their own on somebody else's address by having that person press a button.
        Raises WrongCredentials, TooManyTries, LinkSpent, Unavailable.
        """
        with self._parts.recorded(Kind.SIGN_IN, "verify") as way:
            opened = await self._finish(secret, visit, password)
            way.account = opened.signed_in.account
        return opened

    async def _finish(self, secret: str, visit: Visit, password: str) -> OpenedSession:
        parts, token = self._parts, await self._find(secret)
        if visit.pending != token.id:
            await self._check_chosen_password(token, password)
        async with parts.database.transaction() as session:
            account, used = await self._make_account(session, secret)
            claimed = [used.anonymous_id] if used.anonymous_id else []
            opened, replaced = await parts.open_session(session, account, visit, claimed=claimed, is_new=True)
        parts.record_ended(replaced, at=parts.clock.now())
        return opened

    async def _add_link(self, session: AsyncSession, email: str, password_hash: str, visit: Visit) -> UUID:
        known = await find_user(session, email)
        if known is None:
            return await self._parts.add_link(
                session, Purpose.SIGN_UP, email=email, password_hash=password_hash, anonymous_id=visit.anonymous_id
            )
        # Written to the address that was proved: the one just typed may be another spelling of it.
        account = known.account
        return await self._parts.add_link(session, Purpose.KNOWN_ADDRESS, email=account.email, user_id=account.id)

    async def _find(self, secret: str) -> AccountToken:
        now = self._parts.clock.now()
        async with self._parts.database.read() as session:
            token = await find_token(session, sha256_of(secret), Purpose.SIGN_UP, now=now)
        if token is None:
            raise _spent()
        return token

    async def _check_chosen_password(self, token: AccountToken, password: str) -> None:
        left = await self._parts.tries.take("sign up", str(token.id), LINK)
        if not await self._parts.passwords.is_right(password, token.password_hash):
            raise WrongCredentials(f"This is not the password that was chosen at sign-up. {wait_ahead(left)}".strip())
        await self._parts.tries.forget("sign up", str(token.id))

    async def _make_account(self, session: AsyncSession, secret: str) -> tuple[Account, AccountToken]:
        now = self._parts.clock.now()
        used = await use_token(session, sha256_of(secret), Purpose.SIGN_UP, now=now)
        if used is None or used.email is None or used.password_hash is None:
            raise _spent()
        account = await insert_user(
            session, email=used.email, password_hash=used.password_hash, role=Role.USER, now=now
        )
        if account is None:
            raise LinkSpent("There is an account with this address by now. Sign in, or set a new password.")
        return account, used


def _spent() -> LinkSpent:
    return LinkSpent("This link was used already, or is older than a day. Sign in, or sign up again for a new one.")
