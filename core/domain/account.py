"""People with an account, the browsers in which they are signed in, and what can go wrong on the way in."""

from __future__ import annotations

import ipaddress
import re
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from uuid import UUID

from core.domain.owner import Owner
from core.domain.permissions import FRESH_FOR, PERMISSIONS, Action, Role
from core.errors import AppError, InvalidInput, NextStep, NotFound

# RFC 5321, 4.5.3.1.3: a path holds 256 characters, two of them its brackets.
_LONGEST_EMAIL_CHARS = 254
# Quoted local parts and address literals are left out on purpose: nobody has one, and headers are made of these.
# A dot stands between two words, on both sides of the @: no mail can be written to what has it elsewhere.
_NEVER = r"@\s\x00-\x20\x7f<>()\[\],;:\\\"."
_EMAIL = re.compile(rf"(?=[^@]{{1,64}}@)[^{_NEVER}]+(?:\.[^{_NEVER}]+)*@[^{_NEVER}_/?#]+(?:\.[^{_NEVER}_/?#]+)*")


class Purpose(StrEnum):
    """What a mailed or printed link is for."""

    SIGN_UP = "sign_up"
    KNOWN_ADDRESS = "known_address"
    RESET = "reset"
    FIRST_ADMIN = "first_admin"


# A sign-up may wait for the evening; a link that opens an existing account may not.
LINK_LIVES: dict[Purpose, timedelta] = {
    Purpose.SIGN_UP: timedelta(hours=24),
    Purpose.KNOWN_ADDRESS: timedelta(hours=1),
    Purpose.RESET: timedelta(hours=1),
    Purpose.FIRST_ADMIN: timedelta(days=7),
}


class WrongCredentials(AppError):
    """One text for a wrong address and a wrong password: which half was wrong is nobody's business."""

    code = "wrong_credentials"
    status = 403
    next_step = NextStep.FIX_INPUT


class TooManyTries(AppError):
    """Refused unread, for a while. `detail["wait_s"]` says how long."""

    code = "too_many_tries"
    status = 429
    retryable = True
    next_step = NextStep.WAIT


class AccountClosed(AppError):
    """The person was banned; said only to whoever showed the right password."""

    code = "account_closed"
    status = 403
    next_step = NextStep.CONTACT_OPERATOR


class LinkSpent(NotFound):
    """The link was used, is too old, or never was one."""

    code = "link_spent"


class PasswordRefused(InvalidInput):
    """A new password that would not protect anything."""

    code = "password_refused"


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    id: UUID
    email: str
    role: Role
    created_at: datetime

    @property
    def owner(self) -> Owner:
        return Owner(user_id=str(self.id), anonymous_id=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedIn:
    """One session. `signed_in_at` is when the password was last shown in it."""

    account: Account
    session_id: UUID
    signed_in_at: datetime

    def is_fresh(self, action: Action, now: datetime) -> bool:
        """True where the action needs no password just now."""
        return not PERMISSIONS[action].needs_fresh or now - self.signed_in_at <= FRESH_FOR


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedSession:
    """A session that has just begun. `token` is its secret: the browser keeps it, the database only its digest."""

    token: str
    signed_in: SignedIn


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenSession:
    """A session as its person sees it in the list. `agent` is the browser in words, "Firefox on Linux"."""

    id: UUID
    created_at: datetime
    last_seen_at: datetime
    agent: str
    is_this: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """Where a try comes from: network address, browser in words, and what it has as an anonymous browser.

    `anonymous_id` is that of the Owner who holds its summaries; `pending` the id of the sign-up made in this browser;
    `signed_in` the session that is open in it, which a new one replaces.
    """

    address: str = ""
    agent: str = ""
    anonymous_id: str | None = None
    pending: UUID | None = None
    signed_in: SignedIn | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingSignUp:
    """A sign-up whose link can still be used. `needs_password`: it was made in another browser than this one."""

    email: str
    needs_password: bool


def email_key(email: str) -> str:
    """The form in which addresses are compared: two spellings that mail treats alike are one account.

    Whatever was typed has such a form, also what can't be an address: NUL, say, which the database would not take.
    """
    return unicodedata.normalize("NFKC", email.replace("\0", "\N{REPLACEMENT CHARACTER}")).strip().casefold()


def read_email(text: str) -> str:
    """The address as it is kept and written to. Raises InvalidInput where it can't be one.

    It is normalised (NFKC) before anything is sent there: the address that is proved is the one that is compared.
    """
    email = unicodedata.normalize("NFKC", text).strip()
    if len(email) > _LONGEST_EMAIL_CHARS or not email.isprintable() or not _EMAIL.fullmatch(email):
        raise InvalidInput("This does not look like an e-mail address. Check it for a missing @ or a space.")
    return email


def network_of(address: str) -> str:
    """What counts as one place on the network: an IPv4 address, or the /64 that one IPv6 customer has."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
