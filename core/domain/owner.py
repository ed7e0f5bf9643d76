"""Whose a summary is: every query that a person can cause takes one of these."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

# The operators' guide names this account in its SQL; all anonymous rows carry it.
ANONYMOUS_USER = "ANONYMOUS_USER"
# Carried by what a legal hold keeps although its owner deleted it: nobody is this owner, so nobody sees it.
WITHHELD = "WITHHELD"


@dataclass(frozen=True, slots=True, kw_only=True)
class Owner:
    """`anonymous_id` is the SHA-256 of the browser's (or API client's) secret for anonymous people, else None."""

    user_id: str
    anonymous_id: str | None

    @property
    def payer(self) -> str:
        """Who is charged in the ledger of model calls: the account's id, or the browser's digest."""
        return self.user_id if self.anonymous_id is None else f"anonymous:{self.anonymous_id}"

    @staticmethod
    def anonymous(secret: str) -> Owner:
        """The owner who holds this secret; without the secret nobody is this owner again."""
        return Owner(user_id=ANONYMOUS_USER, anonymous_id=hashlib.sha256(secret.encode()).hexdigest())
