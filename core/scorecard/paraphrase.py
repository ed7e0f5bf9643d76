"""Lines as a language model writes them, made by rule from what was said: the true items of the check on falsehoods.

Fillers go, contractions are spelled out, the first person becomes the third, a few words get synonyms, numbers change
between digits and words, a clause with "because", "if" or "when" moves to the front, and most lines are reported
("The speaker says that …"). The rules share no table with the check they are there to try.
"""

from __future__ import annotations

import random
import re

_FILLERS = re.compile(
    r"\b(?:you know|i mean|sort of|kind of|uh|um|er|basically|actually|literally|obviously|i guess|i think)\b,?",
    re.IGNORECASE,
)
_OPENERS = re.compile(r"^(?:(?:so|and|well|but|ok|okay|yeah|now|right|like|also|then|because)\b[,\s]*)+", re.IGNORECASE)
_CONTRACTIONS = (
    (r"\bcan't\b", "cannot"), (r"\bwon't\b", "will not"), (r"(\w+)n't\b", r"\1 not"), (r"\bi'm\b", "I am"),
    (r"(\w+)'re\b", r"\1 are"), (r"(\w+)'ve\b", r"\1 have"), (r"(\w+)'ll\b", r"\1 will"),
    (r"\b(it|that|there|he|she)'s\b", r"\1 is"), (r"\bgonna\b", "going to"), (r"\bwanna\b", "want to"),
)  # fmt: skip
_PERSONS = (
    (r"\bI am\b", "the speaker is"), (r"\bI was\b", "the speaker was"), (r"\bI have\b", "the speaker has"),
    (r"\bI do\b", "the speaker does"), (r"\bI\b", "the speaker"), (r"\bmy\b", "their"), (r"\bwe\b", "they"),
    (r"\bour\b", "their"), (r"\bus\b", "them"), (r"\bme\b", "the speaker"),
)  # fmt: skip
_SYNONYMS = {
    "big": "large", "huge": "very large", "fast": "quick", "start": "begin", "started": "began", "help": "assist",
    "need": "require", "needs": "requires", "build": "create", "built": "created", "buy": "purchase", "show": "present",
    "fix": "repair", "important": "essential", "problem": "difficulty", "problems": "difficulties", "maybe": "perhaps",
    "lots of": "many", "a lot of": "many", "stuff": "things", "kids": "children", "guys": "people", "hard": "difficult",
    "easy": "simple", "talk about": "discuss", "talking about": "discussing", "get": "obtain", "wrong": "incorrect",
    "whole": "entire", "idea": "notion", "company": "firm", "money": "funds", "old": "former", "end": "finish",
}  # fmt: skip
_MOST_SYNONYMS = 2
_FRAMES = (
    "The speaker says that {}", "According to the speaker, {}", "The speaker explains that {}", "It is said that {}",
    "{}", "One point made is that {}",
)  # fmt: skip
_MOVABLE = re.compile(r"^(?P<main>.{25,}?),? (?P<clause>(?:because|if|when|since|while) [^,]{15,})$", re.IGNORECASE)
_ONES = """
zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen
nineteen
""".split()  # noqa: SIM905 - as the eye reads them
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def paraphrase(sentence: str, names: frozenset[str], chance: random.Random) -> str:
    """One sentence said otherwise; the chance decides which rules apply. `names` keep their capital anywhere."""
    text = _OPENERS.sub("", " ".join(_FILLERS.sub(" ", sentence).split()).strip(" ,-\"'"))
    for pattern, put in _CONTRACTIONS:
        text = re.sub(pattern, put, text, flags=re.IGNORECASE)
    for pattern, put in _PERSONS:
        text = re.sub(pattern, put, text)
    text = _with_other_numbers(_with_synonyms(text, chance), chance)
    text = _with_clause_first(text.strip(" .,;-"), names, chance)
    return _framed(text, names, chance)


def join(first: str, second: str, names: frozenset[str]) -> str:
    """Two lines as one."""
    return f"{first.rstrip('.')}, and {_lower_first(second, names)}"


def in_words(number: int) -> str:
    """0 to 99 as English says it."""
    if number < 20:
        return _ONES[number]
    tens, ones = divmod(number, 10)
    return _TENS[tens - 2] + (f"-{_ONES[ones]}" if ones else "")


def _with_synonyms(text: str, chance: random.Random) -> str:
    fitting = [word for word in _SYNONYMS if re.search(rf"\b{word}\b", text)]
    for word in chance.sample(fitting, min(len(fitting), _MOST_SYNONYMS)):
        text = re.sub(rf"\b{word}\b", _SYNONYMS[word], text, count=1)
    return text


def _with_other_numbers(text: str, chance: random.Random) -> str:
    """Digits below a hundred in words, per cents with their sign, and now and then a tens word in digits."""

    def spelled(match: re.Match[str]) -> str:
        return in_words(int(match[0])) if chance.random() < 0.5 else match[0]

    def in_digits(match: re.Match[str]) -> str:
        return str(10 * (_TENS.index(match[0]) + 2)) if chance.random() < 0.5 else match[0]

    text = re.sub(r"(?<![\d.,:$%\w-])\d{1,2}(?![\d.,:%\w-])", spelled, text)
    names = "|".join((*_ONES, *_TENS))
    text = re.sub(rf"(?<!\w - )(?<!-)\b(?:{'|'.join(_TENS)})\b(?![-\s]+(?:{names}|hundred|oh)\b)", in_digits, text)
    return re.sub(r"(\d) per ?cent\b", r"\1%", text)


def _with_clause_first(text: str, names: frozenset[str], chance: random.Random) -> str:
    match = _MOVABLE.match(text)
    if match is None or chance.random() < 0.4:
        return text
    clause = match["clause"]
    return f"{clause[0].upper()}{clause[1:]}, {_lower_first(match['main'], names)}"


def _framed(text: str, names: frozenset[str], chance: random.Random) -> str:
    frame = chance.choice(_FRAMES)
    inner = text[:1].upper() + text[1:] if frame == "{}" else _lower_first(text, names)
    return frame.format(inner) + "."


def _lower_first(text: str, names: frozenset[str]) -> str:
    """With a small first letter, unless the first word is a name or an abbreviation."""
    word = re.split(r"[\s,'’]", text, maxsplit=1)[0]
    return text if word in names or word[1:] != word[1:].lower() else text[:1].lower() + text[1:]
