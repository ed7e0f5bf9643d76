"""Caption files for the browser tests, written out by rule."""

from __future__ import annotations

CUES_OF_FIVE_HOURS = 6_606
_CUE_S = 2.75
_TOPICS = (
    ("glaciers", "valley", "moraine", "meltwater", "granite"),
    ("sourdough", "flour", "hydration", "oven", "crust"),
    ("violins", "maple", "varnish", "luthier", "resonance"),
    ("lighthouses", "lens", "keeper", "harbour", "fog"),
    ("beehives", "nectar", "swarm", "honeycomb", "queen"),
    ("tramways", "rails", "depot", "timetable", "conductor"),
)
_FRAMES = (
    "The {0} changed the {1} more than anybody expected that year.",
    "Without the {2}, every {3} would have failed within a week.",
    "People who study {0} measure the {4} before they touch the {1}.",
    "What surprised us was how the {3} and the {2} depend on each other.",
    "So we asked an old expert why the {4} matters to the {0}.",
    "Nobody could explain the {1} until the {3} had been counted twice.",
)


def srt(cues: int = 90, *, topics: int = 3) -> str:
    """An SRT of so many cues, its speech moving through so many topics."""
    return "\n".join(_cue(number, cues, topics) for number in range(cues))


def sentence(number: int, cues: int, topics: int) -> str:
    """What cue `number` says."""
    words = _TOPICS[number * topics // cues % len(_TOPICS)]
    turned = words[number % 5 :] + words[: number % 5]
    return _FRAMES[number % len(_FRAMES)].format(*turned)


def _cue(number: int, cues: int, topics: int) -> str:
    start_s = number * _CUE_S
    return f"{number + 1}\n{_stamp(start_s)} --> {_stamp(start_s + _CUE_S - 0.1)}\n{sentence(number, cues, topics)}\n"


def _stamp(seconds: float) -> str:
    ms = round(seconds * 1000)
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02},{ms % 1000:03}"
