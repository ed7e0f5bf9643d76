"""What a summary will cost and take, told before anything is asked: from the transcript's length alone, in no time."""

from __future__ import annotations

import json
from dataclasses import dataclass

from core.domain.model import Usage
from core.domain.parts import FieldKind, Part
from core.domain.prices import Price, cost_microusd
from core.domain.tokens import TokenGauge
from core.domain.transcript import Transcript
from core.summarizing.model.engine import most_chunk_tokens
from core.summarizing.model.offered import segment_line
from core.summarizing.model.options import LENGTH_RULES, LengthRule, ModelOptions
from core.summarizing.model.prompts import MAP_SYSTEM, REDUCE_SYSTEM, moments_a_chunk
from core.summarizing.model.schemas import CHAPTER_PARTS, WHOLE_PARTS, map_schema, reduce_schema
from core.summarizing.model.sizes import segment_tokens
from core.summarizing.sentences import word_count

# Chapters are packed whole, so that a chunk is fuller or emptier than it might be; measured on talks of 1 to 10 hours.
_FILL = 0.82
# Tokens of a line of notes about the words of it, of its frame in JSON, and of the lines that say how much to write.
_TOKENS_A_WORD, _FRAME_TOKENS, _LIMITS_TOKENS = 1.45, 21, 170
# Of what the chunks propose so much is left to choose from, once what names the same is one.
_DISTINCT = 0.75
_QUOTE_WORDS, _LINE_WORDS, _TLDR_TOKENS = 14, 14, 220
_FIELD_WORDS = {FieldKind.TEXT: 12, FieldKind.LINES: 30, FieldKind.CHOICE: 1, FieldKind.LEVEL: 1}
# The offline engine finds no more.
_MOST_CHAPTERS = 24
# Vendors' caches hold prompts from so many tokens on.
_LEAST_CACHED_TOKENS = 1_024


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What is likely, not what is the most: `microusd` in whole micro-dollars, the rest over all `calls`."""

    microusd: int
    calls: int
    prompt_tokens: int
    completion_tokens: int


@dataclass(frozen=True, slots=True, kw_only=True)
class _Work:
    """The map: so many chunks with so many lines to write in all."""

    chunks: int
    text_tokens: int
    points: int


def estimate(
    transcript: Transcript,
    options: ModelOptions,
    *,
    map_price: Price,
    reduce_price: Price,
    gauge: TokenGauge | None = None,
    reduce_gauge: TokenGauge | None = None,
) -> Estimate:
    """The likely bill of one summary from scratch, with nothing finished and every line right at the first try.

    `gauge` is what is known of the map model's tokens, `reduce_gauge` of the other's.
    """
    counted = gauge or TokenGauge()
    work = _work(transcript, options, counted)
    rule = LENGTH_RULES[options.length]
    mapping = _map_usage(work, rule, counted)
    reducing = _reduce_usage(work, rule, reduce_gauge or counted)
    return Estimate(
        microusd=cost_microusd(map_price, mapping) + cost_microusd(reduce_price, reducing),
        calls=work.chunks + 1,
        prompt_tokens=mapping.prompt_tokens + reducing.prompt_tokens,
        completion_tokens=mapping.completion_tokens + reducing.completion_tokens,
    )


def _work(transcript: Transcript, options: ModelOptions, gauge: TokenGauge) -> _Work:
    lines = [segment_line(transcript, number) for number in range(len(transcript.segments))]
    text = "\n".join(lines)
    bound = sum(map(segment_tokens, lines))
    room = most_chunk_tokens(options.context_tokens)
    chunks = 1 if bound <= room else max(2, round(bound / (room * _FILL)))
    words = sum(word_count(segment.text) for segment in transcript.segments)
    rule = LENGTH_RULES[options.length]
    points = min(max(round(words / rule.words_a_point), 1), max(chunks, _MOST_CHAPTERS) * rule.most_points)
    return _Work(chunks=chunks, text_tokens=gauge.estimate(text), points=points)


def _map_usage(work: _Work, rule: LengthRule, gauge: TokenGauge) -> Usage:
    fixed = _fixed(MAP_SYSTEM, map_schema(()), gauge)
    written = work.points * _line_tokens(_LINE_WORDS) + work.chunks * moments_a_chunk(rule, work.chunks) * _line_tokens(
        _LINE_WORDS
    )
    for part in CHAPTER_PARTS:
        written += work.chunks * rule.entries_a_chunk(part, work.chunks) * _entry_tokens(part)
    cached = fixed * (work.chunks - 1) if fixed >= _LEAST_CACHED_TOKENS else 0
    return Usage(
        prompt_tokens=work.text_tokens + work.chunks * (fixed + _LIMITS_TOKENS),
        cached_tokens=cached,
        completion_tokens=round(written),
    )


def _reduce_usage(work: _Work, rule: LengthRule, gauge: TokenGauge) -> Usage:
    notes = work.points * _note_tokens(_LINE_WORDS)
    kept = 0
    if work.chunks > 1:
        moments = work.chunks * moments_a_chunk(rule, work.chunks)
        notes += moments * _note_tokens(_LINE_WORDS)
        kept += rule.most_moments
        for part in CHAPTER_PARTS:
            notes += _DISTINCT * work.chunks * rule.entries_a_chunk(part, work.chunks) * _note_tokens(_words_of(part))
            kept += rule.entries(part)
    whole = sum(_entry_tokens(part) for part in WHOLE_PARTS)
    return Usage(
        prompt_tokens=round(_fixed(REDUCE_SYSTEM, reduce_schema(), gauge) + notes + _LIMITS_TOKENS),
        cached_tokens=0,
        completion_tokens=round(_TLDR_TOKENS + whole + kept * 2),
    )


def _fixed(system: str, schema: dict[str, object], gauge: TokenGauge) -> int:
    return gauge.estimate(system + json.dumps(schema, separators=(",", ":")))


def _line_tokens(words: float) -> float:
    """One note as it is written: text, quotation and the frame around them."""
    return (words + _QUOTE_WORDS) * _TOKENS_A_WORD + _FRAME_TOKENS


def _entry_tokens(part: Part) -> float:
    return _line_tokens(_words_of(part)) + 4 * len(part.fields)


def _note_tokens(words: float) -> float:
    """One note as it is read again."""
    return (words + _QUOTE_WORDS) * _TOKENS_A_WORD + 8


def _words_of(part: Part) -> int:
    return sum(_FIELD_WORDS[field.kind] for field in part.fields)
