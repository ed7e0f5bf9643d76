"""The log of who did what: each line's hash covers the line and the hash before it, so no line changes unnoticed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

# What the first line stands on.
GENESIS = hashlib.sha256(b"sightline audit log").hexdigest()

AuditValue = str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditCheck:
    """What reading the whole log again has shown. `broken_id` is the first line that is not as it was written."""

    lines: int
    head_id: int | None
    head_hash: str
    broken_id: int | None = None
    reason: str | None = None

    @property
    def is_intact(self) -> bool:
        return self.reason is None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Empty fields let everything through. `words` is looked for in actor, action and subject."""

    actions: tuple[str, ...] = ()
    words: str = ""
    start: datetime | None = None
    end: datetime | None = None


def line_hash(
    previous: str, *, line_id: int, at: datetime, actor: str, action: str, subject: str, detail: Mapping[str, object]
) -> str:
    """SHA-256, in hex, of the hash before and the line in its one canonical form.

    `detail` as the database gives it back: what it stores of a number may be written otherwise than what went in.
    """
    stamp = at.astimezone(UTC).isoformat(timespec="microseconds")
    row = [line_id, stamp, actor, action, subject, detail]
    canonical = json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(previous.encode() + canonical.encode()).hexdigest()
