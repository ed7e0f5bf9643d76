"""The ladder as it is built from the settings, climbed against the recorded YouTube with a vendor's proxy at hand."""

from __future__ import annotations

import logging
import pickle
import time
from collections import Counter
from dataclasses import replace

import pytest

from core.config import Settings
from core.domain.engine_settings import EngineSettings
from core.domain.ladder import CaptionFailure, TranscriptUnavailable
from core.domain.run import RungAttempt, RungOutcome
from core.domain.rungs import RUNGS, BadCaptionOrder
from core.domain.telemetry import OutboundCall
from core.integrations.calls import uncounted
from core.integrations.caption_sources import MAKERS, caption_sources
from core.integrations.proxies import proxy_address, with_fresh_session
from core.ports import FetchedCaptions
from core.services.captions import fetch_captions
from tests.world.extras import needs_yt_dlp
from tests.world.internet import free_port
from tests.world.proxy import PASSWORD, SessionProxy
from tests.world.scenarios import SCENARIOS
from tests.world.youtube import FakeYouTube

YOUTUBE_ALONE = "youtube,youtube_proxy"


@pytest.fixture(autouse=True)
def quick_retries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("core.integrations.youtube_route.time.sleep", lambda _seconds: None)


def settings(**changes: object) -> EngineSettings:
    usual: dict[str, object] = {
        "youtube_timeout_s": 3.0, "youtube_total_timeout_s": 15.0, "proxy_url": None, "oxylabs_username": None,
        "oxylabs_password": None, "gumloop_api_key": None,
    }  # fmt: skip
    return replace(Settings().for_engine(), **{**usual, **changes})  # type: ignore[arg-type,call-arg]


class Climb:
    """One climb: what came of it, the attempts, the calls that were counted."""

    def __init__(self, name: str, **changes: object) -> None:
        self.attempts: list[RungAttempt] = []
        self.calls: list[OutboundCall] = []
        scenario = SCENARIOS[name]
        sources = caption_sources(settings(**changes), self.calls.append)
        self.outcome: FetchedCaptions | TranscriptUnavailable
        try:
            self.outcome = fetch_captions(
                scenario.video_id, sources, languages=scenario.languages, on_attempt=self.attempts.append
            )
        except TranscriptUnavailable as failure:
            self.outcome = failure

    @property
    def steps(self) -> list[tuple[str, str | None]]:
        return [
            (attempt.rung, attempt.message if attempt.outcome is RungOutcome.SKIPPED else attempt.code)
            for attempt in self.attempts
        ]

    @property
    def failure(self) -> CaptionFailure:
        assert isinstance(self.outcome, TranscriptUnavailable)
        return self.outcome.failure


def test_every_rung_has_its_maker_and_is_called_as_in_the_registry() -> None:
    # Speech to text is made where its transcriber is, and joins the list by its own line.
    assert set(MAKERS) | {"speech"} == {rung.name for rung in RUNGS}
    made = {name: make(settings(), uncounted).name for name, make in MAKERS.items()}
    assert all(name == called for name, called in made.items())


def test_the_rungs_come_in_the_settings_order() -> None:
    sources = caption_sources(settings(caption_order="gumloop,youtube"), uncounted)
    assert [source.name for source in sources] == ["gumloop", "youtube"]


def test_an_unknown_rung_is_refused() -> None:
    with pytest.raises(BadCaptionOrder):
        caption_sources(settings(caption_order="youtube,magic"), uncounted)


def test_without_keys_only_the_direct_ways_are_configured() -> None:
    sources = caption_sources(settings(caption_order="youtube,youtube_proxy,yt_dlp_proxy,gumloop"), uncounted)
    assert [source.name for source in sources if source.is_configured] == ["youtube"]


def test_sources_cross_to_another_process() -> None:
    for source in caption_sources(settings(proxy_url="http://p:1"), uncounted):
        assert pickle.loads(pickle.dumps(source)).name == source.name


def test_oxylabs_is_asked_for_a_session_under_the_customers_name() -> None:
    with_keys = settings(oxylabs_username="ada", oxylabs_password="p@ss/word:1")
    address = proxy_address(with_keys)
    assert address == "http://customer-ada-sessid-{session}:p%40ss%2Fword%3A1@pr.oxylabs.io:7777"
    assert proxy_address(replace(with_keys, oxylabs_username="customer-ada")) == address
    assert proxy_address(replace(with_keys, proxy_url="http://own:1")) == "http://own:1"
    assert proxy_address(replace(with_keys, oxylabs_password=None)) is None


def test_sessions_never_repeat_and_no_session_is_no_matter() -> None:
    assert len({with_fresh_session("http://u-{session}@p:1") for _ in range(100)}) == 100
    assert with_fresh_session("http://p:1") == "http://p:1"
    assert with_fresh_session(None) is None


def test_without_a_block_the_proxy_is_not_paid_for(youtube: FakeYouTube) -> None:
    with SessionProxy(youtube.internet.proxy_url()) as proxy:
        climb = Climb("success", caption_order=YOUTUBE_ALONE, proxy_url=proxy.address())
        disabled = Climb("transcripts_disabled", caption_order=YOUTUBE_ALONE, proxy_url=proxy.address())
    assert isinstance(climb.outcome, FetchedCaptions)
    assert disabled.steps == [("youtube", "captions_disabled"), ("youtube_proxy", "only after a block")]
    assert proxy.sessions == []


def test_a_block_then_the_proxy_costs_one_proxied_run(youtube: FakeYouTube) -> None:
    with SessionProxy(youtube.internet.proxy_url()) as proxy:
        climb = Climb("blocked_once", caption_order=YOUTUBE_ALONE, proxy_url=proxy.address())
    assert isinstance(climb.outcome, FetchedCaptions)
    assert climb.steps == [("youtube", "ip_blocked"), ("youtube_proxy", None)]
    assert len(proxy.sessions) == 1
    counted = Counter(f"{call.vendor}.{call.operation}" for call in climb.calls)
    assert counted == {
        "youtube.watch": 1, "youtube_proxy.watch": 1, "youtube_proxy.player": 1, "youtube_proxy.captions": 1,
    }  # fmt: skip


def test_two_blocks_then_success_leave_by_three_sessions(youtube: FakeYouTube) -> None:
    with SessionProxy(youtube.internet.proxy_url()) as proxy:
        climb = Climb("blocked_thrice", caption_order=YOUTUBE_ALONE, proxy_url=proxy.address())
    assert isinstance(climb.outcome, FetchedCaptions)
    assert len(proxy.sessions) == 3


def test_a_block_that_never_ends_is_given_up_after_three_sessions(youtube: FakeYouTube) -> None:
    with SessionProxy(youtube.internet.proxy_url()) as proxy:
        climb = Climb("ip_blocked", caption_order=YOUTUBE_ALONE, proxy_url=proxy.address())
    assert climb.failure is CaptionFailure.IP_BLOCKED
    assert len(proxy.sessions) == 3


def test_a_dead_exit_is_left_behind(youtube: FakeYouTube) -> None:
    with SessionProxy(youtube.internet.proxy_url(), dead_exits=1) as proxy:
        climb = Climb("blocked_once", caption_order=YOUTUBE_ALONE, proxy_url=proxy.address())
    assert isinstance(climb.outcome, FetchedCaptions)
    assert len(proxy.sessions) == 2


def test_once_the_video_itself_is_at_fault_no_further_session_is_spent(youtube: FakeYouTube) -> None:
    video_id = SCENARIOS["transcripts_disabled"].video_id
    with SessionProxy(youtube.internet.proxy_url()) as proxy:
        sources = caption_sources(settings(caption_order="youtube_proxy", proxy_url=proxy.address()), uncounted)
        with pytest.raises(TranscriptUnavailable) as caught:
            sources[0].fetch(video_id, languages=("en",))
    assert caught.value.failure is CaptionFailure.CAPTIONS_DISABLED
    assert len(proxy.sessions) == 1


def test_a_wrong_password_is_our_fault_is_told_to_operators_and_stands_nowhere(
    youtube: FakeYouTube, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with SessionProxy(youtube.internet.proxy_url()) as proxy:
        climb = Climb("ip_blocked", caption_order=YOUTUBE_ALONE, proxy_url=proxy.address(password="hunter2-wrong"))
    assert climb.steps == [("youtube", "ip_blocked"), ("youtube_proxy", "proxy_failed")]
    assert (proxy.sessions, proxy.refused) == ([], 1)
    errors = [record.getMessage() for record in caplog.records if record.levelno == logging.ERROR]
    assert errors == ["caption rung youtube_proxy failed: proxy_failed"]
    told = repr(climb.outcome) + repr(climb.attempts) + repr(climb.calls) + caplog.text
    assert "hunter2" not in told
    assert PASSWORD not in told
    assert climb.failure is CaptionFailure.IP_BLOCKED  # what the person reads: the block, not our own trouble


def test_a_proxy_that_is_not_there_is_our_fault(youtube: FakeYouTube) -> None:
    nobody = f"http://u-{{session}}:p@127.0.0.1:{free_port()}"
    climb = Climb("ip_blocked", caption_order=YOUTUBE_ALONE, proxy_url=nobody)
    assert climb.steps[-1] == ("youtube_proxy", "proxy_failed")


@needs_yt_dlp
def test_yt_dlp_takes_the_proxy_too(youtube: FakeYouTube) -> None:
    with SessionProxy(youtube.internet.proxy_url()) as proxy:
        climb = Climb("blocked_once", caption_order="youtube,yt_dlp_proxy", proxy_url=proxy.address())
    assert isinstance(climb.outcome, FetchedCaptions)
    assert len(proxy.sessions) == 1
    assert {call.vendor for call in climb.calls} == {"youtube", "yt_dlp_proxy"}


def test_a_dripping_server_ends_at_each_rungs_own_deadline(youtube: FakeYouTube) -> None:
    began_s = time.monotonic()
    climb = Climb("drip", caption_order=YOUTUBE_ALONE, youtube_total_timeout_s=0.8)
    assert climb.steps == [("youtube", "timed_out"), ("youtube_proxy", "not configured")]
    assert time.monotonic() - began_s < 1.8


@needs_yt_dlp
def test_every_rung_fails_over_to_the_next_and_each_is_told(youtube: FakeYouTube) -> None:
    with SessionProxy(youtube.internet.proxy_url()) as proxy:
        climb = Climb(
            "request_blocked",
            proxy_url=proxy.address(),
            caption_order="youtube,yt_dlp,youtube_proxy,yt_dlp_proxy,gumloop",
        )
    assert climb.steps == [
        ("youtube", "request_blocked"),
        ("yt_dlp", "request_blocked"),
        ("youtube_proxy", "request_blocked"),
        ("yt_dlp_proxy", "request_blocked"),
        ("gumloop", "not configured"),
    ]
    assert len(proxy.sessions) == 6
    assert climb.failure is CaptionFailure.REQUEST_BLOCKED
