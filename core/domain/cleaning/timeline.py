"""Times as Segment promises them: 0 <= start < end, starts never fall, no segment reaches into the next.

Cues of one start cannot both keep it. Those of one speaker become one segment; those of several share the time up to
the next start in proportion to their length, which stays within what the file itself claims.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import groupby

from core.domain.cleaning.spoken import Repairs, Spoken
from core.domain.timecode import MAX_TIME_MS
from core.domain.transcript import NoteCode, Segment


def in_order(cues: list[Spoken], repairs: Repairs) -> list[Spoken]:
    """The cues by start, those of one start as they came; negative times become 0."""
    latest_ms = 0
    for cue in cues:
        if cue.start_ms < 0:
            repairs[NoteCode.NEGATIVE_TIMES_CLAMPED] += 1
            cue.start_ms = 0
            cue.end_ms = None if cue.end_ms is None else max(0, cue.end_ms)
        repairs[NoteCode.REORDERED] += cue.start_ms < latest_ms
        latest_ms = max(latest_ms, cue.start_ms)
    return sorted(cues, key=lambda cue: cue.start_ms)


def lay_out(cues: list[Spoken], repairs: Repairs) -> list[Segment]:
    """Segments of cues in order, with trimmed and completed ends."""
    groups = [list(group) for _, group in groupby(cues, key=lambda cue: cue.start_ms)]
    segments: list[Segment] = []
    for group, following in zip(groups, [*groups[1:], None], strict=True):
        next_start_ms = following[0].start_ms if following else None
        end_ms = _end(group, next_start_ms, repairs)
        merged = _merge_same_speaker(group)
        repairs[NoteCode.OVERLAPS_TRIMMED] += len(group) - 1
        segments.extend(_share(merged, group[0].start_ms, end_ms))
    return segments


def _end(group: list[Spoken], next_start_ms: int | None, repairs: Repairs) -> int:
    """End of the cues that share a start, in milliseconds; at least 1 ms after it.

    An end that the file leaves open is the next start. A length of zero or less says nothing, so the words' own time
    is taken, up to the next start.
    """
    start_ms = group[0].start_ms
    real_ends_ms = [cue.end_ms for cue in group if cue.end_ms is not None and cue.end_ms > start_ms]
    repairs[NoteCode.ZERO_LENGTH] += sum(cue.end_ms is not None and cue.end_ms <= start_ms for cue in group)
    estimate_ms = min(start_ms + sum(cue.estimated_ms for cue in group), MAX_TIME_MS)
    if real_ends_ms:
        end_ms = max(real_ends_ms)
        repairs[NoteCode.OVERLAPS_TRIMMED] += next_start_ms is not None and end_ms > next_start_ms
    elif next_start_ms is not None and all(cue.end_ms is None for cue in group):
        end_ms = next_start_ms
    else:
        end_ms = estimate_ms
    if next_start_ms is not None:
        end_ms = min(end_ms, next_start_ms)
    return max(end_ms, start_ms + 1)


def _merge_same_speaker(group: list[Spoken]) -> list[Spoken]:
    merged: list[Spoken] = []
    for cue in group:
        if merged and merged[-1].speaker == cue.speaker:
            merged[-1].lines.extend(cue.lines)
        else:
            merged.append(replace(cue, lines=list(cue.lines)))
    return merged


def _share(cues: list[Spoken], start_ms: int, end_ms: int) -> Iterator[Segment]:
    """One segment each, in proportion to the text. With fewer milliseconds than cues the last ones become one."""
    room = end_ms - start_ms
    while len(cues) > room:
        last = cues.pop()
        cues[-1].lines.extend(last.lines)
    texts = [cue.text for cue in cues]
    left_chars = sum(len(text) for text in texts)
    for position, (cue, text) in enumerate(zip(cues, texts, strict=True)):
        still_to_come = len(cues) - position - 1
        fair_ms = (end_ms - start_ms) * len(text) // max(1, left_chars)
        stop_ms = start_ms + max(1, min(fair_ms, end_ms - start_ms - still_to_come)) if still_to_come else end_ms
        yield Segment(start_ms=start_ms, end_ms=stop_ms, text=text, speaker=cue.speaker)
        start_ms, left_chars = stop_ms, left_chars - len(text)
