"""Every metric on a small history, against a figure that was worked out by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text

from core.db.database import Database
from core.db.queries.incidents import Incident, insert_incident
from core.db.queries.spelled_out import spell_out
from core.db.queries.telemetry import note_active
from core.domain.period import Period
from core.domain.telemetry import Kind, Outcome, Unit, Who
from core.metrics import ALL, METRICS
from core.metrics.definition import Mean, Metric, Quantile, scale_of
from core.services.operations.operations import Operations
from core.telemetry.buckets import bucket_of, merge, quantile, value_of
from tests.factories.clocks import HeldClock
from tests.factories.telemetry import Made, event, write_history

# Ten hours of a Monday; it is over when the figures are read.
START = datetime(2026, 11, 23, 0, 0, tzinfo=UTC)
PERIOD = Period(start=START, end=START + timedelta(hours=10))
NOW = START + timedelta(hours=30)
MINUTE = timedelta(minutes=1)


def some(kind: Kind, name: str, *values: float, outcome: Outcome = Outcome.OK, who: Who = Who.ANONYMOUS) -> list[Made]:
    """One event a minute from the start on."""
    return [
        event(kind, name, START + n * MINUTE, value=value, outcome=outcome, who=who) for n, value in enumerate(values)
    ]


EVENTS = [
    # Ten requests of which one is the caller's fault, one limited by us, one is bad. 7 + 1 limited of 9 valid are good.
    *some(Kind.PAGE_REQUEST, "GET /", 20, 30, 40, 50),
    *some(Kind.PAGE_REQUEST, "GET /", 60, outcome=Outcome.CLIENT_ERROR),
    *some(Kind.API_REQUEST, "GET /api/v1/summaries", 100, 150, 1_500),
    *some(Kind.API_REQUEST, "GET /api/v1/summaries", 250, outcome=Outcome.SERVER_ERROR),
    *some(Kind.API_REQUEST, "GET /api/v1/summaries", 5, outcome=Outcome.LIMITED),
    # Five page opens: three under 2 s, four under 5 s.
    *some(Kind.PAGE_OPEN, "/", 400, 600, 1_900, 2_000, 5_000),
    # Six summaries asked for and not cancelled: four came (one of them cached), three within 30 s, one in 30 to 60 s.
    *some(Kind.SUMMARY, "5–20 min", 10_000, 20_000, 45_000),
    *some(Kind.SUMMARY, "5–20 min", 50, outcome=Outcome.CACHED, who=Who.USER),
    *some(Kind.SUMMARY, "5–20 min", 9_000, outcome=Outcome.FAILED),
    *some(Kind.SUMMARY, "5–20 min", 90_000, outcome=Outcome.TIMEOUT, who=Who.USER),
    *some(Kind.SUMMARY, "5–20 min", 3_000, outcome=Outcome.CANCELLED),
    *some(Kind.CAUSE, "rung:youtube", 45_000),
    *some(Kind.SUBMIT, "address", 100, 499, 500, 900),
    *some(Kind.SUBMIT, "address", 30, outcome=Outcome.SERVER_ERROR),
    *some(Kind.SUBMIT, "address", 30, outcome=Outcome.CLIENT_ERROR),
    *some(Kind.QUERY, "read", 2, 3, 49, 50),
    *some(Kind.SIGN_IN, "password", 90, 90, 90),
    *some(Kind.SIGN_IN, "password", 90, outcome=Outcome.REFUSED),
    *some(Kind.SIGN_IN, "password", 1, 1, outcome=Outcome.LIMITED),
    *some(Kind.SIGN_IN, "reset", 9, outcome=Outcome.REFUSED),
    *some(Kind.SIGN_IN, "verify", 9, outcome=Outcome.SERVER_ERROR),
    *some(Kind.SIGN_UP, "form", 90, 90),
    *some(Kind.ENGINE, "offline", 1, 1, 1),
    *some(Kind.ENGINE, "model", 1),
    *some(Kind.LANGUAGE, "en", 1, 1, 1),
    *some(Kind.LANGUAGE, "de", 1, 1),
    *some(Kind.RUNG, "youtube", 700, 900, 1_100),
    *some(Kind.RUNG, "youtube", 300, outcome=Outcome.FAILED),
    *some(Kind.LINES, "supported", *[1] * 19),
    *some(Kind.LINES, "unsupported", 1),
    *some(Kind.COVERAGE, "offline", 500, 700, 900),
    *some(Kind.TTFB, "/", 10, 20, 30, 40),
    *some(Kind.FCP, "/", 100, 200, 300, 400),
    *some(Kind.LCP, "/", 1_000, 2_000, 3_000, 4_000),
    *some(Kind.CLS, "/", 10, 20, 90, 400),
    *some(Kind.INP, "/", 50, 60, 70, 80),
    *some(Kind.FID, "/", 5, 6, 7, 8),
    *some(Kind.PAGE_LOAD, "/", 800, 900, 1_000, 1_200),
    *some(Kind.QUEUE_DEPTH, "summarization", 0, 2, 4),
    *some(Kind.QUEUE_AGE, "summarization", 0, 1_500, 12_000),
    *some(Kind.CALL, "youtube.captions", 500, 1_900, 2_000, 8_000),
    *some(Kind.CALL, "youtube.captions", 2_500, outcome=Outcome.VENDOR_LIMITED),
    *some(Kind.CALL, "youtube.captions", 100, outcome=Outcome.CANCELLED),
    *some(Kind.CACHE, "summary", 1, 1, 1, outcome=Outcome.MISS),
    *some(Kind.CACHE, "summary", 1, outcome=Outcome.HIT),
    *some(Kind.CPU, "web", 100, 300),
    *some(Kind.CPU, "worker", 900, 1_100),
    *some(Kind.MEMORY, "web", 200, 240),
    *some(Kind.MEMORY, "worker", 400, 380),
    *some(Kind.LOOP_LAG, "web", 3, 4, 90),
    *some(Kind.CONNECTIONS, "all", 120, 250),
    *some(Kind.DATABASE_SIZE, "all", 800, 801),
    *some(Kind.LOG, "http.unexpected", 1, 1, outcome=Outcome.FAILED),
    *some(Kind.LOG, "captions.slow", 1),
    *some(Kind.REFUSAL, "upload_size", 1, 1, 1),
    *some(Kind.REPORT, "script-src", 1, 1),
    *some(Kind.SESSION_LENGTH, "account", 60_000, 120_000, 600_000),
    # Edges of the range: the first moment of it counts, the first one after it does not.
    event(Kind.OTHER_REQUEST, "GET /assets", PERIOD.end),
]
# The value by hand; what is read from histograms is what stands for the bucket of the exact value.
HISTOGRAM = "histogram"
EXPECTED: dict[str, float | tuple[str, float]] = {
    "page-p50": (HISTOGRAM, 1_900), "page-p95": (HISTOGRAM, 5_000), "page-p99": (HISTOGRAM, 5_000),
    "api-p50": (HISTOGRAM, 150), "api-p95": (HISTOGRAM, 1_500), "api-p99": (HISTOGRAM, 1_500),
    "summary-p50": (HISTOGRAM, 10_000), "summary-p95": (HISTOGRAM, 45_000), "summary-p99": (HISTOGRAM, 45_000),
    "start-p50": (HISTOGRAM, 499), "start-p95": (HISTOGRAM, 900), "start-p99": (HISTOGRAM, 900),
    "query-p50": (HISTOGRAM, 3), "query-p95": (HISTOGRAM, 50), "query-p99": (HISTOGRAM, 50),
    "availability": 8 / 9,
    # Summaries 4 good of 6, one broken submission, sign-ins 3 + 2 limited + 2 sign-ups good of 8.
    "critical-success": 11 / 15,
    "page-under-2s": 3 / 5, "page-under-5s": 4 / 5,
    "api-under-200ms": 3 / 5, "api-under-1s": 4 / 5,
    "summary-under-30s": 3 / 6, "summary-under-60s": 4 / 6,
    "start-under-500ms": 2 / 4, "query-under-50ms": 3 / 4,
    "error-rate": 1 / 9, "page-error-rate": 0.0, "api-error-rate": 1 / 5, "summary-error-rate": 2 / 6,
    "sign-in-error-rate": 1 / 8,
    "requests-per-minute": 10 / 600, "errors-per-minute": 1 / 600,
    "lcp-p75": (HISTOGRAM, 3_000), "fcp-p75": (HISTOGRAM, 300), "cls-p75": (HISTOGRAM, 90 / 1_000),
    "inp-p75": (HISTOGRAM, 70), "fid-p75": (HISTOGRAM, 7), "ttfb-p75": (HISTOGRAM, 30),
    "page-load-p75": (HISTOGRAM, 1_000),
    "detect-median": 60.0, "detect-p90": 120.0, "detect-n": 3.0,
    "acknowledge-median": 30.0, "acknowledge-p90": 60.0, "acknowledge-n": 2.0,
    "mitigate-median": 200.0, "mitigate-p90": 400.0, "mitigate-n": 2.0, "mitigate-mean": 300.0,
    "resolve-median": 3_600.0, "resolve-p90": 3_600.0, "resolve-n": 1.0,
    "summaries": 6.0, "summaries-per-hour": 0.6, "summary-success-rate": 4 / 6, "cached-share": 1 / 4,
    "anonymous-share": 3 / 4,
    "offline-engine-share": 3 / 4, "rung-success-rate": 3 / 4, "rung-p95": (HISTOGRAM, 1_100), "english-share": 3 / 5,
    "daily-active": 2.0, "weekly-active": 3.0, "monthly-active": 4.0,
    # 2 today, 1 on the day before (also today's), 1 six days ago, 1 on each of two days before that.
    "stickiness": (2 + 1 + 1 + 1 + 1) / 30 / 4,
    "visitors": 2.0, "registered": 1.0, "conversion": 1 / 3,
    "queue-depth": (HISTOGRAM, 4), "queue-depth-mean": 2.0, "queue-oldest-age": (HISTOGRAM, 12_000),
    "calls": 5.0, "calls-per-minute": 5 / 600, "call-error-rate": 1 / 5, "call-p95": (HISTOGRAM, 8_000),
    "call-under-2s": 2 / 5,
    "cpu-web": 0.2, "cpu-worker": 1.0, "memory-web": (HISTOGRAM, 240e6), "memory-worker": (HISTOGRAM, 400e6),
    "loop-lag-p99": (HISTOGRAM, 90), "log-lines": 3.0,
    "connections": (HISTOGRAM, 0.25), "database-size": (HISTOGRAM, 801e6), "cache-hit-share": 1 / 4,
    "coverage": 0.7, "coverage-p10": (HISTOGRAM, 0.5), "unsupported-share": 1 / 20,
    "sign-in-failures": 1.0, "sign-in-failure-share": 1 / 6, "sign-in-back-offs": 2.0, "sign-ups": 2.0,
    "session-length-p50": (HISTOGRAM, 120_000), "refusals": 3.0, "bad-requests": 1.0, "csp-reports": 2.0,
}  # fmt: skip


def incident(severity: str, *after_s: float, at: datetime = START + timedelta(hours=1)) -> Incident:
    """The seconds after its start at which it was detected, acknowledged, mitigated and resolved."""
    times = [at + timedelta(seconds=seconds) for seconds in after_s] + [None] * (4 - len(after_s))
    return Incident(
        id=0, severity=severity, title="Down", started_at=at, detected_at=times[0], acknowledged_at=times[1],
        mitigated_at=times[2], resolved_at=times[3],
    )  # fmt: skip


async def write_people(database: Database) -> None:
    people = [UUID(int=n) for n in range(6)]
    today = START.date()
    active = [
        (today, people[0]), (today, people[1]), (today - timedelta(days=1), people[0]),
        (today - timedelta(days=6), people[2]), (today - timedelta(days=7), people[1]),
        (today - timedelta(days=29), people[3]), (today - timedelta(days=30), people[4]),
        (today + timedelta(days=1), people[5]),
    ]  # fmt: skip
    visitors = [
        (START, None),  # first summary at the first moment of the range
        (PERIOD.end - MINUTE, None),
        (PERIOD.end, None),
        # Their 30 days end within the range: one signed up in time, one too late, one never.
        (START - timedelta(days=30), START - timedelta(days=29)),
        (START - timedelta(days=30) + MINUTE, START + 2 * MINUTE),
        (START - timedelta(days=29, hours=20), None),
    ]
    async with database.transaction() as session:
        await note_active(session, active)
        for first, registered in visitors:
            await session.execute(
                text("INSERT INTO visitors (anonymous_id, first_summary_at, registered_at) VALUES (:id, :first, :reg)"),
                {"id": str(uuid4()), "first": first, "reg": registered},
            )


@pytest.fixture
async def operations(database: Database) -> Operations:
    await write_history(database, EVENTS)
    await write_people(database)
    async with database.transaction() as session:
        for each in (
            incident("P0", 60, 120, 200),
            incident("P1", 120, 150, 400, 3_600),
            incident("P1", 30),
            incident("P2", 1, 1, 1, 1),
            incident("P0", 1, 1, 1, 1, at=PERIOD.end),
        ):
            await insert_incident(session, each)
    return Operations(database=database, clock=HeldClock(NOW))


async def test_every_metric_has_the_value_that_was_worked_out_by_hand(operations: Operations) -> None:
    assert set(EXPECTED) == set(METRICS)
    readings = {reading.metric.slug: reading for reading in await operations.read_all(ALL, PERIOD)}
    wrong = {}
    for slug, expected in EXPECTED.items():
        exact = expected[1] if isinstance(expected, tuple) else expected
        wanted = _standing_for(METRICS[slug], exact) if isinstance(expected, tuple) else exact
        if readings[slug].value != pytest.approx(wanted, rel=1e-9, abs=1e-12):
            wrong[slug] = (readings[slug].value, wanted)
    assert wrong == {}


def _standing_for(metric: Metric, exact: float) -> float:
    query = metric.query
    assert isinstance(query, Quantile)
    scale = scale_of(query)
    return value_of(bucket_of(exact / scale)) * scale


async def test_points_of_the_bins_are_their_own_and_the_period_before_had_none(operations: Operations) -> None:
    reading = await operations.read("summaries", PERIOD)
    edges = PERIOD.edges()
    assert len(reading.points) == len(edges) - 1
    assert reading.points[0] == 6.0
    assert set(reading.points[1:]) == {0}
    assert reading.before == 0
    assert reading.change is None


async def test_every_query_runs_on_an_empty_database_and_claims_nothing(database: Database) -> None:
    operations = Operations(database=database, clock=HeldClock(NOW))
    for metric in ALL:
        reading = await operations.read(metric.slug, PERIOD)
        assert not reading.value, metric.slug
        assert not any(reading.points), metric.slug
        if metric.unit is Unit.RATIO or isinstance(metric.query, Quantile | Mean):
            assert reading.value is None, metric.slug


async def test_the_statement_of_the_reference_gives_the_same_figure(operations: Operations, database: Database) -> None:
    readings = {reading.metric.slug: reading for reading in await operations.read_all(ALL, PERIOD)}
    last = START.date()
    async with database.read() as session:
        for metric in ALL:
            statement = spell_out(metric.query)
            names = {"start": PERIOD.start, "end": PERIOD.end, "last": last}
            used = {name: value for name, value in names.items() if f":{name}" in statement}
            found = await session.scalar(text(statement.replace(":last", "cast(:last AS date)")), used)
            value = readings[metric.slug].value
            if isinstance(metric.query, Quantile):
                found = quantile(merge(found), metric.query.q)
                found = None if found is None else found * scale_of(metric.query)
            expected = pytest.approx(value, rel=1e-9) if value is not None else None
            assert (None if found is None else float(found)) == expected, metric.slug
