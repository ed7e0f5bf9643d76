from __future__ import annotations

import numpy as np

from core.summarizing.features import FEATURES, describe
from core.summarizing.ranking import diverse, pick, rank, rank_sentences
from core.summarizing.sentences import split_sentences
from core.summarizing.tfidf import TfIdf
from core.summarizing.weights import WEIGHTS
from tests.transcripts import timed

TALK = timed(
    "Okay.",
    "The transformer model learns the meaning of a sentence from millions of sentences on the web.",
    "Yeah, um.",
    "The transformer model learns the meaning of a sentence from millions of sentences on the web.",
    "So what do you think about it?",
    "The tokenizer splits the sentence into the pieces that the transformer model was trained on.",
    "That was in the one with the other.",
    "Right, right.",
    "An evaluation of the model on the test sentences shows the quality of the translation.",
)


def test_every_feature_has_a_weight_and_every_weight_a_feature() -> None:
    assert tuple(WEIGHTS) == FEATURES


def test_features_are_one_finite_row_a_sentence() -> None:
    sentences = split_sentences(TALK)
    values = describe(sentences, "en").values
    assert values.shape == (len(sentences), len(FEATURES))
    assert np.isfinite(values).all()


def test_one_sentence_alone_can_be_ranked() -> None:
    assert [s.text for s in rank_sentences(timed("Hello"))] == ["Hello"]


def test_what_says_much_scores_above_what_says_nothing() -> None:
    ranking = rank(split_sentences(TALK), "en")
    scores = dict(zip((s.text for s in ranking.sentences), ranking.scores, strict=True))
    telling = [score for text, score in scores.items() if text.startswith(("The t", "An e"))]
    assert min(telling) > max(score for text, score in scores.items() if not text.startswith(("The t", "An e")))


def test_the_second_time_the_same_is_said_ranks_lower() -> None:
    ranked = [sentence.text for sentence in rank_sentences(TALK)]
    first, second = (n for n, text in enumerate(ranked) if text.startswith("The transformer"))
    assert first < 2 < 4 <= second


def test_ranking_twice_gives_the_same_order() -> None:
    assert rank_sentences(TALK) == rank_sentences(TALK)


def test_the_same_sentence_is_not_picked_twice() -> None:
    ranking = rank(split_sentences(TALK), "en")
    order = list(diverse(ranking, ranking.scores, until_words=10_000))
    assert sorted(order) == list(range(len(ranking.lines)))
    picked = pick(ranking, [1, 3, 5], taken=[], max_similarity=0.9, fits=lambda _number: True)
    assert picked == [1, 5]
    assert pick(ranking, [3, 5], taken=[1], max_similarity=0.9, fits=lambda _number: True) == [5]


def test_lines_that_lean_on_their_context_read_worse() -> None:
    ranking = rank(split_sentences(TALK), "en")
    scores = dict(zip((s.text[:12] for s in ranking.sentences), ranking.reading_scores, strict=True))
    assert scores["The tokenize"] > scores["That was in "]
    assert scores["The tokenize"] > scores["So what do y"]


def test_tfidf_rows_have_unit_length_and_known_similarities() -> None:
    rows = TfIdf([["a", "b"], ["a", "b"], ["c"], []])
    similarities = rows.similarities(0)
    np.testing.assert_allclose(similarities, [1.0, 1.0, 0.0, 0.0])
    assert rows.times(rows.dense(2)).tolist() == [0.0, 0.0, 1.0, 0.0]
    np.testing.assert_allclose(rows.window_sums(0, 2, 0, 4), [2.0, 2.0, 0.0, 0.0])


def test_a_rare_term_weighs_more_than_a_common_one() -> None:
    rows = TfIdf([["common", "rare"], ["common"], ["common"]])
    weights = rows.dense(0)
    assert weights[rows.vocabulary["rare"]] > weights[rows.vocabulary["common"]]
