from __future__ import annotations

import re

import pytest

from core.domain.telemetry import KINDS, Unit
from core.metrics import ALL, METRICS
from core.metrics.definition import (
    Area,
    Count,
    Distinct,
    Mean,
    Metric,
    Quantile,
    Rate,
    Recovery,
    Share,
    Statistic,
    scale_of,
    selections_of,
)

SLUG = re.compile(r"[a-z][a-z0-9]*(-[a-z0-9]+)*")


def test_slugs_are_unique() -> None:
    assert len(METRICS) == len(ALL)


def test_there_is_a_metric_for_every_area() -> None:
    assert {metric.area for metric in ALL} == set(Area)


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.slug)
def test_every_metric_is_defined_in_full(metric: Metric) -> None:
    assert SLUG.fullmatch(metric.slug)
    assert metric.unit in set(Unit)
    for text in (metric.title, metric.formula, metric.source, metric.aggregate):
        assert text.strip() == text
        assert len(text) > 3
    # The guide's own words stand in the source, or the place that asks for it is named.
    assert "“" in metric.source


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.slug)
def test_the_unit_fits_the_query(metric: Metric) -> None:
    match metric.query:
        case Share():
            assert metric.unit is Unit.RATIO
        case Count():
            assert metric.unit is Unit.COUNT
        case Rate(per_s=per_s):
            assert metric.unit is {60: Unit.PER_MINUTE, 3600: Unit.PER_HOUR}[per_s]
        case Quantile() | Mean():
            assert {KINDS[each.kind].unit for each in metric.query.of} == {metric.unit}
            assert scale_of(metric.query) > 0
        case Distinct():
            assert metric.unit in {Unit.PEOPLE, Unit.RATIO}
        case Recovery(statistic=statistic):
            assert metric.unit is (Unit.COUNT if statistic is Statistic.COUNT else Unit.SECONDS)


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.slug)
def test_a_share_is_a_part_of_its_whole(metric: Metric) -> None:
    if not isinstance(metric.query, Share):
        assert selections_of(metric.query) or isinstance(metric.query, Distinct | Recovery)
        return
    wholes = {each.kind for each in metric.query.whole}
    assert {each.kind for each in metric.query.part} <= wholes


@pytest.mark.parametrize("metric", ALL, ids=lambda metric: metric.slug)
def test_the_critical_bound_lies_beyond_the_target(metric: Metric) -> None:
    if metric.target is None or metric.critical is None:
        assert metric.critical is None
        return
    is_more_worse = metric.direction.value == "down"
    assert (metric.critical > metric.target) is is_more_worse


def test_percentiles_are_never_averaged_and_people_never_added_up() -> None:
    for metric in ALL:
        if isinstance(metric.query, Quantile):
            assert "never averaged" in metric.aggregate
        if isinstance(metric.query, Distinct):
            assert "never added up" in metric.aggregate
