"""One line of a caption, clean: no markup, no control characters, no disguised direction, single spaces, NFC."""

from __future__ import annotations

import html
import re
import unicodedata

from core.domain.cleaning.spoken import Repairs
from core.domain.marks import is_only_marks, strip_marks
from core.domain.transcript import NoteCode


def clean_lines(text: str, repairs: Repairs, *, drop_chevrons: bool = False) -> list[str]:
    """The lines of a cue, cleaned, or none where no words are left; what was taken out is counted in `repairs`.

    `drop_chevrons` takes `>>` out of the middle of lines too, in captions that mark each change of speaker by it.
    """
    lines = [line for raw in text.split("\n") if (line := _clean_line(raw, repairs, drop_chevrons=drop_chevrons))]
    if len(lines) > 1 and lines[0] in _LONE_DASHES:
        repairs[NoteCode.MARKUP_REMOVED] += 1
        lines = lines[1:]
    if lines and _DASH.match(lines[0]):
        repairs[NoteCode.MARKUP_REMOVED] += 1
        lines = [_DASH.sub("", line, count=1) for line in lines]
    if lines and is_only_marks("\n".join(lines)):
        repairs[NoteCode.SOUND_MARKS_REMOVED] += 1
        return []
    return lines


def strip_turn_mark(line: str) -> str:
    """The line without the `>>` or dash that marks a turn at its start."""
    return _DASH.sub("", _CHEVRONS_LEADING.sub("", line, count=1), count=1)


def has_leading_chevrons(text: str) -> bool:
    """True where a line starts with `>>`, the mark for a change of speaker (FCC and YouTube captions)."""
    return ">>" in text.replace("&gt;", ">") and _CHEVRONS_AT_START.search(text.replace("&gt;", ">")) is not None


# Anything that needs a closer look; lines without it are most of all lines.
_SUSPECT = re.compile(r"[^ -~\u00c0-\u024f]|[<{&\[(*>]")
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")
_NAMES = "i|b|u|em|strong|font|span|ruby|rt|rp|lang|c|v|big|small|br"
_TAG = re.compile(
    rf"<(?P<close>/)?(?P<name>{_NAMES})(?P<rest>[.\s/][^<>]{{0,200}})?>"
    r"|<[0-9]{1,3}:[0-9]{2}(?::[0-9]{2})?[.,][0-9]{1,3}>"
    r"|\{\\[^{}]{0,200}\}",
    re.IGNORECASE,
)
_CONTROL_SPACES = re.compile("[\x0b\x0c\x1c-\x1f\x85]")
# Invisible characters that carry nothing in captions; joiners, direction marks and variation selectors stay.
_CONTROLS = re.compile(
    "[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\xad\u2060\ufeff\ufff9-\ufffc\ufffe\uffff\ud800-\udfff\U000e0000-\U000e007f]"
    # A zero-width space divides words in Thai to Khmer, and only hides something elsewhere.
    "|(?<![\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff])\u200b"
)
_DIRECTION = re.compile("[\u202a-\u202e\u2066-\u2069]")
_CHEVRONS_AT_START = re.compile(r"(?m)^\s*>{2,3}(?=\s|\w|$)")
_CHEVRONS_LEADING = re.compile(r"^\s*>{2,3}(?=\s|\w|$)\s*")
_CHEVRONS_INSIDE = re.compile(r"(?<=\s)>{2,3}(?=\s)")
_DASH = re.compile(r"^[-–—](?:\s+(?=[^\W\d_])|(?=[A-ZÀ-ÖØ-Þ]))")
_LONE_DASHES = frozenset("-–—")
_MOST_ROUNDS = 6


def _clean_line(raw: str, repairs: Repairs, *, drop_chevrons: bool) -> str:
    if not _SUSPECT.search(raw):
        return " ".join(raw.split())
    line = raw
    # Taking one thing out can lay another open ("<{\an8}i>"), so the rules run until nothing changes.
    for _ in range(_MOST_ROUNDS):
        before = line
        line = _clean_once(line, repairs, drop_chevrons=drop_chevrons)
        if line == before:
            break
    return line


def _clean_once(line: str, repairs: Repairs, *, drop_chevrons: bool) -> str:
    line = _ENTITY.sub(lambda match: html.unescape(match[0]), line)
    line = _strip_controls(line, repairs)
    line = _strip_overrides(line, repairs)
    line = unicodedata.normalize("NFC", line)
    line = _strip_tags(line, repairs)
    line, removed = strip_marks(line)
    _count(repairs, NoteCode.SOUND_MARKS_REMOVED, removed)
    line, removed = _CHEVRONS_LEADING.subn("", line)
    _count(repairs, NoteCode.MARKUP_REMOVED, removed)
    if drop_chevrons:
        line, removed = _CHEVRONS_INSIDE.subn("", line)
        _count(repairs, NoteCode.MARKUP_REMOVED, removed)
    return " ".join(line.split())


def _count(repairs: Repairs, code: NoteCode, count: int) -> None:
    if count:
        repairs[code] += count


def _strip_controls(line: str, repairs: Repairs) -> str:
    line, spaces = _CONTROL_SPACES.subn(" ", line)
    line, removed = _CONTROLS.subn("", line)
    _count(repairs, NoteCode.CONTROL_CHARACTERS_REMOVED, spaces + removed)
    return line


def _strip_tags(line: str, repairs: Repairs) -> str:
    """Takes out caption formats' tags; a bare, unpaired one between spaces is speech ("the <b> tag") and stays."""
    if "<" not in line and "{" not in line:
        return line
    found = {(match["name"].lower(), bool(match["close"])) for match in _TAG.finditer(line) if match["name"]}
    removed = 0

    def drop(match: re.Match[str]) -> str:
        nonlocal removed
        name = (match["name"] or "").lower()
        is_paired = (name, not match["close"]) in found
        between_spaces = line[match.start() - 1 : match.start()] == " " and line[match.end() : match.end() + 1] == " "
        if name and not match["rest"] and not is_paired and between_spaces and name != "br":
            return match[0]
        removed += 1
        return " " if name == "br" else ""

    line = _TAG.sub(drop, line)
    _count(repairs, NoteCode.MARKUP_REMOVED, removed)
    return line


def _strip_overrides(line: str, repairs: Repairs) -> str:
    """Takes out direction overrides, which can disguise text, and embeddings or isolates that never close.

    Pairs follow Unicode Standard Annex 9 within one paragraph; single marks (LRM, RLM, ALM) are not touched.
    """
    if not _DIRECTION.search(line):
        return line
    open_at: list[tuple[int, str]] = []
    unwanted: set[int] = set()
    for position, char in enumerate(line):
        if char in "\u202a\u202b\u202d\u202e\u2066\u2067\u2068":
            open_at.append((position, char))
        elif char in "\u202c\u2069":
            _close(open_at, unwanted, position, char)
    unwanted.update(position for position, _ in open_at)
    _count(repairs, NoteCode.BIDI_OVERRIDES_REMOVED, len(unwanted))
    return "".join(char for position, char in enumerate(line) if position not in unwanted)


def _close(open_at: list[tuple[int, str]], unwanted: set[int], position: int, char: str) -> None:
    """Pairs one closing character with what it closes; unpaired ones and overrides with their end are unwanted."""
    is_isolate = char == "\u2069"
    while is_isolate and open_at and open_at[-1][1] < "\u2066":
        if not any(kind >= "\u2066" for _, kind in open_at):
            break
        unwanted.add(open_at.pop()[0])
    if not open_at or (open_at[-1][1] >= "\u2066") != is_isolate:
        unwanted.add(position)
        return
    opened, kind = open_at.pop()
    if kind in "\u202d\u202e":
        unwanted.update((opened, position))
