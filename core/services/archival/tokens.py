"""What a preview hands out and the start takes back: exactly what was looked at, by whom, for ten minutes."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from core.clock import Clock
from core.domain.archival import TOKEN_GOOD_FOR
from core.errors import Conflict

_LABEL = b"sightline archival token:"
_MARK_BYTES = 32


class PreviewVoid(Conflict):
    """The preview is too old, somebody else's, or no longer what it was: look again."""

    code = "preview_void"


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What was looked at. `subject` is a policy, or the archive to be put back; `cutoff` is empty for the latter."""

    subject: str
    actor: str
    rows: int
    cutoff: datetime | None


class PreviewTokens:
    """Keyed, so that nobody makes one up. The key is read at the first use: building services does no I/O."""

    def __init__(self, key: Callable[[], str], clock: Clock) -> None:
        self._key = key
        self._clock = clock

    def issue(self, seen: Seen) -> str:
        cutoff = None if seen.cutoff is None else seen.cutoff.isoformat()
        told = json.dumps([seen.subject, seen.actor, seen.rows, cutoff, self._clock.now().isoformat()]).encode()
        return base64.urlsafe_b64encode(self._mark(told) + told).decode()

    def read(self, token: str, *, subject: str, actor: str) -> Seen:
        """What this person saw of this subject. Raises PreviewVoid."""
        try:
            opened = base64.urlsafe_b64decode(token.encode())
        except ValueError:
            raise _void() from None
        mark, told = opened[:_MARK_BYTES], opened[_MARK_BYTES:]
        if not hmac.compare_digest(mark, self._mark(told)):
            raise _void()
        asked, whose, rows, cutoff, issued = json.loads(told)
        if (asked, whose) != (subject, actor):
            raise _void()
        if self._clock.now() - datetime.fromisoformat(issued) > TOKEN_GOOD_FOR:
            raise PreviewVoid("The preview is older than ten minutes. Look again: the rows may not be the same.")
        return Seen(
            subject=subject, actor=actor, rows=rows, cutoff=None if cutoff is None else datetime.fromisoformat(cutoff)
        )

    def _mark(self, told: bytes) -> bytes:
        return hmac.digest(self._key().encode(), _LABEL + told, hashlib.sha256)


def _void() -> PreviewVoid:
    return PreviewVoid("This is not what you previewed. Look again before anything is changed.")
