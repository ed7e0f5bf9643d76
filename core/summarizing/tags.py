"""Tags: the phrases a video keeps coming back to, and the names said in it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from core.domain.evidence import spoken_language
from core.domain.summary import Tag, TagKind
from core.domain.transcript import Transcript
from core.domain.video import Video
from core.domain.words import content_stems
from core.summarizing.phrases import (
    Key,
    Lexicon,
    Phrase,
    find_phrases,
    is_spaceless,
    noun_share,
    read_lexicon,
    with_written_forms,
    without_fragments,
    write_phrase,
)
from core.summarizing.sentences import Sentence

MOST_TAGS = 8
# RAKE ranks by count times length. A name, and a phrase that stands in the video's own title, count for more.
_NAME_WEIGHT, _TITLE_WEIGHT = 1.5, 2.0
_FEWEST_SAYINGS = 2
# Said less than this share as often as the first tag, a phrase is no theme of the video.
_LEAST_SHARE = 0.1
_SHORTEST_FULL_NAME = 2


def find_tags(sentences: Sequence[Sentence], transcript: Transcript, video: Video) -> tuple[Tag, ...]:
    """At most eight, the weightiest first, unique by name and kind.

    Common words are in lower case and names as written. A kind is told for the transcript's own speakers only.
    """
    language = spoken_language(transcript)
    titles = [text for text in (video.title, video.channel) if text]
    lexicon = with_written_forms(read_lexicon(sentences, language), titles)
    said = _sayings(sentences, lexicon)
    title_stems = {stem for text in titles for stem in content_stems(text, language)}
    scores = _scores(said, lexicon, title_stems)
    speakers = _speakers(transcript)
    tags: dict[Tag, None] = {}
    chosen: list[Key] = []
    for key in sorted(scores, key=lambda key: (-scores[key], key)):
        is_weak = scores[key] < _LEAST_SHARE * max(scores.values())
        if len(tags) == MOST_TAGS or is_weak:
            break
        if not any(_says_the_same(key, other) for other in chosen):
            chosen.append(key)
            tags[_tag(write_phrase(said[key], lexicon), speakers)] = None
    return tuple(tags)


def _sayings(sentences: Sequence[Sentence], lexicon: Lexicon) -> dict[Key, list[Phrase]]:
    said: dict[Key, list[Phrase]] = defaultdict(list)
    for sentence in sentences:
        for phrase in find_phrases(sentence, lexicon):
            said[phrase.key].append(phrase)
    return said


def _scores(said: dict[Key, list[Phrase]], lexicon: Lexicon, title_stems: set[str]) -> dict[Key, float]:
    counts = {key: len(phrases) for key, phrases in said.items()}
    often = {key: count for key, count in counts.items() if count >= _FEWEST_SAYINGS or title_stems.issuperset(key)}
    return {
        key: count * len(key) * _fitness(write_phrase(said[key], lexicon), lexicon, title_stems.issuperset(key))
        for key, count in without_fragments(often or counts).items()
    }


def _fitness(name: str, lexicon: Lexicon, is_in_title: bool) -> float:
    is_name = any(char.isupper() for char in name)
    first = min(1.0, 2 * lexicon.is_noun(name.split(" ", maxsplit=1)[0].lower()))
    likeness = 1.0 if is_name else min(1.0, 1.5 * noun_share(name, lexicon)) * first
    return likeness * (_NAME_WEIGHT if is_name else 1.0) * (_TITLE_WEIGHT if is_in_title else 1.0)


def _speakers(transcript: Transcript) -> dict[str, str]:
    """Full names of the speakers, by themselves and by each of their parts that is nobody else's, in lower case."""
    names = {segment.speaker for segment in transcript.segments if segment.speaker}
    full = sorted(name for name in names if _is_full_name(name))
    owners: dict[str, set[str]] = defaultdict(set)
    for name in full:
        for part in {name.lower(), *name.lower().split()}:
            owners[part].add(name)
    return {part: next(iter(who)) for part, who in owners.items() if len(who) == 1}


def _is_full_name(name: str) -> bool:
    parts = name.split()
    is_capitalised = all(part[:1].isupper() and re.fullmatch(r"[^\W\d_][\w.'’-]+", part) for part in parts)
    return is_capitalised and len(parts) >= _SHORTEST_FULL_NAME


def _tag(name: str, speakers: dict[str, str]) -> Tag:
    is_name = any(char.isupper() for char in name)
    speaker = speakers.get(name.lower()) if is_name else None
    return Tag(name=speaker, kind=TagKind.PERSON) if speaker else Tag(name=name)


def _says_the_same(key: Key, other: Key) -> bool:
    """One holds all words of the other, or in a script without spaces shares a character with it."""
    if is_spaceless(key[0]):
        return bool(set("".join(key)) & set("".join(other)))
    return set(key) <= set(other) or set(other) <= set(key)
