"""What was tried to get at the words: every rung with its proper name, and why it did not work."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.document import AttemptDocument
from core.domain.run import RungOutcome
from pages.words import RUNG_NAMES, seconds_phrase

_OUTCOMES = {
    RungOutcome.OK: ("ok", "worked"),
    RungOutcome.FAILED: ("bad", "failed"),
    RungOutcome.SKIPPED: ("", "skipped"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AttemptView:
    """`tone` colours `word`, `took` is its real time."""

    name: str
    detail: str
    tone: str
    word: str
    took: str


def attempts_of(tried: Sequence[AttemptDocument]) -> tuple[AttemptView, ...]:
    """In the order they were tried."""
    return tuple(_view(row) for row in tried)


def _view(row: AttemptDocument) -> AttemptView:
    outcome = row["outcome"]
    tone, word = _OUTCOMES[RungOutcome(outcome)] if outcome in set(RungOutcome) else ("", outcome)
    return AttemptView(
        name=RUNG_NAMES.get(row["rung"], row["rung"].replace("_", " ").capitalize()),
        detail=row["message"][:1].upper() + row["message"][1:],
        tone=tone,
        word=word,
        took=seconds_phrase(row["seconds"]),
    )
