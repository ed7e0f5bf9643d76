"""Chapter titles: what is said here and not elsewhere, in the speaker's own words."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator

from core.domain.words import content_tokens
from core.summarizing.phrases import (
    Key,
    Lexicon,
    Phrase,
    capitalise,
    find_phrases,
    is_spaceless,
    noun_share,
    read_lexicon,
    without_fragments,
    write_phrase,
)
from core.summarizing.sentences import Sentence

# Weight of the whole transcript as prior, in phrases (Monroe, Colaresi and Quinn 2008, "Fightin' Words").
_PRIOR = 1000.0
# Phrases of two and three words say more than one; chosen on joined course videos against their real titles.
_LENGTH_WEIGHT = {1: 1.0, 2: 1.8, 3: 2.2}
# A chapter announces its topic in its first words.
_OPENING_WORDS, _OPENING_WEIGHT = 60, 1.6
# A phrase of one word wants a second more than a longer one does.
_SECOND_SHARE = {1: 0.25, 2: 0.4, 3: 0.5}
_LONGEST_TITLE = 60
_FEWEST_SAYINGS = 2


def chapter_titles(chapters: list[list[Sentence]], language: str | None) -> list[str]:
    """One title a chapter, none twice. "Part 3" only where a chapter has no word that could name it."""
    lexicon = read_lexicon([sentence for chapter in chapters for sentence in chapter], language)
    spoken = [_Spoken(chapter, lexicon) for chapter in chapters]
    totals: Counter[Key] = Counter()
    for one in spoken:
        totals.update({key: len(phrases) for key, phrases in one.phrases.items()})
    taken: set[str] = set()
    titles: list[str] = []
    for number, one in enumerate(spoken, 1):
        title = next((t for t in _proposals(one, totals, lexicon) if t.lower() not in taken), f"Part {number}")
        taken.add(title.lower())
        titles.append(title)
    return titles


class _Spoken:
    """The phrases of one chapter, which of them stand in its opening words, and its meaningful words."""

    __slots__ = ("opening", "phrases", "words")

    def __init__(self, chapter: list[Sentence], lexicon: Lexicon) -> None:
        self.phrases: dict[Key, list[Phrase]] = defaultdict(list)
        self.opening: set[Key] = set()
        self.words: Counter[str] = Counter()
        words = 0
        for sentence in chapter:
            self.words.update(content_tokens(list(sentence.words), lexicon.stops))
            for phrase in find_phrases(sentence, lexicon):
                self.phrases[phrase.key].append(phrase)
                if words < _OPENING_WORDS:
                    self.opening.add(phrase.key)
            words += len(sentence.words)


def _proposals(spoken: _Spoken, totals: Counter[Key], lexicon: Lexicon) -> Iterator[str]:
    """Titles from the best to the least: pairs of phrases, single ones, and at last any word that carries meaning."""
    scores = _scores(spoken, totals, lexicon)
    ranked = sorted(scores, key=lambda key: (-scores[key], key))[:12]
    names = {key: write_phrase(spoken.phrases[key], lexicon) for key in ranked}
    for number, first in enumerate(ranked):
        for second in ranked[number + 1 :]:
            title = f"{names[first]} & {names[second]}"
            is_close = scores[second] >= _SECOND_SHARE[len(first)] * scores[first]
            if is_close and len(title) <= _LONGEST_TITLE and not _overlap(first, second):
                yield capitalise(title)
                break
        yield capitalise(names[first])
    yield from (capitalise(word) for word, _count in spoken.words.most_common() if len(word) > 1)


def _scores(spoken: _Spoken, totals: Counter[Key], lexicon: Lexicon) -> dict[Key, float]:
    here = {key: len(phrases) for key, phrases in spoken.phrases.items()}
    often = without_fragments({key: count for key, count in here.items() if count >= _FEWEST_SAYINGS})
    size, everything = sum(here.values()), sum(totals.values())
    return {
        key: _log_odds(count, size, totals[key], everything) * _fitness(key, spoken, lexicon)
        for key, count in (often or here).items()
    }


def _log_odds(here: int, size: int, total: int, everything: int) -> float:
    """Standard score of the log-odds of a phrase in the chapter against the rest, the whole transcript as prior."""
    prior = _PRIOR * total / everything
    there, rest = total - here, everything - size
    odds_here = (here + prior) / max(size + _PRIOR - here - prior, 1.0)
    odds_there = (there + prior) / max(rest + _PRIOR - there - prior, 1.0)
    deviation = math.sqrt(1 / (here + prior) + 1 / (there + prior))
    return max(math.log(odds_here) - math.log(odds_there), 0.0) / deviation + 0.1 * math.log1p(here)


def _fitness(key: Key, spoken: _Spoken, lexicon: Lexicon) -> float:
    """How well the phrase reads as a label: its length, a noun at its end, said when the chapter opens."""
    name = write_phrase(spoken.phrases[key], lexicon)
    nouns = noun_share(name, lexicon)
    first = min(1.0, 2 * lexicon.is_noun(name.split(" ", maxsplit=1)[0].lower()))
    opening = _OPENING_WEIGHT if key in spoken.opening else 1.0
    return _LENGTH_WEIGHT[len(key)] * opening * nouns * first


def _overlap(first: Key, second: Key) -> bool:
    return any(_is_same(a, b) for a in first for b in second)


def _is_same(first: str, second: str) -> bool:
    """Equal stems, or one the beginning of the other ("token", "tokeniz"), or sharing a written character."""
    short, long = sorted((first, second), key=len)
    if is_spaceless(first):
        return bool(set(first) & set(second))
    return (long.startswith(short) and len(short) >= 4) or first == second
