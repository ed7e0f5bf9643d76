"""Names of a line, and whether they are said where the line says they are.

A name is a word with a capital that is not merely the first of its sentence. The transcript has the last word: what it
writes in small letters elsewhere is no name. Automatic captions have no capitals at all and misspell what they do not
know, so forms are compared folded, and a name that stands nowhere may be one letter in five away from what was heard.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from core.domain.languages import word_set
from core.domain.words import located_tokens

_OPENING = re.compile(r"[.?!:;…\n\"“”«»„‘(\[—–•*/|]\s*$|^\s*$")
# Words that may stand in small letters inside a name.
_CONNECTORS = word_set("of the de la le da do dos del della di von van der den du")
# Where all nouns have capitals, articles link them in every sentence: "die Bedeutung der Zerlegung" names nobody.
_CONNECTORS_AMONG_NOUNS = word_set("of de la di von van")
_NO_NAMES = word_set("i mr mrs ms dr prof i'm i've i'd i'll internet web ok")
# What translates with the text: English writes these with capitals, and the speech says them in its own language.
_TRANSLATED = word_set(
    "monday tuesday wednesday thursday friday saturday sunday january february march april may june july august"
    " september october november december english german french spanish italian portuguese dutch russian ukrainian"
    " polish swedish turkish arabic hebrew hindi chinese japanese korean american british european african asian indian"
    " germany france spain italy portugal netherlands russia ukraine poland sweden turkey israel china japan korea"
    " america england britain europe africa asia switzerland austria belgium greece brazil egypt states united kingdom"
    " christmas easter god bible earth moon sun munich cologne vienna moscow rome milan florence venice lisbon warsaw"
    " geneva brussels prague athens union world war nations"
)
# Nouns have capitals in German: one alone tells nothing, two side by side are mostly a person's or a firm's name.
_CAPITAL_NOUNS = frozenset({"de", "lb"})
# Who does this at the beginning of a sentence, without an article, is somebody.
_SAYING = word_set(
    "says said explains argues thinks believes recommends describes claims mentions asks tells adds warns"
)
# A transcript with fewer capitals among its word forms than this writes none, but for "I".
_LEAST_CAPITALS_RATIO = 0.01
# Two initials stand side by side anywhere: of so few the words must be long ones.
_LEAST_INITIALED = 4
_SURE_INITIALS = 3
_LINK = re.compile(r"[ .\-&'’]{1,2}")
_LEAST_PREFIX = 4
_MOST_ENDING = 3
_LETTERS_A_MISTAKE = 5
_MOST_JOINED_WORDS = 3
_LEAST_TITLE_WORDS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class NameWord:
    """A word of a line. `gap` is what links it to the one before, "" where a name cannot go on over it.

    `before` and `follower` are the words beside it, "" at an end. `is_opening`: it begins a sentence, so that its
    capital tells nothing. `is_marked`: capitals inside it do.
    """

    form: str
    written: str
    before: str
    follower: str
    gap: str
    is_capital: bool
    is_opening: bool
    is_marked: bool


class SpokenForms:
    """Every word of a transcript in its order, and how often it is written with and without a capital."""

    __slots__ = ("_all", "_capitals", "_has_capitals", "_openings", "_places", "forms", "speakers")

    def __init__(self) -> None:
        self.forms: list[str] = []
        self.speakers: list[frozenset[str]] = []
        self._capitals: dict[str, int] = defaultdict(int)
        self._openings: dict[str, int] = defaultdict(int)
        self._all: Counter[str] | None = None
        self._places: dict[str, list[int]] | None = None
        self._has_capitals: bool | None = None

    def add(self, text: str, located: Sequence[tuple[str, int]], speaker: str | None) -> None:
        """The words of one more segment; `speaker` is its label."""
        self.forms.extend(form for form, _start in located)
        if not text.islower():
            self._add_capitals(text, [(form, start) for form, start in located if text[start].isupper()])
        self.speakers.append(_folded_words(speaker or ""))

    def is_name(self, form: str) -> bool:
        """Whether the transcript itself writes it as one: oftener with a capital than without."""
        return self._capitals.get(form, 0) > self._small(form)

    def is_plain(self, form: str) -> bool:
        """Whether the transcript writes names with capitals, and this word without."""
        if self._has_capitals is None:
            names = sum(len(form) > 1 and form[:2] != "i'" for form in self._capitals)
            self._has_capitals = names > _LEAST_CAPITALS_RATIO * len(self._counts)
        return self._has_capitals and self._capitals.get(form, 0) < self._small(form)

    def _add_capitals(self, text: str, capitals: list[tuple[str, int]]) -> None:
        """A capital that opens a sentence, or the segment, counts neither way."""
        for form, start in capitals:
            opens = not start or _OPENING.search(text, max(start - 3, 0), start)
            (self._openings if opens else self._capitals)[form] += 1

    def _small(self, form: str) -> int:
        return self._counts[form] - self._capitals.get(form, 0) - self._openings.get(form, 0)

    @property
    def _counts(self) -> Counter[str]:
        if self._all is None:
            self._all = Counter(self.forms)
        return self._all

    def has(self, folded: str) -> bool:
        return folded in self._folded

    def stands_within(self, folded: str, window: tuple[int, int]) -> bool:
        places = self._folded.get(folded, [])
        at = bisect_left(places, window[0])
        return at < len(places) and places[at] < window[1]

    def following(self, folded: str) -> frozenset[str]:
        """The next word, or the one after that, wherever this one stands: "Angela", "University of California"."""
        places = self._folded.get(folded, [])
        return frozenset(fold(form) for place in places for form in self.forms[place + 1 : place + 3])

    @property
    def _folded(self) -> dict[str, list[int]]:
        """Made when first asked for: few lines hold a name, and no transcript is read for its names alone."""
        if self._places is None:
            self._places = defaultdict(list)
            for position, form in enumerate(self.forms):
                self._places[fold(form)].append(position)
        return self._places


def missing_names(
    text: str,
    windows: Sequence[tuple[int, int]],
    speakers: frozenset[str],
    spoken: SpokenForms,
    *,
    stops: frozenset[str],
    written_in: str | None,
    quotes: Sequence[str] = (),
    is_translated: bool = False,
) -> tuple[str, ...]:
    """The names of `text`, as written, that are not said inside any of the windows of word positions.

    One that is said there is missing too where the quotes have another name in its very place ("told Ann that" for
    "told Bob that").
    `speakers` are the folded labels of who speaks there: their names need not be said. Of several words that make one
    name, one must be said there, and the whole of it anywhere.
    """
    runs = name_runs(text, spoken, stops=stops, written_in=written_in)
    if is_translated:
        runs = [[word for word in run if word.form not in _TRANSLATED] for run in runs]
    if not any(runs):
        return ()
    place = _Place(windows, speakers, spoken)
    others = [] if is_translated else _other_names(text, quotes, spoken, stops)
    missing = [
        run
        for run in runs
        if run and place.is_same_script(run[0].written) and (not place.has_run(run) or _is_swapped(run, others, stops))
    ]
    return tuple(dict.fromkeys(" ".join(word.written for word in run) for run in missing))


def name_runs(text: str, spoken: SpokenForms, *, stops: frozenset[str], written_in: str | None) -> list[list[NameWord]]:
    """The names of a line, each as its words."""
    words = _words(text, _CONNECTORS_AMONG_NOUNS if written_in in _CAPITAL_NOUNS else _CONNECTORS)
    is_title = _is_title(words)
    runs: list[list[NameWord]] = [[]]
    for at, word in enumerate(words):
        following = words[at + 1].form if at + 1 < len(words) else ""
        is_name = _is_name(word, following, spoken, stops)
        if is_title:
            is_name = is_name and (word.is_marked or spoken.is_name(word.form))
        if not is_name or not word.gap:
            runs.append([])
        if is_name:
            runs[-1].append(word)
    found = [run for run in runs if run]
    if written_in in _CAPITAL_NOUNS:
        return [run for run in found if len(run) > 1 or run[0].is_marked]
    return found


@dataclass(frozen=True, slots=True)
class _Quoted:
    form: str
    before: str
    follower: str
    is_known: bool


def _other_names(text: str, quotes: Sequence[str], spoken: SpokenForms, stops: frozenset[str]) -> list[_Quoted]:
    """Names of the quotes that the line has not; where the transcript has no capitals, any word may be one."""
    mine = {form for form, _start in located_tokens(text)}
    found: list[_Quoted] = []
    for quote in quotes:
        forms = ["", *(form for form, _start in located_tokens(quote)), ""]
        for before, form, follower in zip(forms, forms[1:], forms[2:], strict=False):
            may_be = form not in mine and form not in stops and not spoken.is_plain(form)
            if may_be and form:
                found.append(_Quoted(form, before, follower, spoken.is_name(form)))
    return found


def _is_swapped(run: list[NameWord], others: list[_Quoted], stops: frozenset[str]) -> bool:
    """Whether a name of the quotes stands between the same words; beside one of them is enough if that one tells."""
    before, follower = run[0].before, run[-1].follower
    return any(
        (before == other.before != "" and follower == other.follower != "")
        or (other.is_known and before == other.before != "" and before not in stops)
        or (other.is_known and follower == other.follower != "" and follower not in stops)
        for other in others
    )


@lru_cache(maxsize=65536)
def fold(form: str) -> str:
    """In lower case, without accents and the possessive's ending."""
    plain = form.lower().removesuffix("'s").removesuffix("'")
    if plain.isascii():
        return plain
    return "".join(char for char in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(char))


@lru_cache(maxsize=1024)
def _folded_words(text: str) -> frozenset[str]:
    return frozenset(fold(form) for form, _start in located_tokens(text))


def _words(text: str, connectors: frozenset[str]) -> list[NameWord]:
    """The words of a line but for those that may link a name's."""
    found: list[NameWord] = []
    located = located_tokens(text)
    forms = ["", *(form for form, _start in located), ""]
    end, last = 0, ""
    for at, (form, start) in enumerate(located, 1):
        written, gap = text[start : start + len(form)], text[end:start]
        is_initial = len(last) == 1 and last.isupper() and gap[:1] == "."
        end, last = start + len(form), written
        is_capital = any(char.isupper() for char in written)
        if not is_capital and form in connectors:
            continue
        opens = not is_initial and bool(_OPENING.search(text[:start]))
        is_linked = bool(found) and found[-1].is_capital and not opens and bool(_LINK.fullmatch(gap))
        found.append(
            NameWord(
                form=form,
                written=written,
                before=forms[at - 1],
                follower=forms[at + 1],
                gap=gap if is_linked else "",
                is_capital=is_capital,
                is_opening=opens,
                is_marked=any(char.isupper() for char in written[1:]) and not text.isupper(),
            )
        )
    return found


def _is_title(words: list[NameWord]) -> bool:
    """A heading in capitals throughout: they tell nothing."""
    capitals = [word for word in words if word.is_capital]
    return len(capitals) >= _LEAST_TITLE_WORDS and len(capitals) > 0.7 * len(words)


def _is_name(word: NameWord, following: str, spoken: SpokenForms, stops: frozenset[str]) -> bool:
    bare = word.form.removesuffix("'s")
    if not word.is_capital or len(bare) == 1 or bare.isdigit() or bare in _NO_NAMES:
        return False
    if bare in stops and not (word.is_marked and word.written.isupper()):
        return False
    if spoken.is_plain(bare):
        return False
    return not word.is_opening or word.is_marked or following in _SAYING or spoken.is_name(bare)


class _Place:
    """Some stretches of the speech, asked for names."""

    def __init__(self, windows: Sequence[tuple[int, int]], speakers: frozenset[str], spoken: SpokenForms) -> None:
        self._windows, self._speakers, self._spoken = windows, speakers, spoken
        self._forms = [fold(form) for first, past in windows for form in spoken.forms[first:past]]
        self._all_speakers = frozenset().union(*spoken.speakers)

    def is_same_script(self, written: str) -> bool:
        """Names are compared where at least half of the speech there is in their script."""
        script = _script(written)
        same = sum(_script(form) == script for form in self._forms)
        return bool(self._forms) and same * 2 >= len(self._forms)

    def has_run(self, run: list[NameWord]) -> bool:
        folded = [fold(word.form) for word in run]
        if "".join(folded) in self._forms or self._has_initials(folded):
            return True
        here = [self._is_here(word) for word in run]
        return all(here) or (any(here) and all(self._is_full_name(*pair) for pair in pairwise(folded)))

    def _is_here(self, word: NameWord) -> bool:
        name = fold(word.form)
        if name in self._speakers or any(self._spoken.stands_within(name, window) for window in self._windows):
            return True
        forms = self._forms
        if any(_is_same_root(name, form) for form in forms) or self._is_said_in_parts(name):
            return True
        if word.written.isupper() and self._are_initials(name):
            return True
        return not self._is_anywhere(name) and any(_is_misheard(name, form) for form in self._heard())

    def _is_full_name(self, left: str, right: str) -> bool:
        """Whether the two are said side by side anywhere, or are one speaker's."""
        if any(left in names and right in names for names in self._spoken.speakers):
            return True
        following = self._spoken.following(left)
        return right in following or any(_is_same_root(right, form) for form in following)

    def _is_anywhere(self, name: str) -> bool:
        return self._spoken.has(name) or name in self._all_speakers

    def _heard(self) -> Iterable[str]:
        """Words as they stand, and pairs written as one: a name that is misheard is often torn."""
        return (*self._forms, *(left + right for left, right in pairwise(self._forms)))

    def _is_said_in_parts(self, name: str) -> bool:
        """ "type script" for TypeScript, "u s a" for USA."""
        forms = self._forms
        for at, form in enumerate(forms):
            if not name.startswith(form) or form == name:
                continue
            joined = form
            for following in forms[at + 1 : at + max(_MOST_JOINED_WORDS, len(name))]:
                joined += following
                if joined == name:
                    return True
                if not name.startswith(joined):
                    break
        return False

    def _are_initials(self, name: str) -> bool:
        """ "machine learning" for ML."""
        least = _LEAST_INITIALED if len(name) < _SURE_INITIALS else 2
        return len(name) > 1 and name in "".join(form[0] if len(form) >= least else " " for form in self._forms)

    def _has_initials(self, folded: list[str]) -> bool:
        """ "AWS" for Amazon Web Services."""
        return len(folded) > 1 and "".join(word[0] for word in folded) in self._forms


def _is_same_root(name: str, form: str) -> bool:
    """Plural, adjective and the like: America and American."""
    short, long = sorted((name, form), key=len)
    if len(short) < _LEAST_PREFIX or len(long) - len(short) > _MOST_ENDING:
        return short != "" and long in {short + "s", short + "es"} and len(short) > 1
    return long.startswith(short) or (len(long) > len(short) > _LEAST_PREFIX and long.startswith(short[:-1]))


def _is_misheard(name: str, form: str) -> bool:
    """One letter in five at most, in words of about the same length."""
    most = len(name) // _LETTERS_A_MISTAKE
    if most == 0 or abs(len(name) - len(form)) > most:
        return False
    return _distance(name, form, most) <= most


def _distance(left: str, right: str, most: int) -> int:
    """Letters to change, add or leave out (Levenshtein 1966); more than `most` is not counted on."""
    row = list(range(len(right) + 1))
    for at, char in enumerate(left, 1):
        before, row[0] = row[0], at
        for place, other in enumerate(right, 1):
            before, row[place] = row[place], min(row[place] + 1, row[place - 1] + 1, before + (char != other))
        if min(row) > most:
            return most + 1
    return row[-1]


@lru_cache(maxsize=4096)
def _script(text: str) -> str:
    """The first word of the Unicode name of its first letter: LATIN, CYRILLIC, CJK …; "" without letters."""
    letter = next((char for char in text if char.isalpha()), "")
    return unicodedata.name(letter, "").partition(" ")[0] if letter else ""
