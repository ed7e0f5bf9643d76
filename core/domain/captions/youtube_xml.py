"""YouTube's timed text in XML: srv1 (seconds), srv2 and srv3 (milliseconds, words as `<s>`)."""

from __future__ import annotations

import html
from dataclasses import dataclass, field

from core.domain.captions.parsed import CaptionFormat, FormatReader, ParsedCaptions
from core.domain.captions.srt import skipped_note
from core.domain.captions.xml_rows import read_xml, root_name
from core.domain.timecode import find_seconds
from core.domain.transcript import Cue


def detect_srv1(text: str) -> bool:
    return root_name(text) == "transcript"


def parse_srv1(text: str) -> ParsedCaptions:
    """Cues of `<text start dur>`; YouTube escapes their text twice, so it is decoded twice."""
    return _parse(text, _Rows(row_names=("text",), start="start", length="dur", per_second=1), CaptionFormat.SRV1)


def detect_srv3(text: str) -> bool:
    return root_name(text) == "timedtext"


def parse_srv3(text: str) -> ParsedCaptions:
    """Cues of `<p t d>` (srv3) or `<text t d>` (srv2); rows that only break the line are left out."""
    return _parse(text, _Rows(row_names=("p", "text"), start="t", length="d", per_second=1000), CaptionFormat.SRV3)


SRV1 = FormatReader(format=CaptionFormat.SRV1, detect=detect_srv1, parse=parse_srv1)
SRV3 = FormatReader(format=CaptionFormat.SRV3, detect=detect_srv3, parse=parse_srv3)


@dataclass(slots=True, kw_only=True)
class _Rows:
    """Collects the cues. `per_second` is how many of the file's units make a second."""

    row_names: tuple[str, ...]
    start: str
    length: str
    per_second: int
    cues: list[Cue] = field(default_factory=list)
    skipped: int = 0
    attributes: dict[str, str] | None = None
    pieces: list[str] = field(default_factory=list)

    def start_row(self, attributes: dict[str, str]) -> None:
        self.attributes, self.pieces = attributes, []

    def time(self, name: str) -> int | None:
        time_ms = find_seconds((self.attributes or {}).get(name, ""))
        return None if time_ms is None else time_ms // self.per_second

    def finish_row(self) -> None:
        text = html.unescape("".join(self.pieces)).strip()
        start_ms, length_ms = self.time(self.start), self.time(self.length)
        self.attributes = None
        if not text:
            return
        if start_ms is None:
            self.skipped += 1
            return
        end_ms = None if length_ms is None else start_ms + length_ms
        self.cues.append(Cue(start_ms=start_ms, end_ms=end_ms, text=text))


@dataclass(slots=True)
class _Handler:
    rows: _Rows

    def start(self, name: str, attributes: dict[str, str]) -> None:
        if name in self.rows.row_names:
            self.rows.start_row(attributes)
        elif name == "br":
            self.text("\n")

    def text(self, data: str) -> None:
        if self.rows.attributes is not None:
            self.rows.pieces.append(data)

    def end(self, name: str) -> None:
        if name in self.rows.row_names and self.rows.attributes is not None:
            self.rows.finish_row()


def _parse(text: str, rows: _Rows, caption_format: CaptionFormat) -> ParsedCaptions:
    def fresh() -> _Handler:
        rows.cues, rows.skipped, rows.attributes = [], 0, None
        return _Handler(rows)

    read_xml(text, fresh)
    return ParsedCaptions(cues=tuple(rows.cues), format=caption_format, notes=skipped_note(rows.skipped))
