"""TTML and its older name DFXP (W3C Timed Text Markup Language 2): clock, offset, frame and tick times, agents."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from fractions import Fraction

from core.domain.captions.parsed import CaptionFormat, FormatReader, ParsedCaptions
from core.domain.captions.srt import skipped_note
from core.domain.captions.xml_rows import read_xml, root_name
from core.domain.timecode import DEFAULT_RATES, MediaRates, find_cue_time, find_seconds
from core.domain.transcript import Cue


def detect_ttml(text: str) -> bool:
    return root_name(text) == "tt"


def parse_ttml(text: str) -> ParsedCaptions:
    """Cues of `<p>`; times of enclosing elements are added, spans give theirs where the paragraph has none."""
    reader = read_xml(text, _Reader)
    return ParsedCaptions(
        cues=tuple(reader.cues),
        format=CaptionFormat.TTML,
        language=reader.language,
        title=reader.title.strip() or None,
        notes=skipped_note(reader.skipped),
    )


TTML = FormatReader(format=CaptionFormat.TTML, detect=detect_ttml, parse=parse_ttml)

_SPACES = re.compile(r"[ \t\r\n]+")


@dataclass(slots=True, kw_only=True)
class _Paragraph:
    start_ms: int | None
    end_ms: int | None
    agent: str
    pieces: list[str] = field(default_factory=list)


@dataclass(slots=True)
class _Reader:
    """Collects the cues while the events go by."""

    cues: list[Cue] = field(default_factory=list)
    skipped: int = 0
    language: str | None = None
    title: str = ""
    rates: MediaRates = DEFAULT_RATES
    agent_names: dict[str, str] = field(default_factory=dict)
    _agent: str = ""
    _open: list[str] = field(default_factory=list)
    _offsets_ms: list[int] = field(default_factory=lambda: [0])
    _paragraph: _Paragraph | None = None

    def start(self, name: str, attributes: dict[str, str]) -> None:
        self._open.append(name)
        if name == "tt":
            self.language = attributes.get("lang") or None
            self.rates = _read_rates(attributes)
        elif name == "agent":
            self._agent = attributes.get("id", "")
        elif name == "p":
            self._start_paragraph(attributes)
        elif name == "br":
            self._add("\n")
        elif name == "span":
            self._widen(attributes)
        if name in ("body", "div"):
            self._offsets_ms.append(self._offsets_ms[-1] + (self._time(attributes, "begin") or 0))

    def text(self, data: str) -> None:
        if self._paragraph is not None:
            self._add(_SPACES.sub(" ", data))
        elif self._open and self._open[-1] == "title":
            self.title += data
        elif self._agent and self._open[-1] == "name":
            self.agent_names[self._agent] = self.agent_names.get(self._agent, "") + data

    def end(self, name: str) -> None:
        self._open.pop()
        if name in ("body", "div"):
            self._offsets_ms.pop()
        elif name == "agent":
            self._agent = ""
        elif name == "p" and self._paragraph is not None:
            self._finish(self._paragraph)
            self._paragraph = None

    def _add(self, text: str) -> None:
        if self._paragraph is not None and "metadata" not in self._open:
            self._paragraph.pieces.append(text)

    def _start_paragraph(self, attributes: dict[str, str]) -> None:
        start_ms, end_ms = self._span(attributes)
        self._paragraph = _Paragraph(start_ms=start_ms, end_ms=end_ms, agent=attributes.get("agent", ""))

    def _widen(self, attributes: dict[str, str]) -> None:
        paragraph = self._paragraph
        start_ms, end_ms = self._span(attributes)
        if paragraph is None or start_ms is None:
            return
        if paragraph.start_ms is None:
            paragraph.start_ms = start_ms
        if end_ms is not None and paragraph.start_ms is not None:
            paragraph.end_ms = max(paragraph.end_ms or 0, end_ms)

    def _span(self, attributes: dict[str, str]) -> tuple[int | None, int | None]:
        start_ms, end_ms = self._time(attributes, "begin"), self._time(attributes, "end")
        length_ms = self._time(attributes, "dur")
        offset_ms = self._offsets_ms[-1]
        if start_ms is None:
            return None, None
        if end_ms is None and length_ms is not None:
            end_ms = start_ms + length_ms
        return start_ms + offset_ms, None if end_ms is None else end_ms + offset_ms

    def _time(self, attributes: dict[str, str], name: str) -> int | None:
        written = attributes.get(name)
        if written is None:
            return None
        time_ms = find_cue_time(written, rates=self.rates)
        return find_seconds(written) if time_ms is None else time_ms

    def _finish(self, paragraph: _Paragraph) -> None:
        lines = [" ".join(line.split(" ")).strip() for line in "".join(paragraph.pieces).split("\n")]
        text = "\n".join(line for line in lines if line)
        if not text:
            return
        if paragraph.start_ms is None:
            self.skipped += 1
            return
        names = [self.agent_names.get(agent, "").strip() for agent in paragraph.agent.split()]
        speaker = ", ".join(name for name in names if name) or None
        self.cues.append(Cue(start_ms=paragraph.start_ms, end_ms=paragraph.end_ms, text=text, speaker=speaker))


def _read_rates(attributes: dict[str, str]) -> MediaRates:
    """Rates as TTML 2 defines them: without a tick rate, ticks are frames (times sub-frames) where frames are given."""
    multiplier = re.fullmatch(r"\s*([0-9]{1,6})[\s:]([0-9]{1,6})\s*", attributes.get("frameRateMultiplier", ""))
    frames = _positive(attributes, "frameRate", 30)
    frame_rate = Fraction(frames)
    if multiplier and int(multiplier[1]) and int(multiplier[2]):
        frame_rate = frame_rate * int(multiplier[1]) / int(multiplier[2])
    sub_frames = _positive(attributes, "subFrameRate", 1)
    default_ticks = frames * sub_frames if "frameRate" in attributes else 1
    ticks = _positive(attributes, "tickRate", default_ticks)
    return MediaRates(frame_rate=frame_rate, sub_frames=sub_frames, tick_rate=Fraction(ticks))


def _positive(attributes: dict[str, str], name: str, default: int) -> int:
    written = attributes.get(name, "").strip()
    is_number = written.isascii() and written.isdigit() and len(written) <= 10
    return int(written) or default if is_number else default
