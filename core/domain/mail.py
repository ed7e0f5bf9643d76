"""The mails that accounts need: plain text, one link, and what to do if one never asked for it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.errors import AppError


class MailWay(StrEnum):
    """What becomes of a mail: it is sent, written into the log (in development), or nothing can be done with it."""

    SENT = "sent"
    LOGGED = "logged"
    NONE = "none"


class MailFailed(AppError):
    """The mail did not go out. `retryable` says whether it may later."""

    code = "mail_failed"
    status = 502

    def __init__(self, message: str, *, retryable: bool = True) -> None:
        super().__init__(message)
        self.retryable = retryable


@dataclass(frozen=True, slots=True, kw_only=True)
class Mail:
    """`link` stands in the text too; it is beside it for whoever only wants to open it."""

    to: str
    subject: str
    text: str
    link: str


def sign_up_mail(to: str, link: str) -> Mail:
    text = (
        "Somebody, most likely you, wants to make a Sightline account with this address. Open this page to finish:\n\n"
        f"{link}\n\n"
        "The link works once, for 24 hours. If this was not you, do nothing: without the link no account is made.\n"
    )
    return Mail(to=to, subject="Finish your Sightline account", text=text, link=link)


def known_address_mail(to: str, *, sign_in: str, reset: str) -> Mail:
    text = (
        "Somebody, most likely you, wants to make a Sightline account with this address. There is one already, so "
        f"nothing was changed.\n\nSign in:\n{sign_in}\n\nForgot the password? Set a new one:\n{reset}\n\n"
        "If this was not you, do nothing.\n"
    )
    return Mail(to=to, subject="You already have a Sightline account", text=text, link=sign_in)


def reset_mail(to: str, link: str) -> Mail:
    text = (
        "Somebody, most likely you, wants to set a new password for your Sightline account. Open this page to do "
        f"it:\n\n{link}\n\n"
        "The link works once, for one hour. If this was not you, do nothing: your password stays as it is.\n"
    )
    return Mail(to=to, subject="Set a new Sightline password", text=text, link=link)
