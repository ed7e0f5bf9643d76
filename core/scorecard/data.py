"""Benchmark files: one JSON object a line, plain or gzip, with timed segments and what people wrote about them."""

from __future__ import annotations

import gzip
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import cast

from core.domain.transcript import Segment, Transcript, TranscriptSource
from core.errors import InvalidInput

_CAPTION_WORDS = 8
# How long the last segment lasts where the file does not say: 2.5 words a second, the pace of the sets' own times.
_MS_PER_WORD = 400
_GZIP_MAGIC = b"\x1f\x8b"


class BenchmarkUnreadable(InvalidInput):
    code = "benchmark_unreadable"


class BenchmarkToolMissing(InvalidInput):
    """A package that only the scorecard needs is not installed."""

    code = "benchmark_tool_missing"


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """One line of a benchmark. `reference` is the first human summary; `boundaries` the segments that open topics."""

    id: str
    transcript: Transcript
    reference: str | None
    boundaries: tuple[int, ...] | None


def read_recordings(path: Path) -> list[Recording]:
    """All recordings of a file, in its order. Raises BenchmarkUnreadable."""
    try:
        raw = path.read_bytes()
        text = (gzip.decompress(raw) if raw.startswith(_GZIP_MAGIC) else raw).decode()
        found = [_recording(json.loads(line), number) for number, line in enumerate(text.splitlines()) if line.strip()]
    except (OSError, EOFError, ValueError, KeyError, TypeError) as error:
        raise BenchmarkUnreadable(f"{path} could not be read as a benchmark file: {error}.") from error
    if not found:
        raise BenchmarkUnreadable(f"{path} holds no recordings.")
    return found


def as_captions(transcript: Transcript) -> Transcript:
    """The same words as automatic captions show them: lower case, no punctuation, no speakers, lines of 8 words.

    A word's time is its share of its segment, by count.
    """
    words = list(_timed_words(transcript))
    lines = [words[start : start + _CAPTION_WORDS] for start in range(0, len(words), _CAPTION_WORDS)]
    segments = tuple(
        Segment(
            start_ms=line[0][0], end_ms=max(line[-1][1], line[0][0] + 1), text=" ".join(word for _, _, word in line)
        )
        for line in lines
    )
    return Transcript(segments=segments, timed=True, language=transcript.language, source=transcript.source)


def _recording(row: dict[str, object], number: int) -> Recording:
    raw_segments = cast("list[dict[str, object]]", row["segments"])
    summaries = row.get("summary")
    first = summaries[0] if isinstance(summaries, list) and summaries else summaries
    boundaries = row.get("boundaries")
    return Recording(
        id=str(row.get("id", number)),
        transcript=_transcript(raw_segments),
        reference=str(first) if first else None,
        boundaries=tuple(int(b) for b in cast("list[int]", boundaries)) if boundaries is not None else None,
    )


def _transcript(rows: list[dict[str, object]]) -> Transcript:
    """One segment a row, also where a row has next to no text: boundaries count rows."""
    segments = []
    for number, row in enumerate(rows):
        text = " ".join(str(row["text"]).split()) or "."
        start_ms = round(cast("float", row["start"]) * 1000)
        following = rows[number + 1]["start"] if number + 1 < len(rows) else None
        end_ms = _end_ms(row, start_ms, following, text)
        speaker = row.get("speaker")
        segments.append(Segment(start_ms=start_ms, end_ms=end_ms, text=text, speaker=str(speaker) if speaker else None))
    return Transcript(segments=tuple(segments), timed=True, language=None, source=TranscriptSource.UPLOAD)


def _end_ms(row: dict[str, object], start_ms: int, following: object, text: str) -> int:
    if row.get("dur") is not None:
        end_ms = start_ms + round(cast("float", row["dur"]) * 1000)
    elif following is not None:
        end_ms = round(cast("float", following) * 1000)
    else:
        end_ms = start_ms + _MS_PER_WORD * len(text.split())
    return max(end_ms, start_ms + 1)


def _timed_words(transcript: Transcript) -> Iterator[tuple[int, int, str]]:
    for segment in transcript.segments:
        if segment.start_ms is None or segment.end_ms is None:
            continue
        words = [word.strip("'") for word in re.sub(r"[^\w\s']|_", "", segment.text.lower()).split()]
        length = segment.end_ms - segment.start_ms
        for number, word in enumerate(words):
            if word:
                start_ms = segment.start_ms + length * number // len(words)
                yield start_ms, segment.start_ms + length * (number + 1) // len(words), word
