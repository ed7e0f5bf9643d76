"""Mail by SMTP, or, in development, as text in the log."""

from __future__ import annotations

import asyncio
import smtplib
import ssl
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from urllib.parse import unquote, urlsplit

from core.clock import Clock
from core.config import ConfigurationError, Settings
from core.domain.mail import Mail, MailFailed
from core.integrations.calls import OnCall, outbound
from core.logging import EventLog
from core.ports import Mailer

# One answer of the server, and all of it: a server that drips must not hold a worker.
_STEP_TIMEOUT_S = 10.0
_TOTAL_TIMEOUT_S = 30.0
_PORTS = {"smtp": 25, "smtps": 465}
_PORT_FOR_USERS = 587
_OWN_MACHINE = {"localhost", "127.0.0.1", "::1"}
_log = EventLog(__name__)


def build_mailer(settings: Settings, clock: Clock, on_call: OnCall) -> Mailer:
    """By SMTP_URL where it is set. Raises ConfigurationError where it can't be read.

    Without it mails are text in the log, unless people reach us by https: logs of such an installation are read by more
    people than may open accounts, so nothing is sent at all.
    """
    if settings.smtp_url is not None:
        server = read_smtp_url(settings.smtp_url.get_secret_value())
        return SmtpMailer(server, sender=settings.mail_from, clock=clock, on_call=on_call)
    return LogMailer() if are_mails_logged(settings) else NoMailer()


def are_mails_logged(settings: Settings) -> bool:
    """True where mails are not sent but written into the log."""
    return settings.smtp_url is None and not settings.is_https


@dataclass(frozen=True, slots=True, kw_only=True)
class SmtpServer:
    host: str
    port: int
    is_tls: bool
    user: str | None
    password: str | None

    @property
    def is_own_machine(self) -> bool:
        return self.host in _OWN_MACHINE


def read_smtp_url(url: str) -> SmtpServer:
    """`smtp://user:password@host:port` (STARTTLS where it is offered) or `smtps://…`. Raises ConfigurationError."""
    try:
        parts = urlsplit(url.strip())
        port, host = parts.port, parts.hostname
    except ValueError:
        port, host = None, None
    if host is None or parts.scheme not in _PORTS:
        raise ConfigurationError("SMTP_URL is not an address of a mail server: write smtp://user:password@host:587.")
    standard = _PORT_FOR_USERS if parts.username and parts.scheme == "smtp" else _PORTS[parts.scheme]
    return SmtpServer(
        host=host,
        port=port or standard,
        is_tls=parts.scheme == "smtps",
        user=unquote(parts.username) if parts.username else None,
        password=unquote(parts.password or "") if parts.username else None,
    )


class SmtpMailer:
    """One connection a mail: they are rare, and a kept one is mostly found dead."""

    def __init__(self, server: SmtpServer, *, sender: str, clock: Clock, on_call: OnCall) -> None:
        self._server = server
        self._sender = sender
        self._clock = clock
        self._on_call = on_call

    async def send(self, mail: Mail) -> None:
        message = self._message(mail)
        try:
            with outbound("smtp", "send", self._on_call):
                await self._deliver(message)
        except TimeoutError:
            raise MailFailed("The mail server took too long.") from None

    async def _deliver(self, message: EmailMessage) -> None:
        connection = _Connection(self._server)
        try:
            async with asyncio.timeout(_TOTAL_TIMEOUT_S):
                await asyncio.to_thread(connection.send, message)
        finally:
            connection.close()  # wakes the thread too, where the server still drips

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage()
        name, address = parseaddr(self._sender)
        message["From"] = Address(display_name=name, addr_spec=address)
        message["To"] = Address(addr_spec=_mailable(mail.to))
        message["Subject"] = mail.subject
        message["Date"] = format_datetime(self._clock.now())
        message["Message-ID"] = make_msgid(domain=address.rpartition("@")[2] or "localhost")
        message["Auto-Submitted"] = "auto-generated"
        # Quoted-printable would break the link in two for whoever reads the mail as it came.
        message.set_content(mail.text, cte="7bit" if mail.text.isascii() else None)
        return message


class _Connection:
    """Blocks; runs in a thread."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._smtp: smtplib.SMTP | None = None

    def send(self, message: EmailMessage) -> None:
        try:
            smtp = self._smtp = self._open()
            self._secure(smtp)
            if self._server.user is not None:
                smtp.login(self._server.user, self._server.password or "")
            smtp.send_message(message)
            smtp.quit()
        except smtplib.SMTPResponseException as error:
            # RFC 5321, 4.2.1: 4yz may work later, 5yz will not.
            raise MailFailed(f"The mail server said {error.smtp_code}.", retryable=error.smtp_code < 500) from None
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise MailFailed("The mail server refused the address.", retryable=all(c < 500 for c in codes)) from None
        except smtplib.SMTPNotSupportedError:
            raise MailFailed("The mail server can't take this address or login.", retryable=False) from None
        except (OSError, smtplib.SMTPException) as error:
            raise MailFailed(f"The mail server could not be reached ({type(error).__name__}).") from None

    def close(self) -> None:
        if self._smtp is not None:
            self._smtp.close()

    def _open(self) -> smtplib.SMTP:
        server = self._server
        if server.is_tls:
            return smtplib.SMTP_SSL(
                server.host, server.port, timeout=_STEP_TIMEOUT_S, context=ssl.create_default_context()
            )
        return smtplib.SMTP(server.host, server.port, timeout=_STEP_TIMEOUT_S)

    def _secure(self, smtp: smtplib.SMTP) -> None:
        """STARTTLS where it is offered; a password never goes over the network in the clear."""
        smtp.ehlo()
        if self._server.is_tls:
            return
        if smtp.has_extn("starttls"):
            smtp.starttls(context=ssl.create_default_context())
            smtp.ehlo()
        elif self._server.user is not None and not self._server.is_own_machine:
            raise MailFailed("The mail server offers no encryption for the password in SMTP_URL.", retryable=False)


class LogMailer:
    """For development: the link stands in the log. Not whom it is for: addresses of people never do."""

    async def send(self, mail: Mail) -> None:
        _log.info("mail.not_sent", why="SMTP_URL is not set", subject=mail.subject, link=mail.link, text=mail.text)


class NoMailer:
    """For a public address without a mail server."""

    async def send(self, mail: Mail) -> None:
        raise MailFailed(f"No mail was sent ({mail.subject}): set SMTP_URL.", retryable=False)


def _mailable(address: str) -> str:
    """The address with its domain as DNS has it; a local part that is not ASCII needs a server that takes it."""
    local, _, domain = address.rpartition("@")
    try:
        return f"{local}@{domain.encode('idna').decode()}"
    except UnicodeError:
        raise MailFailed("There is no such mail domain.", retryable=False) from None
