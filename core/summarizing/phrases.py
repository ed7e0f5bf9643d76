"""Phrases that could name what is talked about, taken from sentences as they were said."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from core.domain.languages import base_language, has_stop_list, stop_words, word_set
from core.domain.transcript import is_cjk
from core.domain.words import content_tokens, frequent_words, located_tokens, stem
from core.summarizing.sentences import Sentence
from core.summarizing.weak_words import weak_words

Key = tuple[str, ...]

LONGEST_PHRASE = 3
# Longer than this a "phrase" is an address or a string of symbols.
_LONGEST_LABEL = 50
_FRAGMENT_SHARE = 0.6
# Words that join two nouns into one name of a thing.
_LINKS = {
    "en": frozenset({"of"}),
    "fr": frozenset({"de", "d'", "du", "des", "de la", "de l'"}),
    "es": frozenset({"de", "del", "de la"}),
    "it": frozenset({"di", "del", "della"}),
    "pt": frozenset({"de", "do", "da"}),
}
_GLUE = re.compile(r"[ \u00a0-]{0,2}")
_NUMBER_LIKE = re.compile(r"\d|^(?:[ivx]{2,}|\d+(?:st|nd|rd|th))$")
_ADVERB = re.compile(r"\w{2,}ly")
_NOT_ADVERBS = word_set("family assembly supply reply anomaly monopoly italy july fly rally ally poly multiply apply")
_PARTICIPLE = re.compile(r"[a-z]{3}ed$")
_ADJECTIVE = re.compile(r"[a-z]{2}(?:ous|ful|less|able|ible|ive|onal|ical|ish|iest)$")
_RUSSIAN_VERB = re.compile(r"(?:[аяеиу]ть|[аяуе]ет|[аяу]ют|ится|ется|[аи]ли?)$")
# What stands before a noun, and what stands before a verb, in English speech.
_BEFORE_NOUN = word_set(
    "the a an this that these those of in on for with from by about into our your their his her my its each every any"
    " some no both two three many several more most all which what other same different new first"
)
_BEFORE_VERB = word_set(
    "to i we you they he she it can will would could should must might may let's i'll we'll you'll they'll don't"
    " didn't doesn't can't won't i'd we'd you'd not just who gonna wanna i've we've you've they've always never also"
    " let me us please and then i'm we're you're they're"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """One saying of a phrase: the stems that identify it, the words as written."""

    key: Key
    surface: str
    opens_sentence: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Lexicon:
    """What this transcript shows of its words: which are no labels, which behave as nouns, how they are written."""

    language: str | None
    stops: frozenset[str]
    weak: frozenset[str]
    noun_ratio: dict[str, float] = field(default_factory=dict)
    capitalised: dict[str, str] = field(default_factory=dict)

    def can_name(self, word: str, *, is_alone: bool) -> bool:
        """Whether a phrase may begin or end with `word` (lower case). In a name any word may ("Hugging Face")."""
        if word in self.stops or word.removesuffix("'s") in self.stops or _NUMBER_LIKE.search(word):
            return False
        if word in self.weak:
            return not is_alone and word in self.capitalised
        if base_language(self.language) != "en":
            return not (base_language(self.language) == "ru" and _RUSSIAN_VERB.search(word))
        return len(word) > 2 and not (_ADVERB.fullmatch(word) and word not in _NOT_ADVERBS)

    def is_noun(self, word: str) -> float:
        """How far the word behaves as a noun, 0 to 1."""
        return self.noun_ratio.get(word, _noun_prior(word))


def read_lexicon(sentences: Sequence[Sentence], language: str | None) -> Lexicon:
    """The lexicon of a whole transcript."""
    words = [word for sentence in sentences for word in sentence.words]
    stops = stop_words(language) if has_stop_list(language) else frequent_words(words)
    return Lexicon(
        language=language,
        stops=stops,
        weak=weak_words(language),
        noun_ratio=_noun_ratios(sentences) if base_language(language) == "en" else {},
        capitalised=_written_forms(sentences),
    )


def with_written_forms(lexicon: Lexicon, texts: Sequence[str]) -> Lexicon:
    """The lexicon with the capitals of other texts (a video's title) for words it knows in lower case only.

    Only capitals that no sentence or title puts there are taken: "NumPy", "GPT", not "Learning".
    """
    forms = {
        word: text[at : at + len(word)]
        for text in texts
        for word, at in located_tokens(text)
        if not text.isupper() and any(char.isupper() for char in text[at + 1 : at + len(word)])
    }
    return replace(lexicon, capitalised={**forms, **lexicon.capitalised})


def find_phrases(sentence: Sentence, lexicon: Lexicon) -> Iterator[Phrase]:
    """All phrases of one to three words inside runs of meaningful words that no punctuation parts.

    In scripts without spaces a word is a pair of characters, so a phrase is two to four. "Center of mass" is one, too.
    """
    runs = list(find_runs(sentence, lexicon))
    yield from _linked_phrases(sentence, runs, lexicon)
    stretches = (
        run[first : last + 1]
        for run in runs
        for first in range(len(run))
        for last in range(first, min(first + LONGEST_PHRASE, len(run)))
    )
    yield from filter(None, (make_phrase(sentence, stretch, lexicon) for stretch in stretches))


def find_runs(sentence: Sentence, lexicon: Lexicon) -> Iterator[list[tuple[str, int]]]:
    """Longest stretches of meaningful words of one script with their offsets: RAKE's candidates.

    What a hyphen binds to a meaningful word belongs to it: "Objective-C", "follow-up".
    """
    run: list[tuple[str, int]] = []
    end = 0
    for word, at in located_tokens(sentence.text):
        is_bound = bool(run) and at == end + 1 and sentence.text[end] == "-"
        is_content = is_bound or bool(content_tokens([word], lexicon.stops))
        is_joined = at <= end or _GLUE.fullmatch(sentence.text[end:at])
        if run and not (is_content and is_joined and is_spaceless(word) == is_spaceless(run[-1][0])):
            yield run
            run = []
        if is_content:
            run.append((word, at))
        end = at + len(word)
    if run:
        yield run


def without_fragments(counts: Mapping[Key, int]) -> dict[Key, int]:
    """Without the phrases that are mostly said as part of a longer one: "hugging" where "Hugging Face" is meant."""
    inside: Counter[Key] = Counter()
    for key, count in counts.items():
        for length in range(1, len(key)):
            for first in range(len(key) - length + 1):
                part = key[first : first + length]
                inside[part] = max(inside[part], count)
    return {key: count for key, count in counts.items() if inside[key] < _FRAGMENT_SHARE * count}


def make_phrase(sentence: Sentence, words: list[tuple[str, int]], lexicon: Lexicon) -> Phrase | None:
    """None where the words make no label."""
    (first, start), (last, at) = words[0], words[-1]
    end = at + len(last)
    forms = [word for word, _at in words]
    is_alone = len(words) == 1
    if end - start > _LONGEST_LABEL:
        return None
    is_cut = "-" in (sentence.text[start - 1 : start], sentence.text[end : end + 1])
    is_bound = not is_alone and sentence.text[at - 1] == "-"
    can_end = is_bound or lexicon.can_name(last, is_alone=is_alone)
    can_name = lexicon.can_name(first, is_alone=is_alone) and can_end and not is_cut
    if not can_name or len(set(forms)) < len(forms) or any(_NUMBER_LIKE.search(form) for form in forms):
        return None
    return Phrase(
        key=tuple(stem(form, lexicon.language) for form in forms),
        surface=_plain(sentence.text[start:end]),
        opens_sentence=start == 0 or not any(char.isalnum() for char in sentence.text[:start]),
    )


def _linked_phrases(sentence: Sentence, runs: list[list[tuple[str, int]]], lexicon: Lexicon) -> Iterator[Phrase]:
    links = _LINKS.get(base_language(lexicon.language) or "", frozenset())
    for left, right in pairwise(runs):
        (before, start), (_after, end) = left[-1], right[0]
        link = sentence.text[start + len(before) : end].strip().lower()
        phrase = make_phrase(sentence, [left[-1], right[0]], lexicon) if link in links else None
        if phrase:
            yield replace(phrase, key=(phrase.key[0], link, phrase.key[1]))


def is_spaceless(text: str) -> bool:
    return any(is_cjk(char) for char in text)


def write_phrase(phrases: Sequence[Phrase], lexicon: Lexicon) -> str:
    """The form that is common and ends in a noun, names with their capitals and other words in lower case."""
    inside = [phrase.surface for phrase in phrases if not phrase.opens_sentence]
    forms = Counter(inside or [phrase.surface for phrase in phrases])
    best = min(forms, key=lambda form: (-forms[form] * noun_share(form, lexicon), form))
    return " ".join(_write_word(word, lexicon) for word in best.split(" "))


def noun_share(surface: str, lexicon: Lexicon) -> float:
    """How far the last word behaves as a noun in this transcript, 0 to 1; adjectives stand where nouns do."""
    last = re.split(r"[ -]", surface)[-1].lower()
    is_adjective = base_language(lexicon.language) == "en" and _ADJECTIVE.search(last)
    return lexicon.is_noun(last) * (0.5 if is_adjective else 1.0)


def capitalise(text: str) -> str:
    """First letter as a sentence begins, unless the first word has capitals of its own ("iPhone")."""
    first = text.split(" ", maxsplit=1)[0]
    return text if any(char.isupper() for char in first[1:]) else text[:1].upper() + text[1:]


def _write_word(word: str, lexicon: Lexicon) -> str:
    return "-".join(lexicon.capitalised.get(part.lower(), part.lower()) for part in word.split("-"))


def _plain(surface: str) -> str:
    return " ".join(surface.replace("’", "'").split()).removesuffix("'s")


def _written_forms(sentences: Sequence[Sentence]) -> dict[str, str]:
    """Words that are mostly written with capitals where no sentence begins, in that form."""
    forms: dict[str, Counter[str]] = defaultdict(Counter)
    for sentence in sentences:
        for number, (word, at) in enumerate(located_tokens(sentence.text)):
            written = sentence.text[at : at + len(word)]
            if number or any(char.isupper() for char in written[1:]):
                forms[word][written] += 1
    best = {word: min(counts, key=lambda form: (-counts[form], form)) for word, counts in forms.items()}
    return {word: form for word, form in best.items() if form != word}


def _noun_ratios(sentences: Sequence[Sentence]) -> dict[str, float]:
    """How often a word stands where nouns stand, of all its telling places; two more places are the prior's."""
    nouns: Counter[str] = Counter()
    verbs: Counter[str] = Counter()
    for sentence in sentences:
        for before, word in zip(sentence.words, sentence.words[1:], strict=False):
            nouns[word] += before in _BEFORE_NOUN
            verbs[word] += before in _BEFORE_VERB
    return {word: (nouns[word] + 2 * _noun_prior(word)) / (nouns[word] + verbs[word] + 2) for word in nouns}


def _noun_prior(word: str) -> float:
    return 0.25 if _PARTICIPLE.search(word) else 0.5
