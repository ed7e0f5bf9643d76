"""Speech to text on this machine: faster-whisper (the extra `stt`) with weights from a folder; nothing is fetched."""

from __future__ import annotations

import importlib
import importlib.util
import os
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Protocol, cast

import numpy as np
import numpy.typing as npt

from core.domain.hearing import Piece, is_believed, join_pieces
from core.domain.ladder import CaptionFailure, FailureContext, TranscriptUnavailable
from core.domain.transcript import Cue
from core.integrations.audio import Samples, has_ffmpeg, missing_programs, soundtrack
from core.integrations.audio_pieces import cut, loudness
from core.ports import Spoken

# What is in memory at once: ten minutes are 40 MB of samples.
_LONGEST_PIECE_MS = 600_000
# The weights, and the words: without the latter the library would fetch them from the network.
_NEEDED_FILES = ("model.bin", "config.json", "tokenizer.json")
_MOST_THREADS = 4
# Silence that is left around speech. The library's 400 ms run into the next sentence, and times with them.
_SPEECH_PAD_MS = 100
# A rest as long as this between two words ends a cue: people look for a sentence where it was said.
_REST_S = 0.7


class HeardWord(Protocol):
    """faster-whisper's; times in seconds, the space before the word is part of it."""

    start: float
    end: float
    word: str


class HeardSegment(Protocol):
    """faster-whisper's, as far as it is used. The two figures tell how little it is to be believed."""

    words: Sequence[HeardWord] | None
    no_speech_prob: float
    avg_logprob: float


class HeardInfo(Protocol):
    language: str


class SpeechModel(Protocol):
    """faster_whisper.WhisperModel, as far as it is used."""

    def transcribe(
        self,
        audio: npt.NDArray[np.float32],
        *,
        language: str | None,
        vad_filter: bool,
        vad_parameters: dict[str, int],
        word_timestamps: bool,
        condition_on_previous_text: bool,
    ) -> tuple[Iterable[HeardSegment], HeardInfo]: ...


def load_model(folder: str) -> SpeechModel:
    """The model in this folder, for the processor. Takes a second or more, and memory as large as its weights."""
    module = importlib.import_module("faster_whisper")
    model = module.WhisperModel(
        folder,
        device="cpu",
        compute_type="int8",
        cpu_threads=min(_MOST_THREADS, os.cpu_count() or 1),
        local_files_only=True,
    )
    return cast("SpeechModel", model)


class WhisperTranscriber:
    """The port Transcriber. The model is loaded with the first recording, and once."""

    name = "whisper"

    def __init__(
        self,
        folder: str | None,
        *,
        total_timeout_s: float,
        longest_piece_ms: int = _LONGEST_PIECE_MS,
        load: Callable[[str], SpeechModel] = load_model,
    ) -> None:
        self._folder = folder
        self._total_timeout_s = total_timeout_s
        self._longest_piece_ms = longest_piece_ms
        self._load = load
        self._model: SpeechModel | None = None

    @property
    def is_configured(self) -> bool:
        return not self.missing and has_ffmpeg()

    @property
    def missing(self) -> str:
        """What the operator has to do before it can hear; "" where nothing is missing."""
        if not self._folder:
            return "WHISPER_MODEL names no folder with weights"
        absent = [name for name in _NEEDED_FILES if not (Path(self._folder) / name).is_file()]
        if absent:
            return f"the folder of WHISPER_MODEL has no {', '.join(absent)}"
        if self._load is load_model and importlib.util.find_spec("faster_whisper") is None:
            return "the extra stt (faster-whisper) is not installed"
        return ""

    def transcribe(self, audio: Path, *, language: str | None, on_share: Callable[[float], None]) -> Spoken:
        """Also raises SPEECH_TIMED_OUT, seen at the end of each segment, and NO_SPEECH."""
        if reason := self.missing or missing_programs():
            raise TranscriptUnavailable(CaptionFailure.SPEECH_NOT_CONFIGURED, FailureContext(reason=reason))
        deadline_s = time.monotonic() + self._total_timeout_s
        with soundtrack(audio) as track:
            loud = loudness(track)
            cuts = cut(track, loud, longest_ms=self._longest_piece_ms)
            listener = _Listener(self._model_once(), language, deadline_s, track.sound_ms, on_share)
            heard = [
                (piece, listener.hear(piece, track.between(piece.start_ms, piece.end_ms)))
                for piece in cuts
                if not loud.is_silent(piece)
            ]
            duration_ms = track.duration_ms
        on_share(1.0)
        cues = tuple(map(loud.trimmed, join_pieces(heard)))
        if not cues:
            raise TranscriptUnavailable(CaptionFailure.NO_SPEECH)
        return Spoken(cues=cues, language=listener.language, duration_ms=duration_ms)

    def _model_once(self) -> SpeechModel:
        if self._model is None:
            try:
                self._model = self._load(str(self._folder))
            except (OSError, RuntimeError, ValueError, ImportError):
                reason = "the weights in WHISPER_MODEL can't be loaded"
                context = FailureContext(reason=reason)
                raise TranscriptUnavailable(CaptionFailure.SPEECH_NOT_CONFIGURED, context) from None
        return self._model


class _Listener:
    """Goes through one recording. The language heard in its first piece is that of all the others."""

    def __init__(
        self,
        model: SpeechModel,
        language: str | None,
        deadline_s: float,
        sound_ms: int,
        on_share: Callable[[float], None],
    ) -> None:
        self._model = model
        self.language = language.partition("-")[0].lower() if language else None
        self._deadline_s = deadline_s
        self._sound_ms = max(sound_ms, 1)
        self._on_share = on_share

    def hear(self, piece: Piece, samples: Samples) -> list[Cue]:
        """Cues on the piece's own clock."""
        segments, info = self._segments(samples)
        cues: list[Cue] = []
        for segment in segments:
            self._check_time()
            if is_believed(segment.no_speech_prob, segment.avg_logprob):
                cues.extend(_cues(segment.words or ()))
            if cues:
                self._on_share(min((piece.start_ms + (cues[-1].end_ms or 0)) / self._sound_ms, 1.0))
        self._on_share(min(piece.end_ms / self._sound_ms, 1.0))
        if cues:
            self.language = info.language
        return cues

    def _segments(self, samples: Samples) -> tuple[Iterable[HeardSegment], HeardInfo]:
        """Times by word, since those of segments begin with the silence before them; silence itself is left out, and
        no piece leans on the one before: both make the model say what nobody said.
        """
        self._check_time()
        try:
            return self._model.transcribe(
                samples.astype(np.float32) / np.float32(32_768),
                language=self.language,
                vad_filter=True,
                vad_parameters={"speech_pad_ms": _SPEECH_PAD_MS},
                word_timestamps=True,
                condition_on_previous_text=False,
            )
        except ValueError:
            reason = f"the model knows no language “{self.language}”"
            raise TranscriptUnavailable(CaptionFailure.SPEECH_FAILED, FailureContext(reason=reason)) from None

    def _check_time(self) -> None:
        if time.monotonic() > self._deadline_s:
            raise TranscriptUnavailable(CaptionFailure.SPEECH_TIMED_OUT)


def _cues(words: Sequence[HeardWord]) -> Iterator[Cue]:
    """One cue for each run of words without a rest."""
    starts = [0, *(n for n in range(1, len(words)) if words[n].start - words[n - 1].end >= _REST_S), len(words)]
    for start, stop in pairwise(starts):
        run = words[start:stop]
        if text := "".join(word.word for word in run).strip():
            yield Cue(start_ms=round(run[0].start * 1_000), end_ms=round(run[-1].end * 1_000), text=text)
