"""The secrets of single-use links. A secret follows from its row's id and the installation's key, so the job that mails
it can make it again, while the table holds its digest only."""

from __future__ import annotations

import base64
import hashlib
import hmac
from functools import cached_property
from uuid import UUID

from core.config import Settings
from core.domain.account import Purpose
from core.secrets import session_key

_LABEL = b"sightline account link:"
_PATHS = {Purpose.SIGN_UP: "verify", Purpose.RESET: "reset", Purpose.FIRST_ADMIN: "first-admin"}


class Links:
    """The key is read at the first use: building services does no I/O."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def secret(self, token_id: UUID) -> str:
        """43 characters that stand in an address without escapes."""
        made = hmac.digest(self._key, _LABEL + token_id.bytes, hashlib.sha256)
        return base64.urlsafe_b64encode(made).decode().rstrip("=")

    def digest(self, token_id: UUID) -> str:
        """What the table holds."""
        return sha256_of(self.secret(token_id))

    def address(self, origin: str, purpose: Purpose, token_id: UUID) -> str:
        return f"{origin.rstrip('/')}/{_PATHS[purpose]}/{self.secret(token_id)}"

    def salted(self, *parts: str) -> str:
        """A digest that only this installation can make: what the counters of tries stand under."""
        return hmac.new(self._key, "\x1f".join(parts).encode(), hashlib.sha256).hexdigest()

    @cached_property
    def _key(self) -> bytes:
        return session_key(self._settings).encode()


def sha256_of(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()
