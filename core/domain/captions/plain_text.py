"""Transcripts as people copy them: lines with times in front or between, or nothing but text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from core.domain.captions.parsed import CaptionFormat, FormatReader, ParsedCaptions
from core.domain.captions.srt import skipped_note
from core.domain.timecode import find_cue_time
from core.domain.transcript import Cue


def detect_timed_text(text: str) -> bool:
    """True where times stand at the head of lines often enough, and rise, so that they are no part of the speech."""
    lines = [line for line in text.split("\n") if line.strip()]
    marks = [(number, mark) for number, line in enumerate(lines) if (mark := _find_mark(line))]
    if not marks or marks[0][0] > _LONGEST_PREAMBLE_LINES:
        return False
    if len(marks) == 1:
        return len(lines) <= 2 and marks[0][0] == 0
    rising = sum(a.start_ms <= b.start_ms for (_, a), (_, b) in pairwise(marks))
    has_enough = len(marks) * _MOST_CHARS_PER_TIME >= sum(len(line) for line in lines)
    return has_enough and rising >= 0.8 * (len(marks) - 1)


def parse_timed_text(text: str) -> ParsedCaptions:
    """One cue a time. Ends stay open (None) unless a range is written; lines before the first time are counted."""
    cues: list[Cue] = []
    mark: _Mark | None = None
    lines: list[str] = []
    skipped = 0
    for line in [*text.split("\n"), None]:
        found = _find_mark(line) if line else None
        if line is not None and found is None:
            lines.append(line)
            continue
        skipped += _is_lost(lines) if mark is None else 0
        cues.extend(_mark_cue(mark, lines))
        mark, lines = found, []
    return ParsedCaptions(cues=tuple(cues), format=CaptionFormat.TIMED_TEXT, notes=skipped_note(skipped))


def detect_plain_text(text: str) -> bool:
    """Whatever no other format claimed is read as text."""
    return bool(text)


def parse_plain_text(text: str) -> ParsedCaptions:
    """One untimed cue a paragraph: the lines up to an empty one. The cleaner cuts them to size."""
    cues = tuple(Cue(start_ms=None, end_ms=None, text=paragraph) for paragraph in _paragraphs(text))
    return ParsedCaptions(cues=cues, format=CaptionFormat.PLAIN_TEXT)


TIMED_TEXT = FormatReader(format=CaptionFormat.TIMED_TEXT, detect=detect_timed_text, parse=parse_timed_text)
PLAIN_TEXT = FormatReader(format=CaptionFormat.PLAIN_TEXT, detect=detect_plain_text, parse=parse_plain_text)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Mark:
    """A time at the head of a line, or behind a name (`Jane Doe  0:03`, as meeting tools export)."""

    start_ms: int
    end_ms: int | None
    speaker: str | None
    text: str


_LONGEST_PREAMBLE_LINES = 8
# Slow speech with times only at each speaker's turn: about four minutes of 15 characters a second.
_MOST_CHARS_PER_TIME = 4000
_LONGEST_HEAD = 160
_TIME = r"-?[0-9]{1,3}:[0-9]{2}(?::[0-9]{2})?(?:[.,][0-9]{1,6})?(?![0-9:])"
_HEAD = re.compile(
    rf"\s*[\[(<]?\s?(?P<start>{_TIME})(?:\s?(?:-{{1,3}}>?|[–—→]|to)\s?(?P<end>{_TIME}))?\s?[\])>]?"
    r"[ \t]*(?:[-–—|:]+[ \t]+|[ \t]|(?=[^\W\d_])|(?=\S)(?<=[\])>])|$)"
)
_NAME_HEAD = re.compile(rf"\s*(?P<name>[^\W\d_][^\[\](){{}}:;,]{{0,40}}?)[ \t]+[\[(]?(?P<start>{_TIME})[\])]?:?\s*")
_LONGEST_NAME_WORDS = 4
_SPOKEN_TIME = re.compile(r"[ \t]*(?:a\.?m|p\.?m|o'clock|uhr|h)\b", re.IGNORECASE)
_PANEL_WORDS = frozenset({"transcript", "search in video", "show transcript", "transcription"})
# How YouTube's panel repeats a time for screen readers: "1 minute, 5 seconds".
_SPOKEN_LENGTH = re.compile(r"(?:[0-9]{1,2} (?:hours?|minutes?|seconds?)(?:, | and |$)){1,3}")


def _find_mark(line: str) -> _Mark | None:
    head = line[:_LONGEST_HEAD]
    match = _HEAD.match(head)
    if match is not None and not _SPOKEN_TIME.match(head, match.end("start")):
        start_ms = find_cue_time(match["start"])
        end_ms = find_cue_time(match["end"]) if match["end"] else None
        if start_ms is not None:
            return _Mark(start_ms=start_ms, end_ms=end_ms, speaker=None, text=line[match.end() :].strip())
    named = _NAME_HEAD.fullmatch(head) if len(line) < _LONGEST_HEAD else None
    start_ms = find_cue_time(named["start"]) if named else None
    if named is None or start_ms is None or not _is_name(named["name"]):
        return None
    return _Mark(start_ms=start_ms, end_ms=None, speaker=named["name"].strip(" -–—|"), text="")


def _is_name(text: str) -> bool:
    """True for a few words of which none starts lower-case: "at 10:30" at a line's end is speech."""
    words = text.split()
    return len(words) <= _LONGEST_NAME_WORDS and not any(word[0].islower() for word in words)


def _mark_cue(mark: _Mark | None, lines: list[str]) -> Iterator[Cue]:
    if mark is None:
        return
    spoken = [line for line in (mark.text, *lines) if line.strip() and not _SPOKEN_LENGTH.fullmatch(line.strip())]
    text = "\n".join(spoken).strip()
    if text:
        yield Cue(start_ms=mark.start_ms, end_ms=mark.end_ms, text=text, speaker=mark.speaker or None)


def _is_lost(lines: list[str]) -> int:
    """How many lines before the first time are lost; the words around YouTube's panel are not counted."""
    return sum(bool(line.strip()) and line.strip().lower() not in _PANEL_WORDS for line in lines)


def _paragraphs(text: str) -> Iterator[str]:
    paragraph: list[str] = []
    for line in [*text.split("\n"), ""]:
        if line.strip():
            paragraph.append(line.strip())
        elif paragraph:
            yield "\n".join(paragraph)
            paragraph = []
