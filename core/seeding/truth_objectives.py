"""How every objective has to stand, written out by hand from single events: what was valid, and what was bad."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from core.domain.telemetry import Series
from core.seeding import truth_figures as figures
from core.seeding.window import Pick, Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Objective:
    """`broke`: these count as bad whatever they took; `timed`: of these, the ones that took `bound_ms` or longer do."""

    objective: float
    days: int
    valid: Pick
    broke: Pick | None = None
    timed: Pick | None = None
    bound_ms: float = 0.0

    def counts(self, window: Window) -> tuple[int, int]:
        """(valid, bad) in this window."""
        bad = 0
        if self.broke is not None:
            bad += window.count(lambda series: self.valid(series) and bool(self.broke and self.broke(series)))
        if self.timed is not None:
            bad += int((window.values(self.timed) >= self.bound_ms).sum())
        return window.count(self.valid), bad


def _slower(pick: Pick, bound_ms: float, objective: float) -> Objective:
    return Objective(objective=objective, days=30, valid=pick, timed=pick, bound_ms=bound_ms)


def _summaries(bound_ms: float, objective: float) -> Objective:
    return Objective(
        objective=objective, days=30, valid=figures.is_summary, broke=figures.broke, timed=figures.is_done_summary,
        bound_ms=bound_ms,
    )  # fmt: skip


def _is_query(series: Series) -> bool:
    return series.kind == "query"


OBJECTIVES: dict[str, Objective] = {
    "availability": Objective(objective=0.999, days=30, valid=figures.is_request, broke=figures.broke),
    "critical-errors": Objective(objective=0.999, days=30, valid=figures.is_critical, broke=figures.broke),
    "page-2s": _slower(figures.of("page_open"), 2_000, 0.95),
    "page-5s": _slower(figures.of("page_open"), 5_000, 0.99),
    "api-200ms": _slower(figures.of("api_request"), 200, 0.95),
    "api-1s": _slower(figures.of("api_request"), 1_000, 0.99),
    "summary-30s": _summaries(30_000, 0.95),
    "summary-60s": _summaries(60_000, 0.99),
    "db-50ms": _slower(_is_query, 50, 0.95),
    "start-500ms": _slower(figures.is_accepted, 500, 0.95),
}
RECOVERY = "recovery"
RECOVERY_DAYS, RECOVERY_OBJECTIVE, RECOVERY_S = 90, 0.5, 300


def objective_counts(slug: str, window: Window) -> tuple[int, int]:
    """(valid, bad) of an objective, the one about incidents included."""
    if slug != RECOVERY:
        return OBJECTIVES[slug].counts(window)
    troubles = window.critical_troubles()
    late = [each for each in troubles if each.mitigated_at - each.started_at >= timedelta(seconds=RECOVERY_S)]
    return len(troubles), len(late)


def days_of(slug: str) -> int:
    return RECOVERY_DAYS if slug == RECOVERY else OBJECTIVES[slug].days


def allowed(slug: str) -> float:
    """The share that may be bad."""
    return 1 - (RECOVERY_OBJECTIVE if slug == RECOVERY else OBJECTIVES[slug].objective)
