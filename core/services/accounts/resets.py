"""A new password for whoever reads the account's mail."""

from __future__ import annotations

from uuid import UUID

from core.db.queries.account_tokens import AccountToken, find_token, use_token, void_tokens_of
from core.db.queries.sessions import EndedSession, end_sessions_of
from core.db.queries.users import find_user, find_user_by_id, set_password_hash
from core.domain.account import LinkSpent, OpenedSession, Purpose, Visit, read_email
from core.domain.passwords import check_password
from core.domain.telemetry import Kind
from core.services.accounts.links import sha256_of
from core.services.accounts.parts import AccountParts


class Resets:
    def __init__(self, parts: AccountParts) -> None:
        self._parts = parts

    async def request(self, email: str, visit: Visit) -> None:
        """Mails a link where the address has an account; answer, work and time are the same where it has none.

        Raises InvalidInput, TooManyTries, Unavailable.
        """
        address, parts = read_email(email), self._parts
        await parts.tries.take_mail(address, visit.address)
        async with parts.database.transaction() as session:
            known = await find_user(session, address)
            # For nobody the link is made too, and its job finds that there is nobody to write to.
            whose = known.account if known and not known.is_banned else None
            email_of, id_of = (whose.email, whose.id) if whose else (None, None)
            token_id = await parts.add_link(session, Purpose.RESET, email=email_of, user_id=id_of)
            await parts.mail_link(session, token_id)

    async def look(self, secret: str) -> str:
        """The address whose password the link sets. Changes nothing. Raises LinkSpent, Unavailable."""
        now = self._parts.clock.now()
        async with self._parts.database.read() as session:
            token = await find_token(session, sha256_of(secret), Purpose.RESET, now=now)
        return _usable(token).email or ""

    async def finish(self, secret: str, password: str, visit: Visit) -> tuple[OpenedSession, frozenset[UUID]]:
        """Sets the password and signs in; all other sessions of the person end, and their ids are returned.

        Raises PasswordRefused, LinkSpent, Unavailable.
        """
        with self._parts.recorded(Kind.SIGN_IN, "reset") as way:
            check_password(password, email=await self.look(secret))
            opened, ended = await self._finish(secret, await self._parts.passwords.hash(password), visit)
            way.account = opened.signed_in.account
        self._parts.record_ended(ended)
        return opened, frozenset(each.id for each in ended)

    async def _finish(self, secret: str, password_hash: str, visit: Visit) -> tuple[OpenedSession, list[EndedSession]]:
        parts, now = self._parts, self._parts.clock.now()
        async with parts.database.transaction() as session:
            token = _usable(await find_token(session, sha256_of(secret), Purpose.RESET, now=now))
            # The person before the link: each use voids the others, so two at once would wait for each other's link.
            stored = await find_user_by_id(session, token.user_id, is_locked=True) if token.user_id else None
            used = await use_token(session, token.token_sha256, Purpose.RESET, now=now)
            if used is None or stored is None or stored.is_banned:
                raise _spent()
            await set_password_hash(session, stored.account.id, password_hash)
            await void_tokens_of(session, stored.account.id, now=now)
            ended = await end_sessions_of(session, stored.account.id)
            opened, replaced = await parts.open_session(session, stored.account, visit)
        return opened, [*ended, *replaced]


def _usable(token: AccountToken | None) -> AccountToken:
    if token is None or token.user_id is None:
        raise _spent()
    return token


def _spent() -> LinkSpent:
    return LinkSpent("This link was used already, or is older than an hour. Ask for a new one.")
