"""SubRip, and everything that calls itself so: dots for commas, numbers and blank lines missing."""

from __future__ import annotations

from core.domain.captions.blocks import (
    Block,
    count_words_lost,
    find_arrow_timing,
    is_number,
    looks_like_timing,
    read_blocks,
)
from core.domain.captions.parsed import CaptionFormat, FormatReader, ParsedCaptions
from core.domain.transcript import Cue, Note, NoteCode


def detect_srt(text: str) -> bool:
    """True where any line holds two times and an arrow."""
    return any(find_arrow_timing(line) for line in text.split("\n") if ">" in line or "→" in line)


def parse_srt(text: str) -> ParsedCaptions:
    """Cues in file order. Blank lines inside a cue do not cut its text off; what cannot belong to any cue is counted.

    Markup stays in the text: the cleaner takes it out for every format alike.
    """
    found = read_blocks(text.split("\n"), find_arrow_timing, lambda line, _alone: is_number(line))
    skipped = count_words_lost([paragraph for paragraph in found.preamble if not _is_lone_number(paragraph)])
    cues: list[Cue] = []
    for block in found.blocks:
        skipped += _drop_junk(block)
        cues.append(block.cue())
    return ParsedCaptions(cues=tuple(cues), format=CaptionFormat.SRT, notes=skipped_note(skipped))


def skipped_note(skipped: int) -> tuple[Note, ...]:
    """The note that says how many cues or paragraphs could not be read, or none."""
    return (Note(code=NoteCode.BAD_CUES_SKIPPED, count=skipped),) if skipped else ()


SRT = FormatReader(format=CaptionFormat.SRT, detect=detect_srt, parse=parse_srt)


def _is_lone_number(paragraph: list[str]) -> bool:
    return len(paragraph) == 1 and is_number(paragraph[0])


def _drop_junk(block: Block) -> int:
    """Takes out what follows the cue's text and cannot be speech; returns how many cues or paragraphs that were.

    Further paragraphs of words stay: many tools write a blank line in the middle of a cue.
    """
    kept, dropped = block.paragraphs[:1], 0
    for paragraph in block.paragraphs[1:]:
        if _is_broken_cue(paragraph):
            dropped += 1
        elif not _is_lone_number(paragraph) and any(char.isalnum() for line in paragraph for char in line):
            kept.append(paragraph)
    block.paragraphs = kept
    return dropped


def _is_broken_cue(paragraph: list[str]) -> bool:
    below_number = paragraph[1] if len(paragraph) > 1 and is_number(paragraph[0]) else ""
    return any(looks_like_timing(line) for line in (*paragraph[:1], below_number) if line)
