"""What the steps of the cleaner hand to each other."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from core.domain.transcript import NoteCode, join_texts

Repairs = Counter[NoteCode]

# Slow speech, so that a guessed end does not run past the words: 2.5 words a second.
_WORD_MS = 400
_SHORTEST_MS = 1000


@dataclass(slots=True, kw_only=True)
class Spoken:
    """A cue on its way through the cleaner. `lines` are clean and not empty; `end_ms` may be missing or wrong.

    In an untimed transcript `start_ms` only keeps the order: it is the ordinal.
    """

    start_ms: int
    end_ms: int | None = None
    lines: list[str] = field(default_factory=list)
    speaker: str | None = None

    @property
    def text(self) -> str:
        return join_texts(self.lines)

    @property
    def estimated_ms(self) -> int:
        """How long the words take when nothing says so."""
        return max(_SHORTEST_MS, round(_WORD_MS * count_words(self.text)))


def count_words(text: str) -> float:
    """Words of the text; a character of a script without spaces counts as half a word."""
    if text.isascii():
        return len(text.split())
    unspaced = sum(_is_unspaced(char) for char in text)
    return len(text.split()) + unspaced / 2


def _is_unspaced(char: str) -> bool:
    """Thai to Tibetan, Burmese, Khmer, and everything from kana to the Han ideographs."""
    code = ord(char)
    return 0x0E00 <= code <= 0x109F or 0x1780 <= code <= 0x17FF or 0x3040 <= code <= 0x9FFF or 0xF900 <= code <= 0xFAFF
