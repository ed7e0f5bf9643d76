"""People with an account, and a browser in which one of them is signed in."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from core.domain.owner import Owner
from core.domain.permissions import FRESH_FOR, PERMISSIONS, Action, Role


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
class OpenSession:
    """A session as its person sees it in the list. `agent` is the browser in words, "Firefox on Linux"."""

    id: UUID
    created_at: datetime
    last_seen_at: datetime
    expires_at: datetime
    agent: str
    is_this: bool


def email_key(email: str) -> str:
    """The form in which addresses are compared: two spellings that mail treats alike are one account."""
    return unicodedata.normalize("NFKC", email).strip().casefold()
