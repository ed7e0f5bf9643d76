"""Where chapters begin: the segmentation whose segments hold together best, found exactly."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from core.domain.transcript import Transcript
from core.summarizing.chapter_count import LEAST_CHAPTER_S, WORDS_PER_SECOND, choose_count, most_chapters
from core.summarizing.cohesion import Floats, span_cohesion
from core.summarizing.likelihood import span_likelihood
from core.summarizing.sentences import Sentence, word_count

# Twenty words a unit did a little better than fifteen or thirty on lectures and joined videos. Never more than 1,600
# units: time grows with their square.
_UNIT_WORDS, _MOST_UNITS = 20, 1600
_SNAP_MS = 15_000
# A silence must be this much longer than the one at the place found to draw a chapter there.
_TELLING_PAUSE_MS = 700
_COLUMN_BLOCK = 128
_LIKELIHOOD_WEIGHT = 0.5
_MOST_FOR_GAIN = 40


def find_chapters(sentences: Sequence[Sentence], transcript: Transcript, count: int | None = None) -> list[int]:
    """Indexes of the sentences that open chapters, the first always 0; empty for no sentences.

    `count` asks for so many chapters; fewer come back where they would be shorter than 30 seconds. Without it the
    text decides (see `choose_count`).
    """
    words = [word_count(sentence.text) for sentence in sentences]
    if len(sentences) < 2:
        return [0] * len(sentences)
    firsts = _unit_firsts(words)
    ends = [*firsts[1:], len(sentences)]
    units = [[s for i in range(a, b) for s in sentences[i].stems] for a, b in zip(firsts, ends, strict=True)]
    lengths_s = _lengths_s(sentences, words, firsts, transcript)
    if count is None and most_chapters(lengths_s.sum() / 60, sum(words)) == 1:
        return [0]
    starts = [firsts[unit] for unit in _segment(units, count, lengths_s, sum(words))]
    return _far_enough_apart(_snap_to_pauses(starts, sentences), sentences)


def segment_units(units: Sequence[Sequence[str]], count: int | None) -> list[int]:
    """Start indexes of the best segments, the first 0. Each unit is the stems of about twenty running words."""
    if not units:
        return []
    return _segment(units, count, np.full(len(units), _UNIT_WORDS / WORDS_PER_SECOND), _UNIT_WORDS * len(units))


def _segment(
    units: Sequence[Sequence[str]], count: int | None, lengths_s: NDArray[np.float64], words: float
) -> list[int]:
    most = most_chapters(lengths_s.sum() / 60, words) if count is None else min(count, len(units))
    spans = _span_scores(units, most)
    _forbid_short_spans(spans, lengths_s)
    totals, backs = _best_paths(spans, most)
    return _trace(backs, min(count or choose_count(totals), len(totals)), len(units))


def _span_scores(units: Sequence[Sequence[str]], most: int) -> Floats:
    """Cohesion and likelihood of every span, each in units of what cutting the text up gains by it.

    The two err differently. Mean Pk of the sum against cohesion alone, on a sample that took no part in the choice:
    joined course videos, podcasts and meetings 15.2 to 16.0 with the true count and 26.7 to 28.3 with its own
    (podcasts and meetings gain 7, course videos lose 4); resampled lectures 36.2 to 34.0 and 35.7 to 36.6. The
    standard error of the mean over all is about 1.
    """
    spans = span_cohesion(units)
    spans /= _gain(spans, most)
    likelihood = span_likelihood(units)
    likelihood *= _LIKELIHOOD_WEIGHT / _gain(likelihood, most)
    spans += likelihood
    return spans


def _gain(spans: Floats, most: int) -> float:
    totals, _ = _best_paths(spans, min(max(most, 2), _MOST_FOR_GAIN))
    return max(totals[-1] - totals[0], 1e-9)


def _best_paths(spans: Floats, most: int) -> tuple[list[float], list[NDArray[np.int64]]]:
    """Exact dynamic programme: the best total for 1, 2 … `most` segments, and where each last segment starts.

    Ends early where no more segments fit.
    """
    size = len(spans)
    best: Floats = spans[0].copy()
    totals, backs = [float(best[-1])], []
    for _segments in range(2, most + 1):
        best, back = _one_more(spans, best, size)
        if not np.isfinite(best[-1]):
            break
        totals.append(float(best[-1]))
        backs.append(back)
    return totals, backs


def _one_more(spans: Floats, best: Floats, size: int) -> tuple[Floats, NDArray[np.int64]]:
    longer = np.full(size, -np.inf)
    back = np.zeros(size, dtype=np.int64)
    for low in range(0, size, _COLUMN_BLOCK):  # blocks stay in the processor's cache
        high = min(low + _COLUMN_BLOCK, size)
        if high < 2:
            continue
        totals = spans[1:high, low:high] + best[: high - 1, None]
        rows = totals.argmax(axis=0)
        back[low:high] = rows + 1
        longer[low:high] = totals[rows, np.arange(high - low)]
    return longer, back


def _trace(backs: list[NDArray[np.int64]], count: int, size: int) -> list[int]:
    starts: list[int] = []
    last = size - 1
    for back in reversed(backs[: count - 1]):
        start = int(back[last])
        starts.append(start)
        last = start - 1
    return [0, *reversed(starts)]


def _forbid_short_spans(spans: Floats, lengths_s: NDArray[np.float64]) -> None:
    edges = np.concatenate([[0.0], np.cumsum(lengths_s)])
    if edges[-1] < 2 * LEAST_CHAPTER_S:
        spans[1:] = -np.inf
        return
    for row in range(len(spans)):
        long_enough = int(np.searchsorted(edges, edges[row] + LEAST_CHAPTER_S, side="left"))
        spans[row, row : max(long_enough - 1, row)] = -np.inf


def _unit_firsts(words: list[float]) -> list[int]:
    """First sentence of each unit: a new one with the first sentence that begins past another `_UNIT_WORDS` words.

    The grid lies on the whole text, so that one sentence split differently does not move all units behind it.
    """
    size = max(_UNIT_WORDS, sum(words) / _MOST_UNITS)
    cells = np.floor(np.concatenate([[0.0], np.cumsum(words)[:-1]]) / size)
    return [0, *(int(number) + 1 for number in np.flatnonzero(np.diff(cells)))]


def _lengths_s(
    sentences: Sequence[Sentence], words: list[float], firsts: list[int], transcript: Transcript
) -> NDArray[np.float64]:
    """Seconds of each unit, from its start to the next one's; at the usual pace of speech where nothing is timed."""
    duration_ms = transcript.duration_ms
    starts = [sentences[first].start_ms for first in firsts]
    known = [start for start in starts if start is not None]
    if duration_ms is None or len(known) < len(starts):
        totals = np.add.reduceat(np.array(words), firsts)
        return np.asarray(totals / WORDS_PER_SECOND, dtype=np.float64)
    return np.diff(np.array([*known, duration_ms], dtype=np.float64)).clip(min=0.0) / 1000


def _snap_to_pauses(starts: list[int], sentences: Sequence[Sentence]) -> list[int]:
    """Each start moved to the longest silence within 15 seconds, where that is longer than its own."""
    return [0, *(_longest_pause_near(start, sentences) for start in starts[1:])]


def _longest_pause_near(start: int, sentences: Sequence[Sentence]) -> int:
    at_ms = sentences[start].start_ms
    if at_ms is None:
        return start
    first, last = start, start
    while first > 1 and at_ms - (sentences[first - 1].start_ms or 0) <= _SNAP_MS:
        first -= 1
    while last + 1 < len(sentences) and (sentences[last + 1].start_ms or 0) - at_ms <= _SNAP_MS:
        last += 1
    longest = max(range(first, last + 1), key=lambda i: (_pause_ms(i, sentences), -abs(i - start)))
    is_telling = _pause_ms(longest, sentences) >= _pause_ms(start, sentences) + _TELLING_PAUSE_MS
    return longest if is_telling else start


def _pause_ms(number: int, sentences: Sequence[Sentence]) -> int:
    before, start = sentences[number - 1].end_ms, sentences[number].start_ms
    return 0 if before is None or start is None else max(start - before, 0)


def _far_enough_apart(starts: list[int], sentences: Sequence[Sentence]) -> list[int]:
    """Without the starts that snapping has drawn closer than 30 seconds to the one before or to the end."""
    end_ms = sentences[-1].end_ms
    kept = [0]
    for start in sorted(set(starts[1:])):
        if start > kept[-1] and _is_long(kept[-1], sentences[start].start_ms, sentences):
            kept.append(start)
    while len(kept) > 1 and not _is_long(kept[-1], end_ms, sentences):
        kept.pop()
    return kept


def _is_long(first: int, end_ms: int | None, sentences: Sequence[Sentence]) -> bool:
    start_ms = sentences[first].start_ms
    return start_ms is None or end_ms is None or end_ms - start_ms >= LEAST_CHAPTER_S * 1000
