"""What the worker and its engine process say to each other: one JSON object a line, ASCII only."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from core.domain.document import FailureDocument
from core.domain.engine_settings import EngineSettings
from core.domain.packed import PackedTranscript, TranscriptFacts
from core.domain.run import RungAttempt, RungOutcome, Stage, StageReport
from core.domain.telemetry import OutboundCall
from core.domain.video import Video, VideoChapter
from core.errors import AppError


class RunFailure(FailureDocument):
    """As stored on a run: what the person reads, and the details behind it."""

    detail: dict[str, str | int | float | list[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoint:
    """What was learned of the language model's endpoint: the form it answers in, and its token gauge as JSON."""

    form: str
    gauge: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOrder:
    """What the language model's engine needs beyond the words.

    `model` reads, `model_reduce` puts together. `language` is the one to write in, None as spoken; `finished` are
    bodies of parts by key, from earlier attempts; `endpoints` what is known by model.
    """

    model: str
    model_reduce: str
    language: str | None
    length: str
    finished: dict[str, dict[str, Any]]
    endpoints: dict[str, Endpoint]


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineOrder:
    """All that one piece of work needs. `transcript` is there where the words are known, else they are fetched.

    `resting` are rungs of the ladder that are left out for now, with why. `recording` is a file to listen to instead
    of fetching captions; its title and language are then those of the order.
    """

    engine: str
    video: Video
    languages: tuple[str, ...]
    transcript: PackedTranscript | None
    settings: EngineSettings
    resting: dict[str, str] = field(default_factory=dict)
    model: ModelOrder | None = None
    recording: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WordsFetched:
    """The checkpoint: words and metadata, to be stored before anything is made of them."""

    transcript: PackedTranscript
    video: Video


@dataclass(frozen=True, slots=True, kw_only=True)
class PartFinished:
    """The checkpoint of a language model's work; `draft` is what a page can show of it already, as a draft's JSON."""

    key: str
    body: dict[str, Any]
    draft: dict[str, Any] | None


@dataclass(frozen=True, slots=True, kw_only=True)
class EstimateMade:
    """What the work is thought to cost, before its first call."""

    microusd: int


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendAsked:
    """May a call be made that costs this much at most? Answered by a SpendAnswer that names the same `ask`."""

    ask: str
    most_microusd: int
    model: str
    purpose: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendSettled:
    """What the call cost in the end."""

    reservation: str
    cost_microusd: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    is_estimate: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendAnswer:
    """From the worker to its process: a reservation, or why there is none."""

    ask: str
    reservation: str | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointLearned:
    """What the work found out about its endpoint."""

    model: str
    form: str
    gauge: dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class DraftWritten:
    """`draft` is `SummaryDraft.to_json()`; `lines` counts its items, `supported_lines` those that are grounded.

    `coverage` is the share 0…1 of the speech that is covered, None without times.
    """

    draft: dict[str, object]
    engine_version: str
    lines: int
    supported_lines: int
    coverage: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkFailed:
    """An expected failure; `video` where metadata came nonetheless."""

    failure: RunFailure
    video: Video | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkCrashed:
    """A bug: the exception's type and the line it rose from, never its message, which may hold words."""

    kind: str
    where: str


ModelNote = PartFinished | EstimateMade | SpendAsked | SpendSettled | EndpointLearned
Note = StageReport | RungAttempt | OutboundCall | ModelNote
Turn = WordsFetched | DraftWritten | WorkFailed | WorkCrashed
EngineEvent = Note | Turn


def failure_of(error: AppError) -> RunFailure:
    return {
        "code": error.code,
        "message": error.message,
        "next_step": error.next_step.value,
        "retryable": error.retryable,
        "detail": error.detail,
    }


def encode_order(order: EngineOrder) -> bytes:
    packed = order.transcript
    fields = {
        "engine": order.engine,
        "video": asdict(order.video),
        "languages": list(order.languages),
        "transcript": None if packed is None else _transcript_fields(packed),
        "settings": asdict(order.settings),
        "resting": order.resting,
        "model": None if order.model is None else asdict(order.model),
        "recording": order.recording,
    }
    return json.dumps(fields).encode() + b"\n"


def decode_order(line: bytes) -> EngineOrder:
    fields = json.loads(line)
    packed, model = fields.pop("transcript"), fields.pop("model")
    return EngineOrder(
        model=None if model is None else _model_order(model),
        settings=EngineSettings(**fields.pop("settings")),
        video=_video(fields.pop("video")),
        languages=tuple(fields.pop("languages")),
        transcript=None if packed is None else _transcript(packed),
        **fields,
    )


def encode_answer(answer: SpendAnswer) -> bytes:
    return json.dumps(asdict(answer)).encode() + b"\n"


def decode_answer(line: bytes) -> SpendAnswer:
    return SpendAnswer(**json.loads(line))


def encode_event(event: EngineEvent) -> bytes:
    return json.dumps({"event": type(event).__name__, **_event_fields(event)}).encode() + b"\n"


def decode_event(line: bytes) -> EngineEvent:
    """The event on this line; ValueError where it is none."""
    fields = json.loads(line)
    name = fields.pop("event", None) if isinstance(fields, dict) else None
    if name not in _READERS:
        raise ValueError("The engine process said something that is no event.")
    return _READERS[name](fields)


def _event_fields(event: EngineEvent) -> dict[str, Any]:
    if isinstance(event, OutboundCall):
        return event._asdict()
    if isinstance(event, WordsFetched):
        return {"transcript": _transcript_fields(event.transcript), "video": asdict(event.video)}
    return asdict(event)


def _transcript_fields(packed: PackedTranscript) -> dict[str, Any]:
    return {
        "facts": asdict(packed.facts),
        "segments": base64.b64encode(packed.segments).decode(),
        "cleaner_version": packed.cleaner_version,
    }


def _transcript(fields: dict[str, Any]) -> PackedTranscript:
    facts = fields["facts"]
    return PackedTranscript(
        facts=TranscriptFacts(**{**facts, "notes": tuple(facts["notes"])}),
        segments=base64.b64decode(fields["segments"]),
        cleaner_version=fields["cleaner_version"],
    )


def _model_order(fields: dict[str, Any]) -> ModelOrder:
    endpoints = {model: Endpoint(**known) for model, known in fields.pop("endpoints").items()}
    return ModelOrder(endpoints=endpoints, **fields)


def _stage_report(fields: dict[str, Any]) -> StageReport:
    return StageReport(stage=Stage(fields.pop("stage")), **fields)


def _video(fields: dict[str, Any]) -> Video:
    chapters = tuple(VideoChapter(**chapter) for chapter in fields.pop("chapters"))
    return Video(chapters=chapters, **fields)


def _rung_attempt(fields: dict[str, Any]) -> RungAttempt:
    return RungAttempt(outcome=RungOutcome(fields.pop("outcome")), **fields)


def _words_fetched(fields: dict[str, Any]) -> WordsFetched:
    return WordsFetched(transcript=_transcript(fields["transcript"]), video=_video(fields["video"]))


def _work_failed(fields: dict[str, Any]) -> WorkFailed:
    video = fields["video"]
    return WorkFailed(failure=fields["failure"], video=None if video is None else _video(video))


_READERS: dict[str, Callable[[dict[str, Any]], EngineEvent]] = {
    "StageReport": _stage_report,
    "RungAttempt": _rung_attempt,
    "OutboundCall": lambda fields: OutboundCall(**fields),
    "WordsFetched": _words_fetched,
    "PartFinished": lambda fields: PartFinished(**fields),
    "EstimateMade": lambda fields: EstimateMade(**fields),
    "SpendAsked": lambda fields: SpendAsked(**fields),
    "SpendSettled": lambda fields: SpendSettled(**fields),
    "EndpointLearned": lambda fields: EndpointLearned(**fields),
    "DraftWritten": lambda fields: DraftWritten(**fields),
    "WorkFailed": _work_failed,
    "WorkCrashed": lambda fields: WorkCrashed(**fields),
}
