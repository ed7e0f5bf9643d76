"""What the ranker looks at: one row of numbers a sentence."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from core.domain.languages import base_language, word_set
from core.summarizing.sentences import Sentence
from core.summarizing.tfidf import Floats, TfIdf
from core.summarizing.weights import PROSE_WORDS

FEATURES = (
    "centroid", "content_length", "centroid_by_length", "length", "is_early", "mean_idf", "max_idf", "mean_frequency",
    "frequency_mass", "near_similarity", "content_share", "is_question", "leans_back", "prose", "personal_words",
    "filler_words", "repeats", "opens_turn", "new_terms", "block_terms",
)  # fmt: skip

# English words of talk between people.
_PERSONAL = word_set("i you me my your i'm i'd i'll i've you're you'll he she him her")
_FILLERS = word_set("um uh er hmm mm okay ok yeah yep oh like know mean right just really gonna wanna kinda so well")
_LEANS_BACK = re.compile(
    r"^(?:and |but |so )?(?:it|it's|that|that's|this|this is|these|those|they|they're|he|she|he's|she's|then|also|which"
    r"|such|there|here|therefore|because|or|yes|no|yeah|ça|cela|c'est|il|elle|das|dies|es|это|они|он|она|eso|esto|esso)\b",
    re.IGNORECASE,
)
_QUESTION = re.compile(
    r"[?？]\s*$|^(?:so |and |but )?(?:what|who|where|when|why|how|which|do|does|did|is|are|can|could|would|will|should"
    r"|have) (?:you|we|they|i|he|she|it|is|are|do|does|did|would|that|the|about|if)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sheet:
    """The sentences' TF-IDF and their features: `values` has one row a sentence, one column a name in FEATURES."""

    tfidf: TfIdf
    centrality: Floats
    values: Floats


def describe(sentences: list[Sentence], language: str | None) -> Sheet:
    """Features of every sentence, unscaled; those of English words are 0 elsewhere."""
    tfidf = TfIdf([sentence.stems for sentence in sentences])
    centroid = _unit(tfidf.transposed_times(np.ones(len(sentences))))
    centrality = tfidf.times(centroid)
    columns = {**_lexical(sentences, tfidf, centrality), **_surface(sentences), **_speech(sentences, language)}
    return Sheet(tfidf=tfidf, centrality=centrality, values=np.column_stack([columns[name] for name in FEATURES]))


def prose(sentences: list[Sentence]) -> Floats:
    """How much each sentence sounds like a written account: its words' PROSE_WORDS weights over its length."""
    return np.array([sum(PROSE_WORDS.get(word, 0.0) for word in s.words) / (len(s.words) + 3) for s in sentences])


def _lexical(sentences: list[Sentence], tfidf: TfIdf, centrality: Floats) -> dict[str, Floats]:
    content = np.log1p(np.array([len(s.stems) for s in sentences], dtype=float))
    frequency = np.log1p(tfidf.term_counts)
    idf_scale = np.log1p(len(sentences))
    return {
        "centroid": centrality,
        "content_length": content,
        "centroid_by_length": centrality * content,
        "mean_idf": tfidf.term_means(tfidf.idf) / idf_scale,
        "max_idf": tfidf.term_maxima(tfidf.idf) / idf_scale,
        "mean_frequency": tfidf.term_means(frequency) / idf_scale,
        "frequency_mass": np.log1p(tfidf.term_means(frequency) * np.expm1(content) / idf_scale),
        "near_similarity": _window_similarity(tfidf, 3),
        "new_terms": _new_terms(sentences),
        "block_terms": _bursts(sentences),
    }


def _surface(sentences: list[Sentence]) -> dict[str, Floats]:
    words = np.array([len(s.words) for s in sentences], dtype=float)
    place = (np.arange(len(sentences)) + 0.5) / max(len(sentences), 1)
    return {
        "length": np.log1p(words),
        "is_early": (place < 0.06).astype(float),
        "content_share": np.array([len(s.stems) for s in sentences]) / np.maximum(words, 1),
        "repeats": np.array([1 - len(set(s.words)) / max(len(s.words), 1) for s in sentences]),
        "opens_turn": _flags(s.opens_turn and s.speaker is not None for s in sentences),
    }


def _speech(sentences: list[Sentence], language: str | None) -> dict[str, Floats]:
    is_english = base_language(language) == "en"

    def share(listed: frozenset[str]) -> Floats:
        if not is_english:
            return np.zeros(len(sentences))
        return np.array([sum(w in listed for w in s.words) / max(len(s.words), 1) for s in sentences])

    return {
        "is_question": _flags(bool(_QUESTION.search(s.text)) for s in sentences),
        "leans_back": _flags(bool(_LEANS_BACK.search(s.text)) for s in sentences),
        "prose": prose(sentences) if is_english else np.zeros(len(sentences)),
        "personal_words": share(_PERSONAL),
        "filler_words": share(_FILLERS),
    }


def _window_similarity(tfidf: TfIdf, reach: int) -> Floats:
    """Mean cosine of a sentence to those around it: all in the blocks of `reach` sentences it lies in and beside."""
    count = tfidf.row_count
    sums = [
        tfidf.window_sums(max(0, start - reach), min(count, start + 2 * reach), start, min(start + reach, count))
        for start in range(0, count, reach)
    ]
    return np.concatenate(sums) / (3.0 * reach)


def _new_terms(sentences: list[Sentence]) -> Floats:
    """Share of a sentence's terms that are said for the first time."""
    seen: set[str] = set()
    shares = np.zeros(len(sentences))
    for number, sentence in enumerate(sentences):
        terms = set(sentence.stems)
        shares[number] = len(terms - seen) / len(terms) if terms else 0.0
        seen |= terms
    return shares


def _bursts(sentences: list[Sentence], width: int = 60) -> Floats:
    """How much a sentence's terms belong to its own stretch of 60 sentences: mean over terms of ln(here / overall)."""
    overall = Counter(term for s in sentences for term in s.stems)
    total = max(sum(overall.values()), 1)
    scores = np.zeros(len(sentences))
    for start in range(0, len(sentences), width):
        stretch = sentences[start : start + width]
        here = Counter(term for s in stretch for term in s.stems)
        size = max(sum(here.values()), 1)
        for number, sentence in enumerate(stretch, start):
            gains = [
                np.log((here[t] / size) / (overall[t] / total)) * min(here[t] - 1, 3) / 3 for t in set(sentence.stems)
            ]
            scores[number] = float(np.mean(gains)) if gains else 0.0
    return scores


def _flags(values: Iterable[bool]) -> Floats:
    return np.array(list(values), dtype=float)


def _unit(vector: Floats) -> Floats:
    norm = float(np.sqrt(vector @ vector))
    return vector / norm if norm else vector
