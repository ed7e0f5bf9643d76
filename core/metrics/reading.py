"""What reading a metric gives."""

from __future__ import annotations

from dataclasses import dataclass

from core.metrics.definition import Metric


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A metric over a period. `value` over all of it, `before` over the period before; None where nothing was counted.

    `points`: one value for each bin of the period; empty where only the whole was asked for.
    """

    metric: Metric
    value: float | None
    before: float | None = None
    points: tuple[float | None, ...] = ()

    @property
    def change(self) -> float | None:
        """Relative change against the period before: 0.06 is six per cent more; None where there is no base."""
        if self.value is None or not self.before:
            return None
        return self.value / self.before - 1
