"""Words of running speech in any script: tokens, stems, content words and numbers. Every engine counts with these."""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache
from itertools import pairwise

from core.domain.languages import FUNCTION_CHARACTERS, base_language, stop_words, word_set

# Combining marks of the scripts that write vowels with them; Python's \w leaves these out and would cut words there.
_MARKS = (
    "\u0300-\u036f\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed"
    "\u0900-\u0963\u0966-\u0dff\u0e31-\u0e4e\u0eb1-\u0ecd\u102b-\u103e\u17b4-\u17d3\u200d"
)
_HAN = "\u3005\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_KATAKANA = "\u30a1-\u30fa\u30fc\u31f0-\u31ff\uff66-\uff9f"
_HIRAGANA = "\u3041-\u309f"
_THAI_LIKE = "\u0e01-\u0eff\u1000-\u109f\u1780-\u17d3"
_LETTER = rf"(?:(?![{_HAN}{_KATAKANA}{_HIRAGANA}{_THAI_LIKE}])[^\W_]|[{_MARKS}])"
_TOKEN = re.compile(
    rf"(?P<han>[{_HAN}]+)|(?P<kana>[{_KATAKANA}]+|[{_HIRAGANA}]+)|(?P<thai>[{_THAI_LIKE}]+)"
    rf"|(?P<word>{_LETTER}+(?:'{_LETTER}+)*)"
)
_ELIDED = re.compile(r"^(?:l|d|j|n|m|s|c|qu|jusqu|lorsqu|puisqu|dell|nell|all|dall|sull|quest|quell)'(?=\w{2})")
_NUMBER = re.compile(r"\d+(?:[.,]\d+)*")


def tokens(text: str) -> list[str]:
    """Lower-cased word forms in order.

    Han runs become overlapping character pairs, kana runs whole words, Thai-like runs overlapping triples: scripts
    without spaces then have units that repeat. Latin elisions are parted ("l'idée" gives "l", "idée").
    """
    return [form for form, _start in located_tokens(text)]


def located_tokens(text: str) -> list[tuple[str, int]]:
    """As `tokens`, each with the offset of its first character in `text`."""
    lowered = _lower(text)
    found: list[tuple[str, int]] = []
    for match in _TOKEN.finditer(lowered):
        form, start = match.group(), match.start()
        if match.lastgroup == "word":
            found.extend(_word_tokens(form, start))
        elif match.lastgroup == "kana":
            found.append((form, start))
        else:
            found.extend(_grams(form, start, 2 if match.lastgroup == "han" else 3))
    return found


def content_tokens(words: list[str], stops: frozenset[str]) -> list[str]:
    """The words that carry meaning: no stop words, single letters, or pairs with a function character in them."""
    return [word for word in words if word not in stops and _can_carry_meaning(word)]


def content_stems(text: str, language: str | None) -> list[str]:
    """Stems of the content words of `text`, in order, repeats kept."""
    return [stem(word, language) for word in content_tokens(tokens(text), stop_words(language))]


def number_strings(text: str) -> frozenset[str]:
    """Numbers written in digits, as plain strings: "1,000" is "1000", "3,5" and "3.5" are "3.5"."""
    return frozenset(number for number, _start in located_numbers(text))


def located_numbers(text: str) -> list[tuple[str, int]]:
    """Each number of `text` in its plain form with the offset of its first digit."""
    return [(plain_number(match.group()), match.start()) for match in _NUMBER.finditer(text)]


def plain_number(digits: str) -> str:
    """Digits with their marks in plain form: no marks between thousands, a point before decimals."""
    plain = "".join(str(int(char)) if char.isdigit() else char for char in digits)
    if re.fullmatch(r"\d{1,3}(?:[.,]\d{3})+", plain):
        return re.sub(r"[.,]", "", plain)
    return plain.replace(",", ".")


def frequent_words(words: list[str]) -> frozenset[str]:
    """Stop words guessed from the text itself, for a language without a list.

    A word is taken when it makes up at least 0.5 % of the text and is no longer than six letters: function words
    are frequent and short in every language with spaces (Zipf's law of abbreviation). Sixty at most.
    """
    counts = Counter(words)
    floor = max(4.0, len(words) * 0.005)
    ranked = sorted((-count, word) for word, count in counts.items() if count >= floor and len(word) <= 6)
    return frozenset(word for _count, word in ranked[:60])


@lru_cache(maxsize=65536)
def stem(word: str, language: str | None) -> str:
    """`word` without its inflection, by light suffix rules of our own; unchanged for languages without rules."""
    base = base_language(language)
    if base in {"en", "zh", "ja"}:  # Latin words inside Chinese or Japanese are English ones
        return _stem_english(word)
    rules = _SUFFIXES.get(base) if base else None
    return _strip_longest(word, rules) if rules else word


def pairs(words: list[str]) -> list[str]:
    """Adjacent pairs joined by a space: the two-word terms of TF-IDF."""
    return [f"{left} {right}" for left, right in pairwise(words)]


def _lower(text: str) -> str:
    """Lower case, one character for one (the Turkish capital İ would become two); curly apostrophes made plain."""
    lowered = text.lower()
    if len(lowered) != len(text):
        lowered = "".join(char.lower() if len(char.lower()) == 1 else char for char in text)
    return lowered.replace("\u2019", "'").replace("\u02bc", "'")


def _word_tokens(form: str, start: int) -> list[tuple[str, int]]:
    elided = _ELIDED.match(form)
    if not elided:
        return [(form, start)]
    cut = elided.end()
    return [(form[: cut - 1], start), (form[cut:], start + cut)]


def _grams(run: str, start: int, size: int) -> list[tuple[str, int]]:
    if len(run) <= size:
        return [(run, start)]
    return [(run[i : i + size], start + i) for i in range(len(run) - size + 1)]


def _can_carry_meaning(word: str) -> bool:
    first = word[0]
    if "\u3041" <= first <= "\u309f":  # hiragana runs are mostly particles and endings
        return False
    if len(word) == 1:
        return first.isdigit() or "\u3400" <= first <= "\u9fff"
    return not ("\u3400" <= first <= "\u9fff" and any(char in FUNCTION_CHARACTERS for char in word))


# (suffix, what replaces it, least length of what stays), longest first where one ends in another.
_ENGLISH = (
    ("ization", "iz", 3), ("isation", "is", 3), ("ational", "at", 3), ("fulness", "", 3), ("ousness", "ous", 3),
    ("iveness", "iv", 3), ("ibility", "ib", 3), ("ability", "ab", 3), ("ication", "ic", 3), ("ations", "at", 2),
    ("ically", "ic", 2), ("ation", "at", 2), ("ingly", "", 3), ("ments", "", 4), ("ement", "", 4), ("ment", "", 4),
    ("ility", "il", 3), ("ness", "", 3), ("ions", "", 3), ("ical", "ic", 2), ("edly", "", 3), ("able", "ab", 3),
    ("ible", "ib", 3), ("ings", "", 3), ("ally", "al", 3), ("ion", "", 3), ("ing", "", 2), ("ers", "er", 3),
    ("ity", "", 4), ("ies", "y", 2), ("ied", "y", 2), ("ily", "y", 2), ("ly", "", 3), ("ed", "", 2), ("es", "e", 2),
)  # fmt: skip
_NO_SUFFIX = word_set(
    "this his is was has us bus gas yes ring king sing thing bring spring string wing during nothing something anything"
    " everything morning evening bed red need feed speed seed hundred ion million billion nation station lens news"
    " series species does goes always perhaps plus as its process"
)
_IRREGULAR = {
    "children": "child", "people": "person", "men": "man", "women": "woman", "data": "data", "went": "go",
    "gone": "go", "said": "say", "made": "make", "built": "build", "wrote": "writ", "written": "writ", "ran": "run",
    "bought": "buy", "thought": "think", "taught": "teach", "took": "tak", "taken": "tak", "knew": "know",
    "known": "know", "found": "find", "began": "begin", "left": "leav", "sold": "sell", "spoke": "speak",
    "chose": "choos", "chosen": "choos", "grew": "grow", "grown": "grow", "mice": "mouse", "analyses": "analys",
}  # fmt: skip


def _stem_english(word: str) -> str:
    word = word.removesuffix("'s").replace("'", "")
    if not word.isascii():
        return word
    if word in _IRREGULAR:
        return _IRREGULAR[word]
    if len(word) < 4 or word in _NO_SUFFIX:
        return word
    return _tidy_ending(_drop_english_suffix(_singular(word)))


def _singular(word: str) -> str:
    if word.endswith("s") and not word.endswith(("ss", "us", "is", "ies")):
        if word.endswith(("ches", "shes", "sses", "xes", "zes")):
            return word[:-2]
        return word[:-1]
    return word


def _drop_english_suffix(word: str) -> str:
    for suffix, put, least in _ENGLISH:
        stem_length = len(word) - len(suffix)
        if stem_length >= least and word.endswith(suffix) and _has_vowel(word[:stem_length]):
            return _undouble(word[:stem_length], suffix) + put
    return word


def _undouble(left: str, suffix: str) -> str:
    is_doubled = len(left) > 2 and left[-1] == left[-2] and left[-1] not in "aeioulsz"
    return left[:-1] if is_doubled and suffix in {"ing", "ed", "ings"} else left


def _tidy_ending(word: str) -> str:
    if len(word) > 3 and word.endswith("e"):
        word = word[:-1]
    if len(word) > 2 and word.endswith("y") and word[-2] not in "aeiou":
        word = word[:-1] + "i"
    return word


def _has_vowel(text: str) -> bool:
    return any(char in "aeiouy" for char in text)


def _strip_longest(word: str, suffixes: tuple[str, ...]) -> str:
    for suffix in suffixes:
        if len(word) - len(suffix) >= 4 and word.endswith(suffix):
            return word[: -len(suffix)]
    return word


def _longest_first(suffixes: str) -> tuple[str, ...]:
    return tuple(sorted(suffixes.split(), key=lambda suffix: (-len(suffix), suffix)))


_SUFFIXES = {
    "fr": _longest_first(
        "issements issement ements ement ateurs ateur ations ation ions ité ités ives ive ifs if euses euse eux"
        " aient ait ais ées ée és er ez era ant ante ants antes ent es s e é"
    ),
    "de": _longest_first("ungen ung heiten heit keiten keit ischen ische isch lichen liche lich em en er es e s n st"),
    "es": _longest_first(
        "aciones ación iones ión amientos amiento imientos imiento mente idades idad ados adas ado ada idos idas"
        " ido ida ando iendo aron ieron aba aban ía ían ar er ir os as es o a e s"
    ),
    "it": _longest_first(
        "azioni azione zioni zione amenti amento imenti imento mente ità ati ate ato ata uti ute uto uta iti ite"
        " ito ita ando endo are ere ire ano ono i e o a"
    ),
    "pt": _longest_first(
        "ações ação ções ção amentos amento imentos imento mente idades idade ados adas ado ada idos idas ido ida"
        " ando endo indo aram eram iram ava avam ar er ir os as es o a e s"
    ),
    "ru": _longest_first(
        "ирование ирования ованием ования ование ениями ениях ением ений ения ение ениям иями иях ией ии ию ия ие"
        " остью ости ость ется ются ится ятся лась лись лось ться ыми ими ого его ому ему ая яя ое ее ые ие ый ий ой ую"
        " юю ых их ым им ами ями ах ях ов ев ей ом ем ам ям ал ала али ало ил ила или ило ать ять ить еть ут ют ат ят"
        " ет ит у ю а я о е ы и ь"
    ),
    "uk": _longest_first(
        "ування увань енням ення ання ями ами ого ому ими ій ий ої ою ею ах ях ів їв ам ям ати ити у ю а я о е и і ь"
    ),
    "nl": _longest_first("heden heid ingen ing lijke lijk eren en er es e s"),
    "sv": _longest_first("heterna heten het ningar ningen ning arna erna orna ade ar er or en et a e n s"),
}
