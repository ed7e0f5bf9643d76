"""The panels' answers: what is in them, that they agree with one another, and that each is read once a minute."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta, timezone
from uuid import UUID, uuid4

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.database import Database
from core.db.queries.audit import append_audit
from core.db.queries.deploys import Deploy, list_deploys
from core.db.queries.incidents import Incident
from core.db.queries.seeding import write_fact
from core.domain.audit import AuditValue
from core.domain.period import Period
from core.domain.request_ids import new_request_id
from core.domain.telemetry import Kind, Outcome, Who
from core.errors import InvalidInput, NotFound, Unavailable
from core.services.operations.operations import Operations
from tests.factories.clocks import HeldClock
from tests.factories.telemetry import Made, event, write_history
from tests.fakes import FakeRecording

NOW = datetime(2026, 11, 23, 12, 30, 20, tzinfo=UTC)
END = datetime(2026, 11, 23, 12, 31, tzinfo=UTC)
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
BEFORE_THE_CALENDAR = datetime(1, 1, 1, tzinfo=timezone(timedelta(hours=23)))
DAY = Period(start=END - timedelta(days=1), end=END)


class CountedDatabase(Database):
    """Counts the snapshots that were taken of it, and can be made to hang or to be down."""

    taken = 0
    is_down = False
    gate: asyncio.Event | None = None

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncSession]:
        self.taken += 1
        if self.is_down:
            raise Unavailable("The database does not answer.")
        if self.gate is not None:
            await self.gate.wait()
        async with super().snapshot() as session:
            yield session


@pytest.fixture
async def counted(database_url: str) -> AsyncIterator[CountedDatabase]:
    database = CountedDatabase(database_url, app_name="test")
    yield database
    await database.close()


@pytest.fixture
def clock() -> HeldClock:
    return HeldClock(NOW)


@pytest.fixture
def operations(database: Database, clock: HeldClock) -> Operations:
    return Operations(database=database, clock=clock)


async def test_every_panel_opens_on_an_empty_database_and_says_that_nothing_was_measured(
    operations: Operations,
) -> None:
    overview = await operations.overview(DAY)
    assert overview.advice.headline == "Nothing has been measured yet."
    assert (overview.vendors, overview.happenings, overview.marks) == ((), (), ())
    assert overview.freshness.newest is None
    assert len(overview.requests) == len(overview.edges) - 1
    performance = await operations.performance(DAY)
    assert performance.routes == ()
    assert {lines.overall for lines in (*performance.lines, *performance.stages)} == {(None, None, None)}
    usage = await operations.usage(DAY)
    assert (usage.engines, usage.funnel.visitors, usage.funnel.ratio) == ((), 0, None)
    assert await operations.requests(DAY) == ()
    for status in overview.slos:
        view = await operations.slo(status.slo.slug, DAY)
        assert (view.spenders, view.bad_in_period, view.onset) == ((), 0, None)
        assert set(view.budget_left) == {None}


async def test_the_overview_names_the_objective_that_burns_its_cause_and_the_release(
    database: Database, operations: Operations
) -> None:
    events = []
    for minute in range(0, 24 * 60, 10):
        at = END - timedelta(minutes=minute + 1)
        is_after = minute < 300
        events.append(event(Kind.SUMMARY, "5–20 min", at, value=9_000.0, weight=20))
        if is_after:
            events.append(event(Kind.SUMMARY, "5–20 min", at, value=58_000.0, weight=9))
            events.append(event(Kind.CAUSE, "rung:oxylabs", at, value=58_000.0, weight=9))
    await write_history(database, events)
    release = Deploy(
        id=uuid4(), release="2026.11.3", deployed_at=END - timedelta(minutes=300), commits=4,
        committed_at=END - timedelta(hours=24),
    )  # fmt: skip
    await operations.record_deploy(release, actor="cli:test")
    overview = await operations.overview(DAY)
    assert overview.advice.slo == "summary-30s"
    assert overview.advice.tone == "warn"
    assert overview.advice.because == (
        "100 % of the 270 bad ones: Captions from oxylabs, since release 2026.11.3 at 07:31."
    )
    assert [(mark.kind, mark.label) for mark in overview.marks] == [("deploy", "2026.11.3")]
    assert [each.text for each in overview.happenings] == ["2026.11.3, 4 commits, lead time 19 h"]
    view = await operations.slo("summary-30s", DAY)
    assert view.onset is not None
    assert (view.onset.release, view.onset.before) == ("2026.11.3", 0.0)


async def test_the_lines_of_the_overview_are_a_minute_and_the_bin_that_hardly_began_is_left_out(
    database: Database, operations: Operations
) -> None:
    hour = Period(start=END - HOUR, end=END)
    await write_history(database, [event(Kind.PAGE_REQUEST, "GET /", END - HOUR + n * MINUTE) for n in range(59)] * 3)
    overview = await operations.overview(hour)
    assert overview.requests[:59] == (3.0,) * 59
    assert overview.requests[59] is None  # 20 of its 60 seconds are over
    reading = await operations.read("requests-per-minute", hour)
    assert reading.value == pytest.approx(59 * 3 / (59 + 1 / 3))


async def test_vendors_of_the_last_hour_are_told_apart_the_worst_first(
    database: Database, operations: Operations
) -> None:
    await write_history(
        database,
        [
            *[event(Kind.CALL, "openai.models", NOW, value=100.0)] * 4,
            *[event(Kind.CALL, "youtube.captions", NOW, value=900.0)] * 3,
            event(Kind.CALL, "youtube.captions", NOW, value=2_000.0, outcome=Outcome.VENDOR_LIMITED),
            event(Kind.CALL, "mail.send", NOW - 2 * HOUR, outcome=Outcome.FAILED),
        ],
    )
    rows = (await operations.overview(DAY)).vendors
    assert [(row.vendor, row.calls, row.error_ratio) for row in rows] == [
        ("youtube.captions", 4, 0.25), ("openai.models", 4, 0.0),
    ]  # fmt: skip
    assert rows[0].p95 == pytest.approx(2_000, rel=0.01)


async def test_routes_are_compared_with_the_period_before_the_worst_first(
    database: Database, operations: Operations
) -> None:
    await write_history(
        database,
        [
            *[event(Kind.API_REQUEST, "GET /api/v1/summaries", NOW, value=120.0)] * 9,
            event(Kind.API_REQUEST, "GET /api/v1/summaries", NOW, value=120.0, outcome=Outcome.SERVER_ERROR),
            *[event(Kind.API_REQUEST, "GET /api/v1/summaries", NOW - timedelta(days=1, hours=1), value=60.0)] * 5,
            *[event(Kind.PAGE_REQUEST, "GET /", NOW, value=20.0)] * 5,
            event(Kind.PAGE_REQUEST, "GET /gone", NOW - timedelta(days=1, hours=1), value=20.0),
        ],
    )
    rows = (await operations.performance(DAY)).routes
    assert [(row.kind, row.name, row.count, row.errors, row.error_ratio) for row in rows] == [
        ("api_request", "GET /api/v1/summaries", 10, 1, 0.1),
        ("page_request", "GET /", 5, 0, 0.0),
    ]
    assert rows[0].p95 == pytest.approx(120, rel=0.01)
    assert rows[0].p95_before == pytest.approx(60, rel=0.01)
    assert rows[1].p95_before == pytest.approx(20, rel=0.01) or rows[1].p95_before is None


async def test_a_heat_map_holds_every_event_of_the_period_once(database: Database, operations: Operations) -> None:
    values = [10.0, 199.0, 201.0, 4_900.0, 5_100.0, 900_000.0]
    await write_history(database, [event(Kind.PAGE_OPEN, "/", NOW, value=value, weight=2) for value in values])
    heat = (await operations.performance(DAY, kind="page_open")).heat
    assert sum(sum(row) for row in heat.counts) == 2 * len(values)
    by_band = {band: sum(row) for band, row in zip(heat.bands, heat.counts, strict=True) if sum(row)}
    assert by_band == {50.0: 2, 200.0: 2, 500.0: 2, 5_000.0: 2, 10_000.0: 2, 30_000.0: 2}
    assert {len(row) for row in heat.counts} == {len(DAY.edges()) - 1}


async def test_a_heat_map_of_something_else_is_refused(operations: Operations) -> None:
    with pytest.raises(InvalidInput):
        await operations.performance(DAY, kind="csp")


async def test_cohorts_that_have_not_had_their_thirty_days_are_told_apart(
    database: Database, operations: Operations
) -> None:
    month = Period(start=END - timedelta(days=60), end=END)
    rows = [
        (NOW - timedelta(days=40), NOW - timedelta(days=39)),
        (NOW - timedelta(days=40), NOW - timedelta(days=9)),  # too late for its cohort
        (NOW - timedelta(days=2), NOW - timedelta(days=1)),
        (NOW - timedelta(days=2), None),
        (NOW - timedelta(days=2), None),
        (NOW - timedelta(days=61), NOW),
    ]
    async with database.transaction() as session:
        for first, registered in rows:
            await session.execute(
                text("INSERT INTO visitors (anonymous_id, first_summary_at, registered_at) VALUES (:id, :first, :reg)"),
                {"id": str(uuid4()), "first": first, "reg": registered},
            )
    funnel = (await operations.usage(month)).funnel
    assert (funnel.visitors, funnel.registered, funnel.ratio) == (5, 2, 0.4)
    assert (funnel.mature_visitors, funnel.mature_registered, funnel.mature_ratio) == (2, 1, 0.5)
    assert [(day.date().isoformat(), a, b) for day, a, b in funnel.days] == [
        ("2026-10-14", 2, 1),
        ("2026-11-21", 3, 1),
    ]
    assert funnel.mature_until == NOW - timedelta(days=30)


async def test_how_summaries_are_made_is_told_by_name(database: Database, operations: Operations) -> None:
    await write_history(
        database,
        [
            *[event(Kind.RUNG, "youtube", NOW)] * 3,
            event(Kind.RUNG, "youtube", NOW, outcome=Outcome.FAILED),
            event(Kind.RUNG, "cache", NOW),
            *[event(Kind.LANGUAGE, "en", NOW, who=Who.NOBODY)] * 3,
            event(Kind.LANGUAGE, "de", NOW, who=Who.NOBODY),
            event(Kind.SUMMARY, "1–2 h", NOW, value=10.0),
            event(Kind.LANGUAGE, "fr", NOW - timedelta(days=1, hours=1)),  # the period before
        ],
    )
    usage = await operations.usage(DAY)
    assert [(each.name, each.count, each.ratio) for each in usage.rungs] == [("youtube", 4, 0.75), ("cache", 1, 1.0)]
    assert [(each.name, each.ratio) for each in usage.languages] == [("en", 0.75), ("de", 0.25)]
    assert [(each.name, each.count) for each in usage.lengths] == [("1–2 h", 1)]


def story_of(request: UUID, person: UUID) -> list[Made]:
    def part(
        kind: Kind, name: str, ended_s: float, took_ms: float, outcome: Outcome = Outcome.OK, **more: object
    ) -> Made:
        at = NOW - 2 * MINUTE + timedelta(seconds=ended_s)
        return event(kind, name, at, value=took_ms, outcome=outcome, request_id=request, **more)  # type: ignore[arg-type]

    return [
        part(Kind.PAGE_REQUEST, "POST /summarize", 0.1, 100.0),
        part(Kind.STAGE, "queued", 1.0, 900.0),
        part(Kind.RUNG, "youtube", 2.5, 1_500.0, Outcome.FAILED, detail={"code": "ip_blocked"}),
        part(Kind.RUNG, "oxylabs", 33.0, 30_500.0),
        part(Kind.SUMMARY, "5–20 min", 40.0, 40_000.0, person=person, who=Who.USER),
        part(Kind.CAUSE, "rung:oxylabs", 40.0, 40_000.0, person=person, who=Who.USER),
        part(Kind.LOG, "http.unexpected", 2.6, 1.0, Outcome.FAILED, detail={"error": "KeyError", "at": "a.py:1:f"}),
    ]


async def test_a_request_s_story_is_all_that_was_kept_of_it_on_one_axis(
    database: Database, operations: Operations
) -> None:
    began = NOW - 2 * MINUTE
    request, person = new_request_id(began), uuid4()
    stranger = event(Kind.PAGE_REQUEST, "GET /", NOW, request_id=new_request_id(began))
    await write_history(database, [*story_of(request, person), stranger])
    await operations.record_deploy(Deploy(id=uuid4(), release="2026.11.2", deployed_at=began - HOUR), actor="cli:test")
    story = await operations.story(request)
    assert (story.title, story.who, story.person, story.release) == (
        "Summary, 5–20 min", "user", str(person), "2026.11.2",
    )  # fmt: skip
    assert [(step.label, round(step.start_ms), round(step.length_ms), step.tone) for step in story.steps] == [
        ("Summary, 5–20 min", 0, 40_000, "warn"),
        ("POST /summarize", 0, 100, ""),
        ("Waiting in the queue", 100, 900, ""),
        ("Captions from YouTube", 1_000, 1_500, "bad"),
        ("Captions from oxylabs", 2_500, 30_500, "warn"),
        ("Logged http.unexpected", 2_600, 0, "bad"),
    ]
    assert story.length_ms == pytest.approx(40_000)
    assert story.steps[3].detail == (("code", "ip_blocked"),)


async def test_what_is_not_kept_has_no_story(operations: Operations) -> None:
    for number in (new_request_id(NOW), uuid4(), UUID(int=0)):
        with pytest.raises(NotFound):
            await operations.story(number)


async def test_requests_of_a_route_come_with_the_errors_first_then_the_slowest(
    database: Database, operations: Operations
) -> None:
    await write_history(
        database,
        [
            event(Kind.PAGE_REQUEST, "GET /", NOW, value=20.0, weight=10),
            event(Kind.PAGE_REQUEST, "GET /", NOW, value=400.0),
            event(Kind.PAGE_REQUEST, "GET /", NOW, value=5.0, outcome=Outcome.SERVER_ERROR),
            event(Kind.PAGE_REQUEST, "GET /library", NOW, value=900.0),
        ],
    )
    rows = await operations.requests(DAY, kind="page_request", name="GET /")
    assert [(row.value, row.stands_for) for row in rows] == [(5.0, 1), (400.0, 1), (20.0, 10)]


async def test_over_weeks_the_worst_are_found_without_reading_them_all(
    database: Database, operations: Operations
) -> None:
    month = Period(start=END - timedelta(days=30), end=END)
    events = [
        event(Kind.PAGE_OPEN, "/", END - timedelta(hours=hour, minutes=7), value=300.0 + hour) for hour in range(700)
    ]
    events.append(event(Kind.PAGE_OPEN, "/", month.start, value=9_000.0))
    events.append(event(Kind.PAGE_OPEN, "/", month.start - MINUTE, value=99_000.0))
    await write_history(database, events)
    rows = await operations.requests(month, kind="page_open", name="/", limit=5)
    assert [row.value for row in rows] == [9_000.0, 999.0, 998.0, 997.0, 996.0]


async def test_what_many_ask_for_in_one_minute_is_read_once(counted: CountedDatabase, clock: HeldClock) -> None:
    operations = Operations(database=counted, clock=clock)
    counted.gate = asyncio.Event()
    asking = [asyncio.create_task(operations.usage(DAY)) for _ in range(20)]
    await asyncio.sleep(0)
    counted.gate.set()
    views = await asyncio.gather(*asking)
    assert counted.taken == 1
    assert all(view is views[0] for view in views)
    await operations.usage(Period(start=DAY.start, end=DAY.end, zone="Europe/Berlin"))
    assert counted.taken == 2
    clock.forward(minutes=1)
    await operations.usage(DAY)
    assert counted.taken == 3
    await operations.usage(DAY, fresh=True)
    assert counted.taken == 4


async def test_one_who_gives_up_does_not_end_it_for_the_others(counted: CountedDatabase, clock: HeldClock) -> None:
    operations = Operations(database=counted, clock=clock)
    counted.gate = asyncio.Event()
    impatient = asyncio.create_task(operations.usage(DAY))
    patient = asyncio.create_task(operations.usage(DAY))
    await asyncio.sleep(0)
    impatient.cancel()
    await asyncio.sleep(0)
    counted.gate.set()
    assert (await patient).period == DAY
    assert counted.taken == 1
    with pytest.raises(asyncio.CancelledError):
        await impatient


async def test_a_failure_is_not_kept(counted: CountedDatabase, clock: HeldClock) -> None:
    operations = Operations(database=counted, clock=clock)
    counted.is_down = True
    with pytest.raises(Unavailable):
        await operations.usage(DAY)
    counted.is_down = False
    assert (await operations.usage(DAY)).period == DAY


async def test_demonstration_data_and_drops_are_said(database: Database, operations: Operations) -> None:
    fresh = await operations.freshness()
    assert (fresh.is_demo, fresh.dropped, fresh.newest, fresh.read_at) == (False, 0, None, NOW)
    await write_history(database, [event(Kind.PAGE_REQUEST, "GET /", NOW)])
    async with database.transaction() as session:
        await write_fact(session, "demo", {"seed": 1}, now=NOW)
        for dropped in (3, 4):
            await session.execute(
                text("INSERT INTO telemetry_writers (process, dropped) VALUES ('web', :dropped)"), {"dropped": dropped}
            )
    fresh = await operations.freshness()
    assert (fresh.is_demo, fresh.dropped, fresh.newest) == (True, 7, END - MINUTE)


async def test_an_incident_is_a_mark_and_two_happenings(operations: Operations) -> None:
    started = NOW - 3 * HOUR
    number = await operations.record_incident(
        Incident(
            id=0, severity="P1", title="Database connections", started_at=started,
            detected_at=started + MINUTE, acknowledged_at=started + MINUTE, mitigated_at=started + 2 * MINUTE,
            resolved_at=started + timedelta(seconds=220),
        ),
        actor="cli:test",
    )  # fmt: skip
    await operations.record_incident(
        Incident(id=0, severity="P2", title="Slow", started_at=NOW - HOUR), actor="cli:test"
    )
    overview = await operations.overview(DAY)
    assert [(mark.label, mark.start, mark.end) for mark in overview.marks] == [
        (f"INC-{number}", started, started + timedelta(seconds=220)),
        (f"INC-{number + 1}", NOW - HOUR, NOW),
    ]
    assert [(each.text, each.tone) for each in overview.happenings] == [
        (f"P2 INC-{number + 1} Slow", "warn"),
        (f"INC-{number} Database connections: resolved after 3 min 40 s", "ok"),
        (f"P1 INC-{number} Database connections", "bad"),
    ]


async def test_acts_of_admins_are_told_without_saying_whose(database: Database, operations: Operations) -> None:
    acts: tuple[tuple[str, str, dict[str, AuditValue]], ...] = (
        ("account.grant", "account:7b0c", {"from": "user", "to": "operator", "sessions_ended": 0}),
        ("archive.started", "events", {"rows": 12}),  # told once it is over, from its own row
        ("archive.erased_from", "anonymous-summaries", {"file": "a.zip", "rows": 1}),
        ("hold.placed", "user:7b0c", {}),
        ("correct_objectives", "slo:all", {}),
        ("correct_objectives", "slo:page-2s", {}),
        ("archive.stopped", "events", {"run": "3f", "reason": "The disk of m.koch is full."}),
    )
    async with database.transaction() as session:
        for action, subject, detail in acts:
            await append_audit(session, actor="account:1d2e", action=action, subject=subject, detail=detail, now=NOW)
        for _ in range(20):
            await append_audit(session, actor="schedule", action="archive.done", subject="events", detail={}, now=NOW)
    told = {each.text for each in (await operations.overview(DAY)).happenings}
    assert told == {
        "An account was given the role operator",
        "1 row was taken out of an archive of anonymous summaries",
        "A legal hold was placed on a person's summaries",
        "A stretch of time was taken out of all objectives",
        "A stretch of time was taken out of the objective “Pages ready in 2 s”",
        "An archival of events stopped before its end",
    }


async def test_an_incident_that_makes_no_sense_is_refused(operations: Operations) -> None:
    for times in (
        {"detected_at": NOW - HOUR, "acknowledged_at": NOW - 2 * HOUR},
        {"mitigated_at": NOW},  # nobody can mitigate what was not detected
        {"detected_at": NOW - 4 * HOUR},
        {"detected_at": NOW + HOUR},  # nobody knows yet
        {"started_at": NOW + HOUR},
        {"started_at": BEFORE_THE_CALENDAR},
        {"title": " "},
    ):
        values: dict[str, object] = {"severity": "P1", "title": "Down", "started_at": NOW - 3 * HOUR} | times
        incident = Incident(id=0, **values)  # type: ignore[arg-type]
        with pytest.raises(InvalidInput):
            await operations.record_incident(incident, actor="cli:test")


@pytest.mark.parametrize(
    "changes",
    [
        {"release": " "},
        {"deployed_at": NOW + HOUR},
        {"committed_at": NOW - HOUR, "deployed_at": NOW - 2 * HOUR},
        # Such a time can be written, but never be read again: no panel would open any more.
        {"committed_at": BEFORE_THE_CALENDAR},
        {"deployed_at": BEFORE_THE_CALENDAR},
    ],
)
async def test_a_deploy_that_makes_no_sense_is_refused(operations: Operations, changes: dict[str, object]) -> None:
    values: dict[str, object] = {"id": uuid4(), "release": "2026.11.3", "deployed_at": NOW} | changes
    with pytest.raises(InvalidInput):
        await operations.record_deploy(Deploy(**values), actor="cli:test")  # type: ignore[arg-type]


async def test_a_deploy_is_recorded_together_with_its_line_in_the_audit_log(
    database: Database, operations: Operations
) -> None:
    made = Deploy(id=uuid4(), release="2026.11.3", deployed_at=NOW - MINUTE)
    await operations.record_deploy(made, actor="cli:test")
    async with database.read() as session:
        assert await list_deploys(session, NOW - HOUR, NOW) == [made]
        lines = [tuple(row) for row in await session.execute(text("SELECT actor, action, subject FROM audit_log"))]
    assert lines == [("cli:test", "record_deploy", f"deploy:{made.id}")]


def test_the_reference_holds_every_definition_with_its_statement(operations: Operations) -> None:
    from core.metrics import ALL
    from core.slos import ALL as ALL_SLOS

    reference = operations.reference()
    assert [entry.metric for entry in reference.metrics] == list(ALL)
    assert [entry.slo for entry in reference.slos] == list(ALL_SLOS)
    assert all("SELECT" in entry.query for entry in reference.metrics)
    assert all("SELECT" in entry.valid and entry.bad != entry.valid for entry in reference.slos)


async def test_what_operators_read_is_no_statement_that_people_waited_for(database_url: str, clock: HeldClock) -> None:
    recording = FakeRecording()
    recorded = Database(database_url, app_name="test", recording=recording)
    operations = Operations(database=recorded, clock=clock)
    await operations.overview(DAY)
    await operations.freshness()
    with pytest.raises(NotFound):
        await operations.story(new_request_id(NOW))
    await recorded.close()
    assert recording.of(Kind.QUERY) == []


async def test_of_very_many_incidents_the_newest_are_marked(database: Database, operations: Operations) -> None:
    async with database.transaction() as session:
        await session.execute(
            text(
                "INSERT INTO incidents (severity, title, started_at)"
                " SELECT 'P3', 'Small', cast(:now AS timestamptz) - n * interval '1 minute'"
                " FROM generate_series(1, 501) AS n"
            ),
            {"now": NOW},
        )
    marks = (await operations.overview(DAY)).marks
    assert (len(marks), marks[-1].start) == (500, NOW - MINUTE)
