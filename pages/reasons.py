"""Why a line is believed, or not, and what was left out: the counts of the proof in plain words."""

from __future__ import annotations

from collections.abc import Sequence

from core.domain.document import ItemDocument, ReasonsDocument, WithheldDocument
from core.domain.evidence import SUPPORT_THRESHOLD
from core.domain.summary import WithheldReason
from pages.words import percent

JUDGED = "The language model’s own judgement: it is no sentence that could be compared"
_TRANSLATED = (
    "Written in another language than the speech: numbers and names were compared, and the quotation is verbatim"
)
_LEFT_OUT: dict[str, tuple[str, str]] = {
    WithheldReason.QUOTE_NOT_FOUND: ("quoted words nobody says", "quoted words nobody says"),
    WithheldReason.OUTSIDE_WHAT_WAS_OFFERED: (
        "named a place it was not shown",
        "named places they were not shown",
    ),
    WithheldReason.WORDS_NOT_SAID: ("used words nobody says", "used words nobody says"),
    WithheldReason.NUMBER_NOT_SAID: ("had a number nobody says there", "had numbers nobody says there"),
    WithheldReason.NAME_NOT_SAID: ("had a name nobody says there", "had names nobody says there"),
    WithheldReason.OPPOSITE_SAID: ("said the opposite of what is said", "said the opposite of what is said"),
    WithheldReason.NO_TEXT: ("had no words", "had no words"),
}


def reasons_of(item: ItemDocument) -> tuple[str, ...]:
    """What speaks for the line and against it, each as a sentence without its full stop."""
    if not item["text"].strip():
        return (JUDGED,)
    reasons, place = item["reasons"], _place(item)
    if reasons["is_translated"]:
        return (_TRANSLATED, *_against(reasons))
    if reasons["is_word_for_word"]:
        return ("Word for word", *_against(reasons))
    found = (_found(reasons, place),) if reasons["total_words"] else ()
    return (*found, *_against(reasons))


def why_unsupported(item: ItemDocument) -> str:
    """The one reason that weighs most, as a whole sentence; "" where the line is supported."""
    if item["supported"]:
        return ""
    return f"Not found in what was said: {_weightiest(item)}."


def left_out(withheld: Sequence[WithheldDocument]) -> str:
    """ "4 sentences the model wrote are not shown: 2 quoted words nobody says, 1 …"; "" where nothing was left out."""
    counts: dict[str, int] = {}
    for row in withheld:
        counts[row["reason"]] = counts.get(row["reason"], 0) + row["count"]
    total = sum(counts.values())
    if not total:
        return ""
    subject = (
        "1 sentence the model wrote is not shown"
        if total == 1
        else f"{total:,} sentences the model wrote are not shown"
    )
    if len(counts) == 1:
        ((reason, count),) = counts.items()
        return f"{subject}: {'it' if count == 1 else 'they'} {_left_out_phrase(reason, count)}."
    ranked = sorted(counts.items(), key=lambda entry: -entry[1])
    return f"{subject}: {', '.join(f'{count:,} {_left_out_phrase(reason, count)}' for reason, count in ranked)}."


def _left_out_phrase(reason: str, count: int) -> str:
    one, many = _LEFT_OUT.get(reason, (reason.replace("_", " "), reason.replace("_", " ")))
    return one if count == 1 else many


def _found(reasons: ReasonsDocument, place: str) -> str:
    found, total = reasons["found_words"], reasons["total_words"]
    if total == 1:
        return f"Its one key word is {'said' if found else 'not said'} {place}"
    if found == total:
        return f"All of its {total} key words are said {place}"
    return f"{found or 'None'} of its {total} key words {'is' if found == 1 else 'are'} said {place}"


def _against(reasons: ReasonsDocument) -> tuple[str, ...]:
    said = ("The opposite is said there",) if reasons["says_the_opposite"] else ()
    numbers = _missing("number", reasons["missing_numbers"])
    return (*said, *numbers, *_missing("name", reasons["missing_names"]))


def _missing(noun: str, words: list[str]) -> tuple[str, ...]:
    if not words:
        return ()
    if len(words) == 1:
        return (f"The {noun} {words[0]} is not said there",)
    return (f"The {noun}s {', '.join(words[:-1])} and {words[-1]} are not said there",)


def _weightiest(item: ItemDocument) -> str:
    if not item["evidence"]:
        return "there is no place for it"
    if item["grounding"] < SUPPORT_THRESHOLD:
        return f"{percent(item['grounding'])} of its key words are said near this place"
    against = _against(item["reasons"])
    if not against:
        return "these are not the words that were said"
    return against[0][0].lower() + against[0][1:]


def _place(item: ItemDocument) -> str:
    return "near this place" if item["start_s"] is None else "within half a minute of this place"
