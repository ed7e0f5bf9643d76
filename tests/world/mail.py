"""A mail server of the outside: takes mails and keeps them, or refuses them as it is told."""

from __future__ import annotations

import asyncio
import contextlib
import email
import email.policy
import socket
import ssl
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from email.message import EmailMessage

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session


@dataclass
class MailServer:
    """`answers` are given to the next mails, each once, instead of taking them: "451 Later".

    `refusal` is what it says to a wrong log-in, `is_curt` that it hangs up instead of answering QUIT,
    `takes_utf8` that addresses may be written in other letters than ASCII.
    """

    port: int = 0
    mails: list[EmailMessage] = field(default_factory=list)
    raw: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    were_encrypted: list[bool] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    refusal: str | None = None
    is_curt: bool = False
    takes_utf8: bool = True

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:  # noqa: N802
        if self.answers:
            return self.answers.pop(0)
        content = envelope.content
        assert isinstance(content, bytes)
        message = email.message_from_bytes(content, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        self.mails.append(message)
        self.raw.append(content)
        self.recipients += [str(each) for each in envelope.rcpt_tos]
        assert server.transport is not None
        self.were_encrypted.append(server.transport.get_extra_info("sslcontext") is not None)
        return "250 Taken"

    async def handle_QUIT(self, server: SMTP, _session: Session, _envelope: Envelope) -> str:  # noqa: N802
        if self.is_curt:
            assert isinstance(server.transport, asyncio.Transport)
            server.transport.abort()
        return "221 Bye"

    def authenticate(self, _server: object, _session: object, _envelope: object, _how: str, data: object) -> AuthResult:
        assert isinstance(data, LoginPassword)
        self.logins.append((data.login, data.password))
        return AuthResult(success=data.password == b"s3cret/@", handled=False, message=self.refusal)


@asynccontextmanager
async def mail_server(
    *,
    host: str = "127.0.0.1",
    tls: ssl.SSLContext | None = None,
    is_tls_at_once: bool = False,
    logs_in: bool = False,
) -> AsyncIterator[MailServer]:
    """A server in this loop; with `tls` it offers STARTTLS, or speaks nothing else; with `logs_in` it knows one
    password.
    """
    kept = MailServer()

    def protocol() -> SMTP:
        return SMTP(
            kept,
            hostname="mail.test",
            tls_context=None if is_tls_at_once else tls,
            enable_SMTPUTF8=kept.takes_utf8,
            auth_require_tls=False,
            authenticator=kept.authenticate,
            auth_exclude_mechanism=None if logs_in else ["LOGIN", "PLAIN"],
            loop=asyncio.get_running_loop(),
        )

    server = await asyncio.get_running_loop().create_server(protocol, host, 0, ssl=tls if is_tls_at_once else None)
    kept.port = server.sockets[0].getsockname()[1]
    async with server:
        yield kept


class DrippingServer:
    """Never ends a line: a byte every now and then, from the greeting on or only after EHLO."""

    def __init__(self, *, greets: bool) -> None:
        self._greets = greets
        self.port = 0
        self.hung_up = threading.Event()

    def __enter__(self) -> DrippingServer:
        """Listens, in a thread: the test's loop is what must not stand still."""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._thread.join()
        self._listening.close()

    def _serve(self) -> None:
        connection, _ = self._listening.accept()
        with connection:
            if self._greets:
                connection.sendall(b"220 mail.test\r\n")
                connection.recv(1024)
                connection.sendall(b"250-")
            connection.settimeout(0.02)
            for _ in range(100):
                connection.sendall(b"x")
                with contextlib.suppress(TimeoutError):
                    connection.recv(1024)
                    self.hung_up.set()
                    return
