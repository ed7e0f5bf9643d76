"""WebVTT (W3C) with its header, notes, styles, regions, cue settings and voices."""

from __future__ import annotations

import html
import re
from dataclasses import dataclass, field, replace

from core.domain.captions.blocks import Block, count_words_lost, find_arrow_timing, is_number, read_blocks
from core.domain.captions.parsed import CaptionFormat, FormatReader, ParsedCaptions
from core.domain.captions.srt import skipped_note
from core.domain.transcript import Cue


def detect_vtt(text: str) -> bool:
    """True for the signature, and for a file that lost it but writes its times as VTT does and has no numbers."""
    return (text[:6].upper() == "WEBVTT" and not text[6:7].isalnum()) or _is_headless(text)


def parse_vtt(text: str) -> ParsedCaptions:
    """Cues in file order, one for each voice; entities decoded, other markup left to the cleaner."""
    header, body = _split_header(text.split("\n"))
    found = read_blocks(_without_comments(body), find_arrow_timing, lambda line, alone: alone or is_number(line))
    skipped = count_words_lost(found.preamble)
    cues: list[Cue] = []
    for block in found.blocks:
        skipped += _drop_junk(block)
        cues.extend(_split_voices(block.cue()))
    return ParsedCaptions(
        cues=tuple(cues),
        format=CaptionFormat.VTT,
        language=header.values.get("language"),
        title=header.title,
        notes=skipped_note(skipped),
    )


VTT = FormatReader(format=CaptionFormat.VTT, detect=detect_vtt, parse=parse_vtt)

_VOICE = re.compile(r"<v(?:\.[^\s<>]{1,60})*[ \t]{1,5}([^<>\n]{1,120})>|</v>")
_COMMENT_STARTS = ("NOTE", "STYLE", "REGION")


@dataclass(slots=True, kw_only=True)
class _Header:
    title: str | None = None
    values: dict[str, str] = field(default_factory=dict)


def _is_headless(text: str) -> bool:
    above = ""
    for line in text.split("\n"):
        if "-->" in line and find_arrow_timing(line):
            return "," not in line and not above.strip().isdigit()
        above = line
    return False


def _split_header(lines: list[str]) -> tuple[_Header, list[str]]:
    """The header's title and `Name: value` lines, and the lines behind it."""
    header = _Header()
    if not lines[0].upper().startswith("WEBVTT"):
        return header, lines
    header.title = lines[0][6:].strip(" \t-–—") or None
    for number, line in enumerate(lines[1:], start=1):
        if not line.strip() or find_arrow_timing(line):
            return header, lines[number:]
        name, colon, value = line.partition(":")
        if colon and value.strip():
            header.values.setdefault(name.strip().lower(), value.strip())
    return header, []


def _without_comments(lines: list[str]) -> list[str]:
    """The lines without NOTE, STYLE and REGION blocks; a timing ends such a block too, so no cue is lost in one."""
    kept: list[str] = []
    is_comment, is_block_start = False, True
    for line in lines:
        if is_block_start and line.split(None, 1)[:1] and line.split(None, 1)[0] in _COMMENT_STARTS:
            is_comment = True
        elif not line.strip() or (is_comment and find_arrow_timing(line)):
            is_comment = False
        if not is_comment:
            kept.append(line)
        is_block_start = not line.strip()
    return kept


def _drop_junk(block: Block) -> int:
    """Only the first paragraph is the cue's text, unless it is empty: then the next one is, as converters write it."""
    text_at = next((at for at, lines in enumerate(block.paragraphs) if any(line.strip() for line in lines)), 0)
    junk = block.paragraphs[text_at + 1 :]
    block.paragraphs = block.paragraphs[: text_at + 1]
    return count_words_lost(junk)


def _split_voices(cue: Cue) -> list[Cue]:
    """One cue for each `<v Name>`; what stands before the first voice has no speaker."""
    if "<v" not in cue.text:
        return [replace(cue, text=html.unescape(cue.text))]
    spoken: list[Cue] = []
    position, speaker = 0, None
    for match in [*_VOICE.finditer(cue.text), None]:
        piece = cue.text[position : match.start() if match else None].strip()
        if piece:
            spoken.append(replace(cue, text=html.unescape(piece), speaker=speaker))
        if match:
            position = match.end()
            speaker = html.unescape(match[1]).strip() if match[1] else None
    return spoken
