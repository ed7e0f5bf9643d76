"""The unmodified SDK against a service on this machine that hears what it is sent: times, seams, money and faults."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from core.domain.ladder import CaptionFailure, TranscriptUnavailable
from core.domain.model import ModelFailed, ModelFailure, Usage
from core.domain.prices import audio_price_of
from core.domain.telemetry import OutboundCall, Outcome
from core.integrations.openai_speech import OpenAiTranscriber, SpeechEndpoint
from core.integrations.speech_answers import form_of
from core.ports import Purse, Spoken
from tests.world import speech
from tests.world.internet import free_port
from tests.world.speech import Said, SpeechServer, Talk, make_talk, speech_server, write_wav

SEGMENT_MB = 24_000_000
KEY = "sk-nobody-shall-read-this"


@pytest.fixture(autouse=True)
def programs() -> None:
    speech.require()


@pytest.fixture
def server() -> Iterator[SpeechServer]:
    with speech_server() as running:
        yield running


@pytest.fixture(scope="module")
def talk(tmp_path_factory: pytest.TempPathFactory) -> Talk:
    speech.require()
    return make_talk(tmp_path_factory.mktemp("talk") / "talk.wav", sentences=7, pauses_s=(1.5, 1.0, 2.2))


@pytest.fixture(scope="module")
def brief(tmp_path_factory: pytest.TempPathFactory) -> Talk:
    """For what is not about pieces."""
    speech.require()
    return make_talk(tmp_path_factory.mktemp("brief") / "brief.wav", sentences=2)


class Money(Purse):
    """Says yes up to `most_microusd`, and keeps what was asked and booked."""

    def __init__(self, most_microusd: int = 10**9) -> None:
        self.left_microusd = most_microusd
        self.reserved: dict[str, int] = {}
        self.settled: dict[str, int] = {}
        self._lock = threading.Lock()
        self._ids = itertools.count()

    def reserve(self, most_microusd: int, *, model: str, purpose: str) -> str:
        with self._lock:
            if most_microusd > self.left_microusd:
                raise ModelFailed(ModelFailure.CAP_REACHED, reason="This job's cap is $1.00.")
            self.left_microusd -= most_microusd
            key = f"{model}/{purpose}/{next(self._ids)}"
            self.reserved[key] = most_microusd
            return key

    def settle(self, reservation: str, cost_microusd: int, usage: Usage) -> None:
        with self._lock:
            assert reservation not in self.settled
            self.settled[reservation] = cost_microusd


class Ear:
    """A transcriber at the server, with what it told along the way."""

    def __init__(self, server: SpeechServer, purse: Purse | None = None, **changes: object) -> None:
        settings: dict[str, object] = {
            "api_key": KEY, "base_url": server.base_url, "model": "whisper-1", "total_timeout_s": 60.0,
            "call_timeout_s": 10.0, "retry_pause_s": 0.01,
        }  # fmt: skip
        self.calls: list[OutboundCall] = []
        self.shares: list[float] = []
        endpoint = SpeechEndpoint(**{**settings, **changes})  # type: ignore[arg-type]
        self.transcriber = OpenAiTranscriber(endpoint, on_call=self.calls.append, purse=purse)

    def hear(self, path: Path, language: str | None = None) -> Spoken:
        return self.transcriber.transcribe(path, language=language, on_share=self.shares.append)

    def fail(self, path: Path) -> TranscriptUnavailable:
        with pytest.raises(TranscriptUnavailable) as caught:
            self.hear(path)
        assert KEY not in repr(caught.value) + str(caught.value.__cause__)
        return caught.value


def assert_heard(spoken: Spoken, said: tuple[Said, ...], *, within_ms: int = 300) -> None:
    assert [cue.text for cue in spoken.cues] == [sentence.text for sentence in said]
    for cue, sentence in zip(spoken.cues, said, strict=True):
        assert cue.start_ms == pytest.approx(sentence.start_ms, abs=within_ms)
        assert cue.end_ms == pytest.approx(sentence.end_ms, abs=within_ms)


def test_a_short_talk_goes_in_one_call_and_comes_back_with_its_times(server: SpeechServer, talk: Talk) -> None:
    ear = Ear(server)
    spoken = ear.hear(talk.path, language="en-GB")
    assert_heard(spoken, talk.said)
    assert (spoken.language, spoken.duration_ms) == ("en", pytest.approx(talk.duration_ms, abs=50))
    (upload,) = server.uploads
    assert upload.fields == {
        "model": "whisper-1",
        "response_format": "verbose_json",
        "timestamp_granularities[]": "segment",
        "language": "en",
    }
    assert upload.key == f"Bearer {KEY}"
    assert [(call.vendor, call.operation, call.outcome) for call in ear.calls] == [("openai", "transcribe", "ok")]
    assert ear.shares == [1.0]


def test_pieces_are_put_together_at_their_own_times(server: SpeechServer, talk: Talk) -> None:
    server.hold_s = 0.05
    ear = Ear(server, longest_piece_ms=14_000)
    assert_heard(ear.hear(talk.path), talk.said)
    assert len(server.uploads) >= 3
    assert server.most_at_once == 2
    assert ear.shares == sorted(ear.shares)
    assert ear.shares[-1] == 1.0


@pytest.mark.slow
def test_a_file_over_25_mb_is_sent_in_pieces_that_the_service_takes(server: SpeechServer, tmp_path: Path) -> None:
    long = make_talk(tmp_path / "long.wav", sentences=44, pauses_s=(8.0, 16.0), channels=2)
    assert long.path.stat().st_size > 2 * 25 * 1024 * 1024
    spoken = Ear(server, call_timeout_s=120.0, total_timeout_s=600.0).hear(long.path)
    assert len(server.uploads) >= 2
    assert all(upload.size_bytes < SEGMENT_MB for upload in server.uploads)
    assert_heard(spoken, long.said, within_ms=500)


def test_a_model_without_times_is_sent_pieces_whose_own_times_are_known(server: SpeechServer, talk: Talk) -> None:
    spoken = Ear(server, model="gpt-transcribe", longest_piece_ms=14_000).hear(talk.path)
    assert " ".join(cue.text for cue in spoken.cues) == " ".join(sentence.text for sentence in talk.said)
    starts, ends = {s.start_ms for s in talk.said}, {s.end_ms for s in talk.said}
    for cue in spoken.cues:
        assert min(abs(cue.start_ms - start) for start in starts) < 100
        assert min(abs(cue.end_ms - end) for end in ends) < 100
    assert {upload.fields["response_format"] for upload in server.uploads} == {"json"}
    assert spoken.language == "en"
    assert form_of("gpt-transcribe").longest_piece_ms == 30_000


def test_speakers_are_kept_where_one_piece_tells_them_all_apart(server: SpeechServer, talk: Talk) -> None:
    spoken = Ear(server, model="gpt-4o-transcribe-diarize").hear(talk.path)
    assert {cue.speaker for cue in spoken.cues} == {"A", "B"}
    assert server.uploads[0].fields["chunking_strategy"] == "auto"
    pieces = Ear(server, model="gpt-4o-transcribe-diarize", longest_piece_ms=14_000).hear(talk.path)
    assert {cue.speaker for cue in pieces.cues} == {None}


def test_silence_is_not_sent_and_is_no_speech(server: SpeechServer, tmp_path: Path) -> None:
    write_wav(tmp_path / "silence.wav", np.zeros(22_050 * 3, dtype=np.int16))
    assert Ear(server).fail(tmp_path / "silence.wav").failure is CaptionFailure.NO_SPEECH
    assert server.uploads == []


def test_a_recording_in_which_nothing_is_understood_is_no_speech(server: SpeechServer, brief: Talk) -> None:
    server.faults = ["nothing"]
    assert Ear(server).fail(brief.path).failure is CaptionFailure.NO_SPEECH


def test_what_the_model_made_up_is_left_out(server: SpeechServer, brief: Talk) -> None:
    server.faults = ["made_up"]
    assert_heard(Ear(server).hear(brief.path), brief.said)


@pytest.mark.parametrize("faults", [[429], [500], [503, 502], ["html"], ["cut"], ["bad_times"], [409]])
def test_what_passes_is_tried_again(server: SpeechServer, brief: Talk, faults: list[int | str]) -> None:
    server.faults = list(faults)
    ear = Ear(server)
    assert_heard(ear.hear(brief.path), brief.said)
    assert len(server.uploads) == len(faults) + 1


def test_the_wait_is_as_long_as_the_service_asks_for(
    server: SpeechServer, brief: Talk, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.faults, server.retry_after = [429], "0.07"
    ear = Ear(server, retry_pause_s=30.0)
    began_s = time.monotonic()
    ear.hear(brief.path)
    assert time.monotonic() - began_s < 20
    assert ear.calls[0].outcome == Outcome.VENDOR_LIMITED


@pytest.mark.parametrize("fault", [429, 500, "html"])
def test_after_three_tries_it_is_told_what_was_wrong(server: SpeechServer, brief: Talk, fault: int | str) -> None:
    server.faults = [fault] * 9
    failure = Ear(server).fail(brief.path)
    assert failure.failure is CaptionFailure.SPEECH_FAILED
    assert failure.retryable
    assert len(server.uploads) == 3


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("quota", "our credit there is used up"),
        (401, "our key is not taken"),
        (403, "our key is not taken"),
        (404, "it knows no such model"),
        (400, "it answered 400"),
        (413, "what we sent is too large"),
        ("no_segments", "the model whisper-1 gives no times"),
    ],
)
def test_what_cannot_pass_is_asked_once(server: SpeechServer, brief: Talk, fault: int | str, reason: str) -> None:
    server.faults = [fault] * 9
    failure = Ear(server).fail(brief.path)
    assert failure.failure is CaptionFailure.SPEECH_REFUSED
    assert reason in failure.message
    assert failure.rule.is_operator_fault
    assert len(server.uploads) == 1


def test_a_dripping_answer_ends_with_the_calls_timeout(server: SpeechServer, brief: Talk) -> None:
    server.faults = ["drip"]
    ear = Ear(server, call_timeout_s=1.0)
    assert_heard(ear.hear(brief.path), brief.said)
    assert [call.outcome for call in ear.calls] == [Outcome.TIMEOUT, Outcome.OK]


def test_the_total_timeout_ends_it_all(server: SpeechServer, brief: Talk) -> None:
    server.faults = ["drip"] * 9
    began_s = time.monotonic()
    failure = Ear(server, total_timeout_s=1.2).fail(brief.path)
    assert failure.failure is CaptionFailure.SPEECH_TIMED_OUT
    assert time.monotonic() - began_s < 6


def test_a_service_that_is_not_there_is_told_so(server: SpeechServer, brief: Talk) -> None:
    money = Money()
    ear = Ear(server, money, base_url=f"http://127.0.0.1:{free_port()}/v1")
    assert "can't be reached" in ear.fail(brief.path).message
    assert set(money.settled.values()) == {0}


def test_the_first_piece_that_fails_for_good_ends_the_others(server: SpeechServer, talk: Talk) -> None:
    server.faults = [401]
    failure = Ear(server, longest_piece_ms=6_000).fail(talk.path)
    assert failure.failure is CaptionFailure.SPEECH_REFUSED
    assert len(server.uploads) <= 2


def test_each_piece_is_paid_by_the_minute_of_sound(server: SpeechServer, talk: Talk) -> None:
    money = Money()
    Ear(server, money, longest_piece_ms=14_000).hear(talk.path)
    assert len(money.settled) == len(server.uploads)
    assert money.settled == money.reserved
    assert sum(money.settled.values()) == pytest.approx(talk.duration_ms / 60_000 * 6_000, rel=0.01)
    assert all(key.startswith("whisper-1/speech/") for key in money.reserved)


def test_a_try_that_cost_nothing_gives_its_money_back_and_one_that_may_have_does_not(
    server: SpeechServer, brief: Talk
) -> None:
    server.faults = [429, "cut"]
    money = Money()
    Ear(server, money).hear(brief.path)
    refused, cut, whole = money.reserved
    assert (money.settled[refused], cut in money.settled) == (0, False)
    assert money.settled[whole] == money.reserved[whole]


def test_a_cap_is_told_in_its_own_words_and_nothing_is_sent(server: SpeechServer, brief: Talk) -> None:
    failure = Ear(server, Money(most_microusd=10)).fail(brief.path)
    assert failure.failure is CaptionFailure.SPEECH_TOO_DEAR
    assert "This job's cap is $1.00" in failure.message
    assert server.uploads == []


@pytest.mark.parametrize(
    ("model", "base_url", "price_microusd"),
    [
        ("whisper-1", "https://api.openai.com/v1", 6_000),
        ("gpt-transcribe", "https://api.openai.com/v1", 4_500),
        ("unheard-of", "https://api.openai.com/v1", 6_000),
        ("Systran/faster-whisper-small", "http://127.0.0.1:8000/v1", 0),
    ],
)
def test_a_minute_costs_what_the_table_says(model: str, base_url: str, price_microusd: int) -> None:
    endpoint = SpeechEndpoint(api_key=KEY, base_url=base_url, model=model, total_timeout_s=1)
    assert endpoint.price_microusd(60_000) == price_microusd
    assert endpoint.price_microusd(1) == (1 if price_microusd else 0)
    assert KEY not in repr(endpoint)


def test_every_model_with_a_form_of_its_own_has_a_price() -> None:
    models = ("whisper-1", "gpt-transcribe", "gpt-4o-transcribe-diarize", "gpt-4o-mini-transcribe-2025-12-15")
    assert not any(audio_price_of(model).is_guess for model in models)


def test_an_endpoint_that_is_said_to_be_free_is_free() -> None:
    endpoint = SpeechEndpoint(
        api_key=KEY, base_url="https://api.openai.com/v1", model="whisper-1", total_timeout_s=1, own_prices="0/0/0"
    )
    assert endpoint.price_microusd(60_000) == 0


def test_without_a_key_or_ffmpeg_it_is_not_configured(server: SpeechServer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert Ear(server).transcriber.is_configured
    assert not Ear(server, api_key=None).transcriber.is_configured
    monkeypatch.setenv("PATH", "")
    assert not Ear(server).transcriber.is_configured
