"""ROUGE as the published figures use it: Google's rouge-score with stemming, F1, in per cent."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol, TypedDict

from core.scorecard.data import BenchmarkToolMissing

SUMMARY_WORDS = 150
_NAMES = ("rouge1", "rouge2", "rougeL")


class _Measure(Protocol):
    fmeasure: float


class RougeScores(TypedDict):
    """F1 in per cent."""

    rouge1: float
    rouge2: float
    rougeL: float


class RougeMeter:
    """Scores summaries against one reference each. Raises BenchmarkToolMissing where rouge-score is not installed."""

    def __init__(self) -> None:
        try:
            from rouge_score.rouge_scorer import RougeScorer
        except ImportError as error:
            raise BenchmarkToolMissing(
                "The scorecard needs the package rouge-score. Install the development dependencies with: uv sync"
            ) from error
        self._scorer = RougeScorer(list(_NAMES), use_stemmer=True)

    def score(self, lines: Iterable[str], reference: str) -> RougeScores:
        """ROUGE of the first 150 words of `lines`."""
        summary = " ".join(" ".join(lines).split()[:SUMMARY_WORDS])
        found = self._scorer.score(reference, summary)
        return {"rouge1": _f1(found, "rouge1"), "rouge2": _f1(found, "rouge2"), "rougeL": _f1(found, "rougeL")}


def mean_scores(scores: list[RougeScores]) -> RougeScores:
    """The mean of each measure; zeros for no scores."""
    count = max(len(scores), 1)
    return {
        "rouge1": sum(s["rouge1"] for s in scores) / count,
        "rouge2": sum(s["rouge2"] for s in scores) / count,
        "rougeL": sum(s["rougeL"] for s in scores) / count,
    }


def _f1(found: dict[str, _Measure], name: str) -> float:
    return 100.0 * found[name].fmeasure
