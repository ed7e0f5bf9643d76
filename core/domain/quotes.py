"""Where a quotation stands in a transcript: word for word, but for case and marks, or with a word or two misheard.

An engine says which segments it quotes and with which words; neither is taken on trust. What is found nowhere in the
segments that were offered is no quotation.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import StrEnum

from core.domain.summary import EvidenceRef
from core.domain.transcript import Transcript
from core.domain.words import located_tokens

# Nine words in ten, in order: what a listener would still call the same sentence.
LEAST_SIMILARITY = 0.9
# Of fewer words one that differs is too much of the whole.
_FEWEST_WORDS_FUZZY = 5
# So many of the stretches that share most words with the quotation are compared word by word.
_CANDIDATES = 8


class Match(StrEnum):
    """How a quotation was found, the surest first."""

    EXACT = "exact"
    NORMALISED = "normalised"
    FUZZY = "fuzzy"


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundQuote:
    """`similarity` 0…1 is the share of words that both have, in order; 1 unless it is fuzzy.

    `segments_off`: so many segments away from those that were named for it; 0 where it touches them.
    """

    ref: EvidenceRef
    match: Match
    similarity: float
    segments_off: int


@dataclass(frozen=True, slots=True)
class _Word:
    form: str
    segment: int
    start: int
    end: int


class QuoteFinder:
    """Looks for quotations in the segments [first, last] of one transcript: what was offered to whoever quotes."""

    def __init__(self, transcript: Transcript, first: int, last: int) -> None:
        """Raises ValueError where the segments are not all in the transcript."""
        if not 0 <= first <= last < len(transcript.segments):
            raise ValueError(f"No segments {first}-{last} in a transcript of {len(transcript.segments)}.")
        self._transcript = transcript
        self._words = [word for number in range(first, last + 1) for word in _words_of(transcript, number)]
        self._forms = [word.form for word in self._words]
        self._starts: dict[str, list[int]] = {}
        for place, form in enumerate(self._forms):
            self._starts.setdefault(form, []).append(place)

    def find(self, quote: str, named: Sequence[int]) -> FoundQuote | None:
        """The quotation, of several places the one nearest to the segments named; None where it stands nowhere."""
        wanted = [form for form, _start in located_tokens(quote)]
        if not wanted:
            return None
        whole = [self._found(start, start + len(wanted), quote, 1.0, named) for start in self._whole(wanted)]
        if whole:
            return min(whole, key=lambda each: (each.segments_off, each.match is not Match.EXACT))
        if len(wanted) < _FEWEST_WORDS_FUZZY:
            return None
        close = [self._found(*span, quote, likeness, named) for span, likeness in self._close(wanted)]
        return min(close, key=lambda each: (-each.similarity, each.segments_off), default=None)

    def _whole(self, wanted: list[str]) -> Iterator[int]:
        """Where all the words stand one after the other."""
        rarest = min(range(len(wanted)), key=lambda at: len(self._starts.get(wanted[at], ())))
        for place in self._starts.get(wanted[rarest], ()):
            start = place - rarest
            if start >= 0 and self._forms[start : start + len(wanted)] == wanted:
                yield start

    def _close(self, wanted: list[str]) -> Iterator[tuple[tuple[int, int], float]]:
        """Stretches enough like the quotation, with their likeness."""
        length = len(wanted)
        for place in self._promising(wanted):
            start, end = max(place - length // 4, 0), min(place + length + length // 4, len(self._forms))
            matcher = SequenceMatcher(None, wanted, self._forms[start:end], autojunk=False)
            blocks = [block for block in matcher.get_matching_blocks() if block.size]
            if not blocks:
                continue
            first, past = start + blocks[0].b, start + blocks[-1].b + blocks[-1].size
            likeness = sum(block.size for block in blocks) / max(length, past - first)
            if likeness >= LEAST_SIMILARITY:
                yield (first, past), likeness

    def _promising(self, wanted: list[str]) -> list[int]:
        """Starts of the stretches of the quotation's length that share most of its words, whatever their order."""
        length, left = len(wanted), Counter(wanted)
        shared, scores = 0, []
        for place, form in enumerate(self._forms):
            shared += left[form] > 0
            left[form] -= 1
            if place >= length:
                gone = self._forms[place - length]
                left[gone] += 1
                shared -= left[gone] > 0
            scores.append((-shared, max(place - length + 1, 0)))
        best = sorted(set(scores))[: _CANDIDATES * 4]
        # Neighbours of one stretch are the same stretch.
        apart: list[int] = []
        for _, start in best:
            if all(abs(start - other) > length // 2 for other in apart):
                apart.append(start)
        return apart[:_CANDIDATES]

    def _found(self, start: int, end: int, quote: str, similarity: float, named: Sequence[int]) -> FoundQuote:
        first, last = self._words[start], self._words[end - 1]
        ref = EvidenceRef(
            first_segment=first.segment, start_char=first.start, last_segment=last.segment, end_char=last.end
        )
        match = Match.FUZZY if similarity < 1 else Match.EXACT if self._is_verbatim(ref, quote) else Match.NORMALISED
        return FoundQuote(
            ref=ref, match=match, similarity=similarity, segments_off=_distance(first.segment, last.segment, named)
        )

    def _is_verbatim(self, ref: EvidenceRef, quote: str) -> bool:
        """Whether the quotation's words stand there to the letter; marks before and after them are nobody's words."""
        said = " ".join(
            self._transcript.segments[number].text for number in range(ref.first_segment, ref.last_segment + 1)
        )
        return " ".join(quote.split()).strip(" .,;:!?…\"'“”«»„") in said


def _distance(first: int, last: int, named: Sequence[int]) -> int:
    """Segments between [first, last] and what was named; 0 where they touch, or where nothing was named."""
    return max(min(named) - last, first - max(named), 0) if named else 0


def _words_of(transcript: Transcript, number: int) -> Iterator[_Word]:
    text = transcript.segments[number].text
    for form, start in located_tokens(text):
        yield _Word(form, number, start, start + len(form))
