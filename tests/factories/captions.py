"""Captions made up for tests: readable English, as long as is asked for, another text for every seed."""

from __future__ import annotations

import random

from core.domain.library import CaptionsRequest

_SUBJECTS = ("The harbour", "A careful editor", "The old mill", "Every gardener", "The night train", "Our choir")
_VERBS = ("keeps", "measures", "repairs", "forgets", "paints", "counts", "remembers", "carries", "protects")
_OBJECTS = ("the broken clock", "seven wooden boats", "a ledger of tides", "the northern wall", "its copper bells",
            "the garden gate", "a map of rivers", "the winter bread", "three lanterns", "a lost song")  # fmt: skip
_ENDINGS = ("before the storm", "after a long winter", "without any help", "for the whole village", "every morning")


def sentences(count: int, *, seed: int = 1) -> list[str]:
    """So many sentences, the same for the same seed."""
    dice = random.Random(seed)
    return [
        f"{dice.choice(_SUBJECTS)} {dice.choice(_VERBS)} {dice.choice(_OBJECTS)} {dice.choice(_ENDINGS)} in {1500 + n}."
        for n in range(count)
    ]


def srt(count: int = 40, *, seed: int = 1, seconds: int = 5) -> bytes:
    """An SRT file with one sentence a cue, each shown for `seconds`."""
    cues = [
        f"{n + 1}\n{_stamp(n * seconds)} --> {_stamp((n + 1) * seconds)}\n{text}\n"
        for n, text in enumerate(sentences(count, seed=seed))
    ]
    return "\n".join(cues).encode()


def upload(count: int = 40, *, seed: int = 1, title: str | None = "A talk") -> CaptionsRequest:
    return CaptionsRequest(content=srt(count, seed=seed), filename="talk.srt", title=title)


def _stamp(second: int) -> str:
    return f"{second // 3600:02d}:{second // 60 % 60:02d}:{second % 60:02d},000"
