"""Who speaks, where the text itself says so: `Anna:` at the head of cues, again and again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

from core.domain.cleaning.lines import strip_turn_mark
from core.domain.cleaning.spoken import Spoken


def split_speakers(cues: list[Spoken]) -> list[Spoken]:
    """The cues with names taken from the text into `speaker`, cut where the speaker changes within one.

    A cue with a speaker keeps it and its text. No name is carried over to cues that do not show one.
    """
    names = _consistent_names(cues)
    return [piece for cue in cues for piece in _split(cue, names)] if names else cues


_LABEL = re.compile(r"(?P<name>[^\W\d_][\w .'’&-]{0,38}?)[ ]?(?::[ ]+(?=\S)|：[ ]*(?=\S)|[:：]$)")
_LONGEST_NAME_WORDS = 4
_LONGEST_UNCASED_NAME = 8
_PARTICLES = frozenset(
    ["de", "del", "da", "di", "du", "van", "von", "der", "den", "bin", "al", "el", "la", "le", "and", "y"]
)
_NO_NAMES = frozenset(
    [
        "note",
        "notes",
        "question",
        "example",
        "warning",
        "step",
        "tip",
        "hint",
        "remember",
        "summary",
        "conclusion",
        "part",
        "chapter",
        "section",
        "answer",
        "result",
        "results",
        "output",
        "input",
        "update",
        "fact",
        "figure",
        "table",
        "reminder",
        "important",
        "ps",
        "nb",
        "http",
        "https",
        "url",
        "link",
        "links",
        "source",
        "sources",
        "first",
        "second",
        "third",
        "finally",
        "today",
        "now",
        "so",
        "and",
        "but",
        "because",
        "however",
        "also",
        "remarque",
        "exemple",
        "attention",
        "nota",
        "ejemplo",
        "hinweis",
        "beispiel",
        "achtung",
        "frage",
        "antwort",
    ]
)
# A single label that comes back now and then may be a phrase ("Result:"); several that alternate are speakers.
_FEWEST_LABELS = 4
_FEWEST_LABELS_RATIO = 0.02
_CERTAIN_RATIO = 0.3
_SHORT_FILE_RATIO = 0.6


def _consistent_names(cues: list[Spoken]) -> frozenset[str]:
    """Labels that are names by their look and come often enough; all of them where most cues carry one."""
    open_cues = [cue for cue in cues if cue.speaker is None]
    labels = Counter(name for cue in open_cues for name, _ in _labels(cue.lines) if name)
    cues_with_label = sum(next(_labels(cue.lines))[0] is not None for cue in open_cues)
    if len(open_cues) > 1 and cues_with_label >= _SHORT_FILE_RATIO * len(cues):
        return frozenset(labels)
    repeated = {name: count for name, count in labels.items() if count > 1}
    share = sum(repeated.values()) / max(1, len(cues))
    alternate = len(repeated) > 1 and sum(repeated.values()) >= _FEWEST_LABELS and share >= _FEWEST_LABELS_RATIO
    return frozenset(repeated) if alternate or (repeated and share >= _CERTAIN_RATIO) else frozenset()


def _labels(lines: list[str]) -> Iterator[tuple[str | None, str]]:
    """Each line as the name before it, if one stands there, and the rest. A name may have a line of its own."""
    for position, line in enumerate(lines, start=1):
        match = _LABEL.match(line) if ":" in line[:42] or "：" in line[:42] else None
        is_last = position == len(lines)
        if match and _looks_like_name(match["name"]) and not (is_last and match.end() == len(line)):
            yield match["name"], strip_turn_mark(line[match.end() :])
        else:
            yield None, line


def _looks_like_name(name: str) -> bool:
    words = name.split()
    if not words or len(words) > _LONGEST_NAME_WORDS or any(word.lower() in _NO_NAMES for word in words):
        return False
    if name.lower() == name.upper():
        return len(name) <= _LONGEST_UNCASED_NAME
    return words[0][0].isupper() and not any(word[0].islower() and word not in _PARTICLES for word in words)


def _split(cue: Spoken, names: frozenset[str]) -> list[Spoken]:
    if cue.speaker is not None:
        return [cue]
    pieces: list[Spoken] = []
    for (name, rest), line in zip(_labels(cue.lines), cue.lines, strict=True):
        if name in names:
            pieces.append(replace(cue, lines=[rest] if rest else [], speaker=name))
        elif pieces:
            pieces[-1].lines.append(line)
        else:
            pieces.append(replace(cue, lines=[line]))
    return pieces
