"""How many tokens a text makes, without the model's own vocabulary: never under, and about right.

A byte-level BPE gives at most one token a byte, whatever the text; below that each script has a ratio of its own. The
ratios were measured with the vocabularies r50k (2019), cl100k (2023) and o200k (gpt-4o and later) of gpt-tokenizer
4.0.0 on the captions of the Hugging Face course (English, French, Russian, Chinese) and, for 40 languages, on the
names of countries, languages and currencies of ICU. The bound is above the worst of the three, gibberish included;
the expectation is o200k's on speech. What an endpoint then reports corrects both.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from core.domain.model import Usage


class Script(StrEnum):
    """Characters that cost alike. LATIN is ASCII letters and blanks, MARK the rest of ASCII but digits."""

    LATIN = "latin"
    DIGIT = "digit"
    MARK = "mark"
    LATIN_ACCENTED = "latin_accented"
    GREEK_HEBREW = "greek_hebrew"
    CYRILLIC = "cyrillic"
    ARABIC = "arabic"
    INDIC = "indic"
    CJK = "cjk"
    HANGUL = "hangul"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class ScriptRule:
    """Tokens a byte: `most` is never passed by a byte-level BPE in practice, `usual` is what o200k gives on speech."""

    most: float
    usual: float


# In brackets what was measured, r50k / cl100k / o200k.
SCRIPT_RULES: dict[Script, ScriptRule] = {
    # Speech [0.29 / 0.24 / 0.24 in the worst 4,000 characters], random letters [0.58 / 0.53 / 0.51], base64 with its
    # digits and marks [0.77 / 0.72 / 0.68].
    Script.LATIN: ScriptRule(most=0.75, usual=0.195),
    # One token a digit with the vocabularies that split numbers; three digits a token with OpenAI's.
    Script.DIGIT: ScriptRule(most=1.0, usual=0.55),
    Script.MARK: ScriptRule(most=1.0, usual=0.75),
    Script.LATIN_ACCENTED: ScriptRule(most=1.0, usual=0.40),
    # Greek [0.63 / 0.52 / 0.28], Hebrew [0.63 / 0.55 / 0.25].
    Script.GREEK_HEBREW: ScriptRule(most=0.85, usual=0.25),
    # Russian speech [0.60 / 0.25 / 0.15], names in Ukrainian [0.62 / 0.35 / 0.22].
    Script.CYRILLIC: ScriptRule(most=0.85, usual=0.125),
    # Arabic [0.53 / 0.38 / 0.19], Urdu [0.68 / 0.46 / 0.22].
    Script.ARABIC: ScriptRule(most=0.85, usual=0.18),
    # Hindi [0.61 / 0.38 / 0.16], Gujarati [1.00 / 0.64 / 0.18], Thai [0.68 / 0.35 / 0.18].
    Script.INDIC: ScriptRule(most=1.0, usual=0.17),
    # Names in Chinese [0.78 / 0.56 / 0.33], in Japanese [0.42 / 0.41 / 0.28]; Chinese speech is about a quarter.
    Script.CJK: ScriptRule(most=1.0, usual=0.235),
    # Korean [0.91 / 0.47 / 0.31].
    Script.HANGUL: ScriptRule(most=1.0, usual=0.27),
    # Armenian [1.00 / 1.00 / 0.26], Amharic [0.92 / 0.92 / 0.69], emoji [0.65 / 0.72 / 0.50].
    Script.OTHER: ScriptRule(most=1.0, usual=0.40),
}

# First code point of each stretch above ASCII, with what stands in it up to the next.
_STRETCHES: tuple[tuple[int, Script], ...] = (
    (0x80, Script.LATIN_ACCENTED), (0x370, Script.GREEK_HEBREW), (0x400, Script.CYRILLIC), (0x530, Script.OTHER),
    (0x590, Script.GREEK_HEBREW), (0x600, Script.ARABIC), (0x700, Script.OTHER), (0x900, Script.INDIC),
    (0xE80, Script.OTHER), (0x1100, Script.HANGUL), (0x1200, Script.OTHER), (0x1E00, Script.LATIN_ACCENTED),
    (0x1F00, Script.GREEK_HEBREW), (0x2000, Script.OTHER), (0x2E80, Script.CJK), (0x3130, Script.HANGUL),
    (0x3190, Script.CJK), (0xA000, Script.OTHER), (0xAC00, Script.HANGUL), (0xD800, Script.OTHER),
    (0xF900, Script.CJK), (0xFB00, Script.OTHER), (0xFB50, Script.ARABIC), (0xFE00, Script.OTHER),
    (0xFE30, Script.CJK), (0xFE70, Script.ARABIC), (0xFF00, Script.CJK), (0xFFF0, Script.OTHER),
    (0x20000, Script.CJK), (0x32000, Script.OTHER),
)  # fmt: skip
_STARTS = [start for start, _script in _STRETCHES]

# What a chat template puts around two messages: OpenAI's cookbook counts 3 a message and 3 for the answer; templates
# of open models with a system message of their own take some dozens.
ENVELOPE_TOKENS = 64
# Below this a request says more about its envelope than about its text.
_TELLING_BYTES = 2_000
# The worst seen is not the worst there is: of 4,000-character pieces of one course the densest had 1.11 (English,
# Chinese) to 1.45 (French among code) times the tokens of the lightest. Fewer sightings, more margin.
_MARGINS = ((3, 1.5), (8, 1.35))
_LEAST_MARGIN = 1.25
# An endpoint that reports less than this share of the expectation leaves something out (cached tokens, say).
_LEAST_OF_USUAL = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class TextSize:
    """A text's UTF-8 bytes by script."""

    bytes_of: Mapping[Script, int]

    @property
    def bytes(self) -> int:
        return sum(self.bytes_of.values())

    @property
    def main_script(self) -> Script:
        """The script of most of its bytes, digits and marks aside: what a text is learned under."""
        spoken = {script: size for script, size in self.bytes_of.items() if script not in _SCRIPTLESS}
        return max(spoken, key=lambda script: spoken[script], default=Script.LATIN)

    def __add__(self, other: TextSize) -> TextSize:
        return TextSize(bytes_of=Counter(self.bytes_of) + Counter(other.bytes_of))


_SCRIPTLESS = frozenset({Script.DIGIT, Script.MARK})


def size_of(text: str) -> TextSize:
    sizes: Counter[Script] = Counter()
    for character, count in Counter(text).items():
        # A lone surrogate cannot be encoded; sent, it is replaced by a character of three bytes.
        sizes[_script_of(character)] += len(character.encode("utf-8", "surrogatepass")) * count
    return TextSize(bytes_of=sizes)


def _script_of(character: str) -> Script:
    code = ord(character)
    if code >= 0x80:
        return _STRETCHES[bisect_right(_STARTS, code) - 1][1]
    if character.isalpha() or character == " ":
        return Script.LATIN
    return Script.DIGIT if character.isdigit() else Script.MARK


@dataclass(frozen=True, slots=True, kw_only=True)
class Sightings:
    """What an endpoint reported for texts of one main script.

    `worst_ratio` is the largest of reported tokens over the bound from bytes alone; `tokens` were reported where
    `usual_tokens` were expected from bytes alone.
    """

    count: int
    worst_ratio: float
    tokens: int
    usual_tokens: float


@dataclass(frozen=True, slots=True, kw_only=True)
class TokenGauge:
    """Bounds and estimates for one model of one endpoint; what is learned of it gives a new one."""

    seen: Mapping[Script, Sightings] = field(default_factory=dict)

    def bound(self, text: str | TextSize) -> int:
        """Tokens that the text as a whole prompt will not pass: its envelope is counted in."""
        return self.bound_of_piece(text) + ENVELOPE_TOKENS

    def bound_of_piece(self, text: str | TextSize) -> int:
        """The same without an envelope: the bounds of the pieces of a prompt may be summed."""
        size = _sized(text)
        return math.ceil(max(_most(size) * self._factor(size.main_script), _usual(size) * _LEAST_OF_USUAL))

    def estimate(self, text: str | TextSize) -> int:
        """Tokens that the text as a whole prompt is likely to make."""
        size = _sized(text)
        sightings = self.seen.get(size.main_script)
        correction = sightings.tokens / sightings.usual_tokens if sightings and sightings.usual_tokens else 1.0
        return math.ceil(_usual(size) * correction)

    def after(self, text: str | TextSize, usage: Usage | None) -> TokenGauge:
        """The gauge once the endpoint reported `usage` for a prompt of exactly this text."""
        size = _sized(text)
        if usage is None or usage.is_estimate or usage.prompt_tokens <= 0 or size.bytes < _TELLING_BYTES:
            return self
        before = self.seen.get(size.main_script, Sightings(count=0, worst_ratio=0.0, tokens=0, usual_tokens=0.0))
        after = Sightings(
            count=before.count + 1,
            worst_ratio=max(before.worst_ratio, usage.prompt_tokens / _most(size)),
            tokens=before.tokens + usage.prompt_tokens,
            usual_tokens=before.usual_tokens + _usual(size),
        )
        return replace(self, seen={**self.seen, size.main_script: after})

    def _factor(self, script: Script) -> float:
        """What the bound from bytes alone is multiplied with: above 1 only for an endpoint that was seen to pass it."""
        sightings = self.seen.get(script)
        if sightings is None:
            return 1.0
        factor = sightings.worst_ratio * _margin(sightings.count)
        return factor if sightings.worst_ratio > 1 else min(factor, 1.0)

    def to_json(self) -> dict[str, object]:
        """[count, worst ratio, tokens, expected tokens] by script."""
        return {
            script.value: [each.count, each.worst_ratio, each.tokens, each.usual_tokens]
            for script, each in self.seen.items()
        }

    @classmethod
    def from_json(cls, kept: Mapping[str, object]) -> TokenGauge:
        """What of `kept` can be read; a gauge that is lost is learned anew."""
        return cls(seen={Script(name): read for name, row in kept.items() if (read := _read_sightings(name, row))})


def _read_sightings(name: str, row: object) -> Sightings | None:
    if name not in set(Script) or not isinstance(row, list) or len(row) != 4:
        return None
    if not all(isinstance(number, int | float) and math.isfinite(number) and number > 0 for number in row):
        return None
    return Sightings(count=int(row[0]), worst_ratio=float(row[1]), tokens=int(row[2]), usual_tokens=float(row[3]))


def _sized(text: str | TextSize) -> TextSize:
    return size_of(text) if isinstance(text, str) else text


def _most(size: TextSize) -> float:
    return sum(SCRIPT_RULES[script].most * count for script, count in size.bytes_of.items())


def _usual(size: TextSize) -> float:
    return sum(SCRIPT_RULES[script].usual * count for script, count in size.bytes_of.items())


def _margin(count: int) -> float:
    return next((margin for below, margin in _MARGINS if count < below), _LEAST_MARGIN)
