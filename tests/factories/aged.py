"""Rows of every age for archival: as odd as the tables take them, the same for the same seed."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from uuid import UUID

import psycopg
from psycopg.types.json import Jsonb

NOW = datetime(2026, 11, 24, 14, 41, 0, 123456, tzinfo=UTC)
BROWSER = "c" * 64
_ODD = ("a talk", "", 'with "quotes" and \\back\\slashes', "多语言 עברית", "tab\tand\nnewline", "{brace,comma}", "NULL")


@dataclass
class Aged:
    """Ids of what was put in. `due` are summaries that an archival at NOW takes."""

    summaries: list[UUID] = field(default_factory=list)
    due: list[UUID] = field(default_factory=list)
    runs: list[UUID] = field(default_factory=list)


def fill(url: str, count: int = 60, *, seed: int = 1, runs: int | None = None, now: datetime = NOW) -> Aged:
    """So many summaries over a third as many runs, each with its words, version and progress."""
    dice, made = random.Random(seed), Aged()
    with psycopg.connect(url) as connection:
        for number in range(runs or max(count // 3, 1)):
            made.runs.append(_add_run(connection, dice, number, now))
        for _ in range(count):
            _add_summary(connection, dice, made, now)
    return made


def _add_run(connection: psycopg.Connection, dice: random.Random, number: int, now: datetime) -> UUID:
    run, version, transcript = (UUID(int=dice.getrandbits(128)) for _ in range(3))
    made_at = now - timedelta(days=dice.uniform(0, 400))
    connection.execute(
        "INSERT INTO transcripts (id, sha256, cleaner_version, segments, segment_count, is_timed, duration_ms,"
        " language, source, notes, created_at) VALUES (%s, %s, 1, %s, 3, %s, %s, %s, 'upload', %s, %s)",
        (transcript, f"{transcript.hex}", dice.randbytes(dice.randrange(0, 400)), dice.random() < 0.5,
         dice.choice([None, 2**40]), dice.choice([None, "en"]), Jsonb([{"note": dice.choice(_ODD)}]), made_at),
    )  # fmt: skip
    state = dice.choice(["done", "done", "done", "failed", "cancelled"])
    # A stored null and no value are two things in jsonb, and both occur.
    failure = dice.choice([None, Jsonb(None), Jsonb({"code": "x", "n": 1.0, "big": 10**20})])
    connection.execute(
        "INSERT INTO runs (id, request_key, cache_key, engine, options, video_id, transcript_id, state, attempt, tried,"
        " failure, cost_microusd, created_at, started_at, finished_at)"
        " VALUES (%s, %s, %s, 'offline', %s, %s, %s, %s, 2, %s, %s, 7, %s, %s, %s)",
        (run, f"key-{number}", dice.choice([None, f"cache-{run.hex}"]), Jsonb({"languages": ["en"]}),
         dice.choice([None, "GJLlxj_dtq8"]), transcript, state, Jsonb([]), failure, made_at, made_at, made_at),
    )  # fmt: skip
    if state == "done":
        draft = Jsonb({"tldr": [{"text": dice.choice(_ODD)}], "share": dice.random()})
        connection.execute(
            "INSERT INTO summary_versions (id, run_id, transcript_id, engine, draft, lines, created_at)"
            " VALUES (%s, %s, %s, 'offline', %s, 4, %s)",
            (version, run, transcript, draft, made_at),
        )
        connection.execute("UPDATE runs SET version_id = %s WHERE id = %s", (version, run))
    connection.execute(
        "INSERT INTO progress_tracking (run_id, seq, attempt, stage, ratio, stages, created_at, updated_at)"
        " VALUES (%s, %s, 1, 'done', %s, %s, %s, %s)",
        (run, dice.randrange(1, 2**40), dice.choice([0.1, 1 / 3, 1.0, 5e-324]), Jsonb([{"a": dice.choice(_ODD)}]),
         now - timedelta(days=dice.uniform(0, 14)), made_at),
    )  # fmt: skip
    return run


def _add_summary(connection: psycopg.Connection, dice: random.Random, made: Aged, now: datetime) -> None:
    summary, is_anonymous = UUID(int=dice.getrandbits(128)), dice.random() < 0.7
    age = timedelta(days=dice.uniform(60, 130), microseconds=dice.randrange(10**6))
    run = dice.choice(made.runs)
    version = connection.execute("SELECT version_id FROM runs WHERE id = %s", (run,)).fetchone()
    user = "ANONYMOUS_USER" if is_anonymous else str(UUID(int=dice.getrandbits(128)))
    connection.execute(
        "INSERT INTO summaries (id, user_id, anonymous_id, run_id, version_id, title, channel, video_id, start_ms,"
        " duration_ms, thumbnail_url, tags, created_at) VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)",
        (summary, user, BROWSER if is_anonymous else None, run, version[0] if version else None, dice.choice(_ODD),
         dice.choice([None, *_ODD]), dice.choice([None, "GJLlxj_dtq8"]), dice.choice([None, -1, 2**62]), None, None,
         dice.sample(_ODD, dice.randrange(0, 4)), now - age),
    )  # fmt: skip
    made.summaries.append(summary)
    if is_anonymous and age > timedelta(days=90):
        made.due.append(summary)


def fill_events(url: str, days: dict[int, int], *, seed: int = 1, now: datetime = NOW) -> None:
    """Partitions of raw events: `days` says how many rows lie so many days back. Many are alike: events have no key."""
    dice = random.Random(seed)
    with psycopg.connect(url) as connection:
        for name in ("home", 'GET /a "b"'):
            connection.execute(
                "INSERT INTO series (kind, name, outcome, pace, who) VALUES ('page_request', %s, 'ok', '', '')", (name,)
            )
        ids = [row[0] for row in connection.execute("SELECT id FROM series ORDER BY id")]
        for back, rows in days.items():
            day = (now - timedelta(days=back)).date()
            table = f"events_{day:%Y%m%d}"
            connection.execute(
                f"CREATE TABLE {table} PARTITION OF events FOR VALUES FROM ('{day} 00:00+00')"
                f" TO ('{day + timedelta(days=1)} 00:00+00')".encode()
            )
            start = datetime(day.year, day.month, day.day, tzinfo=UTC)
            with connection.cursor().copy(f"COPY {table} FROM STDIN".encode()) as copy:
                for _ in range(rows):
                    copy.write_row(_event(dice, start, ids))


def _event(dice: random.Random, start: datetime, ids: list[int]) -> tuple[object, ...]:
    detail = dice.choice([None, None, Jsonb({"note": dice.choice(_ODD)}), Jsonb(None)])
    person = dice.choice([None, None, UUID(int=dice.randrange(3))])
    value = dice.choice([0.5, 1 / 3, 1e-30, 3.4e38, float("inf"), float("nan"), -0.0])
    at = start + timedelta(microseconds=dice.choice([0, 1, 86_399_999_999, dice.randrange(86_400_000_000)]))
    return at, value, dice.choice(ids), dice.randrange(300), dice.randrange(1, 20), None, person, detail


# What must be the same bytes after an archival and its restoration; what archival itself writes is not among them.
TABLES = ("transcripts", "runs", "summary_versions", "summaries", "progress_tracking", "series", "events")


def copy_out(url: str, tables: tuple[str, ...] = TABLES) -> dict[str, list[bytes]]:
    """Every row of these tables as COPY writes it, sorted: events are a multiset."""
    with psycopg.connect(url) as connection:
        return {table: sorted(_rows(connection, table)) for table in tables}


def _rows(connection: psycopg.Connection, table: str) -> list[bytes]:
    with connection.cursor().copy(f"COPY (SELECT * FROM {table}) TO STDOUT".encode()) as copy:
        return [bytes(row) for row in copy]


def run_sql(url: str, statement: str, *parameters: object) -> int:
    """How many rows it touched, in a connection and a transaction of its own."""
    with psycopg.connect(url) as connection:
        return connection.execute(statement.encode(), parameters).rowcount
