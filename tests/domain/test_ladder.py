"""The registry of caption failures is complete, says what to do, and never calls a block "no captions"."""

from __future__ import annotations

import pickle
import re

import pytest

from core.domain.ladder import (
    RULES,
    CaptionFailure,
    FailureContext,
    FailureRule,
    RetryRule,
    TranscriptUnavailable,
    counts_against_the_rung,
    lies_with_the_video,
    most_telling,
    rule_of,
)
from core.domain.run import RungAttempt, RungOutcome
from core.domain.video import Video
from core.errors import NextStep

BLOCKS = {
    CaptionFailure.IP_BLOCKED,
    CaptionFailure.REQUEST_BLOCKED,
    CaptionFailure.CONSENT_FAILED,
    CaptionFailure.EMPTY_ANSWER,
    CaptionFailure.PROXY_FAILED,
}


def test_every_failure_has_exactly_one_rule() -> None:
    assert sorted(rule.failure for rule in RULES) == sorted(CaptionFailure)


def test_messages_and_counters_are_unique() -> None:
    assert len({rule.message for rule in RULES}) == len(RULES)
    assert len({rule.counter for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.failure)
def test_every_rule_says_what_to_do_and_agrees_with_itself(rule: FailureRule) -> None:
    message = TranscriptUnavailable(rule.failure).message
    assert re.search(r"[Uu]pload|[Cc]heck|[Tt]ry again", message)
    assert message.endswith(".")
    assert "!" not in message
    assert "{" not in message
    assert rule.next_step is not NextStep.NONE
    assert rule.is_retryable == (rule.retry_after_s is not None)
    assert re.fullmatch(r"[a-z_]+", rule.counter)


@pytest.mark.parametrize("failure", sorted(BLOCKS))
def test_a_block_is_never_called_a_video_without_captions(failure: CaptionFailure) -> None:
    message = rule_of(failure).message.lower()
    assert "no captions" not in message
    assert "disabled" not in message


def test_only_our_own_failures_call_the_operator() -> None:
    assert {rule.failure for rule in RULES if rule.is_operator_fault} == {
        CaptionFailure.KEY_REFUSED,
        CaptionFailure.PROXY_FAILED,
        CaptionFailure.SECURE_CONNECTION_FAILED,
        CaptionFailure.SPEECH_REFUSED,
        CaptionFailure.SPEECH_NOT_CONFIGURED,
        CaptionFailure.NOT_CONFIGURED,
    }


def test_blocks_want_a_new_session_and_hiccups_another_try_at_once() -> None:
    assert rule_of(CaptionFailure.IP_BLOCKED).retry is RetryRule.NEW_SESSION
    assert {rule.failure for rule in RULES if rule.retry is RetryRule.AT_ONCE} == {
        CaptionFailure.EMPTY_ANSWER,
        CaptionFailure.YOUTUBE_FAILED,
        CaptionFailure.TIMED_OUT,
    }


def test_the_error_follows_its_rule() -> None:
    error = TranscriptUnavailable(CaptionFailure.TIMED_OUT)
    assert (error.code, error.retryable, error.next_step, error.status) == (
        "timed_out",
        True,
        NextStep.TRY_AGAIN,
        503,
    )
    assert error.detail == {"retry_after_s": 300}
    assert TranscriptUnavailable(CaptionFailure.CAPTIONS_DISABLED).status == 422


def test_languages_offered_stand_in_message_and_detail() -> None:
    error = TranscriptUnavailable(CaptionFailure.LANGUAGE_NOT_OFFERED, FailureContext(languages=("en", "fr")))
    assert "en, fr" in error.message
    assert error.detail["languages"] == ["en", "fr"]


def test_a_vendors_words_are_cut_to_fit_and_never_read_as_a_template() -> None:
    reason = "line one\n\tline {two} {0.__class__} " + "x" * 400 + "!"
    message = TranscriptUnavailable(CaptionFailure.VIDEO_UNPLAYABLE, FailureContext(reason=reason)).message
    assert "line one line {two} {0.__class__} xxx" in message
    assert "\n" not in message
    assert len(message) < 300


def test_the_error_survives_pickling_whole() -> None:
    attempt = RungAttempt(rung="youtube", outcome=RungOutcome.FAILED, code="x", message="y", duration_ms=1)
    context = FailureContext(video=Video(id="a", title="T"), languages=("en",), reason="r", attempts=(attempt,))
    error = TranscriptUnavailable(CaptionFailure.VIDEO_UNPLAYABLE, context)
    copied = pickle.loads(pickle.dumps(error))
    assert (copied.failure, copied.context, copied.message) == (error.failure, context, error.message)


def test_of_two_alike_the_earlier_is_the_more_telling() -> None:
    first, second = (TranscriptUnavailable(CaptionFailure.TIMED_OUT) for _ in range(2))
    assert most_telling([first, second]) is first


def test_only_what_is_said_of_the_video_itself_is_nobodys_failure() -> None:
    ours = {failure for failure in CaptionFailure if not lies_with_the_video(failure.value)}
    assert {CaptionFailure.REQUEST_BLOCKED, CaptionFailure.TIMED_OUT, CaptionFailure.NOT_CONFIGURED} <= ours
    assert not {rule.failure for rule in RULES if rule.is_operator_fault} - ours
    assert CaptionFailure.CAPTIONS_DISABLED not in ours
    assert not lies_with_the_video("engine_failed")


def test_only_what_the_vendor_or_our_way_does_counts_against_a_rung() -> None:
    counted = {failure for failure in CaptionFailure if counts_against_the_rung(failure.value)}
    assert {
        CaptionFailure.IP_BLOCKED, CaptionFailure.TIMED_OUT, CaptionFailure.UNREACHABLE, CaptionFailure.PROXY_FAILED,
        CaptionFailure.KEY_REFUSED, CaptionFailure.SERVICE_FAILED, CaptionFailure.YOUTUBE_FAILED,
    } <= counted  # fmt: skip
    assert not any(lies_with_the_video(failure.value) for failure in counted)
    assert not counted & {CaptionFailure.RESTING, CaptionFailure.NOT_CONFIGURED, CaptionFailure.BROKEN_TRACK}
    assert not counts_against_the_rung("engine_failed")


def test_the_vendor_that_failed_is_named() -> None:
    assert "YouTube took too long" in TranscriptUnavailable(CaptionFailure.TIMED_OUT).message
    gumloop = TranscriptUnavailable(CaptionFailure.TIMED_OUT, FailureContext(vendor="Gumloop"))
    assert "Gumloop took too long" in gumloop.message
    assert "YouTube" not in gumloop.message
