"""A mail server of the outside: takes mails and keeps them, or refuses them as it is told."""

from __future__ import annotations

import asyncio
import email
import email.policy
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class MailServer:
    """`answers` are given to the next mails, each once, instead of taking them: "451 Later"."""

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    were_encrypted: list[bool] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answers:
            return self.answers.pop(0)
        content = envelope.content
        assert isinstance(content, bytes)
        message = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)
        self.raw.append(content)
        self.recipients += [str(each) for each in envelope.rcpt_tos]
        self.were_encrypted.append(session.ssl is not None)
        return "250 Taken"

    def authenticate(self, _server: object, _session: object, _envelope: object, _how: str, data: object) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"s3cret/@")


@asynccontextmanager
async def mail_server(
    *, host: str = "127.0.0.1", tls: ssl.SSLContext | None = None, logs_in: bool = False
) -> AsyncIterator[MailServer]:
    """A server in this loop; with `tls` it offers STARTTLS, with `logs_in` it knows one password."""
    kept = MailServer()

    def protocol() -> SMTP:
        return SMTP(
            kept, hostname="mail.test", tls_context=tls, enable_SMTPUTF8=True, auth_require_tls=False,
            authenticator=kept.authenticate if logs_in else None, loop=asyncio.get_running_loop(),
        )  # fmt: skip

    server = await asyncio.get_running_loop().create_server(protocol, host, 0)
    kept.port = server.sockets[0].getsockname()[1]
    async with server:
        yield kept
