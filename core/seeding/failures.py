"""Why summaries fail, by number, so that columns can hold it: 0 stands for none."""

from __future__ import annotations

import numpy as np

from core.domain.ladder import CaptionFailure, lies_with_the_video, rule_of
from core.domain.telemetry import Outcome
from core.seeding.arrays import Ints
from core.seeding.columns import Book, outcome

# The more telling first, as `core.domain.ladder.RULES` ranks them: of several rungs' failures the least number counts.
OF_CAPTIONS = (
    CaptionFailure.VIDEO_UNAVAILABLE, CaptionFailure.CAPTIONS_DISABLED, CaptionFailure.IP_BLOCKED,
    CaptionFailure.REQUEST_BLOCKED, CaptionFailure.TIMED_OUT,
)  # fmt: skip
ENGINE_STOPPED = "engine_stopped"
CODES = ("", *(failure.value for failure in OF_CAPTIONS), ENGINE_STOPPED)
# No other rung is tried after these.
IS_FINAL = np.array([False, *(rule_of(failure).is_final for failure in OF_CAPTIONS), False])
# How a summary ends by its failure, as recording counts it.
ENDS = np.array([
    outcome(Outcome.OK),
    *(outcome(Outcome.CLIENT_ERROR if lies_with_the_video(code) else Outcome.FAILED) for code in CODES[1:]),
])  # fmt: skip


def number(code: str) -> int:
    return CODES.index(code)


def reasons(book: Book) -> Ints:
    """What is kept beside a failed step, for each number, as places in the book."""
    return np.array([book.detail(f'{{"code": "{code}"}}' if code else "") for code in CODES])
