"""Who spent the budget: each bad event belongs to one cause, and the shares add up to exactly 100 %."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from core.slos.status import Spender

EVERYTHING_ELSE = "Everything else"
_SHOWN = 6


def whole_percents(counts: Sequence[int]) -> list[int]:
    """Whole percents that add up to exactly 100 (all 0 where nothing was counted), by the largest remainder.

    Equal remainders go to the larger count first, then to the earlier one.
    """
    total = sum(counts)
    if total == 0:
        return [0] * len(counts)
    percents = [100 * count // total for count in counts]
    by_remainder = sorted(range(len(counts)), key=lambda i: (-(100 * counts[i] % total), -counts[i], i))
    for index in by_remainder[: 100 - sum(percents)]:
        percents[index] += 1
    return percents


def spenders(causes: Mapping[str, int], labels: Mapping[str, str], total: int, *, shown: int = _SHOWN) -> list[Spender]:
    """The causes that spent most, then "Everything else" for the rest of `total`; their counts add up to it.

    `total` may be more than the causes explain (raw events that are no longer kept): that is everything else too.
    """
    ranked = sorted(((bad, cause) for cause, bad in causes.items() if bad > 0), key=lambda each: (-each[0], each[1]))
    top = ranked[:shown]
    counts = [bad for bad, _ in top]
    rest = total - sum(counts)
    if rest < 0:
        raise ValueError("the causes hold more bad events than there were")
    percents = whole_percents([*counts, rest])
    found = [
        Spender(cause=cause, label=labels.get(cause, cause), bad=bad, percent=percent)
        for (bad, cause), percent in zip(top, percents, strict=False)
    ]
    if rest:
        found.append(Spender(cause="", label=EVERYTHING_ELSE, bad=rest, percent=percents[-1]))
    return found
