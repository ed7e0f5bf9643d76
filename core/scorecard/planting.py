"""True lines with their quotations, and falsehoods planted into them, one kind at a time."""

from __future__ import annotations

import random
import re
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from core.domain.transcript import Transcript
from core.scorecard.data import Recording
from core.scorecard.paraphrase import in_words, join, paraphrase
from core.summarizing.sentences import Sentence, split_sentences

_FEWEST_WORDS, _MOST_WORDS, _FEWEST_KEY_WORDS = 9, 45, 4
_ELSEWHERE_MS = 180_000


class Kind(StrEnum):
    WRONG_NUMBER = "wrong number"
    SWAPPED_NAME = "swapped name"
    FLIPPED_NEGATION = "flipped negation"
    WRONG_PLACE = "right words at the wrong place"
    INVENTED_QUOTE = "invented quote"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A line about what is said from `start_ms` to `end_ms`, and the words it claims to quote from there."""

    text: str
    quote: str
    start_ms: int
    end_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Planted:
    """`true` and what was made of it."""

    kind: Kind
    true: Line
    false: Line


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """What falsehoods of one recording are made of. `elsewhere` are sentences of another recording."""

    lines: tuple[Line, ...]
    names: frozenset[str]
    elsewhere: tuple[str, ...]


def prepare(recordings: list[Recording]) -> list[Ground]:
    """One a recording, in their order; a recording's stranger is the next."""
    told = [_telling(recording.transcript) for recording in recordings]
    return [
        _ground(recording, told[number], told[(number + 1) % len(told)]) for number, recording in enumerate(recordings)
    ]


def plant(ground: Ground, most: int, chance: random.Random) -> list[Planted]:
    """At most so many falsehoods of each kind, spread over the recording."""
    return [planted for kind in Kind for planted in _spread(_planted(kind, ground, chance), most)]


def known_names(transcript: Transcript) -> frozenset[str]:
    """Words that stand with a capital inside sentences and in small letters nowhere."""
    text = " ".join(segment.text for segment in transcript.segments)
    inside = Counter(re.findall(r"(?<=[a-z,] )[A-Z][a-zA-Z]{2,}\b", text))
    small = set(re.findall(r"\b[a-z]{3,}\b", text))
    return frozenset(word for word in inside if word.lower() not in small and word not in _NO_NAMES)


_NO_NAMES = frozenset({"God", "Mmm", "Yeah", "Okay", "Hmm", "Huh", "Wow"})


def _ground(recording: Recording, told: list[Sentence], other: list[Sentence]) -> Ground:
    names = known_names(recording.transcript)
    chance = random.Random(f"lines of {recording.id}")  # noqa: S311 - a benchmark, not a secret
    lines = [_line(told, number, names, chance) for number in range(len(told))]
    return Ground(lines=tuple(lines), names=names, elsewhere=tuple(sentence.text for sentence in other))


def _telling(transcript: Transcript) -> list[Sentence]:
    """Sentences a model might write a line about."""
    return [
        sentence
        for sentence in split_sentences(transcript)
        if _FEWEST_WORDS <= len(sentence.words) <= _MOST_WORDS
        and len(set(sentence.stems)) >= _FEWEST_KEY_WORDS
        and not sentence.text.rstrip().endswith("?")
    ]


def _line(told: list[Sentence], number: int, names: frozenset[str], chance: random.Random) -> Line:
    """A line about one sentence, or, one time in six, about it and the next where that follows within ten seconds."""
    sentence = told[number]
    text, quote, end_ms = paraphrase(sentence.text, names, chance), sentence.text, sentence.end_ms or 0
    following = told[number + 1] if number + 1 < len(told) else None
    is_joined = chance.random() < 1 / 6
    if is_joined and following is not None and (following.start_ms or 0) - end_ms < 10_000:
        text = join(text, paraphrase(following.text, names, chance), names)
        end_ms = following.end_ms or 0
    return Line(text=text, quote=quote, start_ms=sentence.start_ms or 0, end_ms=end_ms)


def _planted(kind: Kind, ground: Ground, chance: random.Random) -> list[Planted]:
    change = _CHANGES[kind]
    pairs = ((line, change(line, ground, chance)) for line in ground.lines)
    return [Planted(kind=kind, true=line, false=false) for line, false in pairs if false is not None]


def _spread(found: list[Planted], most: int) -> list[Planted]:
    count = min(len(found), most)
    return [found[number * len(found) // count] for number in range(count)]


_NUMBER_WORDS = {in_words(number): number for number in range(2, 100)}
_NUMBER = re.compile(
    r"(?<![\w.,:$-])(?:\d+(?:[.,]\d+)*(?![\w:-])|(?:"
    + "|".join(sorted(_NUMBER_WORDS, key=len, reverse=True))
    + r")\b(?![\w-]))"
)


def _wrong_number(line: Line, _ground: Ground, chance: random.Random) -> Line | None:
    """One number replaced: by a neighbour, its double, its tenfold, or with its first digit changed."""
    found = list(_NUMBER.finditer(line.text))
    if not found:
        return None
    match = chance.choice(found)
    wrong = _other_number(match[0], chance)
    return _with_text(line, line.text[: match.start()] + wrong + line.text[match.end() :])


def _other_number(written: str, chance: random.Random) -> str:
    if written in _NUMBER_WORDS:
        number = _NUMBER_WORDS[written]
        others = {number + 1, number + 2, number * 2, number + 10} | ({number - 1} if number > 3 else set())
        return in_words(chance.choice(sorted(other for other in others if other < 100)))
    if not written.isdigit() or (len(written) > 1 and chance.random() < 0.5):
        first = str((int(written[0]) + chance.randint(1, 8) - 1) % 9 + 1)
        return ("1" if first == written[0] == "2" else "2" if first == written[0] else first) + written[1:]
    number = int(written)
    return str(chance.choice([number + 1, number + 2, number * 2 or 7, number * 10 or 9]))


def _swapped_name(line: Line, ground: Ground, chance: random.Random) -> Line | None:
    """One name replaced by another of the same recording."""
    words = [word for word in re.findall(r"\b[A-Z][a-zA-Z]{2,}\b", line.text) if word in ground.names]
    others = sorted(ground.names - set(re.findall(r"\w+", line.text + line.quote)))
    if not words or not others:
        return None
    return _with_text(line, re.sub(rf"\b{chance.choice(words)}\b", chance.choice(others), line.text))


_DENIALS = (
    (r"\bcannot\b", "can"), (r"\b(is|are|was|were|do|does|did|will|would|should|could|has|have|had|can) not\b", r"\1"),
    (r"\bnever\b", "always"), (r"\bno (?=[a-z]{4,})", "some "), (r"\bnobody\b", "everybody"), (r"\bwithout\b", "with"),
    (r"\bnothing\b", "everything"),
)  # fmt: skip
_AFFIRMATIONS = (
    (r"\b(is|are|was|were|will|would|should|could|has|have|had) (?!not\b|n't|no\b|never\b|nothing\b|to\b)", r"\1 not "),
    (r"\bcan (?!not\b)", "cannot "),
    (r"\b(they|you|people|we) (need|want|use|have|like|get|require|know|make|take|see|go|work|run)\b", r"\1 do not \2"),
    (r"\b(is|are|was|were|will|would|should|can|has|have) (?!not\b|no\b|never\b|nothing\b|to\b)", r"\1 never "),
)  # fmt: skip


def _flipped_negation(line: Line, _ground: Ground, chance: random.Random) -> Line | None:
    """A denial turned into its opposite, else "not", "cannot" or "never" put to a verb; a frame's own verb aside."""
    frame = re.match(r"(?:The speaker (?:says|explains) that|According to the speaker,|It is said that"
                     r"|One point made is that) ", line.text)  # fmt: skip
    start = frame.end() if frame else 0
    body = line.text[start:]
    denials = [rule for rule in _DENIALS if re.search(rule[0], body, re.IGNORECASE)]
    rules = denials or [rule for rule in _AFFIRMATIONS if re.search(rule[0], body)]
    if not rules:
        return None
    pattern, put = chance.choice(rules)
    return _with_text(line, line.text[:start] + re.sub(pattern, put, body, count=1, flags=re.IGNORECASE))


def _wrong_place(line: Line, ground: Ground, chance: random.Random) -> Line | None:
    """The line with the quotation and place of one at least three minutes away."""
    far = [other for other in ground.lines if abs(other.start_ms - line.start_ms) >= _ELSEWHERE_MS]
    if not far:
        return None
    other = chance.choice(far)
    return Line(text=line.text, quote=other.quote, start_ms=other.start_ms, end_ms=other.end_ms)


def _invented_quote(line: Line, ground: Ground, chance: random.Random) -> Line | None:
    """What another recording says; every fourth word replaced; the clauses' order turned; the line's own words."""
    words = line.quote.split()
    strange = chance.choice(ground.elsewhere).split() if ground.elsewhere else words[::-1]
    fourth = [strange[at % len(strange)] if at % 4 == 2 else word for at, word in enumerate(words)]
    turned = words[len(words) // 2 :] + words[: len(words) // 2]
    quote = " ".join(chance.choice([strange, fourth, turned, line.text.split()]))
    if _bare(quote) in _bare(line.quote) or _bare(line.quote) in _bare(quote):
        return None
    return Line(text=line.text, quote=quote, start_ms=line.start_ms, end_ms=line.end_ms)


def _bare(text: str) -> str:
    return " ".join(re.findall(r"[\w']+", text.lower()))


def _with_text(line: Line, text: str) -> Line | None:
    if text == line.text:
        return None
    return Line(text=text, quote=line.quote, start_ms=line.start_ms, end_ms=line.end_ms)


_CHANGES: dict[Kind, Callable[[Line, Ground, random.Random], Line | None]] = {
    Kind.WRONG_NUMBER: _wrong_number,
    Kind.SWAPPED_NAME: _swapped_name,
    Kind.FLIPPED_NEGATION: _flipped_negation,
    Kind.WRONG_PLACE: _wrong_place,
    Kind.INVENTED_QUOTE: _invented_quote,
}
