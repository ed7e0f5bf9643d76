"""From a file or a paste to cues: the format is told by the content, and what cannot be captions is refused."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePath

from core.domain.captions.decoding import check_pasted_text, decode_captions
from core.domain.captions.errors import NotCaptions, NoWords, check_caption_size
from core.domain.captions.json_captions import JSON3, JSON_SEGMENTS
from core.domain.captions.parsed import CaptionFormat, FormatReader, ParsedCaptions
from core.domain.captions.plain_text import PLAIN_TEXT, TIMED_TEXT
from core.domain.captions.sbv import SBV
from core.domain.captions.srt import SRT
from core.domain.captions.times import check_cue_times
from core.domain.captions.ttml import TTML
from core.domain.captions.vtt import VTT
from core.domain.captions.xml_rows import refuse_document_types, root_name
from core.domain.captions.youtube_xml import SRV1, SRV3
from core.domain.marks import is_only_marks
from core.domain.transcript import Cue, Note, NoteCode, is_cjk

# Asked in this order: the first that claims the text reads it.
FORMATS: tuple[FormatReader, ...] = (
    JSON3,
    JSON_SEGMENTS,
    SRV1,
    SRV3,
    TTML,
    VTT,
    SRT,
    SBV,
    TIMED_TEXT,
    PLAIN_TEXT,
)


def parse_captions(data: bytes, *, filename: str | None = None) -> ParsedCaptions:
    """Cues of a caption file in any of `FORMATS`; the name is only compared with what was found.

    Raises CaptionsTooLarge, or a BadCaptions that says what the file seems to be and what to do.
    """
    check_caption_size(len(data))
    decoded = decode_captions(data)
    parsed = _parse_text(decoded.text)
    notes = (*decoded.notes, *parsed.notes, *_name_note(filename, parsed.format))
    return replace(parsed, notes=notes)


def parse_caption_text(text: str) -> ParsedCaptions:
    """Cues of a pasted transcript, timed or not, or of a caption file's content. Raises as `parse_captions` does."""
    check_caption_size(len(text.encode("utf-8", "replace")))
    return _parse_text(check_pasted_text(text))


def _parse_text(text: str) -> ParsedCaptions:
    text = text.lstrip("\ufeff \t\n")
    _refuse_foreign_text(text)
    reader = next((reader for reader in FORMATS if reader.detect(text)), PLAIN_TEXT)
    if reader is PLAIN_TEXT:
        _refuse_disguised_html(text)
    parsed = reader.parse(text)
    _check_words(parsed.cues)
    check_cue_times(parsed.cues)
    return parsed


_EXTENSIONS = {
    "srt": {CaptionFormat.SRT},
    "vtt": {CaptionFormat.VTT},
    "sbv": {CaptionFormat.SBV},
    "json": {CaptionFormat.JSON3, CaptionFormat.JSON_SEGMENTS},
    "json3": {CaptionFormat.JSON3},
    "srv1": {CaptionFormat.SRV1},
    "srv2": {CaptionFormat.SRV3},
    "srv3": {CaptionFormat.SRV3},
    "ttml": {CaptionFormat.TTML},
    "dfxp": {CaptionFormat.TTML},
    "xml": {CaptionFormat.SRV1, CaptionFormat.SRV3, CaptionFormat.TTML},
    "txt": {CaptionFormat.TIMED_TEXT, CaptionFormat.PLAIN_TEXT},
}

_HTML_ROOTS = frozenset(
    [
        "html",
        "head",
        "body",
        "div",
        "p",
        "a",
        "span",
        "script",
        "style",
        "meta",
        "link",
        "title",
        "table",
        "ul",
        "ol",
        "h1",
        "h2",
        "h3",
        "form",
        "iframe",
        "section",
        "article",
    ]
)
_LONGEST_PROLOG = 4096
_DECLARES_TYPE = re.compile(r"<!(?:DOCTYPE|ENTITY)\b", re.IGNORECASE)
_CAPTION_ROOTS = frozenset({"transcript", "timedtext", "tt"})
_HTML_TAG = re.compile(r"</?(?:html|head|body|div|script|style|table|ul|li|p|a|h[1-6]|meta|link|form)\b", re.IGNORECASE)
_FOREIGN = (
    (re.compile(r"\[Script Info\]", re.IGNORECASE), "Advanced SubStation captions (ASS)"),
    (re.compile(r"\{[0-9]{1,8}\}\{[0-9]{0,8}\}"), "MicroDVD captions, which count frames"),
    (re.compile(r"Scenarist_SCC"), "Scenarist captions (SCC)"),
    (re.compile(r"\{\\rtf"), "a rich-text document"),
)
_LONGEST_WORD_CHARS = 10_000
# Scripts that are written without spaces besides Chinese and Japanese: Thai, Lao, Tibetan, Burmese, Khmer.
_UNSPACED = re.compile("[\u0e00-\u0fff\u1000-\u109f\u1780-\u17ff]")


def _refuse_foreign_text(text: str) -> None:
    """Raises NotCaptions for web pages, other XML, and caption formats that are not read."""
    for pattern, name in _FOREIGN:
        if pattern.match(text):
            raise NotCaptions(f"These are {name}. Convert them to SRT or VTT first.")
    root = root_name(text)
    if text[:14].lower().startswith("<!doctype html") or root in _HTML_ROOTS:
        raise NotCaptions(
            "This is a web page, not captions: perhaps the page around the file was saved. "
            "Download the caption file itself, or paste the transcript."
        )
    if text.startswith("<") and _DECLARES_TYPE.search(text[:_LONGEST_PROLOG]):
        refuse_document_types()
    if text.startswith("<?xml") and root not in _CAPTION_ROOTS:
        raise NotCaptions(
            "This is XML, but not captions. YouTube's timed text and TTML can be read; else use SRT or VTT."
        )


def _refuse_disguised_html(text: str) -> None:
    """A page may start with words or a comment; many tags of layout give it away."""
    tag_count = len(_HTML_TAG.findall(text[:50_000]))
    if tag_count >= 6 and tag_count * 40 > len(text[:50_000].split()):
        raise NotCaptions("This looks like a web page, not captions. Copy the transcript's text and paste that.")


def _check_words(cues: tuple[Cue, ...]) -> None:
    if not any(char.isalnum() for cue in cues for char in cue.text):
        raise NoWords("There are no words in these captions. Check that it is the right file.")
    if all(is_only_marks(cue.text) for cue in cues):
        raise NoWords(
            "These captions hold only marks such as [Music] and no speech, so there is nothing to summarise. "
            "Choose captions with the spoken words."
        )
    for cue in cues:
        if len(cue.text) > _LONGEST_WORD_CHARS:
            _check_spaces(cue.text)


def _check_spaces(text: str) -> None:
    """Raises NoWords where thousands of characters run on without a space, in a script that has them."""
    for run in text.split():
        sample = run[:_LONGEST_WORD_CHARS]
        unspaced = sum(is_cjk(char) for char in sample) + len(_UNSPACED.findall(sample))
        if len(run) >= _LONGEST_WORD_CHARS and unspaced < 0.3 * len(sample):
            raise NoWords(
                f"There is a run of {len(run):,} characters without a space, which cannot be speech. "
                "Check that it is the right file."
            )


def _name_note(filename: str | None, found: CaptionFormat) -> tuple[Note, ...]:
    extension = PurePath(filename or "").suffix.lower().removeprefix(".")
    expected = _EXTENSIONS.get(extension)
    if expected is None or found in expected:
        return ()
    return (Note(code=NoteCode.FORMAT_DIFFERS, detail=f"named .{extension}, read as {found}"),)
