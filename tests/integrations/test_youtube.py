"""The adapter with the unmodified library and the real addresses; mitmproxy and recorded answers are the Internet."""

from __future__ import annotations

import pickle
import time
from pathlib import Path

import pytest
import requests
import youtube_transcript_api as youtube_library
from youtube_transcript_api import Transcript

from core.domain.ladder import CaptionFailure, TranscriptUnavailable
from core.domain.run import RungAttempt, RungOutcome
from core.domain.transcript import NoteCode, TranscriptSource
from core.domain.video import Video
from core.integrations.tracks import choose_track
from core.integrations.youtube import YouTubeCaptions
from core.integrations.youtube_errors import FAILURE_OF, Observed, explain
from core.integrations.youtube_player import read_video
from core.ports import FetchedCaptions
from core.services.captions import fetch_captions
from tests.world.internet import free_port
from tests.world.youtube import SCENARIOS, FakeYouTube, Scenario, scenario_for

SUCCESSES = [scenario for scenario in SCENARIOS.values() if scenario.failure is None]
FAILURES = [scenario for scenario in SCENARIOS.values() if scenario.failure is not None]
NEVER_ON_THE_WIRE = {
    CaptionFailure.INVALID_VIDEO_ID,
    CaptionFailure.LANGUAGE_NOT_OFFERED,
    CaptionFailure.ANSWER_TOO_LARGE,
    CaptionFailure.UNREACHABLE,
    CaptionFailure.PROXY_FAILED,
    CaptionFailure.SECURE_CONNECTION_FAILED,
    CaptionFailure.MEDIA_UNREADABLE,
    CaptionFailure.MEDIA_TOO_LONG,
    CaptionFailure.NO_SOUND,
    CaptionFailure.NO_SPEECH,
    CaptionFailure.SOUND_NOT_GIVEN,
    CaptionFailure.SPEECH_FAILED,
    CaptionFailure.SPEECH_TIMED_OUT,
    CaptionFailure.SPEECH_TOO_DEAR,
    CaptionFailure.SPEECH_REFUSED,
    CaptionFailure.SPEECH_NOT_CONFIGURED,
    CaptionFailure.SERVICE_FAILED,
    CaptionFailure.KEY_REFUSED,
    CaptionFailure.RESTING,
    CaptionFailure.NOT_CONFIGURED,
}


def quick_source(**changes: object) -> YouTubeCaptions:
    settings: dict[str, object] = {"name": "youtube", "timeout_s": 0.5, "total_timeout_s": 1.5, "retry_pause_s": 0.01}
    return YouTubeCaptions(**{**settings, **changes})  # type: ignore[arg-type]


def climb(scenario: Scenario) -> tuple[FetchedCaptions | TranscriptUnavailable, list[RungAttempt]]:
    attempts: list[RungAttempt] = []
    try:
        return fetch_captions(
            scenario.video_id, [quick_source()], languages=scenario.languages, on_attempt=attempts.append
        ), attempts
    except TranscriptUnavailable as failure:
        return failure, attempts


def failure_of(source: YouTubeCaptions, name: str, languages: tuple[str, ...] = ("en",)) -> TranscriptUnavailable:
    with pytest.raises(TranscriptUnavailable) as caught:
        source.fetch(SCENARIOS[name].video_id, languages=languages)
    return caught.value


@pytest.mark.parametrize("scenario", SUCCESSES, ids=lambda scenario: scenario.name)
def test_every_recorded_success_gives_words_and_the_title(youtube: FakeYouTube, scenario: Scenario) -> None:
    outcome, attempts = climb(scenario)
    assert isinstance(outcome, FetchedCaptions)
    assert outcome.video.title == scenario.title
    assert "test" in outcome.transcript.segments[0].text or scenario.name == "talk"
    assert [attempt.outcome for attempt in attempts] == [RungOutcome.OK]


@pytest.mark.parametrize("scenario", FAILURES, ids=lambda scenario: scenario.name)
def test_every_failure_is_named_and_keeps_the_metadata_that_was_seen(youtube: FakeYouTube, scenario: Scenario) -> None:
    outcome, attempts = climb(scenario)
    assert isinstance(outcome, TranscriptUnavailable)
    assert outcome.failure is scenario.failure
    assert (outcome.video.title if outcome.video else None) == scenario.title
    assert [(attempt.rung, attempt.code, attempt.message) for attempt in attempts] == [
        ("youtube", outcome.code, outcome.message)
    ]


def test_every_failure_is_shown_by_a_scenario_or_cannot_come_from_a_page() -> None:
    shown = {scenario.failure for scenario in FAILURES}
    assert shown | NEVER_ON_THE_WIRE == set(CaptionFailure)
    assert not shown & NEVER_ON_THE_WIRE


def test_ids_of_scenarios_look_like_youtubes_and_are_distinct() -> None:
    ids = [scenario.video_id for scenario in SCENARIOS.values()]
    assert len(set(ids)) == len(ids)
    assert all(len(video_id) == 11 and scenario_for(video_id).video_id == video_id for video_id in ids)


def test_the_player_answer_fills_in_the_video(youtube: FakeYouTube) -> None:
    video_id = SCENARIOS["success"].video_id
    video = quick_source().fetch(video_id, languages=("en",)).video
    assert video == Video(
        id=video_id,
        title="Surface Go Review - It’s Awesome",
        channel="Dave2D",
        duration_ms=316_000,
        url=f"https://www.youtube.com/watch?v={video_id}",
        thumbnail_url=f"https://i.ytimg.com/vi/{video_id}/sddefault.jpg",
        is_live=False,
    )


def test_cues_become_segments_in_milliseconds(youtube: FakeYouTube) -> None:
    transcript = quick_source().fetch(SCENARIOS["success"].video_id, languages=("en",)).transcript
    assert transcript.timed
    assert (transcript.source, transcript.language) == (TranscriptSource.YOUTUBE_MANUAL, "en")
    assert [(segment.start_ms, segment.text) for segment in transcript.segments] == [
        (0, "Hey, this is just a test"),
        (1540, "this is not the original transcript"),
        (5700, "just something shorter, I made up for testing"),
    ]
    assert transcript.duration_ms == 8939


def test_a_short_track_is_noted_and_not_refused(youtube: FakeYouTube) -> None:
    outcome, _attempts = climb(SCENARIOS["success"])
    assert isinstance(outcome, FetchedCaptions)
    assert NoteCode.TRACK_ENDS_EARLY in {note.code for note in outcome.transcript.notes}
    whole, _attempts = climb(SCENARIOS["talk"])
    assert isinstance(whole, FetchedCaptions)
    assert NoteCode.TRACK_ENDS_EARLY not in {note.code for note in whole.transcript.notes}


def test_generated_captions_say_so(youtube: FakeYouTube) -> None:
    transcript = quick_source().fetch(SCENARIOS["generated"].video_id, languages=("fr",)).transcript
    assert transcript.source is TranscriptSource.YOUTUBE_GENERATED


def test_captions_in_another_language_are_no_reason_to_stop(youtube: FakeYouTube) -> None:
    transcript = quick_source().fetch(SCENARIOS["other_language_only"].video_id, languages=("nl",)).transcript
    assert transcript.language == "en"


def test_only_the_english_track_asks_for_a_token(youtube: FakeYouTube) -> None:
    failure = failure_of(quick_source(), "po_token_required")
    assert failure.failure is CaptionFailure.PO_TOKEN_REQUIRED
    assert failure.languages == ("zh", "cs", "en", "de", "hi", "ja", "ko", "es")
    german = quick_source().fetch(SCENARIOS["po_token_required"].video_id, languages=("de",))
    assert german.transcript.language == "de"


def test_where_the_caller_names_no_language_the_settings_do(youtube: FakeYouTube) -> None:
    source = quick_source(languages=("ja",))
    assert source.fetch(SCENARIOS["success"].video_id, languages=()).transcript.language == "ja"


@pytest.mark.parametrize(
    ("name", "asked"),
    [
        ("success", ["watch", "player", "captions"]),
        ("hiccup", ["watch", "player", "watch", "player", "captions"]),
        ("empty_once", ["watch", "player", "captions"] * 2),
        ("empty_captions", ["watch", "player", "captions"] * 2),
        ("watch_500", ["watch"] * 2),
        ("hang", ["watch"] * 2),
        ("watch_429", ["watch"]),
        ("request_blocked", ["watch", "player"]),
        ("po_token_required", ["watch", "player"]),
        ("captions_404", ["watch", "player", "captions"]),
    ],
)
def test_only_what_may_pass_is_tried_again_and_once(youtube: FakeYouTube, name: str, asked: list[str]) -> None:
    climb(SCENARIOS[name])
    assert youtube.requests_for(SCENARIOS[name].video_id) == asked


def test_a_dripping_answer_ends_with_the_total_timeout(youtube: FakeYouTube) -> None:
    started_s = time.monotonic()
    failure = failure_of(quick_source(total_timeout_s=0.8), "drip")
    assert failure.failure is CaptionFailure.TIMED_OUT
    assert 0.7 < time.monotonic() - started_s < 1.3


def test_a_wrong_proxy_password_is_our_fault_and_not_a_block(
    youtube: FakeYouTube, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("https_proxy", youtube.internet.proxy_url(password="wrong"))
    failure = failure_of(quick_source(), "success")
    assert failure.failure is CaptionFailure.PROXY_FAILED
    assert failure.rule.is_operator_fault
    assert "wrong" not in repr(failure) + repr(failure.__cause__)


def test_a_proxy_that_is_not_there_is_our_fault(youtube: FakeYouTube) -> None:
    dead = quick_source(proxy_url=f"http://127.0.0.1:{free_port()}")
    assert failure_of(dead, "success").failure is CaptionFailure.PROXY_FAILED


@pytest.mark.parametrize("proxy_url", ["http://", "gopher://127.0.0.1:1", "socks5://127.0.0.1:1"])
def test_a_proxy_address_that_makes_no_sense_is_our_fault(youtube: FakeYouTube, proxy_url: str) -> None:
    assert failure_of(quick_source(proxy_url=proxy_url), "success").failure is CaptionFailure.PROXY_FAILED


def test_a_configured_proxy_wins_over_the_environments(youtube: FakeYouTube, monkeypatch: pytest.MonkeyPatch) -> None:
    good = youtube.internet.proxy_url()
    monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{free_port()}")
    fetched = quick_source(proxy_url=good).fetch(SCENARIOS["success"].video_id, languages=("en",))
    assert fetched.video.channel == "Dave2D"


def test_a_certificate_nobody_trusts_is_our_fault(youtube: FakeYouTube, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("REQUESTS_CA_BUNDLE")
    monkeypatch.delenv("SSL_CERT_FILE")
    assert failure_of(quick_source(), "success").failure is CaptionFailure.SECURE_CONNECTION_FAILED


def test_a_missing_file_of_certificates_is_our_fault(
    youtube: FakeYouTube, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "none.pem"))
    assert failure_of(quick_source(), "success").failure is CaptionFailure.SECURE_CONNECTION_FAILED


def test_nothing_but_the_mapped_host_answers(youtube: FakeYouTube) -> None:
    assert requests.get("https://www.example.com/", timeout=5).status_code == 503


def test_every_exception_of_the_library_has_its_own_line() -> None:
    named = {
        value
        for value in vars(youtube_library).values()
        if isinstance(value, type) and issubclass(value, youtube_library.CouldNotRetrieveTranscript)
    }
    assert len(named) >= 15
    assert named <= set(FAILURE_OF)


@pytest.mark.parametrize(
    ("error", "failure"),
    [
        (youtube_library.InvalidVideoId("https://x"), CaptionFailure.INVALID_VIDEO_ID),
        (youtube_library.NotTranslatable("x"), CaptionFailure.LANGUAGE_NOT_OFFERED),
        (requests.exceptions.RetryError("too many 429"), CaptionFailure.IP_BLOCKED),
        (requests.exceptions.ConnectTimeout(), CaptionFailure.UNREACHABLE),
        (requests.exceptions.ReadTimeout(), CaptionFailure.TIMED_OUT),
        (requests.exceptions.ConnectionError("no route"), CaptionFailure.UNREACHABLE),
        (requests.exceptions.ChunkedEncodingError(), CaptionFailure.UNREACHABLE),
        (requests.exceptions.TooManyRedirects(), CaptionFailure.UNREADABLE_ANSWER),
        (KeyError("runs"), CaptionFailure.UNREADABLE_ANSWER),
        (RuntimeError("never seen"), CaptionFailure.UNREADABLE_ANSWER),
    ],
    ids=repr,
)
def test_exceptions_that_no_page_can_cause_are_named_too(error: Exception, failure: CaptionFailure) -> None:
    assert explain(error, Observed()).failure is failure


@pytest.mark.parametrize(
    ("reason", "failure"),
    [
        ("Sign in to confirm you're not a bot", CaptionFailure.REQUEST_BLOCKED),
        ("The uploader has not made this video available in your country", CaptionFailure.REGION_BLOCKED),
        ("Premieres in 2 hours", CaptionFailure.NOT_BROADCAST_YET),
        ("Private video", CaptionFailure.VIDEO_UNAVAILABLE),
        ("This video has been removed by the uploader", CaptionFailure.VIDEO_UNAVAILABLE),
        ("Join this channel to get access to members-only content", CaptionFailure.VIDEO_UNPLAYABLE),
        (None, CaptionFailure.VIDEO_UNPLAYABLE),
    ],
)
def test_youtubes_own_words_tell_unplayable_videos_apart(reason: str | None, failure: CaptionFailure) -> None:
    error = youtube_library.VideoUnplayable("x", reason, [])
    assert explain(error, Observed()).failure is failure


def test_source_and_failure_cross_to_another_process(youtube: FakeYouTube) -> None:
    source = pickle.loads(pickle.dumps(quick_source()))
    failure = failure_of(source, "age_restricted")
    copied = pickle.loads(pickle.dumps(failure))
    assert (copied.code, copied.message, copied.video, copied.detail) == (
        failure.code,
        failure.message,
        failure.video,
        failure.detail,
    )


def track(code: str, *, is_generated: bool = False) -> Transcript:
    return Transcript(requests.Session(), "x", "https://www.youtube.com/", code, code, is_generated, [])


@pytest.mark.parametrize(
    ("tracks", "wanted", "chosen"),
    [
        (["de", "en", "en*"], ("en",), "en"),
        (["de", "en*"], ("en",), "en*"),
        (["de", "en-GB", "en*"], ("en",), "en-GB"),
        (["en", "en-GB"], ("en-GB",), "en-GB"),
        (["de", "fr"], ("nl", "fr"), "fr"),
        (["de", "fr", "fr*"], ("nl",), "fr"),
        (["de", "it*"], ("nl",), "it*"),
        (["de", "fr"], ("nl",), "de"),
        (["de"], (), "de"),
        (["zh-Hans", "zh-Hant"], ("zh-Hant",), "zh-Hant"),
    ],
)
def test_the_wanted_language_comes_before_the_original_and_manual_before_generated(
    tracks: list[str], wanted: tuple[str, ...], chosen: str
) -> None:
    made = [track(code.rstrip("*"), is_generated=code.endswith("*")) for code in tracks]
    found = choose_track(made, wanted)
    assert found.language_code + "*" * found.is_generated == chosen


def test_metadata_of_an_unexpected_shape_is_left_out() -> None:
    hostile = {
        "title": ["x"],
        "author": "  ",
        "lengthSeconds": "9" * 30,
        "thumbnail": {
            "thumbnails": [
                {"url": "http://i.ytimg.com/a.jpg", "width": 9},
                {"url": "https://evil.example/i.ytimg.com", "width": 9},
                {"url": "https://[", "width": 9},
                None,
            ]
        },
    }
    video = read_video(hostile, "okNormal-00")
    assert video == Video(id="okNormal-00", url="https://www.youtube.com/watch?v=okNormal-00")


def test_a_live_stream_has_no_length_and_is_called_live() -> None:
    video = read_video({"title": "Now", "isLive": True, "lengthSeconds": "0"}, "okNormal-00")
    assert (video.is_live, video.duration_ms) == (True, None)
