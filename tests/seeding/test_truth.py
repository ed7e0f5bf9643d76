"""The truth covers every figure and objective there is, and is right where one can check it by hand."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import numpy as np
import pytest

from core.metrics import METRICS
from core.seeding.truth import FILE, LEFT_OUT, truth, windows_of, write_truth
from core.seeding.truth_figures import FIGURES
from core.seeding.truth_objectives import OBJECTIVES, RECOVERY, allowed, days_of
from core.seeding.window import Window, nearest_rank
from core.slos import SLOS
from tests.seeding.conftest import Seeded


def test_every_figure_has_a_truth_or_a_reason_why_it_has_none() -> None:
    assert set(FIGURES) | set(LEFT_OUT) == set(METRICS)
    assert not set(FIGURES) & set(LEFT_OUT)
    assert all(LEFT_OUT.values())


def test_every_objective_has_a_truth_with_its_own_numbers() -> None:
    assert {*OBJECTIVES, RECOVERY} == set(SLOS)
    for slug, slo in SLOS.items():
        assert days_of(slug) == slo.window.days
        assert allowed(slug) == pytest.approx(slo.allowed)


def test_nearly_every_figure_has_a_value_in_the_simulation(seeded: Seeded) -> None:
    found = truth(seeded.ledger)["metrics"]
    assert isinstance(found, dict)
    empty = [slug for slug, values in found.items() if values["90d"] is None]
    assert empty == []


def test_the_written_truth_reads_back_as_it_was(seeded: Seeded, tmp_path: Path) -> None:
    path = write_truth(seeded.ledger, tmp_path)
    assert path == tmp_path / FILE
    assert json.loads(path.read_text("utf-8")) == truth(seeded.ledger)


def test_windows_end_with_the_minute_now_running_and_one_has_odd_edges(seeded: Seeded) -> None:
    windows = windows_of(seeded.plan)
    assert set(windows) == {"1h", "6h", "24h", "7d", "30d", "90d", "custom"}
    assert windows["24h"] == (
        seeded.plan.end + timedelta(minutes=1) - timedelta(days=1),
        seeded.plan.end + timedelta(minutes=1),
    )
    start, end = windows["custom"]
    assert start.minute != 0 or end.minute != 0
    assert start.second == end.second == 0


@pytest.mark.parametrize(
    ("values", "q", "expected"),
    [([], 0.5, None), ([7.0], 0.99, 7.0), ([1.0, 2.0, 3.0, 4.0], 0.5, 2.0), ([4.0, 1.0, 3.0, 2.0], 0.75, 3.0),
     ([1.0, 2.0, 3.0], 1.0, 3.0), ([5.0] * 99 + [9.0], 0.99, 5.0), ([5.0] * 98 + [9.0] * 2, 0.99, 9.0)],
)  # fmt: skip
def test_the_quantile_is_the_least_value_that_enough_values_lie_under(
    values: list[float], q: float, expected: float | None
) -> None:
    assert nearest_rank(np.array(values), q) == expected


def test_windows_side_by_side_count_what_the_whole_counts(seeded: Seeded) -> None:
    end = seeded.plan.end
    cut = end - timedelta(days=3, minutes=17)
    parts = [Window(seeded.ledger, cut - timedelta(days=4), cut), Window(seeded.ledger, cut, end)]
    whole = Window(seeded.ledger, cut - timedelta(days=4), end)
    for slug in ("summaries", "calls", "refusals", "sign-ups", "visitors", "registered"):
        assert sum(FIGURES[slug](part) or 0 for part in parts) == FIGURES[slug](whole)


def test_active_people_are_counted_once_in_a_week_however_many_days_they_came(seeded: Seeded) -> None:
    window = Window(seeded.ledger, seeded.plan.end - timedelta(days=1), seeded.plan.end)
    by_day = [set(who.tolist()) for _, who in seeded.ledger.active[-7:]]
    assert len(window.accounts(7)) == len(set.union(*by_day))
    assert len(window.accounts(7)) < sum(map(len, by_day))
    assert len(window.accounts(1)) == len(by_day[-1])
