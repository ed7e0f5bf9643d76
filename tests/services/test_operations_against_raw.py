"""What panels show against plain SQL on single events: equal for counts, within 1 % for percentiles."""

from __future__ import annotations

import math
import random
import struct
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise

import pytest
from sqlalchemy import text

from core.db.database import Database
from core.db.queries.telemetry import list_series
from core.domain.period import HOUR, MINUTE, Period
from core.domain.telemetry import Kind, Outcome, Series, Who
from core.metrics import ALL
from core.metrics.definition import (
    Count,
    Mean,
    Metric,
    Quantile,
    Rate,
    Selection,
    Share,
    scale_of,
    selections_of,
)
from core.services.operations.cells import KnownSeries, question_for, read_cells
from core.services.operations.figures import Sources, evaluate
from core.services.operations.operations import Operations
from tests.factories.clocks import HeldClock
from tests.factories.telemetry import Made, event, write_history

START = datetime(2026, 10, 30, 0, 0, tzinfo=UTC)
DAYS = 12
END = START + timedelta(days=DAYS)
# Metrics that are made of sums: what the test is about.
SUMMED = [metric for metric in ALL if selections_of(metric.query)]
Raw = dict[Series, tuple[int, float]]

_NAMES = {
    Kind.PAGE_REQUEST: ("GET /", "GET /library"), Kind.API_REQUEST: ("GET /api/v1/summaries",), Kind.PAGE_OPEN: ("/",),
    Kind.SUMMARY: ("under 5 min", "5–20 min"), Kind.LINES: ("supported", "unsupported"),
    Kind.ENGINE: ("offline", "model"),
    Kind.LANGUAGE: ("en", "de"), Kind.SIGN_IN: ("password", "reset"), Kind.CPU: ("web", "worker"),
    Kind.MEMORY: ("web", "worker"), Kind.CALL: ("youtube.captions",),
}  # fmt: skip
_OUTCOMES = {Kind.CACHE: (Outcome.HIT, Outcome.MISS)}
_ORDINARY = (Outcome.OK, Outcome.OK, Outcome.OK, Outcome.CLIENT_ERROR, Outcome.SERVER_ERROR, Outcome.LIMITED,
             Outcome.CANCELLED, Outcome.CACHED, Outcome.FAILED, Outcome.TIMEOUT, Outcome.REFUSED)  # fmt: skip


def as_float4(value: float) -> float:
    """The number as the events' column keeps it."""
    (kept,) = struct.unpack("f", struct.pack("f", value))
    return float(kept)


def made_up(random_: random.Random, size: int) -> list[Made]:
    kinds = [kind for kind in Kind if kind is not Kind.SPEND]
    found = []
    for _ in range(size):
        kind = random_.choice(kinds)
        found.append(
            event(
                kind,
                random_.choice(_NAMES.get(kind, ("one",))),
                START + timedelta(milliseconds=random_.randrange(DAYS * 86_400_000)),
                outcome=random_.choice(_OUTCOMES.get(kind, _ORDINARY)),
                value=as_float4(random_.lognormvariate(6, 3)),
                who=random_.choice((Who.ANONYMOUS, Who.USER)),
                weight=random_.choice((1, 1, 1, 7)),
            )
        )
    # Exactly on edges of minutes, hours and days, where an off-by-one would show.
    edges = (START, START + HOUR, START + MINUTE, START + timedelta(days=3), END - MINUTE)
    return [*found, *(event(Kind.API_REQUEST, "edge", at, value=12.0) for at in edges)]


@pytest.fixture
async def history(database: Database) -> Database:
    random_ = random.Random(20261125)
    dirty = {START + number * HOUR for number in (5, 29, 30, 100, 287)}
    await write_history(database, made_up(random_, 6_000), dirty=dirty, writers=3)
    return database


async def read_raw(database: Database, edges: Sequence[datetime]) -> list[Raw]:
    """By bin and series (Σ weight, Σ weight × value), from single events."""
    statement = text(
        """
        SELECT p.place, s.kind, s.name, s.outcome, s.pace, s.who, sum(e.weight) AS n,
               sum(e.weight * e.value::float8) AS v
          FROM unnest(cast(:since AS timestamptz[]), cast(:until AS timestamptz[])) WITH ORDINALITY
               AS p (since, until, place)
          JOIN events e ON e.ts >= p.since AND e.ts < p.until JOIN series s ON s.id = e.series_id
         GROUP BY 1, 2, 3, 4, 5, 6
        """
    )
    bins: list[Raw] = [{} for _ in range(len(edges) - 1)]
    async with database.read() as session:
        for row in await session.execute(statement, {"since": list(edges[:-1]), "until": list(edges[1:])}):
            series = Series(row.kind, row.name, row.outcome, row.pace, row.who)
            bins[row.place - 1][series] = int(row.n), float(row.v)
    return bins


def agree(found: Sequence[float | None], expected: Sequence[float | None]) -> bool:
    """The same but for the last digits of sums; no value only where none is expected."""
    return len(found) == len(expected) and all(
        a is b if a is None or b is None else math.isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)
        for a, b in zip(found, expected, strict=True)
    )


def by_hand(metric: Metric, raw: Raw, length_s: float) -> float | None:
    def count(of: tuple[Selection, ...]) -> int:
        return sum(n for series, (n, _) in raw.items() if any(each.matches(series) for each in of))

    def total(of: tuple[Selection, ...]) -> float:
        return sum(v for series, (_, v) in raw.items() if any(each.matches(series) for each in of))

    match metric.query:
        case Count(of=of):
            return count(of)
        case Rate(of=of, per_s=per_s):
            return per_s * count(of) / length_s
        case Share(part=part, whole=whole):
            return count(part) / count(whole) if count(whole) else None
        case Mean(of=of) as query:
            return scale_of(query) * total(of) / count(of) if count(of) else None
    raise AssertionError(metric.slug)


async def test_a_thousand_random_ranges_show_what_plain_sql_counts(history: Database) -> None:
    random_ = random.Random(7)
    counted = [metric for metric in SUMMED if not isinstance(metric.query, Quantile)]
    ranges = 0
    for size in (1_000, 40, 5):
        # Neighbouring ranges in one reading; fewer of them are longer, up to days.
        places = sorted(random_.sample(range(DAYS * 24 * 60), size + 1))
        edges = [START + place * MINUTE for place in places]
        async with history.snapshot() as session:
            known = KnownSeries({number: each for each, number in (await list_series(session)).items()})
            cells = await read_cells(session, question_for(counted), edges, series=known)
        raw = await read_raw(history, edges)
        sources = Sources(now=END, cells=cells)
        lengths = [(end - start).total_seconds() for start, end in pairwise(edges)]
        for metric in counted:
            expected = [by_hand(metric, each, length) for each, length in zip(raw, lengths, strict=True)]
            assert agree(evaluate(metric, sources).points, expected), metric.slug
        ranges += size
    assert ranges > 1_000


@pytest.mark.parametrize("zone", ["UTC", "Asia/Kathmandu", "America/New_York"])
async def test_whole_answers_agree_with_plain_sql_bin_by_bin_in_any_zone(history: Database, zone: str) -> None:
    operations = Operations(database=history, clock=HeldClock(END))
    # The clocks of New York go back on the first of November.
    for start, end in ((START + 31 * MINUTE, END), (START + 50 * HOUR, START + 50 * HOUR + 413 * MINUTE)):
        period = Period(start=start, end=end, zone=zone)
        counted = [metric for metric in SUMMED if not isinstance(metric.query, Quantile)]
        readings = await operations.read_all(counted, period)
        edges = (period.before.start, *period.edges())
        before, *raw = await read_raw(history, edges)
        (whole,) = await read_raw(history, (start, end))
        for reading in readings:
            length_s = period.length.total_seconds()
            assert reading.value == pytest.approx(by_hand(reading.metric, whole, length_s)), reading.metric.slug
            assert reading.before == pytest.approx(by_hand(reading.metric, before, length_s)), reading.metric.slug
            lengths = [(b - a).total_seconds() for a, b in pairwise(period.edges())]
            expected = [by_hand(reading.metric, each, length) for each, length in zip(raw, lengths, strict=True)]
            assert agree(reading.points, expected), reading.metric.slug


async def test_percentiles_lie_within_one_per_cent_of_the_exact_ones(history: Database) -> None:
    operations = Operations(database=history, clock=HeldClock(END))
    compared = 0
    for start, end in ((START, END), (START + 7 * MINUTE, START + 91 * HOUR), (START + HOUR, START + 3 * HOUR)):
        period = Period(start=start, end=end)
        quantiles = [metric for metric in SUMMED if isinstance(metric.query, Quantile)]
        values = await read_values(history, start, end)
        for reading in await operations.read_all(quantiles, period):
            exact = exact_quantile(values, reading.metric)
            if exact is None or reading.value is None:
                assert reading.value is exact, reading.metric.slug
                continue
            query = reading.metric.query
            assert isinstance(query, Quantile)
            # Everything up to 1 is one bucket: there the bound is absolute.
            floor = scale_of(query)
            tolerance = floor if exact <= floor else 0.01 * exact
            assert abs(reading.value - exact) <= tolerance, reading.metric.slug
            compared += 1
    assert compared > 60


async def read_values(database: Database, start: datetime, end: datetime) -> list[tuple[Series, float, int]]:
    """(series, value, weight) by rising value."""
    async with database.read() as session:
        found = await session.execute(
            text(
                "SELECT s.kind, s.name, s.outcome, s.pace, s.who, e.value, e.weight FROM events e"
                " JOIN series s ON s.id = e.series_id WHERE e.ts >= :start AND e.ts < :end ORDER BY e.value"
            ),
            {"start": start, "end": end},
        )
        return [(Series(r.kind, r.name, r.outcome, r.pace, r.who), r.value, r.weight) for r in found]


def exact_quantile(values: Sequence[tuple[Series, float, int]], metric: Metric) -> float | None:
    """The smallest value with at least ⌈q·n⌉ of the weighted values at or under it."""
    query = metric.query
    assert isinstance(query, Quantile)
    rows = [(value, weight) for series, value, weight in values if any(each.matches(series) for each in query.of)]
    rank = math.ceil(query.q * sum(weight for _, weight in rows))
    seen = 0
    for value, weight in rows:
        seen += weight
        if seen >= rank:
            return value * scale_of(query)
    return None


async def test_late_events_of_a_dirty_hour_are_seen_although_its_sums_are_old(history: Database) -> None:
    operations = Operations(database=history, clock=HeldClock(END))
    hour = START + 29 * HOUR
    period = Period(start=hour, end=hour + HOUR)
    reading = await operations.read("requests-per-minute", period)
    (raw,) = await read_raw(history, (hour, hour + HOUR))
    assert reading.value == pytest.approx(by_hand(reading.metric, raw, 3_600))
    assert reading.value


async def test_where_minutes_are_no_longer_kept_days_of_a_clock_of_half_hours_lose_nothing(database: Database) -> None:
    await write_history(database, made_up(random.Random(11), 2_000))
    async with database.transaction() as session:
        await session.execute(text("DELETE FROM rollup_minutes WHERE at < :kept"), {"kept": END - timedelta(days=2)})
    period = Period(start=START - timedelta(days=30), end=END, zone="Asia/Kolkata")
    reading = await Operations(database=database, clock=HeldClock(END)).read("requests-per-minute", period)
    edges = period.edges()
    # Half past the hour there: the half hour before belongs to the day that ends then.
    on_hours = [edge.replace(minute=0) if edge < END - timedelta(days=2) else edge for edge in edges]
    lengths = [(b - a).total_seconds() for a, b in pairwise(edges)]
    expected = [
        by_hand(reading.metric, each, length)
        for each, length in zip(await read_raw(database, on_hours), lengths, strict=True)
    ]
    assert agree(reading.points, expected)
    (whole,) = await read_raw(database, (period.start, END))
    assert reading.value == pytest.approx(by_hand(reading.metric, whole, period.length.total_seconds()))
