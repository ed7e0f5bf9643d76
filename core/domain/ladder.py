"""The transcript ladder's one error: what failed, with what was learnt of the video and the rungs on the way."""

from __future__ import annotations

from dataclasses import dataclass, field

from core.domain.caption_failures import (
    RULES,
    CaptionFailure,
    FailureRule,
    RetryRule,
    counts_against_the_rung,
    lies_with_the_video,
    rank_of,
    rule_of,
)
from core.domain.run import RungAttempt
from core.domain.video import Video
from core.errors import AppError

# The rules are part of the ladder: whoever knows the error finds them here.
__all__ = [
    "RULES",
    "CaptionFailure",
    "FailureContext",
    "FailureRule",
    "RetryRule",
    "TranscriptUnavailable",
    "counts_against_the_rung",
    "lies_with_the_video",
    "most_telling",
    "rule_of",
]

_NO_REASON = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureContext:
    """What is known beside the failure: the video's metadata, the languages offered, the rungs.

    `reason` are the vendor's own words, `vendor` its name for people.
    """

    video: Video | None = None
    languages: tuple[str, ...] = ()
    reason: str = ""
    vendor: str = "YouTube"
    attempts: tuple[RungAttempt, ...] = field(default=())


class TranscriptUnavailable(AppError):
    """No captions came. `code`, `message`, `retryable` and `next_step` follow the failure's rule.

    It survives pickling whole, since it crosses from the job's process to the worker.
    """

    def __init__(self, failure: CaptionFailure, context: FailureContext | None = None) -> None:
        self.rule = rule_of(failure)
        self.context = context or FailureContext()
        super().__init__(self._text(), detail=self._detail())
        self.failure = failure
        self.code = failure.value
        self.retryable = self.rule.is_retryable
        self.next_step = self.rule.next_step
        self.status = 503 if self.retryable or self.rule.is_operator_fault else 422

    @property
    def video(self) -> Video | None:
        return self.context.video

    @property
    def languages(self) -> tuple[str, ...]:
        """Tags of the languages YouTube offers captions in; empty where that is not known."""
        return self.context.languages

    @property
    def attempts(self) -> tuple[RungAttempt, ...]:
        return self.context.attempts

    def __reduce__(self) -> tuple[type[TranscriptUnavailable], tuple[CaptionFailure, FailureContext]]:
        return type(self), (self.failure, self.context)

    def _text(self) -> str:
        languages = ", ".join(self.context.languages) or _NO_REASON
        reason = _as_phrase(self.context.reason)
        return self.rule.message.format(vendor=self.context.vendor, reason=reason, languages=languages)

    def _detail(self) -> dict[str, str | int | float | list[str]]:
        detail: dict[str, str | int | float | list[str]] = {}
        if self.context.languages:
            detail["languages"] = list(self.context.languages)
        if self.rule.retry_after_s is not None:
            detail["retry_after_s"] = self.rule.retry_after_s
        return detail


def most_telling(failures: list[TranscriptUnavailable]) -> TranscriptUnavailable:
    """Of several rungs' failures the one that says most about the video; the earlier one where two say the same."""
    return min(failures, key=lambda failure: rank_of(failure.failure))


def _as_phrase(reason: str) -> str:
    """A vendor's words fit to stand inside a sentence of ours: one line, at most 160 characters, no full stop."""
    words = " ".join(reason.split())
    cut = words if len(words) <= 160 else words[:159].rstrip() + "…"
    return cut.rstrip(".!") or _NO_REASON
