"""Numbers of a text by their value, however they are written: "1.5 million", "1,500,000", "one and a half million".

Speech says each number in many ways, and captions cut and mishear them, so everything a stretch of speech may mean is
collected; a line of a summary, on the other hand, means one thing, and only what is clearly a number counts there.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction

from core.domain.numeral_words import Atom, Kind, Speech, compound_atom, speech_of
from core.domain.words import located_tokens, plain_number

# No number is said in more words than this; a longer row of them is counting.
_MOST_WORDS = 12
_MOST_GAP_WORDS = 2
# From here on a single word can hardly be anything but a number; below it, it may be an article or a way to count.
_SURE_FROM = 13
_DIGITS = re.compile(
    r"(?P<number>\d+(?:[.,]\d+)*)"
    r"(?:(?P<groups>(?:[\u00a0\u202f ]\d{3})+)(?!\d)|(?P<suffix>\s?(?:bn|[kKmMBT])\b|[万萬亿億만억]|s\b))?"
)
_SUFFIXES = {
    "k": 10**3, "m": 10**6, "bn": 10**9, "b": 10**9, "t": 10**12, "万": 10**4, "萬": 10**4, "만": 10**4, "亿": 10**8,
    "億": 10**8, "억": 10**8,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Numeral:
    """A number of a line. `readings` are the ways to take it, each the values that must all be said.

    `before` and `follower` are the words beside it, "" at an end. `is_sure`: it is nothing but a number; else it may be
    an article or a way to count ("two of them"). `is_small`: from two to twelve, in words.
    """

    written: str
    readings: tuple[tuple[str, ...], ...]
    before: str
    follower: str
    is_sure: bool
    is_small: bool


@dataclass(frozen=True, slots=True)
class Hit:
    """A word, or digits, of running text that may be part of a number; `position` counts tokens, it spans `length`."""

    position: int
    length: int
    atom: Atom
    also: tuple[str, ...] = ()


def hits_in(text: str, located: Sequence[tuple[str, int]], first: int, language: str | None) -> list[Hit]:
    """What of a text's `located_tokens` may belong to a number, the first token standing at position `first`."""
    atoms = speech_of(language).atoms
    found = [Hit(at, 1, atoms[form]) for at, (form, _start) in enumerate(located, first) if form in atoms]
    if language in _COMPOUND_LANGUAGES:
        found += _compound_hits(located, first, language, atoms)
    if _ANY_DIGIT.search(text):
        digits = list(_digit_hits(text, located, first))
        taken = {at for hit in digits for at in range(hit.position, hit.position + hit.length)}
        found = [hit for hit in found if hit.position not in taken] + digits
    return sorted(found, key=lambda hit: hit.position) if len(found) > 1 else found


def said_values(hits: Sequence[Hit], forms: Sequence[str], language: str | None) -> Iterator[tuple[str, int]]:
    """Every value, in its plain form, that a reader of the hits may hear, with the position where it begins."""
    speech = speech_of(language)
    for run in _runs(hits, forms, speech):
        atoms = [hit.atom for hit in run]
        for first, hit in enumerate(run):
            yield from ((value, hit.position) for value in hit.also)
            spans = (atoms[first:past] for past in range(first + 1, min(first + _MOST_WORDS, len(run)) + 1))
            values = (_value(span, speech) for span in spans)
            yield from ((_plain(value), hit.position) for value in values if value is not None)


def numerals_in(text: str, language: str | None) -> list[Numeral]:
    """The numbers of a line, in order."""
    located, speech = located_tokens(text), speech_of(language)
    forms = [form for form, _start in located]
    runs = _runs(hits_in(text, located, 0, language), forms, speech)
    parts = (_trimmed(part) for run in runs for part in _between_marks(run, text, located))
    numerals = (_numeral(part, text, located, speech) for part in parts if part)
    return [numeral for numeral in numerals if numeral.readings]


_MARK = re.compile(r"[^\w\s'’\-‑]")
_ANY_DIGIT = re.compile(r"\d")
_COMPOUND_LANGUAGES = frozenset({"de", "nl", "it"})


def _compound_hits(
    located: Sequence[tuple[str, int]], first: int, language: str | None, atoms: dict[str, Atom]
) -> list[Hit]:
    compounds = (
        (at, compound_atom(form, language)) for at, (form, _) in enumerate(located, first) if form not in atoms
    )
    return [Hit(at, 1, atom) for at, atom in compounds if atom is not None]


def _digit_hits(text: str, located: Sequence[tuple[str, int]], first: int) -> Iterator[Hit]:
    starts = [start for _form, start in located]
    for match in _DIGITS.finditer(text):
        at = bisect_right(starts, match.start("number")) - 1
        past = bisect_right(starts, match.end("number") - 1)
        plain = plain_number(match["number"])
        if at >= 0:
            yield Hit(first + at, max(past - at, 1), _digit_atom(plain), _other_readings(plain, match))


def _digit_atom(plain: str) -> Atom:
    is_number = plain.count(".") <= 1
    return Atom(Fraction(plain) if is_number else Fraction(-1), Kind.DIGITS)


def _other_readings(plain: str, match: re.Match[str]) -> tuple[str, ...]:
    """A version ("1.2.3") as it stands; "1 500 000" in one; "3k" multiplied; of "1990s" also the nineties."""
    if plain.count(".") > 1:
        return (plain,)
    if match["groups"]:
        return (_plain(Fraction(re.sub(r"\D", "", match["number"] + match["groups"]))),) if len(plain) <= 3 else ()
    suffix = (match["suffix"] or "").strip().lower()
    if suffix in _SUFFIXES:
        return (_plain(Fraction(plain) * _SUFFIXES[suffix]),)
    return (_plain(Fraction(plain[-2:])),) if suffix == "s" and len(plain) == 4 else ()


def _runs(hits: Sequence[Hit], forms: Sequence[str], speech: Speech) -> Iterator[list[Hit]]:
    """Hits that stand side by side, but for a linking word or two, which mark the next as joined."""
    run: list[Hit] = []
    for hit in hits:
        gap = forms[run[-1].position + run[-1].length : hit.position] if run else ()
        if run and (len(gap) > _MOST_GAP_WORDS or any(form not in speech.links for form in gap)):
            yield run
            run = []
        is_joined = bool(run) and bool(gap)
        run.append(replace(hit, atom=replace(hit.atom, joined=True)) if is_joined else hit)
    if run:
        yield run


def _between_marks(run: list[Hit], text: str, located: Sequence[tuple[str, int]]) -> Iterator[list[Hit]]:
    """A run cut where the text has a mark other than a hyphen: a list of numbers is not one."""
    part: list[Hit] = []
    for hit in run:
        is_cut = bool(part) and _is_marked_off(part[-1], hit, text, located)
        if is_cut:
            yield part
            part = []
        part.append(replace(hit, atom=replace(hit.atom, joined=False)) if is_cut else hit)
    if part:
        yield part


def _trimmed(run: list[Hit]) -> list[Hit]:
    """Without a "point" at either end: it is no decimal one."""
    kept = [at for at, hit in enumerate(run) if hit.atom.kind is not Kind.POINT]
    return run[kept[0] : kept[-1] + 1] if kept else []


def _is_marked_off(before: Hit, hit: Hit, text: str, located: Sequence[tuple[str, int]]) -> bool:
    form, start = located[before.position + before.length - 1]
    return bool(_MARK.search(text[start + len(form) : located[hit.position][1]]))


def _numeral(run: list[Hit], text: str, located: Sequence[tuple[str, int]], speech: Speech) -> Numeral:
    first, past = run[0].position, run[-1].position + run[-1].length
    start = located[first][1]
    last_form, last_start = located[past - 1]
    end = last_start + len(last_form)
    has_article = first > 0 and located[first - 1][0] in speech.articles
    follower = located[past][0] if past < len(located) else ""
    readings = _readings(run, speech)
    is_sure = _is_sure(run, readings, follower, has_article=has_article, speech=speech)
    atom = run[0].atom
    return Numeral(
        written=text[start:end],
        readings=readings,
        before=located[first - 1][0] if first else "",
        follower=follower,
        is_sure=is_sure or text[end : end + 2].lstrip()[:1] == "%",
        is_small=len(run) == 1 and atom.kind is Kind.UNIT and not atom.is_ordinal and 1 < atom.value < _SURE_FROM,
    )


def _is_sure(
    run: list[Hit], readings: tuple[tuple[str, ...], ...], follower: str, *, has_article: bool, speech: Speech
) -> bool:
    """Digits are; words are when they are several, big, or measured in something ("two hours", not "two of them")."""
    atom = run[0].atom
    if any(hit.atom.kind is Kind.DIGITS for hit in run):
        return True
    if len(run) > 1:
        return all(len(reading) == 1 for reading in readings)
    if atom.kind is Kind.TIMES:
        return has_article and atom.value >= 100
    if atom.kind is Kind.SHARE or atom.is_ordinal:
        return False
    return atom.value >= _SURE_FROM or (follower in speech.measures and atom.value != 1)


def _readings(run: list[Hit], speech: Speech) -> tuple[tuple[str, ...], ...]:
    """The ways to cut a run into the fewest numbers, and what its digits may mean besides."""
    atoms = [hit.atom for hit in run]
    fewest = _cuts(atoms, speech)
    others = [(value,) for hit in run for value in hit.also]
    return tuple(dict.fromkeys([*fewest, *others]))


def _cuts(atoms: list[Atom], speech: Speech) -> list[tuple[str, ...]]:
    best: list[list[tuple[str, ...]]] = [[()]]
    for past in range(1, len(atoms) + 1):
        found: list[tuple[str, ...]] = []
        for first in range(max(past - _MOST_WORDS, 0), past):
            value = _value(atoms[first:past], speech)
            if value is not None:
                found += [(*before, _plain(value)) for before in best[first]]
        least = min(map(len, found), default=0)
        best.append([cut for cut in found if len(cut) == least][:8])
    return best[-1]


def _value(atoms: list[Atom], speech: Speech) -> Fraction | None:
    """What the words say as one number; None where they are none, or several."""
    if len(atoms) == 1 and atoms[0].kind is not Kind.POINT:
        return atoms[0].value if atoms[0].value >= 0 else None
    summed = _summed(atoms, speech)
    return summed if summed is not None else _as_digits(atoms) or _paired(atoms, speech)


def _summed(atoms: list[Atom], speech: Speech) -> Fraction | None:
    """By the grammar of sums and products: "two million three hundred and five", "quatre-vingt-dix"."""
    so_far = _Sum(total=Fraction(0), group=None, scale=_NO_SCALE)
    for at, atom in enumerate(atoms):
        if atom.kind is Kind.POINT:
            return _with_decimals(so_far.whole, atoms[at + 1 :]) if so_far.group is not None else None
        following = _with(so_far, atom, speech)
        if following is None:
            return None
        so_far = following
    return so_far.whole


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sum:
    """A number half said: `total` of the thousands that are closed, the open `group` below `scale`, if there is one."""

    total: Fraction
    group: Fraction | None
    scale: Fraction

    @property
    def whole(self) -> Fraction:
        return self.total + (self.group or 0)


_NO_SCALE = Fraction(10**18)


def _with(so_far: _Sum, atom: Atom, speech: Speech) -> _Sum | None:
    """The number with a word more; None where that begins another."""
    if atom.kind is Kind.SHARE:
        return replace(so_far, group=_shared(so_far, atom))
    if atom.kind is Kind.TIMES:
        return _multiplied(so_far, atom.value)
    if atom.value < 0:
        return None
    group = atom.value if so_far.group is None else _fitted(so_far.group, atom, speech)
    return replace(so_far, group=group) if group is not None and group < so_far.scale else None


def _shared(so_far: _Sum, atom: Atom) -> Fraction:
    """ "half a", "one and a half", "a million and a half", "three quarters"."""
    if so_far.group is None:
        return atom.value * so_far.scale if atom.joined and so_far.scale != _NO_SCALE else atom.value
    return so_far.group + atom.value if atom.joined else so_far.group * atom.value


def _multiplied(so_far: _Sum, factor: Fraction) -> _Sum | None:
    group = Fraction(1) if so_far.group is None else so_far.group
    if factor >= so_far.scale or (factor == 100 and group >= 100):
        return None
    if factor == 100:
        return replace(so_far, group=group * factor)
    return _Sum(total=so_far.total + group * factor, group=None, scale=factor)


def _fitted(group: Fraction, atom: Atom, speech: Speech) -> Fraction | None:
    """The group with a word more: only into places that are still empty."""
    if atom.kind is Kind.DIGITS or group.denominator != 1 or atom.value == 0:
        return None
    below = group % 100
    if group == 4 and atom.value == 20:  # quatre-vingts
        return Fraction(80)
    if below == 0 and atom.value < 100 and group >= 100:
        return group + atom.value
    is_after_tens = below >= 20 and below % 10 == 0
    if is_after_tens and atom.value < 10:
        return group + atom.value if atom.joined in {speech.tens_joined, atom.value == 1} else None
    if below in {60, 80} and 10 <= atom.value < 20:  # soixante-dix
        return group + atom.value
    return group - 4 + 80 if below == 4 and atom.value == 20 else None


def _with_decimals(whole: Fraction, rest: list[Atom]) -> Fraction | None:
    """ "three point one four", and what multiplies it."""
    digits = ""
    for at, atom in enumerate(rest):
        if atom.kind in {Kind.UNIT, Kind.DIGITS} and atom.value.denominator == 1 and atom.value >= 0:
            digits += str(atom.value)
            continue
        if atom.kind is not Kind.TIMES or not digits or at + 1 < len(rest):
            return None
        return (whole + Fraction(int(digits), 10 ** len(digits))) * atom.value
    return whole + Fraction(int(digits), 10 ** len(digits)) if digits else None


def _as_digits(atoms: list[Atom]) -> Fraction | None:
    """ "four oh four"."""
    is_row = 3 <= len(atoms) <= 6 and all(a.kind is Kind.UNIT and a.value < 10 and not a.joined for a in atoms)
    return Fraction("".join(str(atom.value) for atom in atoms)) if is_row else None


def _paired(atoms: list[Atom], speech: Speech) -> Fraction | None:
    """ "nineteen eighty-four", "twenty oh six", "five twelve"."""
    if len(atoms) > 4 or any(atom.kind is not Kind.UNIT for atom in atoms):
        return None
    for cut in range(1, len(atoms)):
        left, right = _summed(atoms[:cut], speech), atoms[cut:]
        if left is None or not 1 <= left < 100 or right[0].joined:
            continue
        if len(right) == 2 and right[0].value == 0 and right[1].value < 10:
            return left * 100 + right[1].value
        below = _summed(right, speech)
        if below is not None and 10 <= below < 100:
            return left * 100 + below
    return None


def _plain(value: Fraction) -> str:
    """Digits with a point; a value that has no end in them with six places."""
    if value.denominator == 1:
        return str(value.numerator)
    return f"{float(value):.6f}".rstrip("0").rstrip(".")
