"""Mail by SMTP, or, in development, as text in the log."""

from __future__ import annotations

import asyncio
import contextlib
import smtplib
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from email.errors import MessageError
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import format_datetime, make_msgid, parseaddr
from urllib.parse import unquote, urlsplit

from core.clock import Clock
from core.config import ConfigurationError, Settings
from core.domain.mail import Mail, MailFailed, MailWay
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
    """By SMTP_URL where it is set. Raises ConfigurationError where it or MAIL_FROM can't be read."""
    if settings.smtp_url is not None:
        server = read_smtp_url(settings.smtp_url.get_secret_value())
        return SmtpMailer(server, sender=settings.mail_from, clock=clock, on_call=on_call)
    return LogMailer() if mail_way(settings) is MailWay.LOGGED else NoMailer()


def mail_way(settings: Settings) -> MailWay:
    """Without SMTP_URL mails are text in the log, unless people reach us by https: logs of such an installation are
    read by more people than may open accounts, so nothing is sent at all.
    """
    if settings.smtp_url is not None:
        return MailWay.SENT
    return MailWay.NONE if settings.is_https else MailWay.LOGGED


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
        """Raises ConfigurationError where `sender` is no address, with or without a name before it."""
        self._server = server
        self._sender = _read_sender(sender)
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
            connection.cut()

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage()
        message["From"] = self._sender
        # As text: Address refuses what is not ASCII before the @, which a server may well take.
        message["To"] = _mailable(mail.to)
        message["Subject"] = mail.subject
        message["Date"] = format_datetime(self._clock.now())
        message["Message-ID"] = make_msgid(domain=self._sender.domain)
        message["Auto-Submitted"] = "auto-generated"
        # Quoted-printable would break the link in two for whoever reads the mail as it came.
        message.set_content(mail.text, cte="7bit" if mail.text.isascii() else None)
        return message


class _Connection:
    """Blocks; runs in a thread. `cut` is for the others."""

    def __init__(self, server: SmtpServer) -> None:
        self._server = server
        self._tcp: socket.socket | None = None
        self._is_cut = False

    def send(self, message: EmailMessage) -> None:
        """Raises MailFailed."""
        try:
            with contextlib.closing(_Client(self._server, self._hold)) as smtp:
                self._secure(smtp)
                self._log_in(smtp)
                smtp.send_message(message)
                # The server has the mail: a farewell that goes wrong must not have it sent once more.
                with contextlib.suppress(OSError, smtplib.SMTPException):
                    smtp.quit()
        except smtplib.SMTPResponseException as error:
            raise MailFailed(f"The mail server said {error.smtp_code}.", retryable=_is_passing(error)) from None
        except smtplib.SMTPRecipientsRefused as error:
            codes = [code for code, _ in error.recipients.values()]
            raise MailFailed("The mail server refused the address.", retryable=all(c < 500 for c in codes)) from None
        except smtplib.SMTPNotSupportedError:
            raise MailFailed("The mail server can't take this address.", retryable=False) from None
        except (OSError, smtplib.SMTPException) as error:
            raise MailFailed(f"The mail server could not be reached ({type(error).__name__}).") from None

    def cut(self) -> None:
        """Wakes the thread where the server still holds it, and never waits itself: closing what is being read would,
        until the server ends its line.
        """
        self._is_cut = True
        if self._tcp is not None:
            with contextlib.suppress(OSError):
                self._tcp.shutdown(socket.SHUT_RDWR)
            self._tcp.close()

    def _hold(self, tcp: socket.socket) -> None:
        """Keeps a second handle on the connection: the first one is the client's, who may wrap or close it."""
        self._tcp = tcp.dup()
        if self._is_cut:
            self.cut()

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

    def _log_in(self, smtp: smtplib.SMTP) -> None:
        if self._server.user is None:
            return
        try:
            smtp.login(self._server.user, self._server.password or "")
        except smtplib.SMTPAuthenticationError as error:
            why = f"The mail server refused the login in SMTP_URL: it said {error.smtp_code}."
            raise MailFailed(why, retryable=_is_passing(error)) from None
        except (smtplib.SMTPResponseException, smtplib.SMTPServerDisconnected):
            raise
        except smtplib.SMTPException:  # it offers no login, or none of the kinds we know
            raise MailFailed("The mail server knows no login as SMTP_URL has one.", retryable=False) from None


class _Client(smtplib.SMTP):
    """Hands out its connection before a word is said on it: also a greeting, or a handshake, may never end."""

    def __init__(self, server: SmtpServer, on_connected: Callable[[socket.socket], None]) -> None:
        self._is_tls = server.is_tls
        self._on_connected = on_connected
        super().__init__(server.host, server.port, timeout=_STEP_TIMEOUT_S)

    def connect(self, host: str = "localhost", port: int = 0, _source: object = None) -> tuple[int, bytes]:
        tcp = socket.create_connection((host, port), _STEP_TIMEOUT_S)
        self._on_connected(tcp)
        self.sock = ssl.create_default_context().wrap_socket(tcp, server_hostname=host) if self._is_tls else tcp
        self.file = None
        return self.getreply()


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


def _read_sender(text: str) -> Address:
    name, address = parseaddr(text)
    try:
        sender = Address(display_name=name, addr_spec=address)
    except (ValueError, IndexError, MessageError):  # whatever its parser stumbles over
        sender = Address()
    if not sender.username or not sender.domain:
        raise ConfigurationError("MAIL_FROM is not an address to send from: write Sightline <no-reply@your.domain>.")
    return sender


def _is_passing(error: smtplib.SMTPResponseException) -> bool:
    """RFC 5321, 4.2.1: 4yz may work later, 5yz will not."""
    return error.smtp_code < 500
