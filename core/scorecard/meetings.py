"""ROUGE of ranked sentences beside baselines that were given the very same sentences."""

from __future__ import annotations

import time
from collections.abc import Callable

from typing_extensions import TypedDict

from core.domain.evidence import spoken_language
from core.domain.transcript import Transcript
from core.scorecard.baselines import RANDOM_SEEDS, Ranker, lead, lexrank, shuffled, textrank
from core.scorecard.data import Recording, as_captions
from core.scorecard.rouge import RougeMeter, RougeScores, mean_scores
from core.summarizing.ranking import rank_sentences
from core.summarizing.sentences import split_sentences

BASELINES: dict[str, tuple[Ranker, ...]] = {
    "lexrank": (lexrank,),
    "textrank": (textrank,),
    "lead": (lead,),
    "random": tuple(shuffled(seed) for seed in RANDOM_SEEDS),
}
STYLES: dict[str, Callable[[Transcript], Transcript]] = {"punctuated": lambda t: t, "captions": as_captions}


class SystemScores(TypedDict):
    """Mean F1 in per cent over the recordings; `seconds` per recording."""

    rouge1: float
    rouge2: float
    rougeL: float
    seconds: float


def score_sightline(recordings: list[Recording], style: str) -> SystemScores:
    """Our ranking, timed from the transcript on: splitting, features and choice included."""
    meter = RougeMeter()
    scores: list[RougeScores] = []
    seconds = 0.0
    for transcript, reference in _referenced(recordings, style):
        began = time.perf_counter()
        lines = [sentence.text for sentence in rank_sentences(transcript)]
        seconds += time.perf_counter() - began
        scores.append(meter.score(lines, reference))
    return _system(scores, seconds)


def score_baseline(recordings: list[Recording], style: str, rankers: tuple[Ranker, ...]) -> SystemScores:
    """The mean over `rankers` (three seeds for chance), timed without splitting."""
    meter = RougeMeter()
    scores: list[RougeScores] = []
    seconds = 0.0
    for transcript, reference in _referenced(recordings, style):
        sentences, language = split_sentences(transcript), spoken_language(transcript)
        for ranker in rankers:
            began = time.perf_counter()
            order = ranker(sentences, language)
            seconds += time.perf_counter() - began
            scores.append(meter.score((sentences[number].text for number in order), reference))
    return _system(scores, seconds)


def _referenced(recordings: list[Recording], style: str) -> list[tuple[Transcript, str]]:
    return [(STYLES[style](r.transcript), r.reference) for r in recordings if r.reference is not None]


def _system(scores: list[RougeScores], seconds: float) -> SystemScores:
    mean = mean_scores(scores)
    return {
        "rouge1": round(mean["rouge1"], 2),
        "rouge2": round(mean["rouge2"], 2),
        "rougeL": round(mean["rougeL"], 2),
        "seconds": round(seconds / max(len(scores), 1), 3),
    }
