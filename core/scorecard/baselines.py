"""What others would have chosen from the same sentences: the start, chance, and sumy's LexRank and TextRank."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Protocol, cast

import numpy as np

from core.domain.languages import stop_words
from core.domain.words import stem, tokens
from core.scorecard.data import BenchmarkToolMissing
from core.summarizing.sentences import Sentence

RANDOM_SEEDS = (1, 2, 3)

# Numbers of sentences, the most telling first.
Ranker = Callable[[Sequence[Sentence], str | None], list[int]]


def lead(sentences: Sequence[Sentence], _language: str | None) -> list[int]:
    return list(range(len(sentences)))


def shuffled(seed: int) -> Ranker:
    """A ranker by chance; the seed and the number of sentences fix its order."""

    def ranker(sentences: Sequence[Sentence], _language: str | None) -> list[int]:
        order = list(range(len(sentences)))
        random.Random(seed).shuffle(order)  # noqa: S311 - a baseline, not a secret
        return order

    return ranker


def lexrank(sentences: Sequence[Sentence], language: str | None) -> list[int]:
    """sumy's LexRank with our stemmer and stop list. Raises BenchmarkToolMissing."""
    return _by_sumy("LexRankSummarizer", sentences, language)


def textrank(sentences: Sequence[Sentence], language: str | None) -> list[int]:
    """sumy's TextRank with our stemmer and stop list. Raises BenchmarkToolMissing."""
    return _by_sumy("TextRankSummarizer", sentences, language)


class _Summarizer(Protocol):
    stop_words: frozenset[str]

    def __call__(self, document: object, sentences_count: int) -> tuple[tuple[object, float], ...]: ...


class _WordTokenizer:
    """What sumy asks of a tokenizer: the words of a sentence, here ours."""

    def to_words(self, text: str) -> tuple[str, ...]:
        return tuple(tokens(text))


def _by_sumy(name: str, sentences: Sequence[Sentence], language: str | None) -> list[int]:
    try:
        from sumy.models.dom import ObjectDocumentModel, Paragraph
        from sumy.models.dom import Sentence as SumySentence
    except ImportError as error:
        raise BenchmarkToolMissing(
            "The scorecard needs the package sumy. Install the development dependencies with: uv sync"
        ) from error
    given = [SumySentence(sentence.text, _WordTokenizer()) for sentence in sentences]
    summarizer = _rating_summarizer(name, language)
    summarizer.stop_words = stop_words(language)
    with np.errstate(all="ignore"):  # sentences that share no word at all make LexRank divide by zero
        ratings = dict(summarizer(ObjectDocumentModel([Paragraph(given)]), len(given)))
    return sorted(range(len(given)), key=lambda number: (-ratings[given[number]], number))


def _rating_summarizer(name: str, language: str | None) -> _Summarizer:
    """sumy's class of that name, made to hand out every sentence's rating instead of the best in text order."""
    from sumy.summarizers.lex_rank import LexRankSummarizer
    from sumy.summarizers.text_rank import TextRankSummarizer

    base = {"LexRankSummarizer": LexRankSummarizer, "TextRankSummarizer": TextRankSummarizer}[name]
    rating_class = type(name, (base,), {"_get_best_sentences": staticmethod(_all_ratings)})
    return cast("_Summarizer", rating_class(lambda word: stem(word, language)))


def _all_ratings(
    sentences: Sequence[object], _count: int, ratings: dict[object, float]
) -> tuple[tuple[object, float], ...]:
    return tuple((sentence, float(np.nan_to_num(ratings[sentence]))) for sentence in sentences)
