"""What SRT, VTT and SBV share: a line of times, the text below it, and what goes wrong between two of them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from core.domain.timecode import find_cue_time
from core.domain.transcript import Cue


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """One line of times. `end_ms` is None where it is missing or unreadable; `rest` is what follows on the line."""

    start_ms: int
    end_ms: int | None
    rest: str = ""


@dataclass(slots=True, kw_only=True)
class Block:
    """A timing and the paragraphs up to the next one; the number or name of the next cue is already taken off."""

    timing: Timing
    paragraphs: list[list[str]] = field(default_factory=list)

    def cue(self) -> Cue:
        """Every paragraph as one cue, blank lines dropped."""
        below = [line.rstrip() for paragraph in self.paragraphs for line in paragraph]
        lines = [_text_behind(self.timing), *below]
        text = "\n".join(line for line in lines if line.strip()).strip()
        return Cue(start_ms=self.timing.start_ms, end_ms=self.timing.end_ms, text=text)


@dataclass(slots=True, kw_only=True)
class Blocks:
    """The blocks of a file and what stood before the first one, as paragraphs."""

    blocks: list[Block]
    preamble: list[list[str]]


def read_blocks(
    lines: Iterable[str], read_timing: Callable[[str], Timing | None], is_label: Callable[[str, bool], bool]
) -> Blocks:
    """Splits lines at the timings that `read_timing` knows.

    The line straight above a timing is taken off the cue before it when `is_label(line, stands_alone)` says so: the
    cue's number in SRT, its name in VTT. Paragraphs are told apart by empty lines; a line of spaces is text,
    as YouTube writes it.
    """
    found = Blocks(blocks=[], preamble=[[]])
    paragraphs = found.preamble
    for line in lines:
        timing = read_timing(line)
        if timing is not None:
            _take_label(paragraphs, is_label, in_preamble=not found.blocks)
            block = Block(timing=timing, paragraphs=[[]])
            found.blocks.append(block)
            paragraphs = block.paragraphs
        elif line:
            paragraphs[-1].append(line)
        elif paragraphs[-1]:
            paragraphs.append([])
    return found


def find_arrow_timing(line: str) -> Timing | None:
    """The times of an SRT or VTT line, or None. Arrows that lost a dash and a missing end time are accepted."""
    head = line[:_LONGEST_TIMING]
    match = _ARROW.match(head)
    if match is None:
        return None
    start_ms = find_cue_time(match["start"])
    if start_ms is None:
        return None
    end_ms = find_cue_time(match["end"]) if match["end"] else None
    rest = (head[match.end() :] + line[_LONGEST_TIMING:]).strip()
    if end_ms is None and (match["end"] or rest):
        return None
    return Timing(start_ms=start_ms, end_ms=end_ms, rest=rest)


def looks_like_timing(line: str) -> bool:
    """True for a line that was meant as times but cannot be read as such."""
    return _BROKEN_TIMING.match(line[:_LONGEST_TIMING]) is not None


def is_number(line: str) -> bool:
    """True for what may be a cue's number: up to seven digits and nothing else."""
    stripped = line.strip()
    return stripped.isdigit() and len(stripped) <= 7


def count_words_lost(paragraphs: list[list[str]]) -> int:
    """How many paragraphs hold anything to read."""
    return sum(any(char.isalnum() for line in paragraph for char in line) for paragraph in paragraphs)


_LONGEST_TIMING = 120
_TIME = r"[-−]?[0-9]{1,4}[ ]?[:：][ ]?[0-9]{1,2}(?:[ ]?[:：][ ]?[0-9]{1,2})?(?:[ ]?[.,:，][ ]?[0-9]{1,9})?"
_ARROW = re.compile(
    rf"[ \t\ufeff]*(?P<start>{_TIME})[ \t]*(?:[-–—]{{1,3}}[ ]?-?[ ]?>{{1,2}}|→|=>)[ \t]*(?P<end>{_TIME}(?![0-9:]))?"
)
_BROKEN_TIMING = re.compile(r"[ \t]*(?:[0-9]{1,4}[:：][0-9]{1,2}[^\w\s]|.{0,60}?--+>)")


def _take_label(paragraphs: list[list[str]], is_label: Callable[[str, bool], bool], *, in_preamble: bool) -> None:
    last = paragraphs[-1]
    stands_alone = len(last) == 1 and (in_preamble or len(paragraphs) > 1)
    if last and is_label(last[-1], stands_alone):
        last.pop()
        return
    above = paragraphs[-2] if not last and len(paragraphs) > 1 else []
    # A blank line between a cue's number and its times: a number that stands alone in its paragraph is the label.
    if len(above) == 1 and above[0].strip().isdigit() and len(paragraphs) > 2:
        above.pop()


def _text_behind(timing: Timing) -> str:
    """Text on the line of the times itself; VTT's settings and coordinates such as `X1:100` are no text."""
    is_settings = all(":" in token for token in timing.rest.split())
    return "" if is_settings else timing.rest
