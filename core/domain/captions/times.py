"""Which times a caption file may hold at all."""

from __future__ import annotations

from collections.abc import Sequence

from core.domain.captions.errors import BadCaptionTimes
from core.domain.timecode import MAX_TIME_MS, format_timecode
from core.domain.transcript import Cue


def check_cue_times(cues: Sequence[Cue]) -> None:
    """Raises BadCaptionTimes for a time past 99 hours, and for times that are negative throughout."""
    starts_ms = [cue.start_ms for cue in cues if cue.start_ms is not None]
    ends_ms = [cue.end_ms for cue in cues if cue.end_ms is not None]
    if not starts_ms:
        return
    if max(starts_ms) >= MAX_TIME_MS or max(ends_ms, default=0) > MAX_TIME_MS:
        limit = format_timecode(MAX_TIME_MS)
        raise BadCaptionTimes(
            f"A time in these captions lies past {limit}, the latest that is accepted. Correct the times and try again."
        )
    if max(starts_ms) < 0:
        raise BadCaptionTimes("All times in these captions are negative. Shift them so that the video starts at 0:00.")
