"""Which sentences say most: a trained linear score, and a choice that avoids saying the same twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np

from core.domain.evidence import spoken_language
from core.domain.transcript import Transcript
from core.summarizing.features import FEATURES, Sheet, describe
from core.summarizing.fillers import strip_fillers
from core.summarizing.readability import reading_penalties
from core.summarizing.sentences import Sentence, split_sentences, word_count
from core.summarizing.tfidf import Floats
from core.summarizing.weights import WEIGHTS

# Standard deviations that a sentence loses when it equals one already chosen; chosen on QMSum val.
REDUNDANCY = 5.0
# Share of the weight of "prose" that reading scores keep: at its full weight lists of places and parts ("the size of
# the window, the position of the window") come out on top.
PROSE_SHARE = 0.5
# `rank_sentences` weighs redundancy until this many words are chosen; the order of the rest is by score alone.
_RANKED_WORDS = 600
_CENTRAL = 0.6


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranking:
    """Every sentence with its line (the text without filler) and two scores.

    `scores` is the trained ranker's: which sentences, read together, retell the whole. `reading_scores` is what lines
    of a summary are chosen by: the same features with less weight on prose, less what makes a line hard to read alone
    (-inf for a line without words). Both have deviation 1 over the transcript before anything is taken off.
    """

    sentences: list[Sentence]
    lines: list[str]
    sheet: Sheet
    scores: Floats
    reading_scores: Floats
    language: str | None


def rank(sentences: list[Sentence], language: str | None) -> Ranking:
    """Scores all sentences of one transcript."""
    sheet = describe(sentences, language)
    lines = [strip_fillers(sentence.text, language) for sentence in sentences]
    values = standardised(sheet.values)
    trained = np.array([WEIGHTS[name] for name in FEATURES])
    reading = np.where(np.array(FEATURES) == "prose", trained * PROSE_SHARE, trained)
    return Ranking(
        sentences=sentences,
        lines=lines,
        sheet=sheet,
        scores=standardised(values @ trained),
        reading_scores=standardised(values @ reading) - reading_penalties(sentences, lines, language),
        language=language,
    )


def rank_sentences(transcript: Transcript) -> list[Sentence]:
    """Sentences from the most telling on, `text` without filler: read from the top, a summary of any length."""
    ranking = rank(split_sentences(transcript), spoken_language(transcript))
    order = list(diverse(ranking, ranking.scores, until_words=_RANKED_WORDS))
    chosen = set(order)
    rest = sorted((i for i in range(len(ranking.lines)) if i not in chosen), key=lambda i: (-ranking.scores[i], i))
    numbers = [i for i in (*order, *rest) if ranking.lines[i]]
    return [replace(ranking.sentences[i], text=ranking.lines[i]) for i in numbers]


def diverse(ranking: Ranking, scores: Floats, *, until_words: float) -> Iterable[int]:
    """Maximal marginal relevance (Carbonell and Goldstein 1998): sentences in order of score less similarity."""
    nearest = np.zeros(len(scores))
    left = scores.copy()
    words = 0.0
    while words < until_words and np.isfinite(left).any():
        best = int(np.argmax(left - REDUNDANCY * nearest))
        left[best] = -np.inf
        words += word_count(ranking.lines[best])
        nearest = np.maximum(nearest, ranking.sheet.tfidf.similarities(best))
        yield best


def central_scores(ranking: Ranking) -> Floats:
    """Reading scores that lean towards what the whole video is about: for the few lines that stand for all of it."""
    return ranking.reading_scores + _CENTRAL * standardised(ranking.sheet.centrality)


def pick(
    ranking: Ranking, candidates: Iterable[int], *, taken: list[int], max_similarity: float, fits: Callable[[int], bool]
) -> list[int]:
    """Candidates in the order given that fit and whose similarity to all taken and picked stays below the bound.

    `fits` is asked once for each that is different enough, and may count what it lets through.
    """
    nearest = np.zeros(len(ranking.scores))
    for number in taken:
        nearest = np.maximum(nearest, ranking.sheet.tfidf.similarities(number))
    picked: list[int] = []
    for number in candidates:
        if nearest[number] < max_similarity and fits(number):
            picked.append(number)
            nearest = np.maximum(nearest, ranking.sheet.tfidf.similarities(number))
    return picked


def standardised(values: Floats) -> Floats:
    """Each column with mean 0 and deviation 1; a constant column becomes 0."""
    centred: Floats = (values - values.mean(axis=0)) / (values.std(axis=0) + 1e-9)
    return centred
