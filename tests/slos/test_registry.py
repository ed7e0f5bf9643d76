from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.telemetry import Kind, Outcome, Pace, Series, Who
from core.metrics import METRICS
from core.metrics.definition import Share
from core.slos import ALL, SLOS
from core.slos.definition import BURN_RULES, BurnRule, Slo

COUNTED = [slo for slo in ALL if slo.incidents is None]
# Every series that could ever be recorded, of one name each.
EVERY_SERIES = [
    Series(kind, name, outcome, pace, who)
    for kind in Kind
    for name in ("a", "supported", "password")
    for outcome in Outcome
    for pace in Pace
    for who in (Who.ANONYMOUS, Who.USER)
]


def test_slugs_are_unique_and_the_facts_table_is_whole() -> None:
    assert len(SLOS) == len(ALL)
    assert {slug: slo.objective for slug, slo in SLOS.items()} == {
        "availability": 0.999,
        "critical-errors": 0.999,
        "page-2s": 0.95,
        "page-5s": 0.99,
        "api-200ms": 0.95,
        "api-1s": 0.99,
        "summary-30s": 0.95,
        "summary-60s": 0.99,
        "db-50ms": 0.95,
        "start-500ms": 0.95,
        "recovery": 0.5,
    }
    assert {slo.window for slo in COUNTED} == {timedelta(days=30)}


@pytest.mark.parametrize("slo", ALL, ids=lambda slo: slo.slug)
def test_every_objective_is_defined_in_full(slo: Slo) -> None:
    assert slo.metric in METRICS
    assert 0 < slo.objective < 1
    assert "“" in slo.source
    assert slo.title
    assert slo.short_title
    assert slo.critical
    assert all(rule.factor * slo.allowed < 1 for rule in slo.rules)


@pytest.mark.parametrize("slo", COUNTED, ids=lambda slo: slo.slug)
def test_what_is_bad_is_a_part_of_what_is_valid_and_the_metric_is_the_share_of_the_rest(slo: Slo) -> None:
    query = METRICS[slo.metric].query
    assert isinstance(query, Share)
    seen = 0
    for series in EVERY_SERIES:
        if _is_in_no_kind(series):
            continue
        is_valid = any(each.matches(series) for each in slo.valid)
        is_bad = any(each.matches(series) for each in slo.bad)
        assert is_valid or not is_bad, series
        assert is_valid == any(each.matches(series) for each in query.whole), series
        assert (is_valid and not is_bad) == any(each.matches(series) for each in query.part), series
        seen += is_bad
    assert seen


def _is_in_no_kind(series: Series) -> bool:
    """A kind with thresholds always has a pace, one without never has."""
    from core.domain.telemetry import KINDS

    return (KINDS[Kind(series.kind)].thresholds_ms is None) != (series.pace == Pace.NONE)


@pytest.mark.parametrize("slug", ["summary-30s", "summary-60s"])
def test_each_bad_summary_has_a_cause_of_its_own(slug: str) -> None:
    slo = SLOS[slug]
    for series in EVERY_SERIES:
        # Only what failed or came late has a cause: nothing that was served at once does.
        if series.kind != Kind.SUMMARY or series.outcome == Outcome.CACHED or _is_in_no_kind(series):
            continue
        cause = series._replace(kind=Kind.CAUSE)
        is_recorded = series.outcome in {"failed", "server_error", "timeout", "dropped", "vendor_limited"} or (
            series.outcome == "ok" and series.pace != "fast"
        )
        is_told = is_recorded and any(each.matches(cause) for each in slo.told_by)
        assert is_told == any(each.matches(series) for each in slo.bad), series


@pytest.mark.parametrize("objective", [0.0, 1.0, -0.5, 1.5])
def test_an_objective_outside_of_nothing_and_all_is_refused(objective: float) -> None:
    with pytest.raises(ValueError, match="between 0 and 1"):
        replace(SLOS["availability"], objective=objective)


@pytest.mark.parametrize(
    ("objective", "factor", "is_refused"),
    [
        (0.9, 14.4, True),  # at most 10 times as fast
        (0.9, 10.0, True),  # exactly the most is never exceeded
        (0.9, 9.9, False),
        (0.95, 20.0, True),
        (0.95, 14.4, False),
        (0.99, 100.0, True),
        (0.999, 999.0, False),
    ],
)
def test_a_rule_that_could_never_fire_is_refused(objective: float, factor: float, is_refused: bool) -> None:
    rule = BurnRule(severity="page", long=timedelta(hours=1), short=timedelta(minutes=5), factor=factor)

    def define() -> Slo:
        return replace(SLOS["availability"], objective=objective, rules=(rule,), slow_rule=None)

    if is_refused:
        with pytest.raises(ValueError, match="never fires"):
            define()
    else:
        assert define().rules == (rule,)


def test_a_rule_that_looks_at_more_than_the_window_is_refused() -> None:
    with pytest.raises(ValueError, match="whole window"):
        replace(SLOS["availability"], window=timedelta(days=3), rules=BURN_RULES)


def test_an_objective_counts_either_events_or_incidents() -> None:
    with pytest.raises(ValueError, match="either"):
        replace(SLOS["availability"], valid=(), bad=())
    with pytest.raises(ValueError, match="either"):
        replace(SLOS["availability"], incidents=SLOS["recovery"].incidents)
