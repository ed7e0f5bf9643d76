"""Whether a line denies what was said, or says what was denied.

Each negating word of the line is looked for in the evidence where the words that follow it are, and each of the
evidence in the line. Only a place that has most of those words is compared, and only where no reading of it agrees:
speech negates much that it does not mean ("don't you think", "no, no", "people say you can't").
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby

from core.domain.languages import word_set
from core.domain.words import located_tokens

# The share of the weight of what is negated that a place must have; of a single telling word nearly all around it.
_LEAST_OVERLAP = 0.6
_LEAST_OVERLAP_OF_ONE = 0.8
# Places almost as close as the closest speak too.
_NEARLY = 0.15
_STOP_WEIGHT = 0.25
# What is negated stands so many words after the negating one, else before it.
_SCOPE_WORDS = 6
_LOOSE_WORDS = 4
_BEFORE_WORDS = 3
# A negating word of the next clause may still belong here so close by: "if we don't, you know, set it up".
_BESIDE_WORDS = 2


_NO_FILLERS = re.compile(r"(?!)")


@dataclass(frozen=True, slots=True)
class _Grammar:
    """`negators` each turn a clause; `idioms` hold one that turns nothing. `adds_up`: two of them make a yes.

    `is_late`: the negating word may end its clause. `pairs`: words that negate only after the particle ("ne … plus").
    `fillers` say nothing and part nothing.
    """

    negators: frozenset[str]
    idioms: re.Pattern[str]
    hearsay: re.Pattern[str]
    breaks: frozenset[str]
    adds_up: bool = False
    is_late: bool = False
    particle: str = ""
    pairs: frozenset[str] = frozenset()
    fillers: re.Pattern[str] = _NO_FILLERS


@dataclass(frozen=True, slots=True)
class _Word:
    form: str
    key: str
    weight: float
    is_negator: bool
    clause: int


def is_opposite(
    text: str,
    quotes: Iterable[str],
    language: str | None,
    *,
    key_of: Callable[[str], str],
    stops: frozenset[str],
) -> bool:
    """True where some clause of `text` has the opposite sign of the evidence that says the same.

    `key_of` gives a word's stem. False for languages whose negations are not known.
    """
    grammar = _GRAMMARS.get(language or "")
    if grammar is None:
        return False
    quotes = tuple(quotes)
    if any(_is_shortened(text, quote, grammar) for quote in quotes):
        return False
    claim = _words(_without_idioms(text, grammar), grammar, key_of, stops)
    stated = (_stated(quote, grammar) for quote in quotes)
    said = [_words(_without_idioms(quote, grammar), grammar, key_of, stops) for quote in stated]
    return _is_contradicted(claim, said, grammar, both_ways=True) or any(
        _is_contradicted(words, [claim], grammar, both_ways=False) for words in said
    )


def _is_shortened(text: str, quote: str, grammar: _Grammar) -> bool:
    """Whether the line is the quote's own words in their order, and no negating one was left out."""
    own, said = ([form for form, _again in groupby(form for form, _ in located_tokens(each))] for each in (text, quote))
    rest = iter(said)
    return all(form in rest for form in own) and _negators(own, grammar) == _negators(said, grammar)


def _negators(forms: Sequence[str], grammar: _Grammar) -> int:
    return sum(_is_negator(forms, at, grammar) for at in range(len(forms)))


def _stated(quote: str, grammar: _Grammar) -> str:
    """The quote without its questions and without what it says that others say."""
    sentences = re.split(r"(?<=[.!?…])\s+", quote)
    return " ".join(one for one in sentences if one[-1:] not in "?？" and not grammar.hearsay.search(one.lower()))


# A speaker who halts says a negating word twice and means it once.
_STUTTER = re.compile(r"\b([^\W\d]+(?:'\w+)?)(?:,? \1\b)+(?!')", re.IGNORECASE)
_BOUNDARY = re.compile(r"[.;:!?…,()—–]|\s-\s|--")


def _without_idioms(text: str, grammar: _Grammar) -> str:
    stated = " ".join(grammar.fillers.sub(" ", text.replace("’", "'")).split())
    return _STUTTER.sub(r"\1", grammar.idioms.sub(" , ", stated))


def _words(text: str, grammar: _Grammar, key_of: Callable[[str], str], stops: frozenset[str]) -> list[_Word]:
    found: list[_Word] = []
    clause = end = 0
    located = located_tokens(text)
    forms = [form for form, _start in located]
    for at, (form, start) in enumerate(located):
        if _BOUNDARY.search(text[end:start]) or form in grammar.breaks:
            clause += 1
        end = start + len(form)
        is_slight = form in stops or (len(form) == 1 and not form.isdigit())
        weight = _STOP_WEIGHT if is_slight else 1.0
        is_negator = _is_negator(forms, at, grammar)
        found.append(_Word(form, key_of(form), 0.0 if is_negator else weight, is_negator, clause))
    return found


def _is_negator(forms: Sequence[str], at: int, grammar: _Grammar) -> bool:
    form = forms[at]
    if form in grammar.pairs:
        return grammar.particle in forms[max(at - 4, 0) : at] or grammar.particle[:1] in forms[max(at - 4, 0) : at]
    return form in grammar.negators or form.endswith("n't")


def _is_contradicted(words: list[_Word], others: list[list[_Word]], grammar: _Grammar, *, both_ways: bool) -> bool:
    """Whether something is negated in `words` that stands in the others, and there is negated nowhere.

    `both_ways`: what stands before the negating word is looked for too, not only what follows.
    """
    negators = [at for at, word in enumerate(words) if word.is_negator]
    return any(
        _stands_otherwise(words, at, scope, others, grammar)
        for at in negators
        for scope in _scopes(words, at, grammar)[: 2 if both_ways else 1]
    )


def _stands_otherwise(
    words: list[_Word], at: int, scope: list[int], others: list[list[_Word]], grammar: _Grammar
) -> bool:
    keys = {words[place].key: words[place].weight for place in scope if words[place].weight}
    telling, total = sum(weight >= 1 for weight in keys.values()), sum(keys.values())
    least = (_LEAST_OVERLAP if telling > 1 else _LEAST_OVERLAP_OF_ONE) * total
    places = [place for other in others for place in _places(other, keys)]
    best = max((overlap for overlap, _counts in places), default=0.0)
    if total < 1 or best < least:
        return False
    meant = {_sign(count, grammar) for count in _counts(words, [at, *scope])}
    near = best - _NEARLY * total
    return meant.isdisjoint(_sign(count, grammar) for overlap, counts in places if overlap >= near for count in counts)


def _sign(negators: int, grammar: _Grammar) -> bool:
    """Whether so many negating words deny."""
    return negators % 2 == 1 if grammar.adds_up else negators > 0


def _scopes(words: list[_Word], at: int, grammar: _Grammar) -> list[list[int]]:
    """What the word at `at` may negate, the likeliest first: the words after it, or those before.

    Where those of its clause say nothing, the next go along: a comma is also where a speaker halts.
    """
    following = [place for place in range(at + 1, at + 1 + _SCOPE_WORDS) if place < len(words)]
    after, before = (
        _same_clause(words, at, following),
        _same_clause(words, at, range(at - 1, at - 1 - _SCOPE_WORDS, -1)),
    )
    if _tells(words, after):
        return [after, before]
    if grammar.is_late and _tells(words, before):
        return [[*before, *after], following]
    return [following, before] if _tells(words, following) else [[*before, *following]]


def _tells(words: list[_Word], places: Iterable[int]) -> bool:
    return any(words[place].weight >= 1 for place in places)


def _same_clause(words: list[_Word], at: int, places: Iterable[int]) -> list[int]:
    return [place for place in places if 0 <= place < len(words) and words[place].clause == words[at].clause]


def _places(words: list[_Word], keys: dict[str, float]) -> list[tuple[float, set[int]]]:
    """Each stretch that begins with a word of `keys`: the weight it shares, and how often it may be negated."""
    found: list[tuple[float, set[int]]] = []
    for first, word in enumerate(words):
        if word.key not in keys:
            continue
        shared: dict[str, int] = {}
        for at in range(first, min(first + len(keys) + _LOOSE_WORDS, len(words))):
            if words[at].key in keys:
                shared.setdefault(words[at].key, at)
        found.append((sum(keys[key] for key in shared), _counts(words, list(shared.values()))))
    return found


def _counts(words: list[_Word], shared: list[int]) -> set[int]:
    """How many negating words a stretch has: in it and close before, and with those further off that may be its own."""
    clauses = {words[at].clause for at in shared}
    counts = set()
    for before, after in ((_BEFORE_WORDS, 0), (_SCOPE_WORDS, _SCOPE_WORDS)):
        reach = range(max(min(shared) - before, 0), min(max(shared) + after + 1, len(words)))
        beside = range(min(shared) - _BESIDE_WORDS, max(shared) + _BESIDE_WORDS + 1) if after else range(0)
        counts.add(sum(words[at].is_negator and (words[at].clause in clauses or at in beside) for at in reach))
    return counts


def _grammar(
    negators: str,
    *,
    idioms: str,
    hearsay: str,
    breaks: str,
    adds_up: bool = False,
    is_late: bool = False,
    particle: str = "",
    pairs: str = "",
    fillers: re.Pattern[str] = _NO_FILLERS,
) -> _Grammar:
    return _Grammar(
        negators=word_set(negators),
        idioms=re.compile(rf"\b(?:{idioms})\b", re.IGNORECASE),
        hearsay=re.compile(rf"\b(?:{hearsay})\b"),
        breaks=word_set(breaks),
        adds_up=adds_up,
        is_late=is_late,
        particle=particle,
        pairs=word_set(pairs),
        fillers=fillers,
    )


_GRAMMARS = {
    "en": _grammar(
        "not no never none nobody nothing nowhere neither cannot without hardly scarcely barely rarely unable fails"
        " fail failed lack lacks lacked refuses refused impossible unlikely dont doesnt didnt isnt arent wasnt werent"
        " cant couldnt wouldnt shouldnt wont havent hasnt hadnt aint unnecessary",
        idioms=r"(?:(?:do|does|did) not|(?:do|does|did)n'?t) (?:really )?know"
        r"(?! (?:exactly |yet )?(?:what|how|if|whether|who|where|why|which|the|that|anything|about))"
        r"|i dunno|you don'?t say|why (?:not|don'?t (?:you|we))|(?:not|\w+n't) (?:only|just|to mention)"
        r"|no matter|no doubt|no problem|no worries|no[, ]+no|no wonder|whether or not|or not|if not|nothing but"
        r"|can'?t wait|can'?t help but|(?:do|does|did|is|are|was|were|have|has|ca|could|would|wo)n'?t"
        r" (?:i|you|he|she|it|we|they)|oh no|no[,.!] |no (?=(?:i|you|he|she|it|we|they|that|this|it's|that's|but|so)\b)"
        r"|no one else|no longer than|(?:not|\w+n't) necessarily|(?:don'?t|not) forget(?: to)?",
        hearsay=r"(?:people|they|some|everyone|everybody|many|folks) (?:say|said|think|thought|believe|claim|told)"
        r"|the (?:myth|misconception|idea that)",
        breaks="but because although though whereas however while", adds_up=True,
        fillers=re.compile(r"\b(?:you know|i mean|sort of|kind of|uh|um|erm|basically|actually)\b", re.IGNORECASE),
    ),
    "de": _grammar(
        "nicht kein keine keinen keinem keiner keines nie niemals niemand niemanden nichts nirgends ohne weder kaum"
        " unmöglich ungern nix",
        idioms=r"nicht nur|nicht wahr|warum nicht|ob oder nicht|oder nicht|nein|ich weiß nicht|nichts als"
        r"|nicht zuletzt",
        hearsay=r"(?:man|viele|manche|die leute|alle) (?:sagt|sagen|meint|meinen|glaubt|glauben|denkt|denken)",
        breaks="aber sondern weil obwohl während jedoch", adds_up=True, is_late=True,
    ),
    "nl": _grammar(
        "niet geen nooit niemand niets nergens zonder nauwelijks onmogelijk",
        idioms=r"niet alleen|waarom niet|of niet|nee|ik weet het niet",
        hearsay=r"(?:men|mensen|velen|ze) (?:zegt|zeggen|denkt|denken|vindt|vinden)",
        breaks="maar omdat hoewel terwijl", adds_up=True, is_late=True,
    ),
    "fr": _grammar(
        "pas jamais rien aucun aucune sans nullement guère impossible",
        idioms=r"n'est-ce pas|pourquoi pas|pas mal|pas seulement|non pas seulement|ou pas|je (?:ne )?sais pas"
        r"|je sais pas|rien que|sans doute|pas vrai",
        hearsay=r"(?:on|les gens|certains|beaucoup) (?:dit|disent|pense|pensent|croit|croient)",
        breaks="mais car parce bien tandis", particle="ne", pairs="plus personne point",
    ),
    "es": _grammar(
        "no nunca jamás nada nadie ningún ninguno ninguna sin tampoco imposible",
        idioms=r"no solo|no sólo|no solamente|por qué no|¿no|o no|no sé|cómo no|nada más|sin duda|no[,.!]",
        hearsay=r"(?:la gente|muchos|algunos|dicen|se dice) (?:dice|dicen|piensa|piensan|cree|creen|que)",
        breaks="pero sino porque aunque mientras",
    ),
    "pt": _grammar(
        "não nunca jamais nada ninguém nenhum nenhuma sem impossível",
        idioms=r"não só|não apenas|não somente|por que não|ou não|não sei|não é|sem dúvida|não[,.!]|pois não",
        hearsay=r"(?:as pessoas|muitos|alguns|dizem) (?:dizem|pensam|acham|acreditam|que)",
        breaks="mas porque embora enquanto",
    ),
    "it": _grammar(
        "non nessun nessuno nessuna niente nulla senza neanche nemmeno neppure impossibile",
        idioms=r"non solo|non soltanto|perché no|o no|non lo so|non so|senza dubbio|no[,.!]|non è vero",
        hearsay=r"(?:la gente|molti|alcuni|si) (?:dice|dicono|pensa|pensano|crede|credono)",
        breaks="ma perché anche benché mentre però",
    ),
    "ru": _grammar(
        "не нет никогда никто никого ничего ничто нигде никакой никакого без нельзя невозможно ни вряд",
        idioms=r"не только|почему нет|или нет|не знаю|не правда ли|нет[,.!]|ничего себе|не так ли|без сомнения",
        hearsay=r"(?:люди|многие|некоторые|все) (?:говорят|думают|считают)",
        breaks="но а хотя потому",
    ),
    "uk": _grammar(
        "не ні немає ніколи ніхто нічого ніде без неможливо",
        idioms=r"не тільки|не лише|чому ні|чи ні|не знаю|ні[,.!]",
        hearsay=r"(?:люди|багато хто) (?:кажуть|думають|вважають)", breaks="але а хоча бо",
    ),
    "pl": _grammar(
        "nie nigdy nikt nikogo nic nigdzie bez żaden żadna żadnych niemożliwe",
        idioms=r"nie tylko|czemu nie|czy nie|nie wiem|nie[,.!]|nieprawdaż",
        hearsay=r"(?:ludzie|niektórzy|wielu) (?:mówią|myślą|uważa)", breaks="ale lecz bo choć",
    ),
    "sv": _grammar(
        "inte aldrig ingen inget inga ingenting icke omöjligt",
        idioms=r"inte bara|varför inte|eller inte|vet inte|nej|inte sant",
        hearsay=r"(?:folk|många|man) (?:säger|tror|tycker)", breaks="men utan eftersom fast",
        adds_up=True, is_late=True,
    ),
}  # fmt: skip
