"""The transcript ladder's rules: each way captions can fail to come has a message, a next step and a retry rule."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from core.domain.run import RungAttempt
from core.domain.video import Video
from core.errors import AppError, NextStep


class CaptionFailure(StrEnum):
    """One class of failure; the value is the stable code of the API and of the operators' counters."""

    INVALID_VIDEO_ID = "invalid_video_id"
    VIDEO_UNAVAILABLE = "video_unavailable"
    AGE_RESTRICTED = "age_restricted"
    REGION_BLOCKED = "region_blocked"
    NOT_BROADCAST_YET = "not_broadcast_yet"
    VIDEO_UNPLAYABLE = "video_unplayable"
    LIVE_WITHOUT_CAPTIONS = "live_without_captions"
    CAPTIONS_DISABLED = "captions_disabled"
    LANGUAGE_NOT_OFFERED = "language_not_offered"
    PO_TOKEN_REQUIRED = "po_token_required"  # noqa: S105  # a code, not a secret
    BROKEN_TRACK = "broken_track"
    NO_WORDS = "no_words"
    IP_BLOCKED = "ip_blocked"
    REQUEST_BLOCKED = "request_blocked"
    CONSENT_FAILED = "consent_failed"
    EMPTY_ANSWER = "empty_answer"
    UNREADABLE_ANSWER = "unreadable_answer"
    ANSWER_TOO_LARGE = "answer_too_large"
    YOUTUBE_REFUSED = "youtube_refused"
    YOUTUBE_FAILED = "youtube_failed"
    TIMED_OUT = "timed_out"
    UNREACHABLE = "unreachable"
    PROXY_FAILED = "proxy_failed"
    SECURE_CONNECTION_FAILED = "secure_connection_failed"
    NOT_CONFIGURED = "not_configured"


class RetryRule(StrEnum):
    """What kind of second try has a chance."""

    NEVER = "never"
    AT_ONCE = "at_once"
    NEW_SESSION = "new_session"
    LATER = "later"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureRule:
    """All that is decided about one class of failure.

    `message` may hold `{reason}` and `{languages}`. `retry_after_s` is the least wait before the same request has a
    chance; `is_final` says that no other rung can change it; `is_operator_fault` that the operator must repair it.
    """

    failure: CaptionFailure
    message: str
    next_step: NextStep = NextStep.UPLOAD_CAPTIONS
    retry: RetryRule = RetryRule.NEVER
    retry_after_s: int | None = None
    is_final: bool = False
    is_operator_fault: bool = False

    @property
    def counter(self) -> str:
        """Name of the operators' counter of this failure."""
        return f"captions_failed_{self.failure}_total"

    @property
    def is_retryable(self) -> bool:
        return self.retry is not RetryRule.NEVER


_MINUTES_5_S = 300
_MINUTES_15_S = 900
_HOURS_6_S = 21_600

# In order of how much each tells: what is known of the video itself, then what YouTube did to us, then our own faults.
# Where several rungs failed, the first of these is what the person reads.
RULES: tuple[FailureRule, ...] = (
    FailureRule(
        failure=CaptionFailure.INVALID_VIDEO_ID,
        message="YouTube does not know such an address. Check it and paste it again.",
        next_step=NextStep.FIX_INPUT,
        is_final=True,
    ),
    FailureRule(
        failure=CaptionFailure.VIDEO_UNAVAILABLE,
        message="This video is private, deleted or never existed. Check the address.",
        next_step=NextStep.FIX_INPUT,
        is_final=True,
    ),
    FailureRule(
        failure=CaptionFailure.AGE_RESTRICTED,
        message="This video is age-restricted: YouTube gives its captions only to viewers who have signed in. "
        "Upload the captions instead.",
    ),
    FailureRule(
        failure=CaptionFailure.REGION_BLOCKED,
        message="The uploader has not made this video available in the country our server is in. "
        "Upload the captions instead.",
    ),
    FailureRule(
        failure=CaptionFailure.NOT_BROADCAST_YET,
        message="This video has not been broadcast yet. Try again some hours after it has ended.",
        next_step=NextStep.WAIT,
        retry=RetryRule.LATER,
        retry_after_s=_HOURS_6_S,
        is_final=True,
    ),
    FailureRule(
        failure=CaptionFailure.VIDEO_UNPLAYABLE,
        message="YouTube does not play this video. The reason it gives: {reason}. Upload the captions instead.",
    ),
    FailureRule(
        failure=CaptionFailure.LIVE_WITHOUT_CAPTIONS,
        message="This is a live stream or the recording of one, and it has no captions so far. If it ended only a few "
        "hours ago, try again later; otherwise upload the captions instead.",
        retry=RetryRule.LATER,
        retry_after_s=_HOURS_6_S,
    ),
    FailureRule(
        failure=CaptionFailure.CAPTIONS_DISABLED,
        message="This video has no captions. Upload the captions instead.",
    ),
    FailureRule(
        failure=CaptionFailure.LANGUAGE_NOT_OFFERED,
        message="This video has no captions in that language. The languages it has: {languages}. Choose one of them, "
        "or upload the captions instead.",
        next_step=NextStep.CHOOSE_LANGUAGE,
    ),
    FailureRule(
        failure=CaptionFailure.PO_TOKEN_REQUIRED,
        message="YouTube does not give this video's captions to apps. Upload the captions instead.",
    ),
    FailureRule(
        failure=CaptionFailure.BROKEN_TRACK,
        message="The captions YouTube holds for this video are broken: {reason}. Upload better captions instead.",
    ),
    FailureRule(
        failure=CaptionFailure.NO_WORDS,
        message="The captions of this video hold no spoken words. Upload captions that do.",
    ),
    FailureRule(
        failure=CaptionFailure.IP_BLOCKED,
        message="YouTube is limiting our server at the moment, so we could not read any captions. Try again later, or "
        "upload the captions instead.",
        retry=RetryRule.NEW_SESSION,
        retry_after_s=_MINUTES_15_S,
    ),
    FailureRule(
        failure=CaptionFailure.REQUEST_BLOCKED,
        message="YouTube takes our server for a robot at the moment, so we could not read any captions. Try again "
        "later, or upload the captions instead.",
        retry=RetryRule.NEW_SESSION,
        retry_after_s=_MINUTES_15_S,
    ),
    FailureRule(
        failure=CaptionFailure.CONSENT_FAILED,
        message="YouTube showed our server its cookie notice and would not go past it. Try again later, or upload the "
        "captions instead.",
        retry=RetryRule.NEW_SESSION,
        retry_after_s=_MINUTES_15_S,
    ),
    FailureRule(
        failure=CaptionFailure.EMPTY_ANSWER,
        message="YouTube lists captions for this video but sent an empty file. This often passes: try again in a few "
        "minutes, or upload the captions instead.",
        next_step=NextStep.TRY_AGAIN,
        retry=RetryRule.AT_ONCE,
        retry_after_s=_MINUTES_5_S,
    ),
    FailureRule(
        failure=CaptionFailure.UNREADABLE_ANSWER,
        message="YouTube sent something that cannot be read as captions. Try again later, or upload the captions "
        "instead.",
        retry=RetryRule.LATER,
        retry_after_s=_MINUTES_15_S,
    ),
    FailureRule(
        failure=CaptionFailure.ANSWER_TOO_LARGE,
        message="YouTube sent far more than any captions can hold, so we stopped reading. Upload the captions instead.",
    ),
    FailureRule(
        failure=CaptionFailure.YOUTUBE_REFUSED,
        message="YouTube refused our request ({reason}). Try again later, or upload the captions instead.",
        retry=RetryRule.LATER,
        retry_after_s=_MINUTES_15_S,
    ),
    FailureRule(
        failure=CaptionFailure.YOUTUBE_FAILED,
        message="YouTube had a hiccup ({reason}). Try again in a few minutes, or upload the captions instead.",
        next_step=NextStep.TRY_AGAIN,
        retry=RetryRule.AT_ONCE,
        retry_after_s=_MINUTES_5_S,
    ),
    FailureRule(
        failure=CaptionFailure.TIMED_OUT,
        message="YouTube took too long to answer. Try again in a few minutes, or upload the captions instead.",
        next_step=NextStep.TRY_AGAIN,
        retry=RetryRule.AT_ONCE,
        retry_after_s=_MINUTES_5_S,
    ),
    FailureRule(
        failure=CaptionFailure.UNREACHABLE,
        message="We could not reach YouTube. Try again in a few minutes, or upload the captions instead.",
        next_step=NextStep.TRY_AGAIN,
        retry=RetryRule.LATER,
        retry_after_s=_MINUTES_5_S,
    ),
    FailureRule(
        failure=CaptionFailure.PROXY_FAILED,
        message="Our own way to YouTube is out of order. That is our fault, not the video's. "
        "Try again later, or upload the captions instead.",
        retry=RetryRule.LATER,
        retry_after_s=_MINUTES_15_S,
        is_operator_fault=True,
    ),
    FailureRule(
        failure=CaptionFailure.SECURE_CONNECTION_FAILED,
        message="Our server could not make a secure connection to YouTube. That is our fault, not the video's. "
        "Try again later, or upload the captions instead.",
        retry=RetryRule.LATER,
        retry_after_s=_MINUTES_15_S,
        is_operator_fault=True,
    ),
    FailureRule(
        failure=CaptionFailure.NOT_CONFIGURED,
        message="Fetching captions is switched off on this server. Upload the captions instead.",
        is_operator_fault=True,
    ),
)

_RULE_OF = {rule.failure: rule for rule in RULES}
_RANK_OF = {rule.failure: rank for rank, rule in enumerate(RULES)}
_NO_REASON = "none"


def rule_of(failure: CaptionFailure) -> FailureRule:
    return _RULE_OF[failure]


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureContext:
    """What is known beside the failure: the video's metadata, the languages offered, YouTube's own words, the rungs."""

    video: Video | None = None
    languages: tuple[str, ...] = ()
    reason: str = ""
    attempts: tuple[RungAttempt, ...] = field(default=())


_OF_THE_VIDEO = frozenset({
    CaptionFailure.INVALID_VIDEO_ID, CaptionFailure.VIDEO_UNAVAILABLE, CaptionFailure.AGE_RESTRICTED,
    CaptionFailure.REGION_BLOCKED, CaptionFailure.NOT_BROADCAST_YET, CaptionFailure.VIDEO_UNPLAYABLE,
    CaptionFailure.LIVE_WITHOUT_CAPTIONS, CaptionFailure.CAPTIONS_DISABLED, CaptionFailure.LANGUAGE_NOT_OFFERED,
    CaptionFailure.NO_WORDS,
})  # fmt: skip


def lies_with_the_video(code: str) -> bool:
    """True for a failure that says something of the video itself: no service could have made a summary of it now."""
    return code in _OF_THE_VIDEO


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
        return self.rule.message.format(reason=_as_phrase(self.context.reason), languages=languages)

    def _detail(self) -> dict[str, str | int | float | list[str]]:
        detail: dict[str, str | int | float | list[str]] = {}
        if self.context.languages:
            detail["languages"] = list(self.context.languages)
        if self.rule.retry_after_s is not None:
            detail["retry_after_s"] = self.rule.retry_after_s
        return detail


def most_telling(failures: list[TranscriptUnavailable]) -> TranscriptUnavailable:
    """Of several rungs' failures the one that says most about the video; the earlier one where two say the same."""
    return min(failures, key=lambda failure: _RANK_OF[failure.failure])


def _as_phrase(reason: str) -> str:
    """A vendor's words fit to stand inside a sentence of ours: one line, at most 160 characters, no full stop."""
    words = " ".join(reason.split())
    cut = words if len(words) <= 160 else words[:159].rstrip() + "…"
    return cut.rstrip(".!") or _NO_REASON
