"""Objectives on small histories, worked out by hand: windows at their edges, stuck work, corrections."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from uuid import uuid4

import pytest
from sqlalchemy import text

from core.db.database import Database
from core.db.queries.deploys import Deploy
from core.db.queries.incidents import Incident, insert_incident
from core.domain.correction import Category, Correction
from core.domain.period import Period
from core.domain.telemetry import Kind, Outcome
from core.errors import InvalidInput, NotFound
from core.services.operations.operations import Operations
from core.slos import ALL, SLOS
from core.slos.status import BurnState, Health, SloStatus
from tests.factories.clocks import HeldClock
from tests.factories.telemetry import Made, event, write_history

NOW = datetime(2026, 11, 23, 12, 30, 20, tzinfo=UTC)
END = datetime(2026, 11, 23, 12, 31, tzinfo=UTC)  # of the minute that is running
MINUTE = timedelta(minutes=1)
DAY = Period(start=END - timedelta(days=1), end=END)


def requests(count: int, at: datetime, *, outcome: Outcome = Outcome.OK, name: str = "GET /") -> list[Made]:
    return [event(Kind.PAGE_REQUEST, name, at, outcome=outcome, value=40.0)] * count


def failures(count: int, at: datetime, *, name: str = "GET /") -> list[Made]:
    return requests(count, at, outcome=Outcome.SERVER_ERROR, name=name)


async def read(database: Database, events: list[Made], slug: str = "availability") -> SloStatus:
    await write_history(database, events)
    return await status(database, slug)


async def status(database: Database, slug: str = "availability", *, at: datetime = NOW) -> SloStatus:
    operations = Operations(database=database, clock=HeldClock(at))
    return next(each for each in await operations.slos() if each.slo.slug == slug)


async def test_without_any_data_every_objective_says_so(database: Database) -> None:
    found = await Operations(database=database, clock=HeldClock(NOW)).slos()
    assert [each.slo for each in found] == list(ALL)
    assert {each.health for each in found} == {Health.NO_DATA}
    assert {(each.valid, each.bad, each.sli, each.budget_left, each.p95) for each in found} == {
        (0, 0, None, None, None)
    }
    assert {burn.state for each in found for burn in each.burns} == {BurnState.NO_DATA}
    assert {each.exhausts_at for each in found} == {None}


async def test_one_good_event_is_a_whole_budget(database: Database) -> None:
    found = await read(database, requests(1, NOW))
    assert (found.valid, found.bad, found.sli, found.budget_left) == (1, 0, 1.0, 1.0)
    assert found.minutes_left == pytest.approx(43.2)
    assert found.health is Health.OK


async def test_one_bad_event_among_few_calls_nobody_but_overdraws_the_budget(database: Database) -> None:
    found = await read(database, [*requests(59, NOW), *failures(1, NOW)])
    assert (found.valid, found.bad) == (60, 1)
    assert found.budget_left == pytest.approx(1 - 1 / 0.06)
    page = found.burns[0]
    assert (page.state, page.is_held) == (BurnState.OK, True)
    assert page.long_rate == pytest.approx(1 / 60 / 0.001)
    # The tickets' windows see the same: they do not wake anybody.
    assert found.health is Health.BURNING


async def test_three_of_sixty_call_somebody(database: Database) -> None:
    found = await read(database, [*requests(57, NOW), *failures(3, NOW)])
    assert found.burns[0].state is BurnState.FIRING
    assert found.health is Health.FIRING


async def test_the_window_begins_thirty_days_before_the_end_of_the_running_minute(database: Database) -> None:
    first = END - timedelta(days=30)
    found = await read(
        database,
        [
            *failures(1, first),
            *failures(10, first - timedelta(microseconds=1)),
            *requests(999, NOW - timedelta(days=2)),
        ],
    )
    assert (found.valid, found.bad) == (1_000, 1)
    assert found.budget_left == pytest.approx(0.0)
    assert found.health is Health.SPENT


async def test_each_window_of_a_rule_counts_from_its_own_edge(database: Database) -> None:
    lengths = [timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=1), timedelta(hours=2), timedelta(hours=6),
               timedelta(days=1), timedelta(days=3)]  # fmt: skip
    events = [*requests(1_000, END - timedelta(days=20))]
    for length in lengths:
        # One bad on the edge, which is in, and one a moment before, which is not; and a good one in each window.
        events += [*failures(1, END - length), *failures(1, END - length - timedelta(microseconds=1))]
    events += requests(1, NOW)
    found = await read(database, events)
    bad_in = {length: 2 * place + 1 for place, length in enumerate(lengths)}
    for burn in found.burns:
        for length, rate in ((burn.rule.long, burn.long_rate), (burn.rule.short, burn.short_rate)):
            bad = bad_in[length]
            assert rate == pytest.approx(bad / (bad + 1) / 0.001), length


async def test_what_the_caller_did_wrong_is_not_counted_and_our_own_limit_is_good(database: Database) -> None:
    found = await read(
        database,
        [
            *requests(10, NOW),
            *requests(5, NOW, outcome=Outcome.CLIENT_ERROR),
            *requests(4, NOW, outcome=Outcome.LIMITED),
            *requests(3, NOW, outcome=Outcome.CANCELLED),
            *requests(2, NOW, outcome=Outcome.VENDOR_LIMITED),
            *requests(1, NOW, outcome=Outcome.DROPPED),
            *requests(1, NOW, outcome=Outcome.TIMEOUT),
        ],
    )
    assert (found.valid, found.bad) == (18, 4)


async def test_exactly_the_target_is_late_and_a_late_summary_is_as_bad_as_a_failed_one(database: Database) -> None:
    summaries = [
        event(Kind.SUMMARY, "5–20 min", NOW, value=29_999.0),
        event(Kind.SUMMARY, "5–20 min", NOW, value=30_000.0),
        event(Kind.SUMMARY, "5–20 min", NOW, value=60_000.0),
        event(Kind.SUMMARY, "5–20 min", NOW, value=1_000.0, outcome=Outcome.FAILED),
        event(Kind.SUMMARY, "5–20 min", NOW, value=1_000.0, outcome=Outcome.CANCELLED),
        event(Kind.SUMMARY, "5–20 min", NOW, value=20.0, outcome=Outcome.CACHED),
    ]
    half_a_minute = await read(database, summaries, "summary-30s")
    assert (half_a_minute.valid, half_a_minute.bad) == (5, 3)
    a_minute = await status(database, "summary-60s")
    assert (a_minute.valid, a_minute.bad) == (5, 2)
    # Of the four that came: 20 ms, 29,999, 30,000 and 60,000.
    assert half_a_minute.p95 == pytest.approx(60_000, rel=0.01)


async def ask_for_summary(database: Database, *, asked: datetime, state: str = "running") -> None:
    run, summary = uuid4(), uuid4()
    async with database.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO runs (id, request_key, engine, state, created_at)"
                " VALUES (:id, :key, 'offline', :state, :at)"
            ),
            {"id": run, "key": str(run), "state": state, "at": asked},
        )
        await session.execute(
            text("INSERT INTO summaries (id, user_id, run_id, created_at) VALUES (:id, 'ANONYMOUS_USER', :run, :at)"),
            {"id": summary, "run": run, "at": asked},
        )


async def test_work_that_is_open_too_long_is_bad_now_in_every_window(database: Database) -> None:
    await write_history(database, [event(Kind.SUMMARY, "5–20 min", NOW, value=9_000.0)] * 97)
    for seconds in (30, 45, 59, 29):
        await ask_for_summary(database, asked=NOW - timedelta(seconds=seconds))
    await ask_for_summary(database, asked=NOW - timedelta(hours=1), state="done")
    found = await status(database, "summary-30s")
    assert (found.stuck, found.bad, found.valid) == (3, 3, 100)
    assert found.burns[0].short_rate == pytest.approx(3 / 100 / 0.05)
    a_minute = await status(database, "summary-60s")
    assert (a_minute.stuck, a_minute.bad, a_minute.valid) == (0, 0, 97)


async def test_a_total_stall_without_one_finished_summary_fires(database: Database) -> None:
    for _ in range(12):
        await ask_for_summary(database, asked=NOW - timedelta(minutes=3), state="queued")
    found = await status(database, "summary-30s")
    assert (found.valid, found.bad, found.health) == (12, 12, Health.FIRING)


async def test_what_was_stuck_counts_once_when_it_has_ended(database: Database) -> None:
    await ask_for_summary(database, asked=NOW - timedelta(seconds=50), state="done")
    await write_history(database, [event(Kind.SUMMARY, "5–20 min", NOW, value=50_000.0)])
    found = await status(database, "summary-30s")
    assert (found.stuck, found.bad, found.valid) == (0, 1, 1)


async def test_a_correction_leaves_a_stretch_out_and_keeps_both_figures(database: Database) -> None:
    await write_history(database, [*requests(900, NOW - timedelta(days=3)), *failures(100, NOW - timedelta(hours=5))])
    operations = Operations(database=database, clock=HeldClock(NOW))
    start = (NOW - timedelta(hours=5)).replace(second=0)
    correction = Correction(
        start=start, end=start + MINUTE, category=Category.MAINTENANCE, note="new disks", slo="availability"
    )
    before = await status(database)
    assert (before.bad, before.uncorrected, before.corrections) == (100, None, ())
    await operations.correct(correction, actor="cli:test")
    found = await status(database)
    assert (found.valid, found.bad, found.budget_left) == (900, 0, 1.0)
    assert found.uncorrected is not None
    assert (found.uncorrected.valid, found.uncorrected.bad) == (1_000, 100)
    assert found.uncorrected.budget_left == pytest.approx(-99.0)
    assert found.corrections == ("maintenance: new disks",)
    assert found.burns[1].long_rate is None
    view = await operations.slo("availability", DAY)
    assert view.budget_left[-1] == found.budget_left


async def test_a_correction_of_another_objective_changes_nothing_here(database: Database) -> None:
    await write_history(database, failures(3, NOW - timedelta(hours=5)))
    start = NOW - timedelta(hours=6)
    correction = Correction(start=start, end=NOW, category=Category.VENDOR, slo="api-1s")
    await Operations(database=database, clock=HeldClock(NOW)).correct(correction, actor="cli:test")
    assert (await status(database)).bad == 3


async def test_corrections_that_make_no_sense_are_refused(database: Database) -> None:
    operations = Operations(database=database, clock=HeldClock(NOW))
    backwards = Correction(start=NOW, end=NOW - MINUTE, category=Category.VENDOR)
    with pytest.raises(InvalidInput):
        await operations.correct(backwards, actor="cli:test")
    too_early = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=23)))
    with pytest.raises(InvalidInput):
        await operations.correct(replace(backwards, start=too_early), actor="cli:test")
    unknown = Correction(start=NOW - MINUTE, end=NOW, category=Category.VENDOR, slo="uptime")
    with pytest.raises(NotFound):
        await operations.correct(unknown, actor="cli:test")


def incident(severity: str, started: datetime, mitigated: datetime | None) -> Incident:
    return Incident(
        id=0, severity=severity, title="Down", started_at=started, detected_at=mitigated, acknowledged_at=mitigated,
        mitigated_at=mitigated,
    )  # fmt: skip


async def test_recovery_counts_incidents_and_an_open_one_is_late_as_soon_as_its_time_is_over(
    database: Database,
) -> None:
    started = NOW - timedelta(days=2)
    incidents = [
        incident("P0", started, started + timedelta(seconds=299)),
        incident("P1", started, started + timedelta(seconds=300)),
        incident("P1", NOW - timedelta(minutes=6), None),
        incident("P0", NOW - timedelta(minutes=4), None),  # still has time
        incident("P2", started, started + timedelta(days=1)),
        incident("P0", NOW - timedelta(days=91), None),
    ]
    async with database.transaction() as session:
        for each in incidents:
            await insert_incident(session, each)
    found = await status(database, "recovery")
    assert (found.valid, found.bad, found.stuck) == (3, 2, 1)
    assert found.budget_left == pytest.approx(1 - 2 / 1.5)
    assert (found.health, found.median_s) == (Health.SPENT, 299.0)
    view = await Operations(database=database, clock=HeldClock(NOW)).slo(
        "recovery", Period(start=END - timedelta(days=7), end=END)
    )
    assert view.budget_left[-1] == pytest.approx(found.budget_left)
    assert [(each.bad, each.percent) for each in view.spenders] == [(1, 50), (1, 50)]
    assert view.bad_in_period == 2


async def test_the_burn_down_ends_at_what_is_left_and_falls_where_it_was_spent(database: Database) -> None:
    await write_history(
        database,
        [*requests(9_995, NOW - timedelta(days=25)), *failures(2, NOW - timedelta(days=10)), *failures(3, NOW)],
    )
    view = await Operations(database=database, clock=HeldClock(NOW)).slo("availability", DAY)
    assert view.budget_edges[0] == END - timedelta(days=30)
    assert len(view.budget_edges) == len(view.budget_left) + 1
    left = dict(zip(view.budget_edges[1:], view.budget_left, strict=True))
    assert left[min(left)] == 1.0
    assert {round(value, 9) for value in left.values() if value is not None} == {1.0, 0.8, 0.5}
    assert view.budget_left[-1] == pytest.approx(view.status.budget_left)


async def test_who_spent_it_adds_up_and_leads_to_the_requests(database: Database) -> None:
    asked = uuid4()
    events = [
        *requests(500, NOW - timedelta(hours=3)),
        *failures(7, NOW - timedelta(hours=2), name="GET /library"),
        *failures(2, NOW - timedelta(hours=2)),
        event(
            Kind.API_REQUEST, "GET /api/v1/summaries", NOW, outcome=Outcome.TIMEOUT, value=9.0, request_id=asked,
            person=uuid4(), detail={"error": "TimeoutError"},
        ),
    ]  # fmt: skip
    await write_history(database, events)
    operations = Operations(database=database, clock=HeldClock(NOW))
    view = await operations.slo("availability", DAY)
    assert view.bad_in_period == 10
    assert [(each.cause, each.label, each.bad, each.percent) for each in view.spenders] == [
        ("page_request:GET /library", "GET /library", 7, 70),
        ("page_request:GET /", "GET /", 2, 20),
        ("api_request:GET /api/v1/summaries", "GET /api/v1/summaries", 1, 10),
    ]
    assert view.people == 1
    rows = await operations.requests(DAY, slo="availability", cause=view.spenders[2].cause)
    assert [(row.request_id, row.outcome, row.reason) for row in rows] == [(asked, "timeout", "TimeoutError")]
    assert len(await operations.requests(DAY, slo="availability", limit=3)) == 3
    assert await operations.requests(DAY, slo="availability", cause="") == ()


async def test_summaries_are_told_apart_by_the_part_that_took_longest(database: Database) -> None:
    late = uuid4()
    events = [
        *([event(Kind.SUMMARY, "5–20 min", NOW - timedelta(hours=1), value=9_000.0)] * 90),
        *([event(Kind.SUMMARY, "5–20 min", NOW, value=70_000.0, request_id=late)] * 8),
        *([event(Kind.CAUSE, "rung:oxylabs", NOW, value=70_000.0, request_id=late)] * 8),
        event(Kind.SUMMARY, "5–20 min", NOW, value=4_000.0, outcome=Outcome.FAILED),
        event(
            Kind.CAUSE, "stage:writing", NOW, value=4_000.0, outcome=Outcome.FAILED, detail={"code": "engine_stopped"}
        ),
        event(Kind.SUMMARY, "5–20 min", NOW, value=40_000.0),
    ]
    await write_history(database, events)
    operations = Operations(database=database, clock=HeldClock(NOW))
    view = await operations.slo("summary-30s", DAY)
    assert [(each.label, each.bad, each.percent) for each in view.spenders] == [
        ("Captions from oxylabs", 8, 80),
        ("Writing", 1, 10),
        ("Everything else", 1, 10),
    ]
    a_minute = await operations.slo("summary-60s", DAY)
    assert [(each.cause, each.bad) for each in a_minute.spenders] == [("rung:oxylabs", 8), ("stage:writing", 1)]
    worst = await operations.requests(DAY, slo="summary-30s")
    assert [(row.kind, row.name, row.reason) for row in worst[:2]] == [
        ("summary", "Writing", "engine stopped"),
        ("summary", "Captions from oxylabs", "Captions from oxylabs"),
    ]


async def test_an_objective_that_there_is_not_is_not_found(database: Database) -> None:
    operations = Operations(database=database, clock=HeldClock(NOW))
    with pytest.raises(NotFound):
        await operations.slo("uptime", DAY)
    with pytest.raises(NotFound):
        await operations.requests(DAY, slo="uptime")


async def test_when_the_budget_ends_at_the_present_rate(database: Database) -> None:
    # Steady traffic for thirty days; since yesterday twice as many fail as may: half of the budget is saved up.
    events = []
    for day in range(30):
        at = END - timedelta(days=day, minutes=30)
        events += [event(Kind.PAGE_REQUEST, "GET /", at, weight=9_980 if day == 0 else 10_000)]
    events += [event(Kind.PAGE_REQUEST, "GET /", NOW, outcome=Outcome.SERVER_ERROR, weight=20)]
    found = await read(database, events)
    # 300 may be bad and 20 are; 20 a day more, while the days that leave hold none: 14 days.
    assert found.budget_left == pytest.approx(1 - 20 / 300)
    assert found.exhausts_at is not None
    assert (found.exhausts_at - NOW) / timedelta(days=1) == pytest.approx(14.0, abs=0.5)
    assert found.full_budget_lasts_s == pytest.approx(timedelta(days=15).total_seconds())


def test_the_registry_is_the_order_of_the_cards() -> None:
    assert list(SLOS) == [slo.slug for slo in ALL]


async def test_what_began_before_the_range_is_looked_for_in_the_week_before(database: Database) -> None:
    events = []
    for hour in range(7 * 24):
        at = END - timedelta(hours=hour, minutes=5)
        events.append(event(Kind.PAGE_OPEN, "/", at, value=300.0, weight=100))
        if hour < 72:
            events.append(event(Kind.PAGE_OPEN, "/", at, value=2_400.0, weight=20))
    await write_history(database, events)
    operations = Operations(database=database, clock=HeldClock(NOW))
    await operations.record_deploy(
        Deploy(id=uuid4(), release="2026.11.3", deployed_at=END - timedelta(hours=72)), actor="cli:test"
    )
    view = await operations.slo("page-2s", DAY)
    assert view.onset is not None
    assert (view.onset.release, view.onset.before) == ("2026.11.3", 0.0)
    assert view.onset.after == pytest.approx(1 / 6, abs=0.01)


async def test_work_that_is_stuck_has_spent_the_budget_when_it_is_asked_when_that_ends(database: Database) -> None:
    # Five of a hundred may be late: four are, and the two that are open too long spend what was left.
    events = [event(Kind.SUMMARY, "5–20 min", NOW, value=9_000.0)] * 94
    await write_history(database, [*events, *[event(Kind.SUMMARY, "5–20 min", NOW, value=31_000.0)] * 4])
    for _ in range(2):
        await ask_for_summary(database, asked=NOW - timedelta(minutes=1))
    found = await status(database, "summary-30s")
    assert found.budget_left == pytest.approx(1 - 6 / 5)
    assert found.exhausts_at == NOW


async def test_only_corrections_within_the_window_are_named(database: Database) -> None:
    await write_history(database, [*requests(9, NOW - timedelta(days=3)), *failures(1, NOW - timedelta(days=2))])
    operations = Operations(database=database, clock=HeldClock(NOW))
    for days, note in ((200, "long ago"), (2, "")):
        start = (NOW - timedelta(days=days)).replace(second=0)
        correction = Correction(start=start, end=start + MINUTE, category=Category.VENDOR, note=note)
        await operations.correct(correction, actor="cli:test")
    assert (await status(database)).corrections == ("vendor",)
