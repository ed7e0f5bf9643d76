"""Sentences of a transcript, with or without punctuation: the units that are ranked, quoted and timed."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from core.domain.evidence import span_times_ms, spoken_language, spoken_stop_words
from core.domain.summary import EvidenceRef
from core.domain.transcript import Transcript, is_cjk, join_texts
from core.domain.words import content_tokens, stem, tokens
from core.summarizing.starters import Edges, edges_of

# One terminal mark per 60 words: auto captions have next to none, careful captions one per 12 to 20.
_WORDS_PER_MARK = 60
_LONGEST_PUNCTUATED = 60
_PAUSE_MS = 900
_AFTER_PAUSE, _AFTER_MARKER, _AFTER_STARTER, _LONGEST = 5, 10, 22, 30
# Han and kana characters in a word of that language, roughly.
_CJK_CHARACTERS_PER_WORD = 1.6

_TERMINAL = re.compile(r"[.!?…؟।։]+[\"'”’»)\]]*(?=\s|$)|[。！？]+[」』”’）]*|[.!?…](?=[\u3041-\u30ff\u3400-\u9fff])")
_ABBREVIATION = re.compile(
    r"(?:^|[\s(])(?:[^\W\d_]|mr|mrs|ms|dr|prof|st|vs|etc|e\.g|i\.e|jr|sr|no|fig|inc|approx|z\.b|d\.h|bzw|т\.е|т\.к|т\.д|p\.ex)$",
    re.IGNORECASE,
)
# A line in Chinese or Japanese and then the same in words with spaces.
_BILINGUAL = re.compile(
    r"[\u3041-\u30ff\u3400-\u9fff]{2}.*(?:\s+[^\W\d\u3041-\u30ff\u3400-\u9fff][^\s\u3041-\u30ff\u3400-\u9fff]*){3}\s*$"
)
_PIECE = re.compile(r"[^\s\u3041-\u30ff\u3400-\u9fff，、；]+|[\u3041-\u30ff\u3400-\u9fff]{1,24}[，、；]*|[，、；]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sentence:
    """A stretch of one speaker's words.

    `text` is the verbatim span; `words` its tokens, `stems` the stems of its content words; `start_ms` and `end_ms`
    as `core.domain.evidence` tells them (None in an untimed transcript). `opens_turn` is true where another speaker
    began.
    """

    span: EvidenceRef
    text: str
    start_ms: int | None
    end_ms: int | None
    words: tuple[str, ...]
    stems: tuple[str, ...]
    speaker: str | None
    opens_turn: bool


def split_sentences(transcript: Transcript) -> list[Sentence]:
    """All sentences in order; together they hold every word of the transcript once."""
    language = spoken_language(transcript)
    stops = spoken_stop_words(transcript, language)
    cut = _cutter(transcript)
    found: list[Sentence] = []
    for block in _speaker_blocks(transcript, edges_of(language)):
        for number, (start, end) in enumerate(_trimmed(block.text, cut(block))):
            span = block.span(start, end)
            text = block.text[start:end]
            words = tokens(text)
            if not words and found:
                continue
            start_ms, end_ms = span_times_ms(span, transcript)
            found.append(
                Sentence(
                    span=span,
                    text=text,
                    start_ms=start_ms,
                    end_ms=end_ms,
                    words=tuple(words),
                    stems=tuple(stem(word, language) for word in content_tokens(words, stops)),
                    speaker=block.speaker,
                    opens_turn=number == 0,
                )
            )
    return found


def word_count(text: str) -> float:
    """Length in words; in scripts without spaces, characters over 1.6."""
    cjk = sum(map(is_cjk, text)) if not text.isascii() else 0
    if not cjk:
        return float(len(text.split()))
    others = "".join(" " if is_cjk(char) else char for char in text)
    return len(others.split()) + cjk / _CJK_CHARACTERS_PER_WORD


class _Block:
    """Consecutive segments of one speaker as running text, with the way back from a character to its segment."""

    __slots__ = ("_first", "_offsets", "edges", "pauses_ms", "speaker", "text")

    def __init__(self, transcript: Transcript, edges: Edges, first: int, last: int) -> None:
        self._first, self.edges = first, edges
        self.speaker = transcript.segments[first].speaker
        self._offsets: list[int] = []
        pieces: list[str] = []
        length = 0
        for number in range(first, last + 1):
            text = transcript.segments[number].text
            glue = len(join_texts([pieces[-1], text])) - len(pieces[-1]) - len(text) if pieces else 0
            self._offsets.append(length + glue)
            pieces.append(" " * glue + text)
            length += glue + len(text)
        self.text = "".join(pieces)
        self.pauses_ms = self._pauses(transcript)

    def span(self, start: int, end: int) -> EvidenceRef:
        first, last = self._locate(start), self._locate(end - 1)
        return EvidenceRef(
            first_segment=self._first + first,
            start_char=start - self._offsets[first],
            last_segment=self._first + last,
            end_char=end - self._offsets[last],
        )

    def _pauses(self, transcript: Transcript) -> dict[int, int]:
        """Silence before each segment but the first, by the offset at which that segment begins."""
        pauses: dict[int, int] = {}
        for number, offset in enumerate(self._offsets[1:], 1):
            before = transcript.segments[self._first + number - 1].end_ms
            start = transcript.segments[self._first + number].start_ms
            pauses[offset] = 0 if before is None or start is None else max(start - before, 0)
        return pauses

    def _locate(self, offset: int) -> int:
        return bisect_right(self._offsets, offset) - 1


def _speaker_blocks(transcript: Transcript, edges: Edges) -> Iterator[_Block]:
    segments = transcript.segments
    first = 0
    for number in range(1, len(segments) + 1):
        if number == len(segments) or segments[number].speaker != segments[first].speaker:
            yield _Block(transcript, edges, first, number - 1)
            first = number


def _cutter(transcript: Transcript) -> Callable[[_Block], list[int]]:
    """How this transcript is cut: each cutter gives the offsets at which sentences end, that of the text included."""
    bilingual = sum(bool(_BILINGUAL.search(segment.text)) for segment in transcript.segments)
    if bilingual * 2 > len(transcript.segments):
        return _line_cuts
    marks = sum(len(_TERMINAL.findall(segment.text)) for segment in transcript.segments)
    words = sum(word_count(segment.text) for segment in transcript.segments)
    return _sentence_cuts if marks * _WORDS_PER_MARK >= words else _phrase_cuts


def _sentence_cuts(block: _Block) -> list[int]:
    cuts: list[int] = []
    start = 0
    for end in [*_mark_cuts(block.text), len(block.text)]:
        if word_count(block.text[start:end]) > _LONGEST_PUNCTUATED:
            cuts.extend(_pause_cuts(block, start, end))
        cuts.append(end)
        start = end
    return cuts


def _phrase_cuts(block: _Block) -> list[int]:
    return [*_pause_cuts(block, 0, len(block.text)), len(block.text)]


def _line_cuts(block: _Block) -> list[int]:
    """Two languages in each cue: a sentence ends with a cue that ends in a mark, so that both stay together."""
    cuts: list[int] = []
    start = 0
    for end in [*block.pauses_ms, len(block.text)]:
        is_ended = _TERMINAL.search(block.text[max(start, end - 4) : end].rstrip())
        if is_ended or word_count(block.text[start:end]) > _LONGEST_PUNCTUATED:
            cuts.append(end)
            start = end
    return cuts if cuts and cuts[-1] == len(block.text) else [*cuts, len(block.text)]


def _mark_cuts(text: str) -> Iterator[int]:
    for match in _TERMINAL.finditer(text):
        follows = text[match.end() : match.end() + 2].strip()
        is_lone_dot = match.group() == "."
        if is_lone_dot and _ABBREVIATION.search(text[max(0, match.start() - 12) : match.start()]):
            continue
        if match.group()[0] in ".…" and follows[:1].islower():
            continue
        yield match.end()


def _pause_cuts(block: _Block, start: int, end: int) -> list[int]:
    """Cuts inside text[start:end], by pauses, openers and length; the thresholds were measured on auto captions."""
    pauses, edges = block.pauses_ms, block.edges
    pieces = [(m.start(), m.group()) for m in _PIECE.finditer(block.text, start, end)]
    cuts: list[int] = []
    first, count = 0, 0.0
    for number, (offset, piece) in enumerate(pieces):
        if count and _begins_sentence(piece.lower().strip(",.:;"), count, pauses.get(offset, 0), edges):
            first, count = number, 0.0
            cuts.append(offset)
        elif count + word_count(piece) > _LONGEST:
            first = _best_cut(pieces, first, number, block)
            cuts.append(pieces[first][0])
            count = sum(word_count(text) for _at, text in pieces[first:number])
        count += word_count(piece)
    return cuts


def _begins_sentence(word: str, count: float, pause_ms: int, edges: Edges) -> bool:
    if pause_ms > _PAUSE_MS and count >= _AFTER_PAUSE:
        return True
    if word in edges.markers:
        return count >= _AFTER_MARKER
    return count >= _AFTER_STARTER and word in edges.starters


def _best_cut(pieces: list[tuple[int, str]], first: int, last: int, block: _Block) -> int:
    """Where to end a sentence that reached the cap: at a cue's edge or comma of its last third, never after "the"."""
    candidates = range(last, max(first + (last - first) * 2 // 3, first), -1)

    def cost(number: int) -> tuple[int, int, int]:
        before = pieces[number - 1][1].lower()
        is_edge = pieces[number][0] in block.pauses_ms or before[-1] in ",，、；;"
        return before in block.edges.weak_endings, not is_edge, last - number

    return min(candidates, key=cost)


def _trimmed(text: str, cuts: list[int]) -> Iterator[tuple[int, int]]:
    start = 0
    for end in cuts:
        piece = text[start:end]
        if piece.strip():
            yield start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
        start = end
