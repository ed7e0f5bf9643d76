"""The rung by a Gumloop flow against a stand-in that is slow, fails, never ends, or answers nonsense."""

from __future__ import annotations

import logging
import time

import pytest

from core.domain.ladder import CaptionFailure, TranscriptUnavailable
from core.domain.telemetry import OutboundCall
from core.domain.transcript import TranscriptSource
from core.integrations.gumloop import GumloopCaptions
from core.ports import FetchedCaptions
from tests.world.scenarios import Manner
from tests.world.vendors import Reply
from tests.world.youtube import FakeYouTube

START, ASK = "/gumloop/api/v1/start_pipeline", "/gumloop/api/v1/get_pl_run"
STARTED = Reply({"run_id": "run-1", "saved_item_id": "flow", "url": "https://www.gumloop.com/pipeline?run_id=run-1"})
RUNNING = Reply({"state": "RUNNING", "outputs": {}})
WORDS = "this is what was said in the video and it goes on for quite a while so that it is no mere notice at all"
ROWS = [{"text": "Hello there.", "start": 0.5, "end": 2.0}, {"text": "This is a talk.", "start": 2.0, "duration": 3}]
VIDEO = "okNormal-00"


def done(outputs: object) -> Reply:
    return Reply({"state": "DONE", "outputs": outputs})


def source(**changes: object) -> GumloopCaptions:
    settings: dict[str, object] = {
        "api_key": "s3cret-key", "user_id": "ada", "flow_id": "flow", "total_timeout_s": 5.0, "poll_pause_s": 0.01,
    }  # fmt: skip
    return GumloopCaptions(**{**settings, **changes})  # type: ignore[arg-type]


def fetch(youtube: FakeYouTube, *answers: Reply, **changes: object) -> FetchedCaptions:
    youtube.vendors.on(START, STARTED)
    youtube.vendors.on(ASK, *answers)
    return source(**changes).fetch(VIDEO, languages=("en",))


def failure_of(youtube: FakeYouTube, *answers: Reply, **changes: object) -> TranscriptUnavailable:
    with pytest.raises(TranscriptUnavailable) as caught:
        fetch(youtube, *answers, **changes)
    return caught.value


def polls(youtube: FakeYouTube) -> int:
    return sum(asked.path == ASK for asked in youtube.vendors.asked)


@pytest.mark.parametrize("missing", ["api_key", "user_id", "flow_id"])
def test_without_any_of_its_three_settings_it_is_not_configured(missing: str) -> None:
    assert source().is_configured
    assert not source(**{missing: None}).is_configured


def test_a_run_is_started_with_the_videos_address_and_the_key_in_a_header(youtube: FakeYouTube) -> None:
    calls: list[OutboundCall] = []
    fetch(youtube, RUNNING, RUNNING, done({"transcript": ROWS}), on_call=calls.append)
    started, *asked = youtube.vendors.asked
    assert started.headers["Authorization"] == "Bearer s3cret-key"
    assert started.body == {
        "user_id": "ada",
        "saved_item_id": "flow",
        "pipeline_inputs": [{"input_name": "video_url", "value": f"https://www.youtube.com/watch?v={VIDEO}"}],
    }
    assert [dict(each.query) for each in asked] == [{"run_id": "run-1", "user_id": "ada"}] * 3
    assert [f"{call.vendor}.{call.operation}" for call in calls] == ["gumloop.start_pipeline"] + [
        "gumloop.get_pl_run"
    ] * 3


@pytest.mark.parametrize(
    "outputs",
    [
        {"transcript": ROWS},
        {"anything": ROWS},
        {"transcript": {"segments": ROWS}},
        {"transcript": '[{"text": "Hello there.", "start": 0.5}, {"text": "This is a talk.", "start": 2}]'},
        {"transcript": "1\n00:00:00,500 --> 00:00:02,000\nHello there.\n\n2\n00:00:02,000 --> 00:00:05,000\nA talk.\n"},
        {"title": "A talk", "transcript": ROWS},
    ],
)
def test_timed_answers_in_every_form_keep_their_times(youtube: FakeYouTube, outputs: object) -> None:
    transcript = fetch(youtube, done(outputs)).transcript
    assert transcript.timed
    assert transcript.source is TranscriptSource.GUMLOOP
    assert [segment.start_ms for segment in transcript.segments] == [500, 2000]


@pytest.mark.parametrize("outputs", [{"transcript": WORDS}, {"transcript": WORDS.split("and ")}])
def test_without_times_none_are_made_up(youtube: FakeYouTube, outputs: object) -> None:
    transcript = fetch(youtube, done(outputs)).transcript
    assert not transcript.timed
    assert transcript.segments[0].start_ms is None
    assert "what was said" in transcript.segments[0].text


@pytest.mark.parametrize(
    ("answer", "failure"),
    [
        (Reply({"state": "FAILED"}), CaptionFailure.SERVICE_FAILED),
        (Reply({"state": "TERMINATED"}), CaptionFailure.SERVICE_FAILED),
        (done({"transcript": "No transcript could be found for this video."}), CaptionFailure.SERVICE_FAILED),
        (done({"transcript": "<!DOCTYPE html><html><body>Sorry</body></html>"}), CaptionFailure.UNREADABLE_ANSWER),
        (done({}), CaptionFailure.UNREADABLE_ANSWER),
        (done(None), CaptionFailure.UNREADABLE_ANSWER),
        (done({"transcript": 7}), CaptionFailure.UNREADABLE_ANSWER),
        (done({"a": WORDS, "b": WORDS}), CaptionFailure.UNREADABLE_ANSWER),
        (done({"transcript": [{"words": 3}]}), CaptionFailure.UNREADABLE_ANSWER),
        (done({"transcript": "[Music] [Applause]"}), CaptionFailure.NO_WORDS),
        (done({"transcript": [{"text": "Late.", "start": 9e9}]}), CaptionFailure.UNREADABLE_ANSWER),
        (Reply(text="<html><body>Bad gateway</body></html>"), CaptionFailure.UNREADABLE_ANSWER),
        (Reply(text='{"state": "DO'), CaptionFailure.UNREADABLE_ANSWER),
        (Reply([1, 2]), CaptionFailure.UNREADABLE_ANSWER),
        (Reply({"error": "no such key"}, status=401), CaptionFailure.KEY_REFUSED),
    ],
)
def test_each_failure_is_named_and_names_gumloop(youtube: FakeYouTube, answer: Reply, failure: CaptionFailure) -> None:
    found = failure_of(youtube, answer)
    assert found.failure is failure
    assert "YouTube" not in found.message


def test_a_refused_key_is_our_fault_and_stands_nowhere(youtube: FakeYouTube, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    youtube.vendors.on(START, Reply({"error": "bad key"}, status=403))
    with pytest.raises(TranscriptUnavailable) as caught:
        source().fetch(VIDEO, languages=())
    assert caught.value.failure is CaptionFailure.KEY_REFUSED
    assert caught.value.rule.is_operator_fault
    assert "s3cret" not in repr(caught.value) + caplog.text


@pytest.mark.parametrize("status", [429, 500])
def test_a_start_that_fails_is_never_sent_again_since_runs_cost_credits(youtube: FakeYouTube, status: int) -> None:
    youtube.vendors.on(START, Reply({}, status=status))
    with pytest.raises(TranscriptUnavailable) as caught:
        source().fetch(VIDEO, languages=())
    assert caught.value.failure is CaptionFailure.SERVICE_FAILED
    assert str(status) in caught.value.message
    assert len(youtube.vendors.asked) == 1


def test_a_hiccup_while_waiting_does_not_lose_the_run(youtube: FakeYouTube) -> None:
    hiccup = Reply({}, status=502)
    fetched = fetch(youtube, hiccup, hiccup, RUNNING, hiccup, hiccup, done({"transcript": ROWS}))
    assert fetched.transcript.timed
    assert polls(youtube) == 6


def test_three_hiccups_in_a_row_end_it(youtube: FakeYouTube) -> None:
    assert failure_of(youtube, Reply({}, status=502)).failure is CaptionFailure.SERVICE_FAILED
    assert polls(youtube) == 3


def test_a_run_that_never_ends_is_given_up_at_the_deadline(youtube: FakeYouTube) -> None:
    began_s = time.monotonic()
    failure = failure_of(youtube, RUNNING, total_timeout_s=0.6)
    assert failure.failure is CaptionFailure.TIMED_OUT
    assert failure.message.startswith("Gumloop took too long")
    assert time.monotonic() - began_s < 1.2


@pytest.mark.parametrize("manner", [Manner.HANG, Manner.DRIP])
def test_a_silent_or_dripping_answer_ends_at_the_deadline(youtube: FakeYouTube, manner: Manner) -> None:
    began_s = time.monotonic()
    assert failure_of(youtube, Reply({}, manner=manner), total_timeout_s=0.6).failure is CaptionFailure.TIMED_OUT
    assert time.monotonic() - began_s < 1.2
