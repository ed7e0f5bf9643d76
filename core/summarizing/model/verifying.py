"""Nothing a model wrote is shown before it was held against what was said; what does not hold is refused, with why."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from core.domain.evidence import QUOTE_THRESHOLD, Grounding, TranscriptIndex, ground
from core.domain.parts import Field, FieldKind, Part, Support, claim_of
from core.domain.summary import Entry, EvidenceRef, FieldValue, Item, Withheld, WithheldReason
from core.domain.transcript import Transcript
from core.domain.verification import Quoted, Verifier, clean_text
from core.summarizing.model.answers import Note, Text

# A question with one wrong answer is a coin.
_FEWEST_SAID_LINES = 2
_LEAST_LEVEL, _MOST_LEVEL = 1, 5
# One text of the whole may rest on so many spans: more is no evidence that anyone will listen to.
_MOST_REFS = 6


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """`explanation` is one plain sentence, fit to be sent to the model for its second try."""

    part: Part
    reason: WithheldReason
    explanation: str


# The first reason against a text that shall rest on the evidence, None where it holds.
Proof = Callable[[str], Refused | None]


class NoteChecker:
    """Checks notes on the segments [first, last] of one transcript."""

    def __init__(
        self, transcript: Transcript, index: TranscriptIndex, first: int, last: int, written_in: str | None
    ) -> None:
        self._verifier = Verifier(transcript, index, first, last, written_in)
        self._transcript, self._index, self._written_in = transcript, index, written_in

    def check(self, note: Note) -> Entry | Refused:
        """The entry with its evidence, or why it may not be shown. Points and moments are entries of one text."""
        fields = cleaned(note.part, note.fields)
        if isinstance(fields, Refused):
            return fields
        fields = self._said_only(note.part, fields)
        if isinstance(fields, Refused):
            return fields
        quoted = [Quoted(segments=note.segments, quote=note.quote)]
        claims = list(dict.fromkeys([*claims_of(note.part, fields), claim_of(note.part, fields)]))
        refs: tuple[EvidenceRef, ...] = ()
        for claim in claims:
            verdict = self._verifier.check(claim, quoted)
            if verdict.reason is not None:
                return Refused(part=note.part, reason=verdict.reason, explanation=verdict.explanation)
            refs = verdict.refs
            if self._is_empty_talk(claim, refs):
                return _says_nothing(note.part)
        return self._find_undenied(note.part, fields, quoted) or as_entry(note.part, fields, refs)

    def _find_undenied(self, part: Part, fields: dict[str, FieldValue], quoted: Sequence[Quoted]) -> Refused | None:
        """The first fault of what the speaker says is wrong: it must be spoken of there, for or against."""
        for field in part.fields:
            if field.support is not Support.DENIED:
                continue
            verdict = self._verifier.check(str(fields[field.name]), quoted)
            if verdict.reason not in {None, WithheldReason.OPPOSITE_SAID}:
                return Refused(part=part, reason=verdict.reason, explanation=verdict.explanation)
        return None

    def _is_empty_talk(self, claim: str, refs: tuple[EvidenceRef, ...]) -> bool:
        return is_empty_talk(claim, ground(claim, refs, self._transcript, self._index, written_in=self._written_in))

    def _said_only(self, part: Part, fields: dict[str, FieldValue]) -> dict[str, FieldValue] | Refused:
        """Without the lines that are to be spoken somewhere in the video and are not."""
        kept = dict(fields)
        for field in part.fields:
            value = kept[field.name]
            if field.support is not Support.SAID:
                continue
            lines = value if isinstance(value, tuple) else (str(value),)
            said = tuple(line for line in lines if self._verifier.is_said(line))
            if len(said) < min(_FEWEST_SAID_LINES, len(lines)) or not said:
                words = f"The words of {field.name} are not said in the video."
                return Refused(part=part, reason=WithheldReason.WORDS_NOT_SAID, explanation=words)
            kept[field.name] = said if isinstance(value, tuple) else said[0]
        return kept


def check_text(
    text: Text, refs: Sequence[EvidenceRef], transcript: Transcript, index: TranscriptIndex, written_in: str | None
) -> Entry | Refused:
    """A text about the whole, held against the evidence of the notes it names."""
    fields = cleaned(text.part, text.fields)
    if isinstance(fields, Refused):
        return fields
    if not refs:
        why = "It names no note that was offered."
        return Refused(part=text.part, reason=WithheldReason.OUTSIDE_WHAT_WAS_OFFERED, explanation=why)
    kept = tuple(dict.fromkeys(refs))[:_MOST_REFS]
    for claim in [*claims_of(text.part, fields), claim_of(text.part, fields)]:
        grounding = ground(claim, kept, transcript, index, written_in=written_in)
        if not grounding.is_supported:
            reason, explanation = why_unsupported(grounding)
            return Refused(part=text.part, reason=reason, explanation=explanation)
        if is_empty_talk(claim, grounding):
            return _says_nothing(text.part)
    return as_entry(text.part, fields, tuple(sorted(kept, key=lambda ref: (ref.first_segment, ref.start_char))))


def is_empty_talk(claim: str, grounding: Grounding) -> bool:
    """A text without one word that carries meaning ("Nothing was said at all"), and not a quotation: what it is held
    against can neither bear it out nor gainsay it.
    """
    reasons = grounding.reasons
    is_bare = reasons.total_words == 0 and not reasons.is_translated
    return bool(claim) and is_bare and reasons.quote_match < QUOTE_THRESHOLD


def _says_nothing(part: Part) -> Refused:
    why = "It says nothing that can be checked: name what it is about."
    return Refused(part=part, reason=WithheldReason.WORDS_NOT_SAID, explanation=why)


def cleaned(part: Part, fields: dict[str, FieldValue]) -> dict[str, FieldValue] | Refused:
    """The fields as plain text, closed ones within their lists; Refused where one holds nothing then."""
    kept: dict[str, FieldValue] = {}
    for field in part.fields:
        value = _cleaned(field, fields[field.name])
        if value is None:
            why = f"{field.name} holds no plain text, or nothing that is allowed there."
            return Refused(part=part, reason=WithheldReason.NO_TEXT, explanation=why)
        kept[field.name] = value
    return kept


def claims_of(part: Part, fields: dict[str, FieldValue]) -> list[str]:
    """Each text of an entry that the speech must bear out, alone: one false line among true ones is found."""
    claims: list[str] = []
    for field in part.fields:
        value = fields[field.name]
        if field.support is Support.CLAIM:
            claims.extend(value if isinstance(value, tuple) else [str(value)])
    return claims


def as_entry(part: Part, fields: dict[str, FieldValue], refs: tuple[EvidenceRef, ...]) -> Entry:
    """The entry; its id hashes the part, all its fields and its evidence."""
    single = len(part.fields) == 1 and part.fields[0].kind is FieldKind.TEXT
    text = str(fields[part.fields[0].name]) if single else claim_of(part, fields)
    return Entry(part=part.slug, fields=tuple(fields.items()), item=as_item(part.slug, text, refs, [*fields.values()]))


def as_item(
    kind: str, text: str, refs: tuple[EvidenceRef, ...], fields: Iterable[FieldValue] = (), *, mark: str = ""
) -> Item:
    """A line with a stable id, `mark` in front of it."""
    spans = "".join(f"\0{r.first_segment}:{r.start_char}-{r.last_segment}:{r.end_char}" for r in refs)
    inner = "".join(f"\0{value}" for value in fields if value != text)
    key = f"{kind}\0{text}{inner}{spans}"
    return Item(id=mark + hashlib.sha256(key.encode()).hexdigest()[:12], text=text, evidence=refs)


def is_title_said(title: str, first: int, last: int, transcript: Transcript, index: TranscriptIndex,
                  written_in: str | None) -> bool:  # fmt: skip
    """Whether every word of a title that carries meaning, every number and every name in it is said in [first, last].

    Of a title in another language than the speech only numbers and names can be compared.
    """
    last_text = transcript.segments[last].text
    whole = EvidenceRef(first_segment=first, start_char=0, last_segment=last, end_char=len(last_text))
    reasons = ground(title, (whole,), transcript, index, written_in=written_in).reasons
    if reasons.missing_numbers or reasons.missing_names or reasons.is_opposite:
        return False
    return reasons.is_translated or (reasons.total_words > 0 and reasons.found_words == reasons.total_words)


def why_unsupported(grounding: Grounding) -> tuple[WithheldReason, str]:
    """The reason a reader would be shown, the surest first, and the same in words for the model."""
    reasons = grounding.reasons
    if reasons.missing_numbers:
        named = ", ".join(reasons.missing_numbers)
        return WithheldReason.NUMBER_NOT_SAID, f"These numbers are not said there: {named}."
    if reasons.missing_names:
        return WithheldReason.NAME_NOT_SAID, f"These names are not said there: {', '.join(reasons.missing_names)}."
    if reasons.is_opposite:
        return WithheldReason.OPPOSITE_SAID, "The speaker says the opposite there."
    return WithheldReason.WORDS_NOT_SAID, "Too few of its words are said there."


def count_withheld(refused: Iterable[Refused]) -> tuple[Withheld, ...]:
    counts = Counter((each.part.slug, each.reason) for each in refused)
    return tuple(Withheld(part=part, reason=reason, count=count) for (part, reason), count in sorted(counts.items()))


def add_withheld(many: Iterable[Withheld]) -> tuple[Withheld, ...]:
    """The same with equal part and reason added up."""
    counts: Counter[tuple[str, WithheldReason]] = Counter()
    for each in many:
        counts[each.part, each.reason] += each.count
    return tuple(Withheld(part=part, reason=reason, count=count) for (part, reason), count in sorted(counts.items()))


def _cleaned(field: Field, value: FieldValue) -> FieldValue | None:
    match field.kind:
        case FieldKind.CHOICE:
            return value if value in field.choices else None
        case FieldKind.LEVEL:
            return value if isinstance(value, int) and _LEAST_LEVEL <= value <= _MOST_LEVEL else None
        case FieldKind.LINES:
            lines = tuple(line for raw in (value if isinstance(value, tuple) else ()) if (line := _spoken_text(raw)))
            return lines or None
        case FieldKind.TEXT:
            return _spoken_text(str(value)) or None


# What is left of an address that was written so that it is not taken for one.
_TORN_ADDRESS = re.compile(r"\S*//\S+")


def _spoken_text(raw: str) -> str:
    """Plain text; "" where it holds no letter and no digit."""
    text = " ".join(_TORN_ADDRESS.sub(" ", clean_text(raw)).split())
    return text if any(char.isalnum() for char in text) else ""
