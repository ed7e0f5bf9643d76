"""What is handed to a model of other people's words: numbered, marked as data, and unable to pass for anything else."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections.abc import Iterable

from core.domain.transcript import Transcript

# Joiners that Persian and the scripts of India write with; all other invisible characters only hide something.
_KEPT_INVISIBLE = "\u200c\u200d"
_BRACKETED = re.compile(r"\[(\s*[\d\s,.;–-]+\s*)\]")
_FENCES = re.compile(r"[<‹«＜〈《]{2,}|[>›»＞〉》]{2,}|`{3,}|~{3,}|#{2,}|={3,}|-{4,}")
_LONGEST_TITLE_CHARS = 300


def plain_line(text: str) -> str:
    """One line without invisible characters, and without anything that looks like our numbers or our marks.

    Its words stay as they are, so that a quotation copied from it is found in the transcript.
    """
    visible = "".join(
        char for char in text if char in _KEPT_INVISIBLE or unicodedata.category(char) not in {"Cf", "Co", "Cs", "Cn"}
    )
    single = " ".join("".join(" " if unicodedata.category(c) in {"Cc", "Zl", "Zp"} else c for c in visible).split())
    return _FENCES.sub(lambda match: " ".join(match.group()), _BRACKETED.sub(r"(\1)", single))


def segment_line(transcript: Transcript, number: int, *, said_by: str | None = None) -> str:
    """`[12] text`; where another speaker begins, the name in round brackets before the text."""
    segment = transcript.segments[number]
    speaker = plain_line(segment.speaker) if segment.speaker and segment.speaker != said_by else ""
    return f"[{number}] {f'({speaker}) ' if speaker else ''}{plain_line(segment.text)}"


def segment_lines(transcript: Transcript, numbers: Iterable[int]) -> list[str]:
    """The segments as lines; "…" stands where some are left out between two of them."""
    lines: list[str] = []
    before: int | None = None
    for number in numbers:
        if before is not None and number != before + 1:
            lines.append("…")
        said_by = transcript.segments[before].speaker if before is not None and number == before + 1 else None
        lines.append(segment_line(transcript, number, said_by=said_by))
        before = number
    return lines


def shortened(text: str) -> str:
    """A title as data: one line, of bounded length."""
    return plain_line(text)[:_LONGEST_TITLE_CHARS]


def mark_of(content: str) -> str:
    """Names the borders of this content. Whoever speaks in it cannot know it, since his words are part of what it
    hashes; the same content has the same mark, so that vendors' caches see the same request.
    """
    return hashlib.sha256(content.encode()).hexdigest()[:16]


def fenced(name: str, mark: str, lines: Iterable[str]) -> str:
    """The lines between two borders; a line that is one of our borders cannot stand among them."""
    return "\n".join([f"<<<{name} {mark}>>>", *(line.replace(mark, "") for line in lines), f"<<<end {name} {mark}>>>"])
