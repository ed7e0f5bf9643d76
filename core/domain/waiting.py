"""A run that rests in the queue until a vendor is back: why, since when, and when it is tried again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from core.domain.document import WaitingDocument


@dataclass(frozen=True, slots=True, kw_only=True)
class Resting:
    """`since` is when it first had to wait; `message` is for the person."""

    code: str
    message: str
    since: datetime
    until: datetime

    def to_json(self) -> dict[str, object]:
        return {
            "code": self.code,
            "message": self.message,
            "since": self.since.isoformat(),
            "until": self.until.isoformat(),
        }


def waiting_document(stored: Mapping[str, str]) -> WaitingDocument:
    """What `Resting.to_json` stored, as readers see it."""
    return {"code": stored["code"], "message": stored["message"], "until": stored["until"]}
