"""Which lines can stand alone: what a reader meets without the talk around it."""

from __future__ import annotations

import re

import numpy as np

from core.domain.languages import base_language, word_set
from core.domain.words import tokens
from core.summarizing.sentences import Sentence, word_count
from core.summarizing.tfidf import Floats

# A line shorter than 8 words says too little to stand alone, one longer than 45 is not read.
SHORTEST, LONGEST = 8, 45
# What follows is in standard deviations of the score, settled by reading podcasts, lectures and courses.
_BROKEN, _LEANING, _QUESTION, _VERBLESS, _HOUSEKEEPING, _DANGLING = 1.5, 1.2, 1.5, 1.5, 1.5, 0.7
_PER_PERSONAL_SHARE, _PER_POINTING_SHARE, _PER_REPEAT_SHARE = 4.0, 2.0, 2.0
_BEST_LENGTH, _PER_WORD_OVER = 28, 0.05
_UNFIT = 1e6

_SENTENCE_ENDS = '.!?。！？…"”»)'
_BROKEN_END = re.compile(r"(?:\.\.\.|…|--|[-–—,:;])[\"'”’)]*$")
_BROKEN_START = re.compile(r"^\s*(?:\.\.\.|…|--)")
_LEANS_BACK = re.compile(
    r"^(?:is|are|was|were|no|it|it's|its|that|that's|this|these|those|they|they're|their|he|he's|she|she's|his|her"
    r"|him|them|there|here|such|one of (?:these|those|them|the things)|another|otherwise|therefore"
    r"|instead|maybe|both|same|neither|either"
    r"|which|who|where|when you said|(?:in|for|to|at|on|with|from|by|after|because of) (?:that|this|these|those|it|them"
    r"|your|me|us)|the other|the same|nor|than|even|especially|let's|let me|we'll (?:see|look)"
    r"|ça|cela|c'est|il|elle|ils|elles|celui|celle|enfin|ici|ensuite|das|dies|diese|dieser|es|er|sie|hier"
    r"|eso|esto|aquí|esso|questo|это|они|он|она|оно|там|тут|другой|другая|таким образом)\b",
    re.IGNORECASE,
)
_HOUSEKEEPING_WORDS = re.compile(
    r"\b(?:subscri\w+|sponsor\w*|episode|listeners?|thanks (?:for|to)|thank you|show notes|description below|next video"
    r"|this video|in the comments|stay tuned|welcome (?:to|back)|let's get started|see you|abonne\w+|abonnier\w+"
    r"|suscrib\w+|подпи[сш]\w+)\b",
    re.IGNORECASE,
)
_POINTING = word_set(
    "it this that these those they them there here it's that's thing things stuff something someone one"
)
_VERBS = word_set(
    """is are was were be been being isn't aren't wasn't weren't has have had hasn't haven't do does did don't doesn't
    didn't can could will would shall should may might must can't couldn't won't wouldn't shouldn't cannot i'm you're
    we're they're he's she's it's that's there's what's who's here's i've you've we've they've i'll you'll we'll they'll
    it'll i'd you'd we'd they'd go goes went get gets got make makes made take takes took give gives gave need needs
    want wants use uses work works mean means know knows think thinks thought say says said see sees saw look looks
    come comes came become becomes became let lets try tries put puts keep keeps start starts run runs ran build builds
    built write writes wrote allow allows help helps show shows call calls create creates require requires provide
    provides include includes contain contains lets find finds found think turns turn seem seems feel feels felt bring
    brings brought hold holds held set sets change changes depend depends exist exists live lives happen happens gonna
    gotta based learn learns tell tells told begin begins began lead leads led pay pays send sends sent read reads"""
)


def reading_penalties(sentences: list[Sentence], lines: list[str], language: str | None) -> Floats:
    """What each line loses for being hard to read alone, in standard deviations of the score; inf for no words.

    Lines outside 8-45 words fall below all others, yet keep their order: one cue alone still has a best line.
    """
    is_english = base_language(language) == "en"
    is_marked = sum(s.text[-1:] in _SENTENCE_ENDS for s in sentences) * 2 > len(sentences)
    lengths = np.array([word_count(line) for line in lines])
    penalties: Floats = _PER_WORD_OVER * np.maximum(lengths - _BEST_LENGTH, 0.0)
    for number, (sentence, line) in enumerate(zip(sentences, lines, strict=True)):
        penalties[number] += _shape_penalty(line, sentence.text, is_marked=is_marked)
        penalties[number] += _word_penalty(line) if is_english else 0.0
    penalties[(lengths < SHORTEST) | (lengths > LONGEST)] += _UNFIT
    penalties[lengths == 0] = np.inf
    return penalties


def _shape_penalty(line: str, original: str, *, is_marked: bool) -> float:
    penalty = 0.0
    is_cut = is_marked and line[-1:] not in '.!?。！？"”»)…'
    if is_cut or _BROKEN_END.search(original) or _BROKEN_START.search(original):
        penalty += _BROKEN
    if original[:1].islower() and is_marked:
        penalty += _BROKEN
    if line.count('"') % 2 or line.count("“") != line.count("”") or line.count("(") != line.count(")"):
        penalty += _BROKEN
    if _LEANS_BACK.search(line):
        penalty += _LEANING
    if line.rstrip('"”»)').endswith(("?", "？")):
        penalty += _QUESTION
    if _HOUSEKEEPING_WORDS.search(line):
        penalty += _HOUSEKEEPING
    return penalty


def _word_penalty(line: str) -> float:
    """What only English word lists can tell."""
    words = tokens(line)
    if not words:
        return 0.0
    penalty = _PER_PERSONAL_SHARE * sum(word in _PERSONAL for word in words) / len(words)
    penalty += _PER_POINTING_SHARE * sum(word in _POINTING for word in words) / len(words)
    penalty += _PER_REPEAT_SHARE * (1 - len(set(words)) / len(words))
    if not any(word in _VERBS or word.endswith("ed") for word in words):
        penalty += _VERBLESS
    if words[-1] in _DANGLERS:
        penalty += _DANGLING
    return penalty


_PERSONAL = word_set("i you me my your i'm i'd i'll i've you're you'll you've he she him her myself yourself")
_DANGLERS = word_set(
    "the a an of to and or but in on at for with from by as is are was were that which if because so than"
)
