"""The rung by yt-dlp with the unmodified library; mitmproxy and recorded answers are the Internet."""

from __future__ import annotations

import logging
import time

import pytest
import requests

from core.domain.ladder import CaptionFailure, TranscriptUnavailable
from core.domain.telemetry import OutboundCall
from core.domain.transcript import TranscriptSource
from core.integrations.youtube_errors import Observed
from core.integrations.yt_dlp import YtDlpCaptions, _best_url, _explained, _tracks, is_installed
from core.ports import FetchedCaptions
from tests.world.extras import needs_yt_dlp
from tests.world.scenarios import SCENARIOS
from tests.world.youtube import FakeYouTube

pytestmark = needs_yt_dlp

# Where another client asks in another way the same pages lead elsewhere: the watch page is not needed.
CLEARED = {
    "ip_blocked", "blocked_once", "blocked_thrice", "consent_loop", "consent_invalid", "watch_429", "watch_500",
    "page_without_key", "simple_text_names",
}  # fmt: skip
# Told apart by the ladder, or by a reader of ours that says it in other words.
DIFFERENT = {"cut_off", "too_dense", "times_not_numbers", "hang"}
SAME = sorted(name for name, each in SCENARIOS.items() if each.failure and name not in CLEARED | DIFFERENT)
SUCCESSES = sorted(name for name, each in SCENARIOS.items() if each.failure is None)


def source(**changes: object) -> YtDlpCaptions:
    settings: dict[str, object] = {"name": "yt_dlp", "timeout_s": 3.0, "total_timeout_s": 15.0, "retry_pause_s": 0.01}
    return YtDlpCaptions(**{**settings, **changes})  # type: ignore[arg-type]


def fetch(name: str, **changes: object) -> FetchedCaptions:
    return source(**changes).fetch(SCENARIOS[name].video_id, languages=SCENARIOS[name].languages)


def failure_of(name: str, **changes: object) -> TranscriptUnavailable:
    with pytest.raises(TranscriptUnavailable) as caught:
        fetch(name, **changes)
    return caught.value


def test_it_is_configured_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert is_installed()
    assert source().is_configured
    assert not source(needs_proxy=True).is_configured
    monkeypatch.setattr("core.integrations.yt_dlp.find_spec", lambda _name: None)
    assert not source().is_configured


@pytest.mark.parametrize("name", [*SUCCESSES, *sorted(CLEARED)])
def test_what_can_be_had_is_had(youtube: FakeYouTube, name: str) -> None:
    fetched = fetch(name)
    assert fetched.transcript.timed
    assert fetched.transcript.segments
    assert fetched.video.title


@pytest.mark.parametrize("name", SAME)
def test_failures_are_named_as_the_first_rung_names_them(youtube: FakeYouTube, name: str) -> None:
    limits = {"total_timeout_s": 3.0} if name == "drip" else {}
    failure = failure_of(name, **limits)
    assert failure.failure is SCENARIOS[name].failure
    assert (failure.video.title if failure.video else None) == SCENARIOS[name].title


def test_json3_is_read_with_its_times(youtube: FakeYouTube) -> None:
    transcript = fetch("success").transcript
    assert (transcript.source, transcript.language) == (TranscriptSource.YOUTUBE_MANUAL, "en")
    assert [(segment.start_ms, segment.text) for segment in transcript.segments] == [
        (0, "Hey, this is just a test"),
        (1540, "this is not the original transcript"),
        (5700, "just something shorter, I made up for testing"),
    ]


def test_the_wanted_language_is_chosen_and_generated_captions_say_so(youtube: FakeYouTube) -> None:
    german = source().fetch(SCENARIOS["success"].video_id, languages=("de",))
    assert german.transcript.language == "de"
    assert fetch("generated").transcript.source is TranscriptSource.YOUTUBE_GENERATED


def test_the_notice_about_cookies_is_answered(youtube: FakeYouTube) -> None:
    assert fetch("consent").video.channel == "Dave2D"


def test_every_request_is_counted_and_none_goes_round_our_session(youtube: FakeYouTube) -> None:
    calls: list[OutboundCall] = []
    fetch("success", on_call=calls.append)
    assert [f"{call.vendor}.{call.operation}" for call in calls] == ["yt_dlp.watch", "yt_dlp.player", "yt_dlp.captions"]
    assert youtube.requests_for(SCENARIOS["success"].video_id) == ["watch", "player", "captions"]


def test_a_dripping_answer_ends_with_the_total_timeout(youtube: FakeYouTube) -> None:
    source().fetch(SCENARIOS["success"].video_id, languages=())  # the library is loaded
    began_s = time.monotonic()
    assert failure_of("drip", total_timeout_s=1.0).failure is CaptionFailure.TIMED_OUT
    assert time.monotonic() - began_s < 2.0


def test_a_silent_server_ends_with_the_total_timeout(youtube: FakeYouTube) -> None:
    assert failure_of("hang", timeout_s=3.0, total_timeout_s=0.6).failure is CaptionFailure.TIMED_OUT


def test_a_wrong_proxy_password_is_our_fault_and_stands_nowhere(
    youtube: FakeYouTube, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    monkeypatch.setenv("https_proxy", youtube.internet.proxy_url(password="hunter2"))
    failure = failure_of("success")
    assert failure.failure is CaptionFailure.PROXY_FAILED
    assert "hunter2" not in repr(failure) + repr(failure.__cause__) + caplog.text


@pytest.mark.parametrize(
    ("said", "failure"),
    [
        ("All player responses are invalid. Your IP is likely being blocked by Youtube", CaptionFailure.IP_BLOCKED),
        ("The current session has been rate-limited by YouTube for up to an hour", CaptionFailure.IP_BLOCKED),
        ("Sign in to confirm you’re not a bot", CaptionFailure.REQUEST_BLOCKED),
        ("Sign in to confirm your age", CaptionFailure.AGE_RESTRICTED),
        ("Private video. Sign in if you've been granted access", CaptionFailure.VIDEO_UNAVAILABLE),
        ("Video unavailable", CaptionFailure.VIDEO_UNAVAILABLE),
        ("Premieres in 2 hours", CaptionFailure.NOT_BROADCAST_YET),
        ("This video is DRM protected", CaptionFailure.VIDEO_UNPLAYABLE),
        ("Incomplete YouTube ID abc", CaptionFailure.INVALID_VIDEO_ID),
        ("Something nobody has seen", CaptionFailure.UNREADABLE_ANSWER),
    ],
)
def test_its_sentences_are_told_apart(said: str, failure: CaptionFailure) -> None:
    assert _explained(said, None, Observed()).failure is failure


def test_machine_translations_and_chats_are_no_captions() -> None:
    def row(query: str, ext: str = "json3") -> dict[str, str]:
        return {"ext": ext, "url": f"https://www.youtube.com/api/timedtext?{query}"}

    tracks = _tracks({
        "subtitles": {"live_chat": [row("lang=x")], "de": [row("lang=de", "vtt")]},
        "automatic_captions": {
            "en-orig": [row("lang=en")], "en": [row("lang=en")], "fr": [row("lang=en&tlang=fr")], "xx": "odd",
        },
    })  # fmt: skip
    assert [(track.language_code, track.is_generated) for track in tracks] == [("de", False), ("en", True)]


def test_the_format_that_says_most_is_read() -> None:
    rows = [{"ext": ext, "url": ext} for ext in ("vtt", "srv3", "json3", "unheard_of")]
    assert _best_url(rows) == "json3"
    assert _best_url(rows[:2]) == "srv3"
    assert _best_url([{"ext": "unheard_of", "url": "x"}, None, {"ext": "json3"}]) is None


def test_the_library_leaves_what_others_in_this_process_use_as_it_is() -> None:
    import core.integrations.yt_dlp_client  # noqa: F401

    assert requests.adapters.select_proxy.__module__ == "requests.utils"
    assert "yt_dlp" not in requests.adapters.SOCKSProxyManager.__module__
