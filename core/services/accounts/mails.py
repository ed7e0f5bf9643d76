"""What the job `mail:send` does: one token's mail, made anew from the token's id each time it is tried."""

from __future__ import annotations

from uuid import UUID

from core.clock import Clock
from core.db.database import Database
from core.db.queries.account_tokens import AccountToken, find_token_by_id
from core.domain.account import Purpose
from core.domain.mail import Mail, known_address_mail, reset_mail, sign_up_mail
from core.ports import Mailer
from core.services.accounts.links import Links


class AccountMails:
    def __init__(self, *, database: Database, clock: Clock, links: Links, mailer: Mailer) -> None:
        self._database = database
        self._clock = clock
        self._links = links
        self._mailer = mailer

    async def send(self, token_id: UUID, origin: str) -> None:
        """Mails the token's link; nothing where it was used meanwhile, has expired, or nobody is to be written to.

        Raises MailFailed, Unavailable.
        """
        async with self._database.read() as session:
            token = await find_token_by_id(session, token_id, now=self._clock.now())
        if token is not None and token.email is not None:
            await self._mailer.send(self._mail(token, token.email, origin))

    def _mail(self, token: AccountToken, to: str, origin: str) -> Mail:
        match token.purpose:
            case Purpose.SIGN_UP:
                return sign_up_mail(to, self._links.address(origin, Purpose.SIGN_UP, token.id))
            case Purpose.RESET:
                return reset_mail(to, self._links.address(origin, Purpose.RESET, token.id))
            case Purpose.KNOWN_ADDRESS | Purpose.FIRST_ADMIN:
                base = origin.rstrip("/")
                return known_address_mail(to, sign_in=f"{base}/sign-in", reset=f"{base}/reset")
