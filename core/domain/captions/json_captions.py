"""Captions in JSON: YouTube's json3 events, and rows of `start`, `end` or `duration`, and `text` as tools write."""

from __future__ import annotations

import json
import math

from core.domain.captions.errors import BrokenCaptions, NotCaptions
from core.domain.captions.parsed import CaptionFormat, FormatReader, ParsedCaptions
from core.domain.captions.srt import skipped_note
from core.domain.transcript import Cue


def detect_json3(text: str) -> bool:
    """True for an object with `events`."""
    return text.startswith("{") and '"events"' in text and '"tStartMs"' in text


def parse_json3(text: str) -> ParsedCaptions:
    """Cues of the events that hold words; events that only open a window or break the line are left out."""
    document = load_json(text)
    events = document.get("events") if isinstance(document, dict) else None
    if not isinstance(events, list):
        raise NotCaptions(_NOT_CAPTIONS)
    cues: list[Cue] = []
    skipped = 0
    for event in events:
        spoken = _event_text(event)
        if not spoken.strip() or not isinstance(event, dict):
            continue
        start_ms, length_ms = _milliseconds(event.get("tStartMs"), 1), _milliseconds(event.get("dDurationMs"), 1)
        if start_ms is None:
            skipped += 1
            continue
        end_ms = None if length_ms is None else start_ms + length_ms
        cues.append(Cue(start_ms=start_ms, end_ms=end_ms, text=spoken.strip()))
    return ParsedCaptions(cues=tuple(cues), format=CaptionFormat.JSON3, notes=skipped_note(skipped))


def detect_json_segments(text: str) -> bool:
    """True for anything that starts as a JSON object or a list of objects; `[Music]` does not."""
    head = "".join(text[:400].split())
    return head.startswith(('{"', "[{", "{}", "[]")) and not head.startswith("{\\")


def parse_json_segments(text: str) -> ParsedCaptions:
    """Cues of a list of rows, or of the `segments` (Whisper's name for it), `transcript` or `captions` of an object.

    Times are seconds. Raises NotCaptions for any other JSON.
    """
    document = load_json(text)
    rows = document if isinstance(document, list) else _find_rows(document)
    cues = [cue for row in rows if (cue := _row_cue(row)) is not None]
    if not cues:
        raise NotCaptions(_NOT_CAPTIONS)
    language = document.get("language") if isinstance(document, dict) else None
    return ParsedCaptions(
        cues=tuple(cues),
        format=CaptionFormat.JSON_SEGMENTS,
        language=language if isinstance(language, str) and 2 <= len(language) <= 12 else None,
        notes=skipped_note(len(rows) - len(cues)),
    )


def load_json(text: str) -> object:
    """The document. Raises BrokenCaptions where it cannot be read."""
    try:
        document: object = json.loads(text, strict=False)
    except (ValueError, RecursionError):
        raise BrokenCaptions(
            "The file starts as JSON does but is damaged: it may have been cut off. Export or download it again."
        ) from None
    return document


JSON3 = FormatReader(format=CaptionFormat.JSON3, detect=detect_json3, parse=parse_json3)
JSON_SEGMENTS = FormatReader(format=CaptionFormat.JSON_SEGMENTS, detect=detect_json_segments, parse=parse_json_segments)

_NOT_CAPTIONS = (
    "This is JSON, but it holds no captions. YouTube's json3 and lists of texts with start times can be read; "
    "otherwise export the captions as SRT or VTT."
)


def _event_text(event: object) -> str:
    segments = event.get("segs") if isinstance(event, dict) else None
    if not isinstance(segments, list):
        return ""
    return "".join(_string(segment.get("utf8")) for segment in segments if isinstance(segment, dict))


def _find_rows(document: object) -> list[object]:
    if isinstance(document, dict):
        for name in ("segments", "transcript", "captions", "cues", "results"):
            rows = document.get(name)
            if isinstance(rows, list):
                return rows
    return []


def _row_cue(row: object) -> Cue | None:
    """The cue of one row; its speaker where one is named. None for a row without text or start."""
    if not isinstance(row, dict):
        return None
    text, start_ms = _string(row.get("text")).strip(), _milliseconds(row.get("start"), 1000)
    if not text or start_ms is None:
        return None
    end_ms = _milliseconds(row.get("end"), 1000)
    length_ms = _milliseconds(row.get("duration", row.get("dur")), 1000)
    if end_ms is None and length_ms is not None:
        end_ms = start_ms + length_ms
    return Cue(start_ms=start_ms, end_ms=end_ms, text=text, speaker=_string(row.get("speaker")).strip() or None)


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _milliseconds(value: object, per_unit: int) -> int | None:
    """The number as milliseconds, bounded so that arithmetic stays exact; None for what is no number."""
    try:
        number = float(value) if isinstance(value, str | int | float) and not isinstance(value, bool) else math.nan
    except (ValueError, OverflowError):
        return None
    if not math.isfinite(number):
        return None
    return round(max(-_FARTHEST_MS, min(number * per_unit, _FARTHEST_MS)))


_FARTHEST_MS = 10**12
