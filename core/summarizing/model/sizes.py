"""How much fits into one call, and how much a call may answer. Tokens here are bounds, never less than a model counts.

None of it depends on what endpoints reported: the same transcript is cut in the same way by every attempt, so that what
an earlier one finished is found again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable

from core.domain.parts import FieldKind
from core.domain.tokens import TokenGauge
from core.summarizing.model.chunks import Chunk
from core.summarizing.model.options import LengthRule
from core.summarizing.model.prompts import MOST_QUOTE_WORDS, moments_a_chunk
from core.summarizing.model.schemas import CHAPTER_PARTS, WHOLE_PARTS, Schema

# About half an hour of speech: larger pieces are read less closely, and the first one shows later.
MOST_CHUNK_TOKENS = 26_000
# Common models write 16,384 tokens at most.
MOST_OUTPUT_TOKENS = 16_000
# Of a small context a third is kept for the answer.
_OUTPUT_SHARE = 3
_LEAST_ROOM_TOKENS = 400
# Wrapping of messages, and the lines that say how much to write.
_WRAPPING_TOKENS = 400
# A word of the languages that tokenise worst; the names of fields, brackets and numbers of one note.
_TOKENS_A_WORD, _FRAME_TOKENS = 3, 40
_FIELD_WORDS = {FieldKind.TEXT: 25, FieldKind.LINES: 60, FieldKind.CHOICE: 3, FieldKind.LEVEL: 1}
_TITLE_WORDS, _SENTENCE_WORDS, _TAGS_TOKENS = 7, 40, 300


_UNTAUGHT = TokenGauge()


def segment_tokens(line: str) -> int:
    """The share of one line in the bound of a prompt."""
    return _UNTAUGHT.bound_of_piece(line + "\n")


def lines_tokens(lines: Iterable[str]) -> int:
    return sum(segment_tokens(line) for line in lines)


def fixed_tokens(system: str, schema: Schema) -> int:
    """What every request of a kind costs before any data; vendors count the schema as prompt."""
    return _UNTAUGHT.bound(system) + _UNTAUGHT.bound(json.dumps(schema)) + _WRAPPING_TOKENS


def room_tokens(context_tokens: int, system: str, schema: Schema) -> int:
    """Tokens of data that fit beside the fixed part and the answer."""
    most_output = min(MOST_OUTPUT_TOKENS, context_tokens // _OUTPUT_SHARE)
    return max(context_tokens - most_output - fixed_tokens(system, schema), _LEAST_ROOM_TOKENS)


def map_output_tokens(chunk: Chunk, rule: LengthRule, chunks: int, context_tokens: int) -> int:
    """The most that an answer to this chunk can need when it keeps to what was asked."""
    points = sum(rule.points(part.words) for part in chunk.slices) + moments_a_chunk(rule, chunks)
    words = points * (rule.point_words + MOST_QUOTE_WORDS) + len(chunk.slices) * _TITLE_WORDS
    notes = points
    for part in CHAPTER_PARTS:
        count = rule.entries_a_chunk(part, chunks)
        notes += count
        words += count * (sum(_FIELD_WORDS[field.kind] for field in part.fields) + MOST_QUOTE_WORDS)
    return _bounded(words, notes, context_tokens)


def reduce_output_tokens(rule: LengthRule, listed: int, context_tokens: int) -> int:
    """The most that the summary of the whole can need; `listed` numbers may be kept."""
    texts = 4 + sum(part.most for part in WHOLE_PARTS)
    words = 2 * rule.tldr_words + sum(part.most for part in WHOLE_PARTS) * _SENTENCE_WORDS
    return _bounded(words, texts + listed // 4 + _TAGS_TOKENS // _FRAME_TOKENS, context_tokens)


def _bounded(words: int, frames: int, context_tokens: int) -> int:
    wanted = words * _TOKENS_A_WORD + frames * _FRAME_TOKENS
    return min(max(wanted, 1_000), MOST_OUTPUT_TOKENS, context_tokens // _OUTPUT_SHARE)
