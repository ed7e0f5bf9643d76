"""The JSON of a summary: one shape for the CLI, the API and the pages."""

from __future__ import annotations

from typing import NotRequired

from typing_extensions import TypedDict  # pydantic needs this one below Python 3.12


class EvidenceDocument(TypedDict):
    """`quote` stands verbatim (white space aside) in the cleaned text of the segments named."""

    segment_ids: list[int]
    start_s: float | None
    end_s: float | None
    quote: str


class ReasonsDocument(TypedDict):
    """Why the grounding is what it is. Of `total_words` key words `found_words` are said near the evidence."""

    found_words: int
    total_words: int
    missing_numbers: list[str]
    missing_names: list[str]
    says_the_opposite: bool
    is_word_for_word: bool
    is_translated: bool


class ItemDocument(TypedDict):
    """One line. `grounding` is the share 0..1 that `core.domain.evidence.ground` gives; times are null when untimed."""

    id: str
    text: str
    start_s: float | None
    end_s: float | None
    grounding: float
    supported: bool
    reasons: ReasonsDocument
    evidence: list[EvidenceDocument]


class EntryDocument(ItemDocument):
    """One entry of a part; `fields` as `core.domain.parts` names them: text, a list of lines, or a number."""

    fields: dict[str, str | int | list[str]]


class WithheldDocument(TypedDict):
    """So many entries the engine wrote are left out, since the video does not bear them out."""

    part: str
    reason: str
    count: int


class ChapterDocument(TypedDict):
    title: str
    start_s: float | None
    end_s: float | None
    points: list[ItemDocument]


class TagDocument(TypedDict):
    name: str
    kind: str | None


class VideoDocument(TypedDict):
    id: str | None
    title: str | None
    channel: str | None
    duration_s: float | None
    url: str | None
    thumbnail_url: str | None


class CoverageDocument(TypedDict):
    """`ratio` 0..1 of the speech time within 30 s of some evidence; gaps are stretches of 5 minutes or more without."""

    ratio: float | None
    gaps: list[list[float]]


class NoteDocument(TypedDict):
    code: str
    count: int
    detail: str


class TranscriptDocument(TypedDict):
    sha256: str
    source: str
    language: str | None
    segments: int
    timed: bool
    notes: list[NoteDocument]


class VersionsDocument(TypedDict):
    """What wrote this: document shape, cleaner, engine, and the prompt where a model was asked."""

    document: int
    cleaner: int
    engine: str
    prompt: str | None


class StageDocument(TypedDict):
    """One stage of the work: `state` is waiting, now, done or failed; `seconds` is its real time so far."""

    name: str
    state: str
    seconds: float | None
    detail: str


class ProgressDocument(TypedDict):
    seq: int
    stage: str
    ratio: float
    stages: list[StageDocument]


class AttemptDocument(TypedDict):
    """One rung of the transcript ladder that was tried, or skipped, and what came of it."""

    rung: str
    outcome: str
    code: str | None
    message: str
    seconds: float | None


class FailureDocument(TypedDict):
    """Why there is no summary, in words for the person, and what to do next."""

    code: str
    message: str
    next_step: str
    retryable: bool


class ReceiptDocument(TypedDict):
    """What the language model took. `is_estimate` where a call broke off and the vendor never told what it took."""

    calls: int
    prompt_tokens: int
    cached_tokens: int
    completion_tokens: int
    is_estimate: bool


class NextDocument(TypedDict):
    """The language model's summary that will take this one's place: its state, and why it waits if it does."""

    status: str
    engine: str
    message: str


class WaitingDocument(TypedDict):
    """Why the work rests, in words for the person, and when it goes on at the latest (ISO 8601, UTC)."""

    code: str
    message: str
    until: str


class SummaryDocument(TypedDict):
    """The whole summary. `progress`, `failure`, `waiting` and `tried` stand in it only while there is no finished one.

    `is_partial`: the chapters are those that are finished so far. `estimate_microusd` is what the work was thought to
    cost before it began; `next` is there while this is the offline summary taken in the meantime.
    `parts` holds those that have entries, by the slugs of `core.domain.parts`.
    """

    id: str
    status: str
    engine: str
    model: str | None
    language: str | None
    video: VideoDocument
    tldr: list[ItemDocument]
    chapters: list[ChapterDocument]
    key_moments: list[ItemDocument]
    tags: list[TagDocument]
    categories: list[str]
    parts: dict[str, list[EntryDocument]]
    withheld: list[WithheldDocument]
    coverage: CoverageDocument
    transcript: TranscriptDocument | None
    versions: VersionsDocument
    cost_microusd: int
    estimate_microusd: NotRequired[int]
    receipt: NotRequired[ReceiptDocument]
    next: NotRequired[NextDocument]
    is_partial: NotRequired[bool]
    progress: NotRequired[ProgressDocument]
    failure: NotRequired[FailureDocument]
    waiting: NotRequired[WaitingDocument]
    tried: NotRequired[list[AttemptDocument]]


DOCUMENT_VERSION = 2
