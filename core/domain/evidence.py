"""Where a line of a summary rests in the transcript, and how well. Every engine and every reader calls this."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from dataclasses import dataclass
from difflib import SequenceMatcher

from core.domain.languages import base_language, detect_language, has_stop_list, stop_words
from core.domain.names import SpokenForms, missing_names
from core.domain.negation import is_opposite
from core.domain.numerals import Hit, Numeral, hits_in, numerals_in, said_values
from core.domain.summary import EvidenceRef
from core.domain.transcript import Transcript, join_texts
from core.domain.words import (
    content_tokens,
    frequent_words,
    located_tokens,
    stem,
    tokens,
)

# On 218 human-written claims this window and threshold pass 66 % at the true place and 6 % at a random one (AUC 0.90).
WINDOW_MS = 30_000
WINDOW_WORDS = 75
SUPPORT_THRESHOLD = 0.4
QUOTE_THRESHOLD = 0.9
# A cue no longer than this is one breath of speech: its own start is the better moment to play. Inside a longer one
# (paragraph captions) the moment is estimated by the share of characters before it.
LONG_CUE_MS = 12_000
_IDF_BLOCK_WORDS = 100
_QUOTE_MARKS = (("“", "”"), ("«", "»"), ("„", "“"), ("「", "」"), ('"', '"'))


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A reference made readable. Times are milliseconds, None in an untimed transcript."""

    segment_ids: tuple[int, ...]
    start_ms: int | None
    end_ms: int | None
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """Why a grounding score is what it is, as counts a page can put into words.

    `found_words` of `total_words` distinct key words stand near the evidence; `missing_numbers` and `missing_names`,
    as the line writes them, do not; `quote_match` is the share 0..1 of the line's words that stand in the quote in
    the same order. `is_opposite`: the line denies what is said there, or says what is denied. `is_translated`: it is
    in another language than the speech, so that only numbers and names can be compared.
    """

    found_words: int
    total_words: int
    missing_numbers: tuple[str, ...]
    quote_match: float
    missing_names: tuple[str, ...] = ()
    is_opposite: bool = False
    is_translated: bool = False

    @property
    def is_word_for_word(self) -> bool:
        return self.quote_match == 1.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Grounding:
    """`score` is the IDF-weighted share 0..1 of the line's key words that stand near its evidence."""

    score: float
    is_supported: bool
    reasons: Reasons


class TranscriptIndex:
    """Positions of every word, number and name of a transcript: built once, so that a thousand groundings are cheap."""

    __slots__ = (
        "_frequencies",
        "_numbers",
        "_positions",
        "_times_ms",
        "block_count",
        "language",
        "spoken",
        "stops",
        "word_starts",
    )

    def __init__(self, transcript: Transcript) -> None:
        self.language = spoken_language(transcript)
        self.stops = spoken_stop_words(transcript, self.language)
        self.word_starts: list[tuple[int, int]] = []
        self._positions: dict[str, list[int]] = defaultdict(list)
        self._numbers: dict[str, list[int]] = defaultdict(list)
        self._times_ms: list[float] = []
        self.spoken = SpokenForms()
        hits: list[Hit] = []
        for number in range(len(transcript.segments)):
            self._add_segment(transcript, number, hits)
        for value, position in said_values(hits, self.spoken.forms, self.language):
            self._numbers[value].append(position)
        blocks = {key: len({at // _IDF_BLOCK_WORDS for at in found}) for key, found in self._positions.items()}
        self._frequencies = blocks
        self.block_count = len(self.word_starts) // _IDF_BLOCK_WORDS + 1

    def idf(self, key: str) -> float:
        """1 + ln((N + 1) / (n + 1)) over blocks of 100 words: a word never said weighs most."""
        return 1.0 + math.log((self.block_count + 1) / (self._frequencies.get(key, 0) + 1))

    def key_words(self, text: str) -> list[str]:
        """Distinct stems of the content words of `text`, in order of appearance."""
        return list(dict.fromkeys(stem(word, self.language) for word in content_tokens(tokens(text), self.stops)))

    def key_of(self, word: str) -> str:
        return stem(word, self.language)

    @property
    def whole(self) -> tuple[int, int]:
        """The window that is the whole transcript."""
        return 0, len(self.word_starts)

    def window(self, evidence: Evidence, ref: EvidenceRef) -> tuple[int, int]:
        """Word positions [first, last) within 30 s of the evidence, or within 75 words where there are no times."""
        if evidence.start_ms is not None and evidence.end_ms is not None:
            first = bisect_left(self._times_ms, evidence.start_ms - WINDOW_MS)
            return first, bisect_left(self._times_ms, evidence.end_ms + WINDOW_MS)
        first = bisect_left(self.word_starts, (ref.first_segment, ref.start_char)) - WINDOW_WORDS
        return max(first, 0), bisect_left(self.word_starts, (ref.last_segment, ref.end_char)) + WINDOW_WORDS

    def has_word(self, key: str, window: tuple[int, int]) -> bool:
        return _stands_within(self._positions.get(key), window)

    def has_number(self, number: str, window: tuple[int, int]) -> bool:
        """Whether this value, in its plain form, may be heard there."""
        return any(window[0] <= position < window[1] for position in self._numbers.get(number, ()))

    def speakers(self, window: tuple[int, int]) -> frozenset[str]:
        """The folded words of the labels of who speaks there."""
        first, past = window[0], min(window[1], len(self.word_starts))
        if first >= past:
            return frozenset()
        segments = range(self.word_starts[first][0], self.word_starts[past - 1][0] + 1)
        return frozenset().union(*(self.spoken.speakers[number] for number in segments))

    def _add_segment(self, transcript: Transcript, number: int, hits: list[Hit]) -> None:
        segment = transcript.segments[number]
        first_word = len(self.word_starts)
        located = located_tokens(segment.text)
        self.word_starts.extend((number, start) for _word, start in located)
        hits += hits_in(segment.text, located, first_word, self.language)
        self.spoken.add(segment.text, located, segment.speaker)
        kept = set(content_tokens([word for word, _start in located], self.stops))
        for position, (word, start) in enumerate(located, first_word):
            if word in kept:
                self._positions[stem(word, self.language)].append(position)
            if segment.start_ms is not None and segment.end_ms is not None:
                share = start / len(segment.text)
                self._times_ms.append(segment.start_ms + share * (segment.end_ms - segment.start_ms))


def resolve(ref: EvidenceRef, transcript: Transcript) -> Evidence:
    """The quote and times of a reference. Raises ValueError where it does not lie inside the transcript."""
    _require_inside(ref, transcript)
    texts = [
        transcript.segments[number]
        .text[
            ref.start_char if number == ref.first_segment else 0 : ref.end_char if number == ref.last_segment else None
        ]
        .strip()
        for number in range(ref.first_segment, ref.last_segment + 1)
    ]
    start_ms, end_ms = span_times_ms(ref, transcript)
    ids = tuple(range(ref.first_segment, ref.last_segment + 1))
    return Evidence(segment_ids=ids, start_ms=start_ms, end_ms=end_ms, quote=join_texts([t for t in texts if t]))


def span_times_ms(ref: EvidenceRef, transcript: Transcript) -> tuple[int | None, int | None]:
    """Start of the first and end of the last segment, moved inside only where that cue is longer than 12 s."""
    first, last = transcript.segments[ref.first_segment], transcript.segments[ref.last_segment]
    if first.start_ms is None or first.end_ms is None or last.start_ms is None or last.end_ms is None:
        return None, None
    start_ms, end_ms = first.start_ms, last.end_ms
    if first.end_ms - first.start_ms > LONG_CUE_MS:
        start_ms += (first.end_ms - first.start_ms) * ref.start_char // len(first.text)
    if last.end_ms - last.start_ms > LONG_CUE_MS:
        end_ms = last.start_ms - (last.start_ms - last.end_ms) * ref.end_char // len(last.text)
    return start_ms, max(end_ms, start_ms)


def ground(
    text: str,
    refs: tuple[EvidenceRef, ...],
    transcript: Transcript,
    index: TranscriptIndex,
    *,
    written_in: str | None = None,
) -> Grounding:
    """How well `text` rests on its evidence.

    Supported: score at least 0.4, every number and name said near it, nothing denied that is said there or said that
    is denied, and, where the text is set in quotation marks, nine words in ten found in the quote in order. A text
    without key words scores its quote match. One `written_in` another language than the speech scores 1 for having
    evidence at all: only its numbers and names can be compared.
    """
    resolved = [(resolve(ref, transcript), ref) for ref in refs]
    windows = [index.window(evidence, ref) for evidence, ref in resolved]
    quotes = [evidence.quote for evidence, _ref in resolved]
    language = base_language(written_in) or index.language
    if index.language is not None and language != index.language:
        return _ground_translated(text, windows, quotes, index, language)
    keys = index.key_words(text)
    found = [key for key in keys if any(index.has_word(key, window) for window in windows)]
    match = _quote_match(text, " ".join(quotes))
    total = sum(index.idf(key) for key in keys)
    score = sum(index.idf(key) for key in found) / total if total else match
    reasons = Reasons(
        found_words=len(found),
        total_words=len(keys),
        missing_numbers=missing_numbers(text, windows, quotes, index, language),
        missing_names=names_not_said(text, windows, quotes, index, language),
        quote_match=round(match, 3),
        is_opposite=is_opposite(text, quotes, language, key_of=index.key_of, stops=index.stops),
    )
    is_verbatim_enough = match >= QUOTE_THRESHOLD or not _claims_to_be_verbatim(text)
    is_supported = score >= SUPPORT_THRESHOLD and is_verbatim_enough and not _is_contradicted(reasons)
    return Grounding(score=round(min(score, 1.0), 3), is_supported=is_supported, reasons=reasons)


def missing_numbers(
    text: str, windows: list[tuple[int, int]], quotes: list[str], index: TranscriptIndex, language: str | None
) -> tuple[str, ...]:
    """The numbers of `text`, as written, that are not said in any window, or of which the quotes say another.

    "512 tokens" is missing where the quote says "1024 tokens", whatever else has 512 of something nearby. A small
    number in words may be the writer's own counting ("two reasons"), and is missing only where the quotes have a number
    that the line has not.
    """
    numerals = numerals_in(text, language)
    if not numerals:
        return ()
    written = _values(numerals)
    quoted = [numeral for quote in quotes for numeral in numerals_in(quote, index.language)]
    said = _values(quoted)
    others = [other for other in quoted if not any(set(reading) <= written for reading in other.readings)]
    missing = [
        numeral.written
        for numeral in numerals
        if not any(set(reading) <= said for reading in numeral.readings)
        and (
            any(_is_same_count(numeral, other, index) for other in others)
            or ((numeral.is_sure or (numeral.is_small and others)) and not _is_number_said(numeral, windows, index))
        )
    ]
    return tuple(dict.fromkeys(missing))


def names_not_said(
    text: str, windows: list[tuple[int, int]], quotes: list[str], index: TranscriptIndex, language: str | None
) -> tuple[str, ...]:
    """The names of `text`, as written, that are said in none of the windows, nor those of who speaks there."""
    speakers = frozenset[str]().union(*(index.speakers(window) for window in windows))
    return missing_names(
        text, windows, speakers, index.spoken, stops=index.stops, written_in=language, quotes=quotes,
        is_translated=language != index.language,
    )  # fmt: skip


def spoken_language(transcript: Transcript) -> str | None:
    """The base language a transcript says it is in, else the one its words look like; None where neither tells."""
    stated = base_language(transcript.language)
    return stated or detect_language(" ".join(segment.text for segment in transcript.segments[:1500]))


def spoken_stop_words(transcript: Transcript, language: str | None) -> frozenset[str]:
    """The stop list of `language`, else the most frequent short words of the transcript itself."""
    if has_stop_list(language):
        return stop_words(language)
    return frequent_words([word for segment in transcript.segments for word in tokens(segment.text)])


def _ground_translated(
    text: str, windows: list[tuple[int, int]], quotes: list[str], index: TranscriptIndex, language: str | None
) -> Grounding:
    reasons = Reasons(
        found_words=0,
        total_words=0,
        missing_numbers=missing_numbers(text, windows, quotes, index, language),
        missing_names=names_not_said(text, windows, quotes, index, language),
        quote_match=0.0,
        is_translated=True,
    )
    has_evidence = any(quotes)
    return Grounding(
        score=float(has_evidence), is_supported=has_evidence and not _is_contradicted(reasons), reasons=reasons
    )


def _is_contradicted(reasons: Reasons) -> bool:
    return bool(reasons.missing_numbers or reasons.missing_names or reasons.is_opposite)


def _is_number_said(numeral: Numeral, windows: list[tuple[int, int]], index: TranscriptIndex) -> bool:
    return any(
        all(any(index.has_number(value, window) for window in windows) for value in reading)
        for reading in numeral.readings
    )


def _values(numerals: list[Numeral]) -> set[str]:
    return {value for numeral in numerals for reading in numeral.readings for value in reading}


def _is_same_count(numeral: Numeral, other: Numeral, index: TranscriptIndex) -> bool:
    """Whether two numbers count the same thing, by the words beside them: a telling one on one side, or both.

    A number at the edge of a quote may be half of one ("one and a half | million dollars") and is not compared.
    """
    if not other.before or not other.follower:
        return False
    pairs = ((numeral.before, other.before), (numeral.follower, other.follower))
    equal = [bool(mine) and index.key_of(mine) == index.key_of(theirs) for mine, theirs in pairs]
    telling = [mine not in index.stops and not mine.isdigit() for mine, _theirs in pairs]
    return all(equal) or any(is_equal and tells for is_equal, tells in zip(equal, telling, strict=True))


def _require_inside(ref: EvidenceRef, transcript: Transcript) -> None:
    segments = transcript.segments
    if not 0 <= ref.first_segment <= ref.last_segment < len(segments):
        raise ValueError(f"No segments {ref.first_segment}-{ref.last_segment} in a transcript of {len(segments)}.")
    is_start_inside = 0 <= ref.start_char < len(segments[ref.first_segment].text)
    is_end_inside = 0 < ref.end_char <= len(segments[ref.last_segment].text)
    is_forward = ref.first_segment < ref.last_segment or ref.start_char < ref.end_char
    if not (is_start_inside and is_end_inside and is_forward):
        raise ValueError("The characters of this evidence lie outside its segments.")


def _stands_within(positions: list[int] | None, window: tuple[int, int]) -> bool:
    if not positions:
        return False
    at = bisect_left(positions, window[0])
    return at < len(positions) and positions[at] < window[1]


def _quote_match(text: str, quote: str) -> float:
    wanted, said = tokens(text), tokens(quote)
    if not wanted:
        return float(text.strip() in quote)
    rest = iter(said)
    if all(word in rest for word in wanted):
        return 1.0
    blocks = SequenceMatcher(None, wanted, said, autojunk=False).get_matching_blocks()
    return min(sum(block.size for block in blocks) / len(wanted), 0.999)


def _claims_to_be_verbatim(text: str) -> bool:
    trimmed = text.strip()
    return len(trimmed) > 1 and any(
        trimmed.startswith(left) and trimmed.endswith(right) for left, right in _QUOTE_MARKS
    )
