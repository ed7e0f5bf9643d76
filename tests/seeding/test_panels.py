"""Every panel against the truth: counts and shares exact, percentiles within one per cent, people exact."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pytest

from core.db.database import Database
from core.domain.period import Period
from core.domain.telemetry import Kind, Series
from core.metrics import ALL, METRICS
from core.metrics.definition import Metric, Quantile, Rate
from core.metrics.reading import Reading
from core.seeding.columns import OUTCOMES
from core.seeding.history import History
from core.seeding.ledger import Ledger
from core.seeding.plan import moment_of
from core.seeding.truth import windows_of
from core.seeding.truth_figures import FIGURES, broke, is_call, is_done_summary, is_request, is_summary, of
from core.seeding.truth_objectives import OBJECTIVES, RECOVERY, objective_counts
from core.seeding.window import Pick, Window, nearest_rank
from core.services.operations.operations import Operations
from core.services.operations.people import last_day
from core.services.operations.views import FunnelView, PercentileLines, RouteRow, VendorRow
from core.slos import SLOS
from tests.factories.clocks import HeldClock
from tests.seeding.conftest import Seeded

WINDOWS = ("1h", "6h", "24h", "7d", "30d", "90d", "custom")
PERCENT = 0.01
_BY_STEP = {"critical-errors", "summary-30s", "summary-60s"}
_COUNTED = {
    "page_request", "api_request", "page_open", "summary", "submit", "sign_in", "sign_up", "query", "rung", "stage"
}  # fmt: skip


class _Event(NamedTuple):
    at: datetime
    series: Series
    value: float
    request: tuple[int, int]


@pytest.fixture(scope="module")
def events(seeded: Seeded) -> list[_Event]:
    """Whatever an objective counts, and the steps of summaries, simulated once more for the requests' numbers."""
    history, found = History(seeded.plan), []
    for stretch in history.stretches():
        rows = stretch.rows
        known = {int(code): history.book.series(int(code)) for code in np.unique(rows.code)}
        for at_us, code, value, request in zip(
            rows.at_us.tolist(), rows.code.tolist(), rows.value.tolist(), rows.request.tolist(), strict=True
        ):
            if known[code].kind in _COUNTED:
                found.append(_Event(moment_of(at_us), known[code], value, tuple(request)))
    return found


@pytest.fixture
def operations(seeded: Seeded, seeded_database: Database) -> Operations:
    return Operations(database=seeded_database, clock=HeldClock(seeded.plan.end))


@lru_cache(maxsize=4_096)
def window_of(ledger: Ledger, start: datetime, end: datetime) -> Window:
    """Made once: many figures look at the same bins."""
    return Window(ledger, start, end)


def period_of(seeded: Seeded, name: str) -> Period:
    start, end = windows_of(seeded.plan)[name]
    return Period(start=start, end=end)


def is_near(found: float | None, true: float | None) -> bool:
    """Within one per cent; where the truth is at most one stored unit, anything in that first bucket."""
    if found is None or true is None:
        return found is true
    return abs(found - true) <= PERCENT * true + 1e-9 or (true <= 1 and 0 <= found <= 1)


def both(left: Pick, right: Pick) -> Pick:
    return lambda series: left(series) and right(series)


def agrees(metric: Metric, found: float | None, true: float | None) -> bool:
    if isinstance(metric.query, Quantile):
        return is_near(found, true)
    return found == true if found is None or true is None else found == pytest.approx(true, rel=1e-9)


@pytest.mark.parametrize("window", WINDOWS)
async def test_every_figure_is_the_true_one_over_the_window_and_over_the_one_before(
    operations: Operations, seeded: Seeded, window: str
) -> None:
    period = period_of(seeded, window)
    readings = await operations.read_all(ALL, period)
    now, before = (window_of(seeded.ledger, each.start, each.end) for each in (period, period.before))
    wrong = []
    for reading in readings:
        slug = reading.metric.slug
        true_before = None if _still_runs(reading, period.end, seeded) else FIGURES[slug](before)
        for found, true in ((reading.value, FIGURES[slug](now)), (reading.before, true_before)):
            if not agrees(reading.metric, found, true):
                wrong.append((slug, found, true))
    assert wrong == []


@pytest.mark.parametrize("window", ["24h", "7d"])
async def test_every_point_of_every_figure_is_the_true_one_of_its_bin(
    operations: Operations, seeded: Seeded, window: str
) -> None:
    period = period_of(seeded, window)
    readings = [each for each in await operations.read_all(ALL, period) if each.points]
    assert len(readings) > 60
    wrong = []
    for place, (start, end) in enumerate(pairwise(period.edges())):
        bin_ = window_of(seeded.ledger, start, end)
        for reading in readings:
            true = None if _still_runs(reading, end, seeded) else _point(reading, bin_)
            if not agrees(reading.metric, reading.points[place], true):
                wrong.append((reading.metric.slug, start.isoformat(), reading.points[place], true))
    assert wrong == []


def _still_runs(reading: Reading, end: datetime, seeded: Seeded) -> bool:
    """While a day runs, who was active on it so far is compared with no other day."""
    return reading.metric.slug == "daily-active" and last_day(end) >= seeded.plan.end.date()


def _point(reading: Reading, bin_: Window) -> float | None:
    """A rate over a bin of which less than half is over is not shown."""
    if isinstance(reading.metric.query, Rate) and bin_.minutes < (bin_.end - bin_.start) / timedelta(minutes=2):
        return None
    return FIGURES[reading.metric.slug](bin_)


async def test_every_objective_stands_as_it_truly_does(operations: Operations, seeded: Seeded) -> None:
    end = seeded.plan.end + timedelta(minutes=1)
    for status in await operations.slos():
        slug = status.slo.slug
        window = window_of(seeded.ledger, end - status.slo.window, end)
        valid, bad = objective_counts(slug, window)
        assert (status.valid, status.bad, status.stuck) == (valid, bad, 0), slug
        assert status.sli == pytest.approx(1 - bad / valid)
        assert status.budget_left == pytest.approx(1 - bad / (status.slo.allowed * valid))
        if slug in OBJECTIVES and OBJECTIVES[slug].timed is not None:
            timed = OBJECTIVES[slug].timed
            assert timed is not None
            assert is_near(status.p95, window.quantile(timed, 0.95))
        for burn in status.burns:
            for length, found in ((burn.rule.long, burn.long_rate), (burn.rule.short, burn.short_rate)):
                valid, bad = objective_counts(slug, window_of(seeded.ledger, end - length, end))
                true = bad / valid / status.slo.allowed if valid else None
                assert found == (None if true is None else pytest.approx(true)), (slug, length)


@pytest.mark.parametrize("window", ["24h", "30d", "custom"])
async def test_the_performance_panel_shows_true_lines_stages_routes_and_heat(
    operations: Operations, seeded: Seeded, window: str
) -> None:
    period = period_of(seeded, window)
    view = await operations.performance(period)
    for line, pick in zip(view.lines, (of("page_open"), of("api_request"), is_done_summary), strict=True):
        _check_line(line, seeded.ledger, period, pick)
    assert len(view.stages) == 6
    for line in view.stages:
        _check_line(line, seeded.ledger, period, of("stage", line.slug.removeprefix("stage-")))
    _check_routes(view.routes, seeded.ledger, period)
    for reading in view.vitals:
        assert is_near(reading.value, FIGURES[reading.metric.slug](window_of(seeded.ledger, period.start, period.end)))
    _check_heat(view.heat.bands, view.heat.counts, seeded.ledger, period)


def _check_line(line: PercentileLines, ledger: Ledger, period: Period, pick: Pick) -> None:
    now = window_of(ledger, period.start, period.end)
    before = window_of(ledger, period.before.start, period.before.end)
    assert line.count == now.count(pick)
    for q, whole, earlier in zip((0.5, 0.95, 0.99), line.overall, line.before, strict=True):
        assert is_near(whole, now.quantile(pick, q)), line.slug
        assert is_near(earlier, before.quantile(pick, q)), line.slug
    for place, (start, end) in enumerate(pairwise(period.edges())):
        values = window_of(ledger, start, end).values(pick)
        for q, points in ((0.5, line.p50), (0.95, line.p95), (0.99, line.p99)):
            assert is_near(points[place], nearest_rank(values, q)), line.slug


def _check_routes(routes: Sequence[RouteRow], ledger: Ledger, period: Period) -> None:
    window = window_of(ledger, period.start, period.end)
    before = window_of(ledger, period.before.start, period.before.end)
    named = {
        (each.series.kind, each.series.name)
        for each in ledger.told(period.start, period.end)
        if is_request(each.series) or each.series.kind == Kind.PAGE_OPEN
    }
    assert {(row.kind, row.name) for row in routes} == named
    for row in routes:

        def mine(series: Series, row: RouteRow = row) -> bool:
            is_valid = is_request(series) or series.kind == Kind.PAGE_OPEN
            return is_valid and (series.kind, series.name) == (row.kind, row.name)

        assert row.count == window.count(mine)
        assert row.errors == window.count(both(mine, broke))
        assert row.error_ratio == pytest.approx(row.errors / row.count)
        for q, found in ((0.5, row.p50), (0.95, row.p95), (0.99, row.p99)):
            assert is_near(found, window.quantile(mine, q)), row
        assert is_near(row.p95_before, before.quantile(mine, 0.95)), row


def _check_heat(bands: Sequence[float], counts: Sequence[Sequence[int]], ledger: Ledger, period: Period) -> None:
    """What lies within one per cent of a band's bound may stand on either side of it."""
    for place, (start, end) in enumerate(pairwise(period.edges())):
        values = window_of(ledger, start, end).values(is_done_summary)
        column = [band[place] for band in counts]
        assert sum(column) == len(values)
        for number, bound in enumerate(bands[:-1], 1):
            under = sum(column[:number])
            assert (values <= bound * (1 - 2 * PERCENT)).sum() <= under <= (values <= bound * (1 + 2 * PERCENT)).sum()


@pytest.mark.parametrize("window", ["24h", "30d", "custom"])
async def test_the_usage_panel_shows_the_true_engines_rungs_languages_lengths_people_and_funnel(
    operations: Operations, seeded: Seeded, window: str
) -> None:
    period = period_of(seeded, window)
    view = await operations.usage(period)
    now = window_of(seeded.ledger, period.start, period.end)
    for found, pick in ((view.engines, of("engine")), (view.languages, of("language")), (view.lengths, is_summary)):
        true = _by_name(seeded.ledger, period, pick)
        assert {each.name: each.count for each in found} == true
        assert sum(each.ratio or 0 for each in found) == pytest.approx(1)
    tries = _by_name(seeded.ledger, period, of("rung"))
    good = _by_name(seeded.ledger, period, lambda series: series.kind == "rung" and series.outcome == "ok")
    assert {each.name: each.count for each in view.rungs} == tries
    assert {each.name: each.ratio for each in view.rungs} == {
        name: pytest.approx(good[name] / count) for name, count in tries.items()
    }
    active = {at.date(): len(who) for at, who in seeded.ledger.active}
    assert {at.date(): count for at, count in view.active_days if count} == {
        day: count for day, count in active.items() if period.start.date() <= day <= now.end.date() and count
    }
    _check_funnel(view.funnel, seeded, now)


def _by_name(ledger: Ledger, period: Period, pick: Pick) -> dict[str, int]:
    found: Counter[str] = Counter()
    for each in ledger.told(period.start, period.end):
        if pick(each.series):
            found[each.series.name] += int(each.count.sum())
    return dict(found)


def _check_funnel(funnel: FunnelView, seeded: Seeded, window: Window) -> None:
    visitors = seeded.ledger.visitors
    browsers = window.browsers()
    first = visitors.first_summary_us[browsers]
    assert (funnel.visitors, funnel.registered) == (len(browsers), window.signed_up_soon(browsers))
    by_day: dict[datetime, list[int]] = defaultdict(list)
    for browser, at in zip(browsers, first, strict=True):
        midnight = datetime.fromtimestamp(int(at) // 86_400_000_000 * 86_400, UTC)
        by_day[midnight].append(int(browser))
    assert funnel.days == tuple(
        (day, len(each), window.signed_up_soon(np.array(each))) for day, each in sorted(by_day.items())
    )
    limit = seeded.plan.end - timedelta(days=30)
    mature = np.array(
        [one for day, each in by_day.items() if day + timedelta(days=1) <= limit for one in each], dtype=int
    )
    assert (funnel.mature_visitors, funnel.mature_registered) == (len(mature), window.signed_up_soon(mature))


@pytest.mark.parametrize("window", ["1h", "24h", "30d"])
async def test_the_overview_shows_true_lines_tiles_and_vendors(
    operations: Operations, seeded: Seeded, window: str
) -> None:
    period = period_of(seeded, window)
    view = await operations.overview(period)
    for points, slug in (
        (view.requests, "requests-per-minute"), (view.errors, "errors-per-minute"),
        (view.summary_p50, "summary-p50"), (view.summary_p95, "summary-p95"),
    ):  # fmt: skip
        for place, (start, end) in enumerate(pairwise(period.edges())):
            bin_ = window_of(seeded.ledger, start, end)
            is_hidden = "minute" in slug and bin_.minutes < (end - start) / timedelta(minutes=2)
            assert agrees(METRICS[slug], points[place], None if is_hidden else FIGURES[slug](bin_)), slug
    whole = window_of(seeded.ledger, period.start, period.end)
    for reading in view.tiles:
        assert agrees(reading.metric, reading.value, FIGURES[reading.metric.slug](whole)), reading.metric.slug
    end = seeded.plan.end + timedelta(minutes=1)
    hour = window_of(seeded.ledger, end - timedelta(hours=1), end)
    for row in view.vendors:

        def mine(series: Series, row: VendorRow = row) -> bool:
            return is_call(series) and series.name == row.vendor

        assert row.calls == hour.count(mine)
        assert row.error_ratio == pytest.approx(hour.share(broke, mine))
        assert is_near(row.p95, hour.quantile(mine, 0.95))
    assert sum(row.calls for row in view.vendors) == hour.count(is_call)


@pytest.mark.parametrize("slug", [slug for slug in SLOS if slug != RECOVERY])
@pytest.mark.parametrize("window", ["7d", "30d"])
async def test_an_objectives_panel_shows_its_true_burn_down_and_who_spent_it(
    operations: Operations, seeded: Seeded, events: Sequence[_Event], slug: str, window: str
) -> None:
    period = period_of(seeded, window)
    view = await operations.slo(slug, period)
    true_valid, true_bad = objective_counts(slug, window_of(seeded.ledger, period.start, period.end))
    assert true_valid
    assert view.bad_in_period == true_bad
    assert sum(each.bad for each in view.spenders) == true_bad
    assert sum(each.percent for each in view.spenders) == (100 if true_bad else 0)
    true = _spenders(events, slug, period)
    assert {each.cause: each.bad for each in view.spenders if each.cause} == _most(true, 6)
    valid, _ = objective_counts(slug, window_of(seeded.ledger, view.budget_edges[0], view.budget_edges[-1]))
    for edge, left in list(zip(view.budget_edges[1:], view.budget_left, strict=True))[::10]:
        _, bad = objective_counts(slug, window_of(seeded.ledger, view.budget_edges[0], edge))
        assert left == pytest.approx(1 - bad / (SLOS[slug].allowed * valid))


def _most(causes: Counter[str], shown: int) -> dict[str, int]:
    """Of equal ones the first by name."""
    return dict(sorted(causes.items(), key=lambda each: (-each[1], each[0]))[:shown])


def _spenders(events: Sequence[_Event], slug: str, period: Period) -> Counter[str]:
    """Bad events by cause: the route, or the step that took longest in the request that ended badly."""
    objective, bad = OBJECTIVES[slug], Counter[str]()
    steps: dict[tuple[int, int], tuple[float, str]] = {}
    if slug in _BY_STEP:
        for each in events:
            if each.series.kind in {"rung", "stage"} and each.series.name != "fetching_captions":
                step = each.value, f"{each.series.kind}:{each.series.name}"
                steps[each.request] = max(steps.get(each.request, step), step)
    for each in events:
        is_late = objective.timed is not None and objective.timed(each.series) and each.value >= objective.bound_ms
        is_broken = objective.broke is not None and objective.valid(each.series) and objective.broke(each.series)
        if (is_late or is_broken) and period.start <= each.at < period.end:
            own = f"{each.series.kind}:{each.series.name}"
            bad[steps[each.request][1] if each.series.kind == "summary" and each.request in steps else own] += 1
    return bad


def test_outcomes_of_the_simulation_are_known_ones(seeded: Seeded) -> None:
    told = seeded.ledger.told(seeded.plan.start, seeded.plan.end)
    assert {each.series.outcome for each in told} <= {outcome.value for outcome in OUTCOMES}
