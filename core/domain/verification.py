"""The check of what a model wrote: its segments, its quotations, and every sentence against the speech.

Nothing a model says about its sources is taken on trust. A line is shown only if its quotations stand in the segments
it was given and the line itself rests on them; otherwise the model hears in one sentence why not, and may try once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.cleaned_text import clean_text
from core.domain.evidence import (
    QUOTE_THRESHOLD,
    SUPPORT_THRESHOLD,
    Grounding,
    Reasons,
    TranscriptIndex,
    ground,
    missing_numbers,
    names_not_said,
)
from core.domain.languages import base_language
from core.domain.quotes import QuoteFinder
from core.domain.summary import EvidenceRef, WithheldReason
from core.domain.transcript import Transcript
from core.domain.words import tokens

__all__ = ["Quoted", "Verdict", "Verifier", "clean_text"]

# Fewer words stand in every video.
LEAST_QUOTE_WORDS = 3
_MOST_SHOWN_CHARACTERS = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Quoted:
    """What a model names as a line's source: segment ids, and words it says stand there."""

    segments: tuple[int, ...]
    quote: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`reason` is None for a line that may be shown; `refs` is then where its quotations stand, in order of speech.

    `explanation` is one sentence for whoever wrote the line, "" where nothing is wrong.
    """

    refs: tuple[EvidenceRef, ...]
    reason: WithheldReason | None
    explanation: str


class Verifier:
    """Checks what was written about the segments [first, last], which is all that was offered to the model."""

    def __init__(
        self, transcript: Transcript, index: TranscriptIndex, first: int, last: int, written_in: str | None = None
    ) -> None:
        """Raises ValueError where the segments are not all in the transcript."""
        self._transcript, self._index = transcript, index
        self._first, self._last = first, last
        self._written_in = written_in
        self._finder = QuoteFinder(transcript, first, last)

    def check(self, text: str, quotes: Sequence[Quoted]) -> Verdict:
        """Whether `text` may be shown with these quotations."""
        if not tokens(text):
            return _withheld(WithheldReason.NO_TEXT, "The text is empty.")
        if not quotes:
            return _withheld(WithheldReason.QUOTE_NOT_FOUND, "No quotation is given: quote the words it rests on.")
        refs: list[EvidenceRef] = []
        for quoted in quotes:
            found = self._find(quoted)
            if isinstance(found, Verdict):
                return found
            refs.append(found)
        in_order = tuple(sorted(set(refs), key=lambda ref: (ref.first_segment, ref.start_char, ref.last_segment)))
        grounding = ground(text, in_order, self._transcript, self._index, written_in=self._written_in)
        reason, explanation = _why(grounding)
        return Verdict(refs=in_order, reason=reason, explanation=explanation)

    def is_said(self, text: str) -> bool:
        """Whether the words of `text` are spoken anywhere in the transcript, its numbers and names with them.

        In another language than the speech only numbers and names are looked for.
        """
        index, windows = self._index, [self._index.whole]
        language = base_language(self._written_in) or index.language
        if missing_numbers(text, windows, [], index, language) or names_not_said(text, windows, [], index, language):
            return False
        keys = index.key_words(text) if language == index.language or index.language is None else []
        said = sum(index.idf(key) for key in keys if index.has_word(key, index.whole))
        return said >= SUPPORT_THRESHOLD * sum(index.idf(key) for key in keys)

    def clean(self, text: str) -> str:
        """As `clean_text`, but keeps the names of sites that the video itself says ("go to example.com")."""
        return clean_text(text, is_spoken=self._says_site)

    def _find(self, quoted: Quoted) -> EvidenceRef | Verdict:
        outside = [number for number in quoted.segments if not self._first <= number <= self._last]
        if outside:
            return _withheld(
                WithheldReason.OUTSIDE_WHAT_WAS_OFFERED,
                f"Segment {outside[0]} is not among the segments offered, {self._first} to {self._last}.",
            )
        if len(tokens(quoted.quote)) < min(LEAST_QUOTE_WORDS, self._fewest_words(quoted.segments)):
            return _withheld(
                WithheldReason.QUOTE_NOT_FOUND, f"The quotation is too short to prove anything: {_shown(quoted.quote)}"
            )
        found = self._finder.find(quoted.quote, quoted.segments)
        if found is None:
            return _withheld(
                WithheldReason.QUOTE_NOT_FOUND,
                f"The quotation is not in the segments offered; copy it word for word: {_shown(quoted.quote)}",
            )
        return found.ref

    def _fewest_words(self, segments: tuple[int, ...]) -> int:
        """A segment of one word can be quoted with one."""
        named = [self._transcript.segments[number] for number in segments]
        return max(sum(len(tokens(segment.text)) for segment in named), 1) if named else LEAST_QUOTE_WORDS

    def _says_site(self, site: str) -> bool:
        wanted = site.lower().removeprefix("www.")
        spelled = [wanted, wanted.replace(".", " dot "), wanted.replace(".", " ")]
        return any(any(form in segment.text.lower() for form in spelled) for segment in self._transcript.segments)


def _withheld(reason: WithheldReason, explanation: str) -> Verdict:
    return Verdict(refs=(), reason=reason, explanation=explanation)


def _why(grounding: Grounding) -> tuple[WithheldReason | None, str]:
    """The gravest thing wrong with a line, and how to say it."""
    if grounding.is_supported:
        return None, ""
    reasons = grounding.reasons
    if reasons.missing_numbers:
        return WithheldReason.NUMBER_NOT_SAID, f"Not said near the quotation: the number {_listed(reasons)}."
    if reasons.missing_names:
        return WithheldReason.NAME_NOT_SAID, f"Not said near the quotation: the name {_listed(reasons)}."
    if reasons.is_opposite:
        return WithheldReason.OPPOSITE_SAID, "The quotation says the opposite: one of the two is negated."
    if grounding.score >= SUPPORT_THRESHOLD and reasons.quote_match < QUOTE_THRESHOLD:
        return WithheldReason.WORDS_NOT_SAID, "The text is set in quotation marks but is not said in these words."
    return (
        WithheldReason.WORDS_NOT_SAID,
        f"Only {reasons.found_words} of the text's {reasons.total_words} key words are said near the quotation.",
    )


def _listed(reasons: Reasons) -> str:
    return ", ".join(_shown(one) for one in reasons.missing_numbers or reasons.missing_names)


def _shown(text: str) -> str:
    """As it was written, on one line and cut: it goes back to whoever wrote it."""
    plain = " ".join(text.split())
    return plain if len(plain) <= _MOST_SHOWN_CHARACTERS else plain[:_MOST_SHOWN_CHARACTERS].rstrip() + "…"
