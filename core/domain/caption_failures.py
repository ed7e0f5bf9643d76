"""Every way in which captions can fail to come: its message, next step and retry rule, and whose fault it is."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from core.errors import NextStep


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
    MEDIA_UNREADABLE = "media_unreadable"
    MEDIA_TOO_LONG = "media_too_long"
    NO_SOUND = "no_sound"
    NO_SPEECH = "no_speech"
    SOUND_NOT_GIVEN = "sound_not_given"
    SPEECH_FAILED = "speech_failed"
    SPEECH_TIMED_OUT = "speech_timed_out"
    SPEECH_TOO_DEAR = "speech_too_dear"
    SPEECH_REFUSED = "speech_refused"
    SPEECH_NOT_CONFIGURED = "speech_not_configured"
    SERVICE_FAILED = "service_failed"
    KEY_REFUSED = "key_refused"
    RESTING = "resting"
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

    `message` may hold `{vendor}`, `{reason}` and `{languages}`. `retry_after_s` is the least wait before the same
    request has a chance; `is_final` says that no other rung can change it; `is_operator_fault` that the operator must
    repair it.
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
        message="{vendor} sent something that cannot be read as captions. Try again later, or upload the captions "
        "instead.",
        retry=RetryRule.LATER,
        retry_after_s=_MINUTES_15_S,
    ),
    FailureRule(
        failure=CaptionFailure.ANSWER_TOO_LARGE,
        message="{vendor} sent far more than any captions can hold, so we stopped reading. Upload the captions "
        "instead.",
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
        message="{vendor} took too long to answer. Try again in a few minutes, or upload the captions instead.",
        next_step=NextStep.TRY_AGAIN,
        retry=RetryRule.AT_ONCE,
        retry_after_s=_MINUTES_5_S,
    ),
    FailureRule(
        failure=CaptionFailure.UNREACHABLE,
        message="We could not reach {vendor}. Try again in a few minutes, or upload the captions instead.",
        next_step=NextStep.TRY_AGAIN,
        retry=RetryRule.LATER,
        retry_after_s=_MINUTES_5_S,
    ),
    FailureRule(
        failure=CaptionFailure.SERVICE_FAILED,
        message="{vendor} could not do its part ({reason}). Try again later, or upload the captions instead.",
        retry=RetryRule.LATER,
        retry_after_s=_MINUTES_15_S,
    ),
    FailureRule(
        failure=CaptionFailure.RESTING,
        message="The last tries to read captions failed one after the other, so we are leaving off for a while. Try "
        "again in a few minutes, or upload the captions instead.",
        retry=RetryRule.LATER,
        retry_after_s=_MINUTES_5_S,
    ),
    FailureRule(
        failure=CaptionFailure.KEY_REFUSED,
        message="{vendor} does not let our server in. That is our fault, not the video's. "
        "Try again later, or upload the captions instead.",
        retry=RetryRule.LATER,
        retry_after_s=_MINUTES_15_S,
        is_operator_fault=True,
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
        message="Our server could not make a secure connection to {vendor}. That is our fault, not the video's. "
        "Try again later, or upload the captions instead.",
        retry=RetryRule.LATER,
        retry_after_s=_MINUTES_15_S,
        is_operator_fault=True,
    ),
    FailureRule(
        failure=CaptionFailure.MEDIA_UNREADABLE,
        message="This can't be read as audio or video: {reason}. Upload MP3, M4A, MP4, MOV, WAV, WEBM, MKV, OGG or "
        "FLAC, or the captions instead.",
        next_step=NextStep.FIX_INPUT,
    ),
    FailureRule(
        failure=CaptionFailure.MEDIA_TOO_LONG,
        message="This recording is longer than 12 hours. Upload it in parts, or upload the captions instead.",
        next_step=NextStep.FIX_INPUT,
    ),
    FailureRule(
        failure=CaptionFailure.NO_SOUND,
        message="There is no sound in this file. Check that it is the right one, or upload the captions instead.",
        next_step=NextStep.FIX_INPUT,
    ),
    FailureRule(
        failure=CaptionFailure.NO_SPEECH,
        message="No speech can be heard in this recording. Check that it is the right one, or upload the captions "
        "instead.",
    ),
    FailureRule(
        failure=CaptionFailure.SOUND_NOT_GIVEN,
        message="We could not get the sound of this video ({reason}). Try again later, or upload the captions instead.",
        retry=RetryRule.LATER,
        retry_after_s=_MINUTES_15_S,
    ),
    FailureRule(
        failure=CaptionFailure.SPEECH_FAILED,
        message="Turning the speech into text failed: {reason}. Try again later, or upload the captions instead.",
        retry=RetryRule.LATER,
        retry_after_s=_MINUTES_15_S,
    ),
    FailureRule(
        failure=CaptionFailure.SPEECH_TIMED_OUT,
        message="Turning the speech into text took longer than it may. Upload the captions instead.",
    ),
    FailureRule(
        failure=CaptionFailure.SPEECH_TOO_DEAR,
        message="Turning the speech into text would cost more than is allowed: {reason}. Upload the captions instead.",
    ),
    FailureRule(
        failure=CaptionFailure.SPEECH_REFUSED,
        message="The service that turns speech into text refuses our server: {reason}. That is our fault, not the "
        "recording's. Upload the captions instead.",
        is_operator_fault=True,
    ),
    FailureRule(
        failure=CaptionFailure.SPEECH_NOT_CONFIGURED,
        message="Speech to text is not set up on this server: {reason}. Upload the captions instead.",
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


def rank_of(failure: CaptionFailure) -> int:
    """Place in RULES: the lower, the more it tells."""
    return _RANK_OF[failure]


def rule_of(failure: CaptionFailure) -> FailureRule:
    return _RULE_OF[failure]


_OF_THE_VIDEO = frozenset({
    CaptionFailure.INVALID_VIDEO_ID, CaptionFailure.VIDEO_UNAVAILABLE, CaptionFailure.AGE_RESTRICTED,
    CaptionFailure.REGION_BLOCKED, CaptionFailure.NOT_BROADCAST_YET, CaptionFailure.VIDEO_UNPLAYABLE,
    CaptionFailure.LIVE_WITHOUT_CAPTIONS, CaptionFailure.CAPTIONS_DISABLED, CaptionFailure.LANGUAGE_NOT_OFFERED,
    CaptionFailure.NO_WORDS, CaptionFailure.MEDIA_UNREADABLE, CaptionFailure.MEDIA_TOO_LONG, CaptionFailure.NO_SOUND,
    CaptionFailure.NO_SPEECH,
})  # fmt: skip


def lies_with_the_video(code: str) -> bool:
    """True for a failure that says something of the video itself: no service could have made a summary of it now."""
    return code in _OF_THE_VIDEO


# Nothing of the vendor's or of our way to it: the captions themselves are bad, or are kept from apps, or nobody asked.
_OF_NOBODY = frozenset({
    CaptionFailure.BROKEN_TRACK, CaptionFailure.PO_TOKEN_REQUIRED, CaptionFailure.ANSWER_TOO_LARGE,
    CaptionFailure.RESTING, CaptionFailure.NOT_CONFIGURED, CaptionFailure.SPEECH_TOO_DEAR,
    CaptionFailure.SPEECH_NOT_CONFIGURED,
})  # fmt: skip
_AGAINST_THE_RUNG = frozenset(CaptionFailure) - _OF_THE_VIDEO - _OF_NOBODY


def counts_against_the_rung(code: str) -> bool:
    """True for a failure of the vendor or of our way to it: several in a row, and the rung had better rest."""
    return code in _AGAINST_THE_RUNG
