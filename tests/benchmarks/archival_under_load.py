"""Do pages stay quick, and does nobody wait for a lock, while 200,000 anonymous summaries are archived?

Run: `uv run python -m tests.benchmarks.archival_under_load [rows]`.

Starts the application with its worker on a data folder of its own, fills it, starts the archival as the page does and
lets users work all the while. The archival is stopped and resumed by its buttons, so that stretches with and without it
alternate: what else the machine does falls on both. Goals: web P95 at most 1.2 times, no lock waited for over 200 ms.
"""

from __future__ import annotations

import asyncio
import json
import random
import signal
import statistics
import sys
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg

from core.bootstrap import Services, open_services
from core.config import Settings
from core.domain.archival import ArchiveState, Policy
from tests.benchmarks.pages_while_reading import start_application
from tests.factories.captions import srt

ROWS = 200_000
PEOPLE_A_RUN = 10
STRETCH_S = 20.0
PAUSE_S = 10.0
SECRET = "the-secret-of-the-browser-that-works-while-the-archival-runs"
MADE = 12
GOAL_RATIO, GOAL_WAIT_MS = 1.2, 200.0


@dataclass
class Users:
    """People who read their summaries while it goes on; each answer is put down as with or without."""

    origin: str
    ids: list[str] = field(default_factory=list)
    with_ms: list[float] = field(default_factory=list)
    without_ms: list[float] = field(default_factory=list)
    is_with: bool | None = None
    is_over: bool = False

    def make_summaries(self) -> None:
        """What they read: made by the worker, and too young to be archived."""
        with self._client() as client:
            for number in range(MADE):
                words = srt(400, seed=number).decode()
                answer = client.post("/api/v1/summaries", json={"transcript": words, "format": "srt"})
                self.ids.append(str(answer.raise_for_status().json()["id"]))
            while {client.get(f"/api/v1/summaries/{each}").json()["status"] for each in self.ids} != {"done"}:
                time.sleep(0.2)

    def work(self) -> None:
        dice = random.Random(1)
        paths = ["/", "/library", "/api/v1/summaries?limit=20", "/api/v1/summaries/{id}", "/summaries/{id}"]
        with self._client() as client:
            while not self.is_over:
                path = dice.choice(paths).format(id=dice.choice(self.ids))
                was_with, begun = self.is_with, time.perf_counter()
                answer = client.get(path)
                taken = (time.perf_counter() - begun) * 1000
                assert answer.status_code == 200, (path, answer.status_code)
                if was_with is not None and was_with == self.is_with:
                    (self.with_ms if was_with else self.without_ms).append(taken)
                time.sleep(0.01)

    def _client(self) -> httpx.Client:
        return httpx.Client(base_url=self.origin, timeout=30, headers={"Sightline-Owner": SECRET})


@dataclass
class Waits:
    """How long a person's write to a row that is about to be archived takes, and what pg_locks shows of any wait."""

    url: str
    writes_ms: list[float] = field(default_factory=list)
    seen_ms: list[float] = field(default_factory=list)
    is_over: bool = False

    def write(self) -> None:
        """Always the oldest rows: those that the next slice takes."""
        pick = (
            "SELECT id FROM summaries WHERE user_id = 'ANONYMOUS_USER' AND created_at < now() - interval '90 days'"
            " ORDER BY created_at OFFSET %s LIMIT 1"
        )
        dice = random.Random(2)
        with psycopg.connect(self.url, autocommit=True) as connection:
            while not self.is_over:
                row = connection.execute(pick, (dice.randrange(2_000),)).fetchone()
                begun = time.perf_counter()
                if row:
                    connection.execute("UPDATE summaries SET title = title WHERE id = %s", row)
                    self.writes_ms.append((time.perf_counter() - begun) * 1000)
                time.sleep(0.005)

    def watch(self) -> None:
        longest = (
            "SELECT coalesce(max(extract(epoch FROM clock_timestamp() - waitstart)), 0) * 1000 FROM pg_locks"
            " WHERE NOT granted AND locktype <> 'advisory'"
        )
        with psycopg.connect(self.url, autocommit=True) as connection:
            while not self.is_over:
                row = connection.execute(longest).fetchone()
                self.seen_ms.append(float(row[0]) if row else 0.0)
                time.sleep(0.01)


def main() -> None:
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else ROWS
    with tempfile.TemporaryDirectory(prefix="sightline-bench-") as folder:
        Path(folder).chmod(0o755)
        process, origin = start_application(Path(folder))
        try:
            report = asyncio.run(_measure(Settings(data_dir=Path(folder) / "data"), origin, rows))
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=30)
    print(json.dumps(report, indent=2))


async def _measure(settings: Settings, origin: str, rows: int) -> dict[str, float]:
    async with open_services(settings, app_name="benchmark") as services:
        assert services._urls is not None
        url = services._urls.url
        await asyncio.to_thread(_fill, url, rows)
        users, waits = Users(origin), Waits(url)
        await asyncio.to_thread(users.make_summaries)
        with ThreadPoolExecutor() as pool:
            working = [pool.submit(each) for each in (users.work, waits.write, waits.watch)]
            try:
                active_s = await _archive(services, users)
            finally:
                users.is_over = waits.is_over = True
        for each in working:
            each.result()
    with_ms, without_ms = _p95(users.with_ms), _p95(users.without_ms)
    figures = {
        "rows": rows,
        "rows_per_s": rows / active_s,
        "active_s": active_s,
        "without_p95_ms": without_ms,
        "with_p95_ms": with_ms,
        "p95_ratio": with_ms / without_ms,
        "median_ratio": statistics.median(users.with_ms) / statistics.median(users.without_ms),
        "requests_with": len(users.with_ms),
        "requests_without": len(users.without_ms),
        "longest_write_ms": max(waits.writes_ms),
        "longest_wait_seen_ms": max(waits.seen_ms),
        "writes": len(waits.writes_ms),
        "goals_met": float(with_ms / without_ms <= GOAL_RATIO and max(waits.seen_ms) <= GOAL_WAIT_MS),
    }
    return {name: round(value, 3) for name, value in figures.items()}


async def _archive(services: Services, users: Users) -> float:
    """Archives all of it in stretches, with a pause after each; the seconds it was at work."""
    archival, actor = services.archival, "cli:benchmark"
    await asyncio.sleep(3)
    preview = await archival.preview(Policy.ANONYMOUS_SUMMARIES, actor)
    run = await archival.start(Policy.ANONYMOUS_SUMMARIES, preview.token, preview.rows, actor)
    active_s = 0.0
    while True:
        while (await archival.run(run.id)).state is ArchiveState.QUEUED:  # noqa: ASYNC110  # it rings no bell
            await asyncio.sleep(0.02)
        begun = time.perf_counter()
        users.is_with = True
        while time.perf_counter() - begun < STRETCH_S:
            await asyncio.sleep(0.1)
            run = await archival.run(run.id)
            if run.state is ArchiveState.DONE:
                return active_s + time.perf_counter() - begun
        users.is_with = None
        await archival.stop(run.id, actor)
        while (await archival.run(run.id)).state is not ArchiveState.STOPPED:  # noqa: ASYNC110  # it rings no bell
            await asyncio.sleep(0.02)
        active_s += time.perf_counter() - begun
        users.is_with = False
        await asyncio.sleep(PAUSE_S)
        users.is_with = None
        await archival.resume(run.id, actor)
        print(f"{run.done_rows:,} of {run.planned_rows:,}", file=sys.stderr)


def _fill(url: str, rows: int) -> None:
    """Due summaries over a tenth as many videos, each with its words."""
    with psycopg.connect(url) as connection:
        for statement in _FILL:
            connection.execute(statement.format(videos=rows // PEOPLE_A_RUN, people=PEOPLE_A_RUN).encode())
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


# Words are as good as random once they are packed; each video has its own.
_FILL = (
    """CREATE TEMP TABLE n AS SELECT g, gen_random_uuid() AS run, gen_random_uuid() AS words,
       gen_random_uuid() AS version FROM generate_series(1, {videos}) g""",
    """INSERT INTO transcripts (id, sha256, cleaner_version, segments, segment_count, is_timed, source, created_at)
       SELECT words, words::text, 1, (SELECT string_agg(uuid_send(gen_random_uuid()), '') FROM generate_series(1, 500)
       WHERE g > 0), 400, true, 'youtube', now() - interval '100 days' FROM n""",
    """INSERT INTO runs (id, request_key, engine, transcript_id, state, created_at, finished_at)
       SELECT run, run::text, 'offline', words, 'done', now() - interval '100 days', now() - interval '100 days'
         FROM n""",
    """INSERT INTO summary_versions (id, run_id, transcript_id, engine, draft, lines)
       SELECT version, run, words, 'offline', jsonb_build_object('tldr', repeat(run::text, 60)), 9 FROM n""",
    "UPDATE runs SET version_id = version FROM n WHERE run = id",
    """INSERT INTO summaries (id, user_id, anonymous_id, run_id, version_id, title, tags, created_at)
       SELECT gen_random_uuid(), 'ANONYMOUS_USER', md5(g::text || k::text), run, version, 'A talk about ' || g,
              ARRAY['talks', 'tag ' || g % 50], now() - interval '91 days' - random() * interval '30 days'
         FROM n, generate_series(1, {people}) k""",
)


def _p95(values: list[float]) -> float:
    return statistics.quantiles(values, n=20)[-1]


if __name__ == "__main__":
    main()
