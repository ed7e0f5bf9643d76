"""Rolling captions: the window keeps lines on screen, so a file repeats them. Real repeats are never touched.

Adjacent cues only. A copy at overlapping times and a flash that repeats what stands there are always repeats; a first
line that repeats the last one is a rolled line only in a file that does so throughout, since "no" / "no, never" is
speech.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise, zip_longest

from core.domain.cleaning.spoken import Repairs, Spoken
from core.domain.transcript import NoteCode

# YouTube's fillers between two states of the window last 10 ms; nothing is said in under 50.
_FLASH_MS = 50
# A rolling file repeats at nearly every step; one in five leaves room for pauses, and is far above chance.
_ROLLING_RATIO = 0.2
# Growing lines ("so", "so what", "so what is") are only believed where most steps grow.
_GROWING_RATIO = 0.5
_FEWEST_GROWING = 3


def merge_rolling(cues: list[Spoken], repairs: Repairs) -> list[Spoken]:
    """The cues in order of time with each line once, at the time it first appeared."""
    cues = list(_without_copies(cues, repairs))
    pairs = list(pairwise(cues))
    is_rolling = sum(_rolled_lines(a.lines, b.lines) > 0 for a, b in pairs) >= max(1, _ROLLING_RATIO * len(pairs))
    growing = sum(_grown_text(a.text, b.text) is not None for a, b in pairs)
    is_growing = growing >= max(_FEWEST_GROWING, _GROWING_RATIO * len(pairs))
    kept: list[Spoken] = []
    shown: list[str] = []
    for cue in cues:
        new_lines = _new_lines(shown, cue.lines, is_rolling=is_rolling, is_growing=is_growing)
        shown = cue.lines
        repairs[NoteCode.REPEATS_MERGED] += new_lines != cue.lines
        if new_lines:
            kept.append(replace(cue, lines=new_lines))
    return kept


def _without_copies(cues: list[Spoken], repairs: Repairs) -> Iterator[Spoken]:
    """Drops the same lines at overlapping times, and flashes of what the window already shows."""
    previous: Spoken | None = None
    for cue, length_ms in zip(cues, _visible_ms(cues), strict=True):
        is_flash = length_ms is not None and length_ms <= _FLASH_MS
        if previous is not None and _says_again(previous, cue, is_flash=is_flash):
            repairs[NoteCode.REPEATS_MERGED] += 1
            previous.end_ms = previous.end_ms if is_flash else max(previous.end_ms or 0, cue.end_ms or 0)
            continue
        if previous is not None:
            yield previous
        previous = replace(cue)
    if previous is not None:
        yield previous


def _says_again(previous: Spoken, cue: Spoken, *, is_flash: bool) -> bool:
    if previous.speaker != cue.speaker:
        return False
    overlaps = previous.end_ms is not None and cue.start_ms < previous.end_ms
    return (is_flash and _is_tail(cue.lines, previous.lines)) or (overlaps and cue.lines == previous.lines)


def _visible_ms(cues: list[Spoken]) -> list[int | None]:
    """How long each cue stands before it ends or the next one starts; None where neither is known."""
    lengths: list[int | None] = []
    next_start_ms: int | None = None
    for cue, following in zip_longest(cues, cues[1:]):
        if following is not None and following.start_ms > cue.start_ms:
            next_start_ms = following.start_ms
        elif following is None:
            next_start_ms = None
        ends = [end for end in (cue.end_ms, next_start_ms) if end is not None]
        lengths.append(min(ends) - cue.start_ms if ends else None)
    return lengths


def _is_tail(lines: list[str], of: list[str]) -> bool:
    return lines == of[-len(lines) :]


def _rolled_lines(shown: list[str], lines: list[str]) -> int:
    """How many of the first lines repeat the last ones shown; all of them only if the window showed more."""
    longest = min(len(shown), len(lines))
    for count in range(longest, 0, -1):
        if shown[-count:] == lines[:count]:
            return count if max(len(shown), len(lines)) > 1 and (count < len(lines) or count < len(shown)) else 0
    return 0


def _grown_text(shown: str, text: str) -> str | None:
    """What a line that grew has gained, or None."""
    return text[len(shown) + 1 :] if shown and text.startswith(shown + " ") else None


def _new_lines(shown: list[str], lines: list[str], *, is_rolling: bool, is_growing: bool) -> list[str]:
    rolled = _rolled_lines(shown, lines) if is_rolling else 0
    if rolled:
        return lines[rolled:]
    grown = _grown_text(" ".join(shown), " ".join(lines)) if is_growing else None
    return [grown] if grown else lines
