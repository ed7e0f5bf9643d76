"""Spoken filler, taken out of a line so that it reads. What stays are words of the quote, in its order."""

from __future__ import annotations

import re
from collections.abc import Callable

from core.domain.languages import base_language, word_set
from core.domain.numeral_words import speech_of
from core.domain.numerals import numerals_in

# Sounds that are never part of the sentence.
_SOUNDS = {
    "en": "um umm uhm uh uhh er erm ah hm hmm mm mmm mhm mm-hmm mm-hm uh-huh huh mmhmm",
    "fr": "euh heu hum hein bah ben",
    "de": "äh ähm öh hm mh tja",
    "es": "eh em mmm este...",
    "it": "eh ehm mmm beh boh",
    "pt": "hum ahn né eh",
    "ru": "э-э ээ эээ эм э-э-э хм угу",
    "nl": "eh ehm uh uhm hè",
    "uk": "е-е ем хм",
}
# Phrases that say nothing wherever they stand between commas or other words.
_PHRASES = {
    "en": ("you know", "i mean", "sort of", "kind of", "kinda", "sorta", "you see", "if you will", "as it were"),
    "fr": ("tu vois", "vous voyez", "tu sais", "vous savez", "du coup"),
    "de": ("sag ich mal", "sozusagen", "quasi"),
    "es": ("o sea", "digamos", "ya sabes"),
    "it": ("diciamo", "insomma"),
    "pt": ("sabe", "digamos"),
    "ru": ("как бы", "так сказать", "скажем так", "короче"),
}
# Phrases and words with which speakers take a run-up; stripped at the start, again and again.
_OPENERS = {
    "en": (
        "so and but okay ok yeah yep yes well now oh alright anyway actually basically because cos cuz then also plus"
        " however hey nah or right, like, see, look, sure, great, cool, no, exactly, absolutely, totally,|all right"
        "|i think that|i guess that|i believe that|i would say that|i mean that|i feel like|i'd say|i would say|i think"
        "|i guess|i suppose|i believe|you know|i mean|of course|let's see|that's right|as i said|like i said|in fact"
        "|by the way|for example|for instance|in other words|and so on|as a matter of fact|at the end of the day"
        "|the thing is|the point is|as you can see|as you know|to be honest|to me|for me"
    ),
    "fr": "alors donc et mais bon ben bah oui voilà ok ensuite puis|eh bien|en fait|du coup|je pense que"
    "|c'est à dire que",
    "de": "und aber also ja nein okay ok nun gut so dann naja doch|ich glaube|na ja|ich denke",
    "es": "y pero bueno pues entonces sí ok vale luego|o sea|es decir|la verdad",
    "it": "e ma allora quindi ok sì bene ecco poi cioè|diciamo che",
    "pt": "e mas então bom bem ok sim tá aí|ou seja|quer dizer",
    "ru": "и а но ну да так вот итак ладно хорошо окей значит то-есть|то есть|на самом деле|в общем|скажем так",
}
_ENDINGS = {
    "en": (
        "right okay ok yeah so huh and but or|you know|and stuff|and things|or something|or whatever|and so on"
        "|and so forth|i think|i guess|i mean|or something like that|and stuff like that|and things like that|isn't it"
        "|don't you think|you see|et cetera"
    ),
    "fr": "hein quoi et mais donc|tu vois|vous voyez",
    "de": "oder und aber ja ne nicht|oder so",
    "es": "no verdad y pero eh",
    "it": "no vero e ma eh",
    "pt": "né não e mas",
    "ru": "да и а но так вот|и так далее",
}
_EDGE = " \t,;:-–—…"


def strip_fillers(text: str, language: str | None) -> str:
    """`text` without sounds, stutters, empty phrases, run-ups and tags; first letter raised. May be empty."""
    patterns = _PATTERNS.get(base_language(language) or "")
    line = re.sub(r"^\s*[-–—>•]+\s*", "", text)
    line = _settled(lambda current: _tidied(current, patterns, language), line)
    return line[:1].upper() + line[1:] if _has_case(text) else line


def _tidied(line: str, patterns: _Patterns | None, language: str | None) -> str:
    line = re.sub(r"\s+[-–]{1,2}\s*$|[-–—]{1,2}$", "", line)
    if patterns:
        line = _without(line, *patterns)
    line = _STUTTER.sub(lambda said: _once(said, language), re.sub(r"\s+", " ", line))
    line = re.sub(r"(?:\s*,)+", ",", line)
    return re.sub(r",(?=\s*[.?!…]+$)", "", line).strip(_EDGE)


def _once(said: re.Match[str], language: str | None) -> str:
    """What is said twice, once; a number stays as it was said: "twenty twenty" is a year."""
    is_article = said[1].lower() in speech_of(language).articles
    return said[0] if not is_article and numerals_in(said[1], language) else said[1]


def _without(
    line: str, sounds: re.Pattern[str], phrases: re.Pattern[str], openers: re.Pattern[str], endings: re.Pattern[str]
) -> str:
    line = phrases.sub(" ", sounds.sub(" ", line))
    line = _settled(lambda current: _less(openers, current), line.strip(_EDGE))
    return _settled(lambda current: _less(endings, current), line)


def _less(pattern: re.Pattern[str], line: str) -> str:
    """The line without the pattern, unless that would be the whole line."""
    shorter = pattern.sub("", line, count=1).strip(_EDGE)
    return shorter if re.search(r"\w", shorter) else line


def _settled(step: Callable[[str], str], line: str) -> str:
    """The line after as many steps as change it; every step shortens, so there is an end."""
    while (after := step(line)) != line:
        line = after
    return line


def _has_case(text: str) -> bool:
    """False for captions in lower case throughout: a capital there would be the only one."""
    return text != text.lower()


# A word or a pair said twice or more in a row; a doubled "that", "had", "very", "no" or number can be meant.
_STUTTER = re.compile(
    r"\b(?!(?:that|had|very|no|many|really|bye|\d+)\b)((?:[^\W\d]+(?:'\w+)?)(?: [^\W\d]+(?:'\w+)?)?)(?:,? \1\b)+(?!')",
    re.IGNORECASE,
)


_Patterns = tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], re.Pattern[str]]


def _alternatives(source: str) -> str:
    words, *phrases = source.split("|")
    every = sorted([*words.split(), *phrases], key=lambda entry: (-len(entry), entry))
    return "|".join(re.escape(entry).replace(r"\ ", r"\s+") for entry in every)


def _patterns(language: str) -> _Patterns:
    sounds = _alternatives(_SOUNDS[language])
    phrases = _alternatives("|".join(("", *_PHRASES.get(language, ())))) or r"(?!)"
    openers, endings = _alternatives(_OPENERS.get(language, "")), _alternatives(_ENDINGS.get(language, ""))
    flags = re.IGNORECASE
    return (
        re.compile(rf"(?<![\w'-])(?:{sounds})(?![\w'-])[,.…]*", flags),
        re.compile(rf"(?:,\s*)?{_NOT_A_NOUN}(?<![\w'-])(?:{phrases})(?![\w'-]),?", flags),
        re.compile(rf"^(?:{openers or '(?!)'})(?![\w'-])[,.…]*\s*", flags),
        re.compile(rf"[\s,]+(?:{endings or '(?!)'})(?=[.?!…]*$)", flags),
    )


# "the kind of", "a sort of", "what you know": there the phrase is meant.
_NOT_A_NOUN = "".join(
    rf"(?<!\b{word}\s)"
    for word in sorted(word_set("the a this that what some any these those same one if do as every which"))
)
_PATTERNS = {language: _patterns(language) for language in _SOUNDS}
