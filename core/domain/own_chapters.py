"""The chapters a video brings itself: the list of times in its description, read by YouTube's own rules."""

from __future__ import annotations

import re
from itertools import pairwise

from core.domain.timecode import parse_timecode
from core.domain.video import VideoChapter
from core.errors import AppError

# YouTube shows chapters where the list starts at 0:00, rises, has three entries and none shorter than ten seconds.
_FEWEST, _SHORTEST_MS = 3, 10_000
_LONGEST_DESCRIPTION, _LONGEST_TITLE = 20_000, 120
_LINE = re.compile(r"^[\W_]{0,6}(\d{1,2}(?::\d{2}){1,2})\b[\s\-–—:|.)\]]{0,6}(\S.*)$")


def read_chapters(description: str, duration_ms: int | None) -> tuple[VideoChapter, ...]:
    """The chapters of a description, in order; empty where it has no list that YouTube itself would take."""
    found = [chapter for line in description[:_LONGEST_DESCRIPTION].splitlines() if (chapter := _read_line(line))]
    if len(found) < _FEWEST or found[0].start_ms != 0:
        return ()
    ends_ms = [chapter.start_ms for chapter in found[1:]] + ([duration_ms] if duration_ms is not None else [])
    starts_ms = [chapter.start_ms for chapter in found]
    if any(end - start < _SHORTEST_MS for start, end in zip(starts_ms, ends_ms, strict=False)):
        return ()
    return tuple(found) if all(left < right for left, right in pairwise(starts_ms)) else ()


def _read_line(line: str) -> VideoChapter | None:
    match = _LINE.match(line.strip())
    if match is None:
        return None
    title = " ".join(match[2].split())[:_LONGEST_TITLE]
    try:
        start_ms = parse_timecode(match[1])
    except AppError:
        return None
    return VideoChapter(start_ms=start_ms, title=title) if any(char.isalnum() for char in title) else None
