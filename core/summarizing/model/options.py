"""How a model is asked: by which name, with how much room, and how much it is to write."""

from __future__ import annotations

import math
from dataclasses import dataclass

from core.domain.parts import Part
from core.domain.summary import Length

# Rises with every change of what code does with a model's answers; the prompts have a version of their own.
MODEL_ENGINE_VERSION = "model-1"


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelOptions:
    """`language` is the one to write in (a BCP 47 tag), None for the one that is spoken; `timeout_s` bounds a call."""

    language: str | None
    length: Length
    map_model: str
    reduce_model: str
    context_tokens: int
    concurrency: int
    timeout_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class LengthRule:
    """What a length means.

    A chapter gets a point for each `words_a_point` spoken words, `most_points` at most, each of `point_words` words.
    `share` 0…1 is what of each part's `most` is asked for.
    """

    words_a_point: int
    most_points: int
    point_words: int
    share: float
    tldr_words: int
    most_moments: int

    def points(self, spoken_words: float) -> int:
        return min(max(round(spoken_words / self.words_a_point), 1), self.most_points)

    def entries(self, part: Part) -> int:
        """How many entries of this part the finished summary may have."""
        return max(1, math.ceil(part.most * self.share))

    def entries_a_chunk(self, part: Part, chunks: int) -> int:
        """How many one of `chunks` chunks may propose: twice what is wanted in all, so that there is a choice."""
        wanted = self.entries(part)
        return wanted if chunks == 1 else min(wanted, math.ceil(2 * wanted / chunks))


# An hour of speech (9,000 words) gives about ten, twenty and forty points.
LENGTH_RULES = {
    Length.BRIEF: LengthRule(
        words_a_point=900, most_points=4, point_words=20, share=0.34, tldr_words=60, most_moments=5
    ),
    Length.STANDARD: LengthRule(
        words_a_point=450, most_points=8, point_words=30, share=0.67, tldr_words=100, most_moments=10
    ),
    Length.DEEP: LengthRule(
        words_a_point=225, most_points=16, point_words=40, share=1.0, tldr_words=100, most_moments=16
    ),
}
