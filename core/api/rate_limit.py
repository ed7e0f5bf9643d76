"""A limit on how often one address may ask, kept in memory: each process counts for itself."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable

from core.domain.account import network_of

# Beyond so many addresses the one that was quiet for longest is forgotten: it begins with a full bucket again.
_MOST_ADDRESSES = 10_000


class TokenBuckets:
    """A bucket for each network address: `burst` at once, and then `per_s` a second."""

    def __init__(self, *, burst: int, per_s: float, now_s: Callable[[], float] = time.monotonic) -> None:
        self._burst = burst
        self._per_s = per_s
        self._now_s = now_s
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, address: str) -> bool:
        """True where the address may go on; False where it has to wait."""
        key, now_s = network_of(address), self._now_s()
        left, since_s = self._buckets.get(key, (float(self._burst), now_s))
        left = min(left + (now_s - since_s) * self._per_s, float(self._burst))
        may_go_on = left >= 1
        self._buckets[key] = (left - 1 if may_go_on else left, now_s)
        self._buckets.move_to_end(key)
        if len(self._buckets) > _MOST_ADDRESSES:
            self._buckets.popitem(last=False)
        return may_go_on
