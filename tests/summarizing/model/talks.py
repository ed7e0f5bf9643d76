"""Talks of any length, made of a few subjects' words, and what asks the stand-in models without a network."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from core.domain.model import ModelFailed, ModelFailure, ModelRequest
from core.domain.summary import Length, SummaryDraft
from core.domain.transcript import Transcript
from core.domain.video import Video
from core.summarizing.model.checkpoints import FinishedPart
from core.summarizing.model.engine import ModelEngine
from core.summarizing.model.options import ModelOptions
from tests.transcripts import timed
from tests.world.reading_model import Call, ReadingModel, read_prompt

_SUBJECTS = {
    "tokenizer": "words pieces vocabulary spaces letters bytes merges splits characters prefixes",
    "attention": "heads queries keys values layers scores matrix softmax positions context",
    "training": "loss gradients batches epochs optimiser learning rate schedule steps memory",
    "dataset": "rows columns shards download cache stream filter labels licence articles",
    "bicycle": "wheels chain saddle brakes pedals frame tyres gears handlebar lamp",
    "bakery": "flour yeast oven dough loaf crust butter sugar kitchen morning",
    "harbour": "ships cranes tide anchors containers pilots customs warehouse ropes fog",
    "orchard": "apples blossom ladder baskets frost bees pruning graft cider autumn",
}
_TURNS = (
    "So, um, the {subject} gives the {one} and the {two} to the {three} before we look at the {four}.",
    "What people forget is that the {one} of a {subject} depend on the {two}, and never on the {three}.",
    "If you change the {one} first, the {subject} keeps its {two} and its {three} in the {four}.",
    "We measured the {one} of the {subject} in round {number}, and the {two} were better than the {three}.",
)


def talk(minutes: int, *, subject_minutes: int = 12, language: str | None = "en") -> Transcript:
    """A sentence every five seconds, on another subject every `subject_minutes`."""
    subjects = list(_SUBJECTS)
    texts = []
    for number in range(minutes * 12):
        subject = subjects[number // (subject_minutes * 12) % len(subjects)]
        words = _SUBJECTS[subject].split()
        one, two, three, four = (words[(number * step + step) % len(words)] for step in (1, 3, 7, 9))
        turn = _TURNS[(number * 7 // 3) % len(_TURNS)]
        texts.append(turn.format(subject=subject, one=one, two=two, three=three, four=four, number=number))
    return timed(*texts, seconds=5, language=language)


def options(
    length: Length = Length.STANDARD,
    *,
    language: str | None = None,
    context_tokens: int = 128_000,
    concurrency: int = 2,
) -> ModelOptions:
    return ModelOptions(
        language=language, length=length, map_model="gpt-4o-mini", reduce_model="gpt-4o-mini",
        context_tokens=context_tokens, concurrency=concurrency, timeout_s=10.0,
    )  # fmt: skip


Reply = Callable[[str, str], dict[str, object]]


@dataclass
class DirectCaller:
    """Asks a stand-in's reply in place of an endpoint; `fails` is told each request and may raise for it."""

    reply: Reply
    fails: Callable[[ModelRequest, Call], None] = lambda _request, _call: None
    asked: list[tuple[ModelRequest, Call]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def ask(self, request: ModelRequest) -> Mapping[str, object]:
        prompt = read_prompt(request.system, request.user)
        numbers = tuple(number for rows in prompt.chapters.values() for number, _speaker, _text in rows)
        call = Call(kind=prompt.kind, asked=None, segments=numbers)  # type: ignore[arg-type]  # no wire, no journal
        with self.lock:
            self.asked.append((request, call))
        self.fails(request, call)
        return self.reply(request.system, request.user)

    def kinds(self) -> list[str]:
        return [call.kind for _request, call in self.asked]

    def of(self, kind: str) -> list[tuple[ModelRequest, Call]]:
        return [(request, call) for request, call in self.asked if call.kind == kind]


@dataclass
class Made:
    """One run of the engine: its draft, what it asked, and what it finished."""

    draft: SummaryDraft | None
    caller: DirectCaller
    parts: list[FinishedPart]

    @property
    def whole(self) -> SummaryDraft:
        assert self.draft is not None
        return self.draft

    @property
    def finished(self) -> dict[str, dict[str, object]]:
        return {part.key: part.body for part in self.parts}


def make(
    transcript: Transcript,
    reply: Reply | None = None,
    *,
    chosen: ModelOptions | None = None,
    video: Video | None = None,
    finished: Mapping[str, dict[str, object]] | None = None,
    fails: Callable[[ModelRequest, Call], None] | None = None,
) -> Made:
    """Runs the engine against a stand-in; a ModelFailed leaves the draft None."""
    caller = DirectCaller(reply or ReadingModel().reply)
    if fails is not None:
        caller.fails = fails
    parts: list[FinishedPart] = []
    engine = ModelEngine(
        map_caller=caller, reduce_caller=caller, options=chosen or options(), finished=finished or {},
        on_part=parts.append,
    )  # fmt: skip
    try:
        draft = engine.summarize(transcript, video or Video(title="A talk"), report=lambda _report: None)
    except ModelFailed:
        return Made(draft=None, caller=caller, parts=parts)
    return Made(draft=draft, caller=caller, parts=parts)


def failing(failure: ModelFailure, when: Callable[[ModelRequest, Call], bool]) -> Callable[[ModelRequest, Call], None]:
    """Raises this failure for the requests that `when` names."""

    def fails(request: ModelRequest, call: Call) -> None:
        if when(request, call):
            raise ModelFailed(failure)

    return fails


def texts(draft: SummaryDraft) -> Iterable[str]:
    """Every word that a reader of the draft can see."""
    yield from (item.text for item in (*draft.tldr, *draft.key_moments))
    for chapter in draft.chapters:
        yield chapter.title
        yield from (point.text for point in chapter.points)
    for entry in draft.parts:
        for _name, value in entry.fields:
            yield from value if isinstance(value, tuple) else [str(value)]
    yield from (tag.name for tag in draft.tags)
    yield from draft.categories
