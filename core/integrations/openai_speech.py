"""Speech to text by OpenAI's transcriptions, or any server that speaks as they do: in pieces, two at a time."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import openai
from openai import AsyncOpenAI

from core.domain.hearing import Piece, join_pieces
from core.domain.ladder import CaptionFailure, FailureContext, TranscriptUnavailable
from core.domain.model import ModelFailed, Usage
from core.domain.prices import audio_cost_microusd, audio_price_of
from core.integrations.audio import Soundtrack, has_ffmpeg, soundtrack, to_opus
from core.integrations.audio_pieces import Loudness, cut, loudness
from core.integrations.calls import OnCall, outbound, uncounted
from core.integrations.openai import HOST
from core.integrations.speech_answers import (
    NoTimes,
    SpeechAnswer,
    UnreadableAnswer,
    form_of,
    read_answer,
)
from core.ports import Purse, Spoken

PURPOSE = "speech"
_AT_ONCE = 2
_TRIES = 3
_LONGEST_RETRY_WAIT_S = 30.0
# Languages are asked for by two letters (ISO 639-1).
_LANGUAGE_LETTERS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SpeechEndpoint:
    """Where the speech goes. `call_timeout_s` bounds one call, `total_timeout_s` a whole recording.

    `own_prices` is OPENAI_PRICES.
    """

    api_key: str | None
    base_url: str
    model: str
    total_timeout_s: float
    call_timeout_s: float = 300.0
    retry_pause_s: float = 1.0
    longest_piece_ms: int | None = None
    own_prices: str | None = None

    def __repr__(self) -> str:
        return f"SpeechEndpoint(model={self.model!r}, …)"

    def price_microusd(self, duration_ms: int) -> int:
        """Of this much sound, rounded up. A model nobody knows costs as the dearest; another maker's server nothing."""
        price = audio_price_of(self.model, own=self.own_prices)
        if price.is_guess and urlsplit(self.base_url).hostname != HOST:
            return 0
        return audio_cost_microusd(price, duration_ms)


class OpenAiTranscriber:
    """The port Transcriber. `transcribe` starts an event loop of its own: call it where none runs."""

    name = "openai"

    def __init__(self, endpoint: SpeechEndpoint, *, on_call: OnCall = uncounted, purse: Purse | None = None) -> None:
        self._endpoint = endpoint
        self._on_call = on_call
        self._purse = purse

    @property
    def is_configured(self) -> bool:
        return bool(self._endpoint.api_key) and has_ffmpeg()

    def transcribe(self, audio: Path, *, language: str | None, on_share: Callable[[float], None]) -> Spoken:
        with soundtrack(audio) as track:
            return asyncio.run(self._transcribe(track, language, on_share))

    async def _transcribe(self, track: Soundtrack, language: str | None, on_share: Callable[[float], None]) -> Spoken:
        try:
            async with asyncio.timeout(self._endpoint.total_timeout_s), self._client() as client:
                work = _Work(self._endpoint, client, self._on_call, self._purse)
                return await work.hear(track, language, on_share)
        except TimeoutError:
            raise TranscriptUnavailable(CaptionFailure.SPEECH_TIMED_OUT) from None

    def _client(self) -> AsyncOpenAI:
        return AsyncOpenAI(
            api_key=self._endpoint.api_key,
            base_url=self._endpoint.base_url,
            max_retries=0,
            timeout=self._endpoint.call_timeout_s,
        )


class _Work:
    """One recording on its way through the endpoint."""

    def __init__(self, endpoint: SpeechEndpoint, client: AsyncOpenAI, on_call: OnCall, purse: Purse | None) -> None:
        self._endpoint = endpoint
        self._form = form_of(endpoint.model)
        self._client = client
        self._on_call = on_call
        self._till = _Till(endpoint, purse)
        self._gate = asyncio.Semaphore(_AT_ONCE)

    async def hear(self, track: Soundtrack, language: str | None, on_share: Callable[[float], None]) -> Spoken:
        """Raises TranscriptUnavailable as soon as one piece fails for good."""
        loud = await asyncio.to_thread(loudness, track)
        pieces = self._pieces(track, loud)
        done_ms = 0

        async def hear_one(piece: Piece) -> SpeechAnswer:
            nonlocal done_ms
            async with self._gate:
                answer = await self._hear_piece(track, piece, language)
            done_ms += piece.duration_ms
            on_share(min(done_ms / max(track.sound_ms, 1), 1.0))
            return answer

        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(hear_one(piece)) for piece in pieces]
        except BaseExceptionGroup as failures:
            raise failures.exceptions[0] from None
        answers = [task.result() for task in tasks]
        spoken = _spoken(pieces, answers, track)
        return replace(spoken, cues=tuple(map(loud.trimmed, spoken.cues)))

    def _pieces(self, track: Soundtrack, loud: Loudness) -> list[Piece]:
        """What is silent throughout is not paid for; where the model gives no times, the pauses are cut off too."""
        longest_ms = self._endpoint.longest_piece_ms or self._form.longest_piece_ms
        pieces = [piece for piece in cut(track, loud, longest_ms=longest_ms) if not loud.is_silent(piece)]
        return pieces if self._form.has_times else [loud.sounding(piece) for piece in pieces]

    async def _hear_piece(self, track: Soundtrack, piece: Piece, language: str | None) -> SpeechAnswer:
        sound = await asyncio.to_thread(to_opus, track.between(piece.start_ms, piece.end_ms))
        for tries_left in reversed(range(_TRIES)):
            try:
                return await self._try(sound, piece, language)
            except _CallFailed as failed:
                if not tries_left or not failed.is_passing:
                    raise failed.unavailable() from None
                await asyncio.sleep(self._wait_s(failed, _TRIES - tries_left))
        raise AssertionError("the last try returns or raises")

    async def _try(self, sound: bytes, piece: Piece, language: str | None) -> SpeechAnswer:
        """One call and its money. Raises _CallFailed."""
        reservation = await self._till.reserve(piece)
        try:
            body = await self._call(sound, language)
            answer = read_answer(body, self._form, duration_ms=piece.duration_ms)
        except Exception as error:
            failed = _read_failure(error, self._endpoint.model)
            if not failed.is_billed:
                await self._till.give_back(reservation)
            raise failed from None
        await self._till.pay(reservation, piece, answer)
        return answer

    async def _call(self, sound: bytes, language: str | None) -> str:
        """The answer's body, unread."""
        asked: dict[str, Any] = {"model": self._endpoint.model, "response_format": self._form.response_format}
        if self._form.asks_for_segments:
            asked["timestamp_granularities"] = ["segment"]
        if self._form.has_speakers:
            asked["chunking_strategy"] = "auto"
        if language and len(base := language.partition("-")[0].lower()) == _LANGUAGE_LETTERS:
            asked["language"] = base
        create = self._client.audio.transcriptions.with_raw_response.create
        refused: openai.APIStatusError | None = None
        with outbound("openai", "transcribe", self._on_call) as notes:
            try:
                # The whole call, not each read: a server that drips would never be late.
                async with asyncio.timeout(self._endpoint.call_timeout_s):
                    answer = await create(file=("speech.ogg", sound, "audio/ogg"), **asked)
                    return str(answer.text)
            except openai.APIStatusError as error:
                notes.note_status(error.status_code)
                refused = error
        raise refused

    def _wait_s(self, failed: _CallFailed, tries: int) -> float:
        """As long as the service asks for; else twice as long each time, of random length."""
        if failed.retry_after_s is not None:
            return min(failed.retry_after_s, _LONGEST_RETRY_WAIT_S)
        return self._endpoint.retry_pause_s * 2.0 ** (tries - 1) * random.uniform(0.5, 1.5)  # noqa: S311  # jitter


class _Till:
    """The money of one recording. A try that may be billed and told nothing stays booked at its reservation."""

    def __init__(self, endpoint: SpeechEndpoint, purse: Purse | None) -> None:
        self._endpoint = endpoint
        self._purse = purse

    async def reserve(self, piece: Piece) -> str | None:
        """Raises TranscriptUnavailable (SPEECH_TOO_DEAR)."""
        if self._purse is None:
            return None
        most_microusd = self._endpoint.price_microusd(piece.duration_ms)
        try:
            return await asyncio.to_thread(
                self._purse.reserve, most_microusd, model=self._endpoint.model, purpose=PURPOSE
            )
        except ModelFailed as refused:
            context = FailureContext(reason=refused.reason)
            raise TranscriptUnavailable(CaptionFailure.SPEECH_TOO_DEAR, context) from None

    async def pay(self, reservation: str | None, piece: Piece, answer: SpeechAnswer) -> None:
        usage = Usage(prompt_tokens=answer.input_tokens, cached_tokens=0, completion_tokens=answer.output_tokens)
        await self._settle(reservation, self._endpoint.price_microusd(piece.duration_ms), usage)

    async def give_back(self, reservation: str | None) -> None:
        await self._settle(reservation, 0, Usage(prompt_tokens=0, cached_tokens=0, completion_tokens=0))

    async def _settle(self, reservation: str | None, cost_microusd: int, usage: Usage) -> None:
        if self._purse is not None and reservation is not None:
            await asyncio.to_thread(self._purse.settle, reservation, cost_microusd, usage)


class _CallFailed(Exception):
    """One call came to nothing. `is_passing`: the same may work soon. `is_billed`: it may have cost money."""

    def __init__(
        self,
        reason: str,
        *,
        failure: CaptionFailure = CaptionFailure.SPEECH_FAILED,
        is_passing: bool = False,
        is_billed: bool = False,
        retry_after_s: float | None = None,
    ) -> None:
        super().__init__(reason)
        self.reason = reason
        self.failure = failure
        self.is_passing = is_passing
        self.is_billed = is_billed
        self.retry_after_s = retry_after_s

    def unavailable(self) -> TranscriptUnavailable:
        return TranscriptUnavailable(self.failure, FailureContext(reason=self.reason))


def _read_failure(error: Exception, model: str) -> _CallFailed:
    """What the SDK or the answer raised, in our words; what is no failure of the call is raised as it is."""
    match error:
        case openai.APIStatusError():
            return _refusal(error)
        case TimeoutError() | openai.APITimeoutError():
            return _CallFailed("the service takes too long to answer", is_passing=True, is_billed=True)
        case openai.APIConnectionError():
            # Where no connection came about, nothing was heard and nothing is billed.
            is_billed = not type(error.__cause__).__name__.startswith("Connect")
            return _CallFailed("the service can't be reached", is_passing=True, is_billed=is_billed)
        case UnreadableAnswer() | openai.APIError():
            return _CallFailed("the service sent something unreadable", is_passing=True, is_billed=True)
        case NoTimes():
            reason = f"the model {model} gives no times"
            return _CallFailed(reason, failure=CaptionFailure.SPEECH_REFUSED, is_billed=True)
        case _:
            raise error


def _refusal(error: openai.APIStatusError) -> _CallFailed:
    status = error.status_code
    if status == 429 and error.code != "insufficient_quota":
        return _CallFailed("the service is busy", is_passing=True, retry_after_s=_retry_after_s(error))
    if status >= 500 or status in {408, 409}:
        return _CallFailed("the service is having trouble", is_passing=True, retry_after_s=_retry_after_s(error))
    reasons = {401: "our key is not taken", 403: "our key is not taken", 404: "it knows no such model",
               413: "what we sent is too large", 429: "our credit there is used up"}  # fmt: skip
    reason = reasons.get(status, f"it answered {status}")
    return _CallFailed(reason, failure=CaptionFailure.SPEECH_REFUSED)


def _retry_after_s(error: openai.APIStatusError) -> float | None:
    """Seconds, where the service asks for so many; a date is not read."""
    try:
        wait_s = float(error.response.headers.get("retry-after", ""))
    except ValueError:
        return None
    return wait_s if wait_s >= 0 else None


def _spoken(pieces: list[Piece], answers: list[SpeechAnswer], track: Soundtrack) -> Spoken:
    """All of it on the recording's clock. Speakers are told apart within one piece only: "A" is somebody else in each.

    Raises TranscriptUnavailable (NO_SPEECH).
    """
    heard = [(piece, answer.cues) for piece, answer in zip(pieces, answers, strict=True)]
    cues = join_pieces(heard)
    if not cues:
        raise TranscriptUnavailable(CaptionFailure.NO_SPEECH)
    if len(pieces) > 1:
        cues = tuple(replace(cue, speaker=None) for cue in cues)
    return Spoken(cues=cues, language=_language(answers), duration_ms=track.duration_ms)


def _language(answers: list[SpeechAnswer]) -> str | None:
    """The language of most of the words."""
    words: Counter[str] = Counter()
    for answer in answers:
        if answer.language:
            words[answer.language] += sum(len(cue.text) for cue in answer.cues)
    return words.most_common(1)[0][0] if words else None
