"""Trains the ranker of the offline engine and prints `core/summarizing/weights.py`.

    python -m tests.benchmarks.train_ranker qmsum_train.jsonl.gz qmsum_val.jsonl.gz > weights.py

Only the train file is learned from; the val file is scored and reported on standard error. Both styles of each
meeting, punctuated and captions, are learned from with equal weight.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path

import numpy as np
from nltk.stem.porter import PorterStemmer

from core.domain.evidence import spoken_language
from core.domain.languages import stop_words
from core.scorecard.data import Recording, read_recordings
from core.scorecard.meetings import STYLES
from core.scorecard.rouge import RougeMeter, RougeScores, mean_scores
from core.summarizing.features import FEATURES, Sheet, describe
from core.summarizing.fillers import strip_fillers
from core.summarizing.ranking import Ranking, diverse, standardised
from core.summarizing.sentences import Sentence, split_sentences
from core.summarizing.tfidf import Floats

PROSE_COUNT = 60
RIDGE = 1000.0
# A line's gain is its stemmed words and word pairs of the reference over its length plus this: expected ROUGE a word.
LENGTH_OFFSET = 8.0
FOLDS = 5
PROSE = FEATURES.index("prose")

DOCSTRING = '''"""Coefficients of the linear ranker; made by tests/benchmarks/train_ranker.py, not by hand.

Ridge regression (λ = 1000, each meeting counting as 1,000 sentences) on the train split of QMSum (Zhong et al. 2021,
MIT licence: 162 meetings, each punctuated and as captions). Target: stemmed words and word pairs that a line shares
with the human summary, over its length + 8. Features and target are standardised within each meeting. The function
words of PROSE_WORDS are learned first, together with the other features, and then enter as the one feature "prose".
"""

from __future__ import annotations
'''


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    meeting: str
    reference: str
    sentences: list[Sentence]
    lines: list[str]
    sheet: Sheet
    target: Floats
    shares: Floats


def main(train_path: Path, val_path: Path) -> None:
    train, val = read_recordings(train_path), read_recordings(val_path)
    words = function_words(train)
    examples = {style: [example(r, style, words) for r in train] for style in STYLES}
    held_out = {style: [example(r, style, words) for r in val] for style in STYLES}
    for style in STYLES:
        scores: list[RougeScores] = []
        for fold in range(FOLDS):
            test = examples[style][fold::FOLDS]
            apart = {e.meeting for e in test}
            fitted = fit([e for some in examples.values() for e in some if e.meeting not in apart], words)
            scores += [rouge(e, *fitted, words) for e in test]
        say(f"train, {FOLDS} folds, {style}", scores)
    fitted = fit([e for some in examples.values() for e in some], words)
    for style in STYLES:
        say(f"val, {style}", [rouge(e, *fitted, words) for e in held_out[style]])
    prose, weights = fitted
    sys.stdout.write(f"{DOCSTRING}\nPROSE_WORDS = {{\n{entries(prose)}}}\n\nWEIGHTS = {{\n{entries(weights)}}}\n")


def function_words(recordings: list[Recording]) -> list[str]:
    """The 60 most frequent stop words of the train meetings."""
    listed = stop_words("en")
    counts = Counter(w for r in recordings for s in split_sentences(r.transcript) for w in s.words if w in listed)
    return [word for word, _count in counts.most_common(PROSE_COUNT)]


def example(recording: Recording, style: str, words: list[str]) -> Example:
    transcript = STYLES[style](recording.transcript)
    sentences, language = split_sentences(transcript), spoken_language(transcript)
    lines = [strip_fillers(sentence.text, language) for sentence in sentences]
    reference = recording.reference or ""
    shares = np.array([[s.words.count(word) / (len(s.words) + 3) for word in words] for s in sentences])
    return Example(
        meeting=recording.id,
        reference=reference,
        sentences=sentences,
        lines=lines,
        sheet=describe(sentences, language),
        target=standardised(np.array([gain(line, reference) for line in lines])),
        shares=shares,
    )


def gain(line: str, reference: str) -> float:
    said, wanted = stems(line), stems(reference)
    shared = (Counter(said) & Counter(wanted)).total()
    pairs = (Counter(pairwise(said)) & Counter(pairwise(wanted))).total()
    return (shared + pairs) / (len(said) + LENGTH_OFFSET)


def stems(text: str) -> list[str]:
    return [porter(word) for word in re.sub(r"[^a-z0-9]+", " ", text.lower()).split()]


@cache
def porter(word: str) -> str:
    stemmed: str = PorterStemmer().stem(word) if len(word) > 3 else word
    return stemmed


def fit(examples: list[Example], words: list[str]) -> tuple[dict[str, float], dict[str, float]]:
    """The coefficients of the function words, then those of the features."""
    others = [number for number in range(len(FEATURES)) if number != PROSE]
    joint = [np.hstack([standardised(e.sheet.values[:, others]), standardised(e.shares)]) for e in examples]
    coefficients = ridge(joint, [e.target for e in examples])[len(others) :]
    spread = np.mean([e.shares.std(axis=0) for e in examples], axis=0)
    prose = dict(zip(words, (float(c) for c in coefficients / np.maximum(spread, 0.005)), strict=True))
    rows = [features(e, prose, words) for e in examples]
    weights = ridge(rows, [e.target for e in examples])
    return prose, dict(zip(FEATURES, (float(w) for w in weights), strict=True))


def features(one: Example, prose: dict[str, float], words: list[str]) -> Floats:
    values = one.sheet.values.copy()
    values[:, PROSE] = one.shares @ np.array([prose[word] for word in words])
    return standardised(values)


def ridge(rows: list[Floats], targets: list[Floats]) -> Floats:
    size = rows[0].shape[1]
    left, right = RIDGE * np.eye(size), np.zeros(size)
    for values, target in zip(rows, targets, strict=True):
        left += values.T @ values * (1000 / len(target))
        right += values.T @ target * (1000 / len(target))
    return np.linalg.solve(left, right).astype(np.float64, copy=False)


def rouge(one: Example, prose: dict[str, float], weights: dict[str, float], words: list[str]) -> RougeScores:
    scores = standardised(features(one, prose, words) @ np.array([weights[name] for name in FEATURES]))
    ranking = Ranking(
        sentences=one.sentences, lines=one.lines, sheet=one.sheet, scores=scores, reading_scores=scores, language="en"
    )
    lines = (one.lines[number] for number in diverse(ranking, scores, until_words=200))
    return METER.score(lines, one.reference)


def say(name: str, scores: list[RougeScores]) -> None:
    mean = mean_scores(scores)
    sys.stderr.write(f"{name:<34}R1 {mean['rouge1']:.2f}  R2 {mean['rouge2']:.2f}  RL {mean['rougeL']:.2f}" + "\n")


def entries(values: dict[str, float]) -> str:
    return "".join(f'    "{name}": {value:.3f},\n' for name, value in values.items())


METER = RougeMeter()

if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
