"""Bytes to text, and bytes that are no text at all told by what they seem to be."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

from charset_normalizer import from_bytes

from core.domain.captions.errors import EmptyCaptions, NotCaptions
from core.domain.transcript import Note, NoteCode


@dataclass(frozen=True, slots=True, kw_only=True)
class DecodedText:
    """Text with `\\n` line ends and no byte order mark; a note where the encoding had to be guessed."""

    text: str
    notes: tuple[Note, ...] = ()


def decode_captions(data: bytes) -> DecodedText:
    """Text by byte order mark, then UTF-16 without one, then UTF-8, then detection.

    Raises EmptyCaptions for nothing at all, NotCaptions for binary files, named by their first bytes.
    """
    _refuse_known_binaries(data)
    decoded = _decode(data)
    text = normalise_newlines(decoded.text)
    if not text.strip("\x00 \t\n"):
        raise EmptyCaptions("The file is empty. Choose a caption file (SRT, VTT, SBV) or paste the transcript.")
    _refuse_control_noise(text)
    return DecodedText(text=text, notes=decoded.notes)


def check_pasted_text(text: str) -> str:
    """The text with plain line ends. Raises EmptyCaptions, or NotCaptions for a binary file pasted as text."""
    if not text.strip("\ufeff\x00 \t\r\n"):
        raise EmptyCaptions("Nothing was pasted. Paste a transcript, with or without times.")
    _refuse_known_binaries(text[:_LONGEST_MAGIC].encode("latin-1", "replace"))
    _refuse_control_noise(text)
    return normalise_newlines(text)


def normalise_newlines(text: str) -> str:
    """The text without a byte order mark and with `\\n` as its only line end."""
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


_BYTE_ORDER_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)

_UNPACK = "Unpack it and choose the caption file inside."
_COPY = "Copy the text out of it and paste that."
_CAPTIONS_INSTEAD = "Give its captions instead (SRT, VTT, SBV), or paste its transcript."
# First bytes, where they stand, what a person calls it, what to do.
_BINARIES: tuple[tuple[bytes, int, str, str], ...] = (
    (
        b"PK\x03\x04",
        0,
        "a ZIP archive or an Office document",
        f"{_UNPACK} From a document, copy the text and paste it.",
    ),
    (b"PK\x05\x06", 0, "an empty ZIP archive", _CAPTIONS_INSTEAD),
    (b"%PDF", 0, "a PDF", _COPY),
    (b"\xd0\xcf\x11\xe0", 0, "an old Office document", _COPY),
    (b"{\\rtf", 0, "a rich-text document (RTF)", _COPY),
    (b"\x1f\x8b", 0, "a gzip archive", _UNPACK),
    (b"BZh", 0, "a bzip2 archive", _UNPACK),
    (b"7z\xbc\xaf\x27\x1c", 0, "a 7-Zip archive", _UNPACK),
    (b"Rar!", 0, "a RAR archive", _UNPACK),
    (b"ftyp", 4, "a video or audio file (MP4)", _CAPTIONS_INSTEAD),
    (b"\x1a\x45\xdf\xa3", 0, "a video file (WebM or Matroska)", _CAPTIONS_INSTEAD),
    (b"RIFF", 0, "a media file (WAV, AVI or WebP)", _CAPTIONS_INSTEAD),
    (b"OggS", 0, "an audio file (Ogg)", _CAPTIONS_INSTEAD),
    (b"fLaC", 0, "an audio file (FLAC)", _CAPTIONS_INSTEAD),
    (b"ID3\x03", 0, "an audio file (MP3)", _CAPTIONS_INSTEAD),
    (b"ID3\x04", 0, "an audio file (MP3)", _CAPTIONS_INSTEAD),
    (b"\xff\xfb", 0, "an audio file (MP3)", _CAPTIONS_INSTEAD),
    (b"\xff\xf3", 0, "an audio file (MP3)", _CAPTIONS_INSTEAD),
    (b"FLV\x01", 0, "a video file (FLV)", _CAPTIONS_INSTEAD),
    (b"\x89PNG", 0, "an image (PNG)", _CAPTIONS_INSTEAD),
    (b"\xff\xd8\xff", 0, "an image (JPEG)", _CAPTIONS_INSTEAD),
    (b"GIF8", 0, "an image (GIF)", _CAPTIONS_INSTEAD),
    (b"\x7fELF", 0, "a program", _CAPTIONS_INSTEAD),
    (b"MZ\x90", 0, "a program", _CAPTIONS_INSTEAD),
    (b"SQLite format 3\x00", 0, "a database", _CAPTIONS_INSTEAD),
)

_LONGEST_MAGIC = 32
_SAMPLE_BYTES = 64 * 1024
_CONTROLS = re.compile("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffd]")
# Real captions hold a handful; a binary that happens to decode is a third control characters and more.
_MOST_CONTROLS_RATIO = 0.1
_MOST_BROKEN_RATIO = 0.1
# What Windows' Western code page holds and Western European text uses. Letters of other languages that sit on the
# same bytes in their own pages (Polish ł on ³, Turkish ş on þ, Czech š and ž) are left out, so these go to detection.
_WESTERN = "cp1252"
_WESTERN_BYTES = "àâäáãåæçèéêëìíîïñòóôöõøùúûüßÀÂÄÁÃÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÖÕØÙÚÛÜœŒ«»¿¡°…‘’“”–—•€§©™\u00a0".encode(_WESTERN)
_WESTERN_LETTER_BYTES = "àâäáãåæçèéêëìíîïñòóôöõøùúûüßÀÂÄÁÃÅÆÇÈÉÊËÌÍÎÏÑÒÓÔÖÕØÙÚÛÜ".encode(_WESTERN)
_ADJACENT = re.compile(rb"[\xc0-\xff]{2}")
# French has 4 accents in 100 letters; Cyrillic and Greek pages are nearly all high bytes, Asian ones go in pairs.
_MOST_ACCENTS_RATIO = 0.25
_MOST_ADJACENT_RATIO = 0.2


def _refuse_known_binaries(data: bytes) -> None:
    if data.startswith(codecs.BOM_UTF16_LE):
        return
    for magic, offset, name, advice in _BINARIES:
        if data[offset : offset + len(magic)] == magic:
            raise NotCaptions(f"This is {name}, not a caption file. {advice}")


def _decode(data: bytes) -> DecodedText:
    for mark, encoding in _BYTE_ORDER_MARKS:
        if data.startswith(mark):
            return _decode_as(data[len(mark) :], encoding)
    wide = _find_wide_encoding(data)
    if wide:
        return _decode_as(data, wide, guessed=True)
    try:
        return DecodedText(text=data.decode("utf-8"))
    except UnicodeDecodeError:
        return _decode_by_detection(data)


def _decode_as(data: bytes, encoding: str, *, guessed: bool = False) -> DecodedText:
    text = data.decode(encoding, "replace")
    broken = text.count("\ufffd")
    if broken > _MOST_BROKEN_RATIO * len(text):
        raise NotCaptions(_BINARY)
    if broken:
        detail = f"{encoding}, {broken} unreadable characters"
        return DecodedText(text=text, notes=(Note(code=NoteCode.DECODED_AS, count=broken, detail=detail),))
    notes = (Note(code=NoteCode.DECODED_AS, detail=encoding),) if guessed else ()
    return DecodedText(text=text, notes=notes)


def _find_wide_encoding(data: bytes) -> str | None:
    """UTF-16 without a mark shows by zeros in every other byte of Latin letters, digits and line ends."""
    sample = data[:4096]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    half = max(1, len(sample) // 2)
    if odd > 0.3 * half and even < 0.05 * half:
        return "utf-16-le"
    return "utf-16-be" if even > 0.3 * half and odd < 0.05 * half else None


def _decode_by_detection(data: bytes) -> DecodedText:
    """UTF-8 with a few damaged characters stays UTF-8; the rest is left to charset_normalizer on a sample."""
    as_utf8 = data.decode("utf-8", "replace")
    broken = as_utf8.count("\ufffd")
    if broken * 10 <= sum(char > "\x7f" for char in as_utf8) - broken:
        return _decode_as(data, "utf-8")
    if _is_noise(data):
        raise NotCaptions(_BINARY)
    match = _best_match(data[:_SAMPLE_BYTES])
    if match is None:
        raise NotCaptions(_BINARY)
    return _decode_as(data, match, guessed=True)


def _best_match(sample: bytes) -> str | None:
    """The likeliest encoding, or None. Western text is told by its letters: detection takes short ones for Baltic."""
    if _is_western(sample):
        return _WESTERN
    match = from_bytes(sample, threshold=0.3).best()
    return None if match is None else match.encoding


def _is_western(sample: bytes) -> bool:
    high = bytes(byte for byte in sample if byte > 127)
    accents = sum(byte in _WESTERN_LETTER_BYTES for byte in high)
    letters = accents + sum(byte < 128 and chr(byte).isalpha() for byte in sample)
    return (
        not high.translate(None, _WESTERN_BYTES)
        and accents <= _MOST_ACCENTS_RATIO * letters
        and len(_ADJACENT.findall(sample)) <= _MOST_ADJACENT_RATIO * len(high)
    )


def _is_noise(data: bytes) -> bool:
    sample = data[:_SAMPLE_BYTES]
    controls = sum(byte < 32 and byte not in b"\t\n\r\x0b\x0c\x1b" for byte in sample)
    return controls > _MOST_CONTROLS_RATIO * len(sample)


def _refuse_control_noise(text: str) -> None:
    sample = text[:_SAMPLE_BYTES]
    if len(_CONTROLS.findall(sample)) > _MOST_CONTROLS_RATIO * len(sample):
        raise NotCaptions(_BINARY)


_BINARY = (
    "This is a binary file, not captions. Choose a caption file (SRT, VTT, SBV, TTML, YouTube's JSON or XML) "
    "or a plain-text transcript."
)
