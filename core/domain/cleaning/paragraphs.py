"""Text without times, cut into segments of a size that can be quoted: whole sentences, up to 75 words."""

from __future__ import annotations

import re
from collections.abc import Iterator

from core.domain.cleaning.spoken import Repairs, Spoken, count_words
from core.domain.transcript import NoteCode, Segment, join_texts

# As many as the grounding window of an untimed transcript reaches to each side.
MOST_WORDS = 75


def cut_paragraphs(cues: list[Spoken], repairs: Repairs) -> list[Segment]:
    """Untimed segments: a paragraph each, or its sentences packed up to `MOST_WORDS`; long ones cut between words."""
    return [
        Segment(start_ms=None, end_ms=None, text=text, speaker=cue.speaker)
        for cue in cues
        for text in _cut(cue, repairs)
    ]


_LONG_LINE_CHARS = 5000
_SENTENCE_END = re.compile(r"[.!?…؟۔।][\"'”’»)\]]{0,3}\s+|[。！？][\"”’」』）]{0,3}\s*")
# A piece of a script without spaces is cut at a comma where there is one.
_LONGEST_UNSPACED_CHARS = 100
_UNSPACED_PIECE = re.compile(rf".{{1,{_LONGEST_UNSPACED_CHARS}}}[，、；,]|.{{1,{_LONGEST_UNSPACED_CHARS}}}")


def _cut(cue: Spoken, repairs: Repairs) -> Iterator[str]:
    text = cue.text
    if len(text) < 2 * MOST_WORDS or count_words(text) <= MOST_WORDS:
        yield text
        return
    repairs[NoteCode.LONG_LINES_SPLIT] += sum(len(line) > _LONG_LINE_CHARS for line in cue.lines)
    pieces = [piece for line in cue.lines for sentence in _sentences(line) for piece in _bounded(sentence)]
    yield from _pack(pieces)


def _sentences(line: str) -> Iterator[str]:
    position = 0
    for match in _SENTENCE_END.finditer(line):
        yield line[position : match.end()].strip()
        position = match.end()
    if position < len(line):
        yield line[position:].strip()


def _bounded(sentence: str) -> Iterator[str]:
    """The sentence, or stretches of it that are short enough."""
    if count_words(sentence) <= MOST_WORDS:
        yield sentence
        return
    words: list[str] = []
    size = 0.0
    for word in _words(sentence):
        word_size = count_words(word)
        if words and size + word_size > MOST_WORDS:
            yield join_texts(words)
            words, size = [], 0.0
        words.append(word)
        size += word_size
    yield join_texts(words)


def _words(sentence: str) -> Iterator[str]:
    for word in sentence.split():
        if len(word) > _LONGEST_UNSPACED_CHARS:
            yield from _UNSPACED_PIECE.findall(word)
        else:
            yield word


def _pack(pieces: list[str]) -> Iterator[str]:
    packed: list[str] = []
    size = 0.0
    for piece in pieces:
        piece_size = count_words(piece)
        if packed and size + piece_size > MOST_WORDS:
            yield join_texts(packed)
            packed, size = [], 0.0
        packed.append(piece)
        size += piece_size
    if packed:
        yield join_texts(packed)
