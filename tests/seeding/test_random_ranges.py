"""What panels show of a range is what plain SQL finds in the single events of that range."""

from __future__ import annotations

import random
from datetime import timedelta

import psycopg
import pytest

from core.db.database import Database
from core.domain.period import Period
from core.metrics import METRICS
from core.services.operations.operations import Operations
from tests.factories.clocks import HeldClock
from tests.seeding.conftest import Seeded

RANGES = 1_000
_SHOWN = ("availability", "summaries", "calls", "unsupported-share", "page-p95", "coverage")
# A weight stands for the rows that were not kept; they are of the same bucket, so percentiles stay within its bounds.
_RAW = b"""
    WITH found AS MATERIALIZED (
        SELECT kind, name, outcome, value, weight FROM events JOIN series ON id = series_id WHERE ts >= %s AND ts < %s
           AND kind IN ('page_request', 'api_request', 'summary', 'call', 'lines', 'page_open', 'coverage')
    ), requests AS (
        SELECT * FROM found
         WHERE kind IN ('page_request', 'api_request') AND outcome NOT IN ('client_error', 'cancelled')
    )
    SELECT (SELECT coalesce(sum(weight), 0) FROM requests),
           (SELECT coalesce(sum(weight), 0) FROM requests
             WHERE outcome IN ('server_error', 'timeout', 'dropped', 'vendor_limited', 'failed')),
           coalesce(sum(weight) FILTER (WHERE kind = 'summary' AND outcome NOT IN ('client_error', 'cancelled')), 0),
           coalesce(sum(weight) FILTER (WHERE kind = 'call' AND outcome <> 'cancelled'), 0),
           coalesce(sum(weight) FILTER (WHERE kind = 'lines'), 0),
           coalesce(sum(weight) FILTER (WHERE kind = 'lines' AND name = 'unsupported'), 0),
           (SELECT percentile_disc(0.95) WITHIN GROUP (ORDER BY value) FROM found, generate_series(1, weight)
             WHERE kind = 'page_open'),
           sum(value::float8 * weight) FILTER (WHERE kind = 'coverage')
             / sum(weight) FILTER (WHERE kind = 'coverage')
      FROM found
"""


def _ranges(seeded: Seeded) -> list[Period]:
    """From a minute to all of it, short ones as often as long ones; half of them with edges on whole hours."""
    rng = random.Random(8)
    whole = seeded.plan.minutes
    found = []
    for number in range(RANGES):
        length = round(whole ** rng.random())
        start = rng.randrange(whole - length + 1)
        if number % 2:
            start, length = start // 60 * 60 + 30, max(length // 60, 1) * 60
        at = seeded.plan.start + timedelta(minutes=start)
        found.append(Period(start=at, end=at + timedelta(minutes=length)))
    return found


async def test_panels_show_what_sql_finds_in_single_events(seeded: Seeded, seeded_database: Database) -> None:
    operations = Operations(database=seeded_database, clock=HeldClock(seeded.plan.end + timedelta(days=1)))
    metrics = [METRICS[slug] for slug in _SHOWN]
    seen = 0
    with psycopg.connect(seeded.url) as connection:
        for period in _ranges(seeded):
            row = connection.execute(_RAW, (period.start, period.end)).fetchone()
            assert row is not None
            valid, bad, summaries, calls, lines, unsupported, p95, coverage = row
            found = {each.metric.slug: each.value for each in await operations.read_all(metrics, period)}
            assert found["availability"] == (pytest.approx(1 - bad / valid) if valid else None), period
            assert (found["summaries"], found["calls"]) == (summaries, calls), period
            assert found["unsupported-share"] == (pytest.approx(unsupported / lines) if lines else None), period
            assert found["page-p95"] == (None if p95 is None else pytest.approx(p95, rel=0.0101)), period
            assert found["coverage"] == (None if coverage is None else pytest.approx(coverage / 1_000, rel=1e-5))
            seen += valid + summaries
    assert seen > 1_000_000
