"""What a seeded database holds, and on which databases seeding is refused."""

from __future__ import annotations

import asyncio
import dataclasses
from datetime import timedelta

import psycopg
import pytest
from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import SystemClock
from core.config import load_settings
from core.db.database import Database
from core.db.queries.installation import is_demo
from core.db.queries.seeding import is_in_use
from core.domain.owner import Owner
from core.domain.run import RunState
from core.domain.run_options import EngineChoice
from core.domain.summary import EngineName
from core.errors import Conflict
from core.integrations.argon2 import Argon2
from core.jobs.queue import QueuedJobs, build_queue
from core.ports import NoRecording
from core.seeding import storing
from core.seeding.plan import make_plan
from core.seeding.storing import Keeping, store_history
from core.seeding.truth_figures import of
from core.seeding.window import Window
from core.services.progress import ProgressHub
from core.services.summaries import Summaries
from core.telemetry.buckets import bucket_of, merge, pack
from tests.seeding.conftest import KEEPING, NOW, Seeded, seed

_TINY = make_plan(days=3, users=20, events=6_000, seed=3, now=NOW)


def _rows(url: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as connection:
        return connection.execute(statement.encode()).fetchall()


def test_raw_rows_minutes_hours_and_days_count_the_same(seeded: Seeded) -> None:
    counts = [
        _rows(seeded.url, f"SELECT series_id, sum({column})::int8 FROM {table} GROUP BY 1 ORDER BY 1")
        for table, column in (
            ("events", "weight"), ("rollup_minutes", "count"), ("rollup_hours", "count"), ("rollup_days", "count"),
        )
    ]  # fmt: skip
    assert counts[0] == counts[1] == counts[2] == counts[3]
    assert sum(count for _, count in counts[0]) == seeded.stored.events  # type: ignore[misc]


def test_histograms_of_all_tiers_hold_the_buckets_of_the_raw_rows(seeded: Seeded) -> None:
    raw = {
        (series, bucket): weight
        for series, bucket, weight in _rows(
            seeded.url, "SELECT series_id, bucket, sum(weight)::int8 FROM events GROUP BY 1, 2"
        )
    }
    for table in ("rollup_minutes", "rollup_hours", "rollup_days"):
        joined = _rows(seeded.url, f"SELECT series_id, string_agg(histogram, ''::bytea) FROM {table} GROUP BY 1")
        found = {(series, bucket): n for series, packed in joined for bucket, n in merge(packed).items()}  # type: ignore[arg-type]
        assert found == raw


def test_each_kept_row_stands_in_the_bucket_of_its_value(seeded: Seeded) -> None:
    rows = _rows(seeded.url, "SELECT value, bucket FROM events WHERE ts > '2026-11-24' LIMIT 5000")
    assert len(rows) == 5_000
    assert all(bucket == bucket_of(value) for value, bucket in rows)  # type: ignore[arg-type]


def test_sums_of_the_database_are_those_of_the_simulation(seeded: Seeded) -> None:
    stored = {
        tuple(row[:5]): (row[5], row[6])
        for row in _rows(
            seeded.url,
            "SELECT kind, name, outcome, pace, who, sum(count)::int8, sum(total) FROM rollup_days JOIN series"
            " ON id = series_id GROUP BY 1, 2, 3, 4, 5",
        )
    }
    told = seeded.ledger.told(seeded.plan.start, seeded.plan.end)
    assert {tuple(each.series) for each in told} == set(stored)
    for each in told:
        count, total = stored[tuple(each.series)]
        assert count == each.count.sum()
        assert total == pytest.approx(float((each.value.astype(float) * each.count).sum()), rel=1e-9)


def test_people_are_stored_as_the_simulation_has_them(seeded: Seeded) -> None:
    ((users,),) = _rows(seeded.url, "SELECT count(*) FROM users WHERE role = 'user' AND banned_at IS NULL")
    ((days,),) = _rows(seeded.url, "SELECT count(*) FROM active_days")
    ((browsers, registered),) = _rows(seeded.url, "SELECT count(*), count(registered_at) FROM visitors")
    visitors = seeded.ledger.visitors
    assert users == 200
    assert days == sum(len(who) for _, who in seeded.ledger.active)
    assert registered == (visitors.account >= 0).sum()
    assert browsers == (visitors.first_summary_us < 9 * 10**18).sum()


def test_nobody_signs_in_to_a_made_up_account_and_its_hash_is_read_like_any_other(seeded: Seeded) -> None:
    ((email, password_hash),) = _rows(seeded.url, "SELECT email, password_hash FROM users LIMIT 1")
    assert isinstance(password_hash, str)
    assert str(email).endswith("@example.org")
    for guess in ("", "password", "seed", str(email), "A" * 43):
        assert not Argon2().verify(guess, password_hash)


async def test_seeded_summaries_open_with_their_lines_and_transcript(seeded: Seeded, seeded_database: Database) -> None:
    jobs = QueuedJobs(build_queue("postgresql://"))
    engine = EngineChoice(name=EngineName.OFFLINE, version="test")
    summaries = Summaries(
        database=seeded_database, jobs=jobs, hub=ProgressHub(seeded_database), settings=load_settings(),
        clock=SystemClock(), engines=(engine,), recording=NoRecording(),
    )  # fmt: skip
    (user_id, _), *_ = _rows(
        seeded.url,
        "SELECT user_id, count(*) FROM summaries WHERE anonymous_id IS NULL GROUP BY 1 ORDER BY 2 DESC LIMIT 1",
    )
    owner = Owner(user_id=str(user_id), anonymous_id=None)
    page = await summaries.list_page(owner)
    assert page.total > 3
    done = next(item for item in page.items if item.state is RunState.DONE)
    assert done.tags
    assert done.gist
    state = await summaries.get(done.id, owner)
    assert state.state is RunState.DONE
    lines = state.document["tldr"]
    assert lines
    assert all(line["supported"] for line in lines)
    words = await summaries.transcript(done.id, owner)
    assert len(words.transcript.segments) > 50


def test_summaries_are_of_all_states_and_each_has_its_request(seeded: Seeded) -> None:
    found = _rows(
        seeded.url, "SELECT state, count(*), count(failure), count(request_id) FROM runs GROUP BY 1 ORDER BY 1"
    )
    states = {state: rest for state, *rest in found}
    assert set(states) == {"cancelled", "done", "failed"}
    assert states["failed"][0] == states["failed"][1]
    assert all(total == requests for total, _, requests in states.values())
    orphans = _rows(
        seeded.url,
        "SELECT count(*) FROM runs r WHERE r.created_at > '2026-11-24' AND NOT EXISTS"
        " (SELECT 1 FROM events e WHERE e.request_id = r.request_id)",
    )
    assert orphans == [(0,)]


def test_something_is_due_for_archival(seeded: Seeded) -> None:
    ((old,),) = _rows(
        seeded.url,
        "SELECT count(*) FROM summaries WHERE user_id = 'ANONYMOUS_USER'"
        f" AND created_at < timestamptz '{NOW.isoformat()}' - interval '90 days'",
    )
    ((progress,),) = _rows(
        seeded.url,
        "SELECT count(*) FROM progress_tracking"
        f" WHERE created_at < timestamptz '{NOW.isoformat()}' - interval '7 days'",
    )
    assert old >= 30  # type: ignore[operator]
    assert progress > 10  # type: ignore[operator]


def test_deploys_incidents_and_the_mark_of_a_demonstration_are_there(seeded: Seeded) -> None:
    releases = _rows(seeded.url, "SELECT release, deployed_at FROM deploys ORDER BY deployed_at")
    assert releases == [(release.name, release.at) for release in seeded.plan.releases]
    incidents = _rows(seeded.url, "SELECT severity, started_at, mitigated_at FROM incidents ORDER BY started_at")
    troubles = sorted(seeded.plan.troubles, key=lambda trouble: trouble.started_at)
    assert incidents == [(each.severity, each.started_at, each.mitigated_at) for each in troubles]
    ((mark,),) = _rows(seeded.url, "SELECT value FROM installation_facts WHERE name = 'demo'")
    assert mark == {
        "days": 40, "users": 200, "events": seeded.stored.events, "seed": 1,
        "seeded_at": NOW.replace(second=0).isoformat(),
    }  # fmt: skip


async def test_only_days_that_retention_would_have_left_hold_single_events(database_url: str) -> None:
    await seed(database_url, _TINY, dataclasses.replace(KEEPING, event_days=1))
    days = _rows(database_url, "SELECT DISTINCT ts::date::text FROM events ORDER BY 1")
    assert days == [("2026-11-24",), ("2026-11-25",)]
    ((minutes,),) = _rows(database_url, "SELECT sum(count)::int8 FROM rollup_minutes")
    assert minutes == 6_000


_SOMEBODY = "INSERT INTO visitors (anonymous_id, first_summary_at) VALUES ('somebody', now() - interval '1 hour')"
_TRACES = {
    "an account": "INSERT INTO users (id, email, email_key, password_hash)"
    " VALUES (gen_random_uuid(), 'ann@example.com', 'ann@example.com', 'x')",
    "a browser": _SOMEBODY,
    "words of summaries that are archived": "INSERT INTO transcripts (id, sha256, cleaner_version, segments,"
    " segment_count, is_timed, source) VALUES (gen_random_uuid(), 'x', 1, '', 0, false, 'paste')",
    "sums from long ago": "WITH s AS (INSERT INTO series (kind, name, outcome, pace, who) VALUES"
    " ('cpu', 'web', 'ok', '', '') RETURNING id) INSERT INTO rollup_days (at, series_id, writer, count, total,"
    " histogram) SELECT '2025-01-01', id, 0, 1, 1, ''::bytea FROM s",
}


@pytest.mark.parametrize("trace", _TRACES)
async def test_a_database_that_people_use_or_used_is_refused_and_left_alone(
    database: Database, database_url: str, trace: str
) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute(_TRACES[trace].encode())
    tables = ("users", "visitors", "transcripts", "runs", "rollup_days", "deploys", "installation_facts")
    counts = " UNION ALL ".join(f"SELECT '{table}', count(*) FROM {table}" for table in tables)
    before = _rows(database_url, counts)
    with pytest.raises(Conflict):
        await store_history(database, _TINY, KEEPING)
    assert _rows(database_url, counts) == before
    async with database.read() as session:
        assert not await is_demo(session)


async def test_who_comes_while_seeding_waits_is_left_alone_too(
    database: Database, database_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold = storing._hold_summing

    async def hold_while_somebody_comes(session: AsyncSession) -> None:
        with psycopg.connect(database_url) as connection:
            connection.execute(_SOMEBODY)
        await hold(session)

    monkeypatch.setattr(storing, "_hold_summing", hold_while_somebody_comes)
    with pytest.raises(Conflict):
        await store_history(database, _TINY, KEEPING)
    assert _rows(database_url, "SELECT count(*) FROM users") == [(0,)]


async def test_two_seedings_at_once_leave_one_history(database: Database, database_url: str) -> None:
    ended = await asyncio.gather(*(store_history(database, _TINY, KEEPING) for _ in range(2)), return_exceptions=True)
    assert [type(each) for each in ended if isinstance(each, BaseException)] == [Conflict]
    assert _rows(database_url, "SELECT count(*) FROM users") == [(20,)]


async def test_by_force_the_history_stands_beside_what_people_have(database: Database, database_url: str) -> None:
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO visitors (anonymous_id, first_summary_at) VALUES ('somebody', now())")
    await store_history(database, _TINY, KEEPING, is_forced=True)
    assert _rows(database_url, "SELECT count(*) FROM visitors WHERE anonymous_id = 'somebody'") == [(1,)]
    assert _rows(database_url, "SELECT count(*) FROM users") == [(20,)]


async def test_by_force_sums_are_added_to_those_that_stand_there(database: Database, database_url: str) -> None:
    hour = _TINY.start.replace(minute=0) + timedelta(hours=9)
    with psycopg.connect(database_url) as connection:
        connection.execute("INSERT INTO series (kind, name, outcome, pace, who) VALUES ('cpu', 'web', 'ok', '', '')")
        connection.execute(
            "INSERT INTO rollup_hours (at, series_id, writer, count, total, histogram) VALUES (%s, 1, 0, 7, 21, %s)",
            (hour, pack({55: 7})),
        )
    stored = await store_history(database, _TINY, KEEPING, is_forced=True)
    window = Window(stored.ledger, hour, hour + timedelta(hours=1))
    values = window.values(of("cpu", "web"))
    assert len(values) > 0
    ((count, total, histogram),) = _rows(
        database_url, f"SELECT count, total, histogram FROM rollup_hours WHERE series_id = 1 AND at = '{hour}'"
    )
    assert count == 7 + len(values)
    assert total == pytest.approx(21 + values.sum())
    assert merge(histogram)[55] >= 7  # type: ignore[arg-type]


async def test_a_second_history_is_refused_even_by_force(database: Database, database_url: str) -> None:
    await store_history(database, _TINY, KEEPING)
    with pytest.raises(Conflict):
        await store_history(database, _TINY, KEEPING, is_forced=True)
    assert _rows(database_url, "SELECT count(*) FROM users") == [(20,)]


async def test_what_fails_half_way_leaves_nothing_behind(database: Database, database_url: str) -> None:
    def interrupt(_what: str, ratio: float) -> None:
        if ratio > 0.5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await store_history(database, _TINY, KEEPING, report=interrupt)
    assert _rows(database_url, "SELECT count(*) FROM rollup_minutes") == [(0,)]
    async with database.read() as session:
        assert not await is_in_use(session)
        assert not await is_demo(session)


async def test_where_minutes_would_be_gone_there_are_hours_only(database_url: str) -> None:
    await seed(database_url, _TINY, Keeping(event_days=1, keep_one_in=10, minutes=timedelta(days=2)))
    ((first_minute, first_hour),) = _rows(
        database_url, "SELECT (SELECT min(at) FROM rollup_minutes), (SELECT min(at) FROM rollup_hours)"
    )
    assert first_hour == _TINY.start.replace(minute=0)
    assert first_minute.replace(hour=0, minute=0) == (_TINY.end - timedelta(days=1)).replace(hour=0, minute=0)  # type: ignore[attr-defined]
