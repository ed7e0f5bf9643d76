"""What all steps of one summary share."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from core.domain.evidence import TranscriptIndex
from core.domain.model import ModelRequest
from core.domain.summary import EngineName, SummaryDraft
from core.domain.transcript import Transcript
from core.domain.video import Video
from core.summarizing.model.options import LENGTH_RULES, MODEL_ENGINE_VERSION, LengthRule, ModelOptions
from core.summarizing.model.prompts import PROMPT_VERSION


class Asks(Protocol):
    """Gets a request answered: pays, tries again, repairs. Called from several threads at once."""

    def ask(self, request: ModelRequest) -> Mapping[str, object]:
        """The answer, which keeps to the request's schema. Raises ModelFailed."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """`plain` is what the offline engine made of the same words: where chapters begin, and what stands in where a
    model's own lines do not hold. `written_in` is the language of the summary (BCP 47), None where nobody can tell.

    `trusted` is the transcript without orders to machines; `index` and `plain` are made of it, since what these say is
    nothing that a summary may rest on.
    """

    transcript: Transcript
    trusted: Transcript
    video: Video
    index: TranscriptIndex
    plain: SummaryDraft
    options: ModelOptions
    written_in: str | None

    @property
    def rule(self) -> LengthRule:
        return LENGTH_RULES[self.options.length]

    @property
    def own_titles(self) -> frozenset[str]:
        """Titles that the video's author gave its chapters: they win over what anybody writes."""
        return frozenset(chapter.title for chapter in self.video.chapters)

    def empty_draft(self) -> SummaryDraft:
        """A draft by this model with nothing in it."""
        return SummaryDraft(
            engine=EngineName.OPENAI,
            engine_version=MODEL_ENGINE_VERSION,
            language=self.written_in,
            tldr=(),
            chapters=(),
            key_moments=(),
            tags=(),
            model=self.options.map_model,
            prompt_version=PROMPT_VERSION,
        )
