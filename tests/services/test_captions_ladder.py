"""The ladder over hand-written rungs: order, skipping, what is recorded, which failure is shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import pytest

from core.domain.ladder import CaptionFailure, FailureContext, TranscriptUnavailable
from core.domain.run import RungAttempt, RungOutcome
from core.domain.transcript import Segment, Transcript, TranscriptSource
from core.domain.video import Video
from core.ports import FetchedCaptions
from core.services.captions import fetch_captions

VIDEO = Video(id="okNormal-00", title="A talk", duration_ms=6_000)


def captions(*texts: str, video: Video = VIDEO) -> FetchedCaptions:
    segments = tuple(
        Segment(start_ms=place * 3000, end_ms=place * 3000 + 3000, text=text) for place, text in enumerate(texts)
    )
    transcript = Transcript(segments=segments, timed=True, language="en", source=TranscriptSource.YOUTUBE_MANUAL)
    return FetchedCaptions(transcript=transcript, video=video)


WHOLE = captions("Hello there.", "This is a talk.")


@dataclass
class Rung:
    name: str
    gives: FetchedCaptions | CaptionFailure = CaptionFailure.IP_BLOCKED
    video: Video | None = None
    is_configured: bool = True
    asked: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def fetch(self, video_id: str, *, languages: tuple[str, ...]) -> FetchedCaptions:
        self.asked.append((video_id, languages))
        if isinstance(self.gives, CaptionFailure):
            raise TranscriptUnavailable(self.gives, FailureContext(video=self.video, reason="its own words"))
        return self.gives


def climb(
    *rungs: Rung, resting: Mapping[str, str] | None = None
) -> tuple[FetchedCaptions | TranscriptUnavailable, list[RungAttempt]]:
    attempts: list[RungAttempt] = []
    try:
        fetched = fetch_captions(
            "okNormal-00", rungs, languages=("de", "en"), on_attempt=attempts.append, resting=resting or {}
        )
    except TranscriptUnavailable as failure:
        return failure, attempts
    return fetched, attempts


def summary(attempts: list[RungAttempt]) -> list[tuple[str, RungOutcome, str | None]]:
    return [(attempt.rung, attempt.outcome, attempt.code) for attempt in attempts]


def test_the_first_rung_with_words_ends_the_climb() -> None:
    first, second = Rung("first", WHOLE), Rung("second", WHOLE)
    outcome, attempts = climb(first, second)
    assert outcome == WHOLE
    assert summary(attempts) == [("first", RungOutcome.OK, None)]
    assert first.asked == [("okNormal-00", ("de", "en"))]
    assert second.asked == []


def test_a_blocked_rung_makes_room_for_the_next() -> None:
    outcome, attempts = climb(Rung("first", CaptionFailure.IP_BLOCKED), Rung("second", WHOLE))
    assert outcome == WHOLE
    assert summary(attempts) == [("first", RungOutcome.FAILED, "ip_blocked"), ("second", RungOutcome.OK, None)]
    assert "limiting our server" in attempts[0].message


def test_attempts_that_ran_have_a_duration_and_skipped_ones_none() -> None:
    _outcome, attempts = climb(Rung("first", is_configured=False), Rung("second"), Rung("third", WHOLE))
    assert [attempt.duration_ms is None for attempt in attempts] == [True, False, False]


def test_rungs_that_are_not_configured_are_skipped_and_said_so() -> None:
    absent = Rung("first", WHOLE, is_configured=False)
    outcome, attempts = climb(absent, Rung("second", WHOLE))
    assert outcome == WHOLE
    assert (attempts[0].outcome, attempts[0].message) == (RungOutcome.SKIPPED, "not configured")
    assert absent.asked == []


def test_no_rung_is_asked_where_none_can_help() -> None:
    later = Rung("second", WHOLE)
    outcome, attempts = climb(Rung("first", CaptionFailure.VIDEO_UNAVAILABLE), later)
    assert isinstance(outcome, TranscriptUnavailable)
    assert outcome.failure is CaptionFailure.VIDEO_UNAVAILABLE
    assert summary(attempts)[1] == ("second", RungOutcome.SKIPPED, None)
    assert later.asked == []


@pytest.mark.parametrize("turned", [False, True])
def test_a_fact_about_the_video_is_shown_before_a_block_and_a_block_before_our_own_fault(turned: bool) -> None:
    def shown(*failures: CaptionFailure) -> CaptionFailure:
        order = tuple(reversed(failures)) if turned else failures
        outcome, _attempts = climb(*(Rung(failure.value, failure) for failure in order))
        assert isinstance(outcome, TranscriptUnavailable)
        return outcome.failure

    assert shown(CaptionFailure.IP_BLOCKED, CaptionFailure.AGE_RESTRICTED) is CaptionFailure.AGE_RESTRICTED
    assert shown(CaptionFailure.PROXY_FAILED, CaptionFailure.REQUEST_BLOCKED) is CaptionFailure.REQUEST_BLOCKED


def test_the_failure_carries_every_attempt_and_the_metadata_any_rung_saw() -> None:
    seen = Rung("first", CaptionFailure.TIMED_OUT, video=VIDEO)
    outcome, attempts = climb(seen, Rung("second", CaptionFailure.IP_BLOCKED))
    assert isinstance(outcome, TranscriptUnavailable)
    assert outcome.failure is CaptionFailure.IP_BLOCKED
    assert outcome.video == VIDEO
    assert outcome.attempts == tuple(attempts)


def test_the_reason_survives_to_the_end_of_the_climb() -> None:
    outcome, _attempts = climb(Rung("first", CaptionFailure.VIDEO_UNPLAYABLE))
    assert isinstance(outcome, TranscriptUnavailable)
    assert "its own words" in outcome.message


def test_a_broken_track_is_a_failure_of_its_rung() -> None:
    hour_long = Video(id="okNormal-00", duration_ms=3_600_000)
    cut_off = captions("It begins well.", "And it goes on,", video=hour_long)
    outcome, attempts = climb(Rung("first", cut_off), Rung("second", WHOLE))
    assert outcome == WHOLE
    assert summary(attempts)[0] == ("first", RungOutcome.FAILED, "broken_track")


def test_without_any_rung_the_operator_is_at_fault() -> None:
    outcome, attempts = climb(Rung("first", WHOLE, is_configured=False))
    assert isinstance(outcome, TranscriptUnavailable)
    assert outcome.failure is CaptionFailure.NOT_CONFIGURED
    assert outcome.rule.is_operator_fault
    assert len(attempts) == 1


def test_an_error_that_is_no_failure_of_captions_is_a_bug_and_passes_through() -> None:
    class Buggy(Rung):
        def fetch(self, video_id: str, *, languages: tuple[str, ...]) -> FetchedCaptions:
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        climb(Buggy("first"))


def said(attempts: list[RungAttempt]) -> list[tuple[str, str]]:
    return [(attempt.rung, attempt.message) for attempt in attempts if attempt.outcome is RungOutcome.SKIPPED]


@pytest.mark.parametrize(
    "failure",
    [CaptionFailure.IP_BLOCKED, CaptionFailure.REQUEST_BLOCKED, CaptionFailure.CONSENT_FAILED],
)
def test_a_proxy_is_taken_after_a_block(failure: CaptionFailure) -> None:
    proxy = Rung("youtube_proxy", WHOLE)
    outcome, attempts = climb(Rung("youtube", failure), proxy)
    assert outcome == WHOLE
    assert summary(attempts)[1] == ("youtube_proxy", RungOutcome.OK, None)


@pytest.mark.parametrize(
    "failure",
    [
        CaptionFailure.TIMED_OUT,
        CaptionFailure.CAPTIONS_DISABLED,
        CaptionFailure.AGE_RESTRICTED,
        CaptionFailure.PROXY_FAILED,
        CaptionFailure.PO_TOKEN_REQUIRED,
    ],
)
def test_a_proxy_is_paid_for_only_after_a_block(failure: CaptionFailure) -> None:
    proxy = Rung("youtube_proxy", WHOLE)
    outcome, attempts = climb(Rung("youtube", failure), proxy)
    assert isinstance(outcome, TranscriptUnavailable)
    assert outcome.failure is failure
    assert proxy.asked == []
    assert said(attempts) == [("youtube_proxy", "only after a block")]


def test_captions_kept_from_one_client_are_asked_for_by_another_at_another_address() -> None:
    kept_back = Rung("youtube", CaptionFailure.PO_TOKEN_REQUIRED)
    outcome, attempts = climb(kept_back, Rung("youtube_proxy", WHOLE), Rung("yt_dlp_proxy", WHOLE))
    assert outcome == WHOLE
    assert attempts[-1].rung == "yt_dlp_proxy"
    assert said(attempts) == [("youtube_proxy", "only after a block")]


def test_a_resting_rung_is_skipped_with_its_reason() -> None:
    resting = Rung("youtube", WHOLE)
    outcome, attempts = climb(resting, Rung("gumloop", WHOLE), resting={"youtube": "rests until 12:05"})
    assert outcome == WHOLE
    assert resting.asked == []
    assert said(attempts) == [("youtube", "rests until 12:05")]


def test_a_rung_that_rests_opens_the_way_round_as_the_block_did_before_it() -> None:
    outcome, attempts = climb(Rung("youtube", WHOLE), Rung("youtube_proxy", WHOLE), resting={"youtube": "rests"})
    assert outcome == WHOLE
    assert summary(attempts) == [("youtube", RungOutcome.SKIPPED, None), ("youtube_proxy", RungOutcome.OK, None)]


def test_where_all_rest_the_person_may_come_back() -> None:
    outcome, _attempts = climb(Rung("youtube", WHOLE), resting={"youtube": "rests"})
    assert isinstance(outcome, TranscriptUnavailable)
    assert outcome.failure is CaptionFailure.RESTING
    assert outcome.retryable
    assert not outcome.rule.is_operator_fault


def test_a_rung_that_is_not_configured_does_not_rest_and_opens_nothing() -> None:
    absent = Rung("youtube", WHOLE, is_configured=False)
    outcome, attempts = climb(absent, Rung("youtube_proxy", WHOLE), resting={"youtube": "rests"})
    assert isinstance(outcome, TranscriptUnavailable)
    assert outcome.failure is CaptionFailure.NOT_CONFIGURED
    assert said(attempts) == [("youtube", "not configured"), ("youtube_proxy", "only after a block")]


@pytest.mark.parametrize("failure", [CaptionFailure.UNREACHABLE, CaptionFailure.TIMED_OUT, CaptionFailure.PROXY_FAILED])
def test_where_there_is_no_way_through_no_rung_tries_the_same_road_again(failure: CaptionFailure) -> None:
    same, other = Rung("yt_dlp", WHOLE), Rung("gumloop", WHOLE)
    outcome, attempts = climb(Rung("youtube", failure), same, other)
    assert outcome == WHOLE
    assert not same.asked
    assert [attempt.outcome for attempt in attempts] == [RungOutcome.FAILED, RungOutcome.SKIPPED, RungOutcome.OK]
