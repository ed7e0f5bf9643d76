"""YouTube's own SubViewer files: `0:00:01.000,0:00:03.000` above the text."""

from __future__ import annotations

import re

from core.domain.captions.blocks import Timing, count_words_lost, read_blocks
from core.domain.captions.parsed import CaptionFormat, FormatReader, ParsedCaptions
from core.domain.captions.srt import skipped_note
from core.domain.timecode import find_cue_time


def detect_sbv(text: str) -> bool:
    """True where any line holds two times around a comma and nothing else."""
    return any(_find_timing(line) for line in text.split("\n") if "," in line[:_LONGEST_TIMING])


def parse_sbv(text: str) -> ParsedCaptions:
    """Cues in file order; a blank line inside a cue does not cut its text off."""
    found = read_blocks(text.split("\n"), _find_timing, lambda _line, _alone: False)
    cues = tuple(block.cue() for block in found.blocks)
    return ParsedCaptions(cues=cues, format=CaptionFormat.SBV, notes=skipped_note(count_words_lost(found.preamble)))


SBV = FormatReader(format=CaptionFormat.SBV, detect=detect_sbv, parse=parse_sbv)

_LONGEST_TIMING = 60
_TIME = r"-?[0-9]{1,3}:[0-9]{1,2}:[0-9]{1,2}(?:\.[0-9]{1,6})?"
_TIMING = re.compile(rf"\s*({_TIME})\s*,\s*({_TIME})\s*")


def _find_timing(line: str) -> Timing | None:
    match = _TIMING.fullmatch(line) if len(line) <= _LONGEST_TIMING else None
    if match is None:
        return None
    start_ms, end_ms = find_cue_time(match[1]), find_cue_time(match[2])
    return None if start_ms is None else Timing(start_ms=start_ms, end_ms=end_ms)
