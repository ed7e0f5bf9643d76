"""Whatever is killed at whatever moment of the first start, the next start works."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import psycopg
import pytest

from core.db.embedded import EmbeddedServer
from core.db.migrate import pending, upgrade
from tests.fixtures_database import data_folder

ROOT = Path(__file__).parents[2]
# Twenty at random; more only where chance left out a stretch of the start.
MOMENTS = 20
StartIn = Callable[[Path], int]
# Forks one process for each folder it reads, so that the imports are paid for once, and reaps it when it is killed.
STARTERS = """
import os, signal, sys
from pathlib import Path
import psycopg.pq, alembic.command, procrastinate.schema
from core.db.embedded import EmbeddedServer
from core.db.migrate import upgrade

def start(folder):
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    # A kill takes nothing from the kernel's cache, so waiting for the disk would prove no more.
    server = EmbeddedServer(folder, is_durable=False)
    server.start()
    (folder / "server-answers").touch()
    upgrade(server.url, backups=folder / "backups")
    (folder / "schema-is-up-to-date").touch()
    signal.pause()

signal.signal(signal.SIGCHLD, signal.SIG_IGN)
for line in sys.stdin:
    if (pid := os.fork()) == 0:
        start(Path(line.strip()))
    print(pid, flush=True)
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """When to kill, counted from when this file of the data folder is first seen."""

    seen: str
    delay_s: float
    spares_server: bool


# How often a kill falls into each stretch of a start: from the first file on (initdb), from the data folder on (the
# server's start and first connections), from the first answer on (the migration).
_STRETCHES = {".": 9, "postgres/data": 4, "server-answers": 7}
_LAST_SIGN = "schema-is-up-to-date"


def measure_stretches(start: StartIn) -> dict[str, float]:
    """Seconds that each stretch takes on this machine now, from a start that nobody disturbs."""
    signs = [*_STRETCHES, _LAST_SIGN]
    with data_folder() as folder:
        pid = start(folder)
        seen = []
        for sign in signs:
            wait_for(folder / sign)
            seen.append(time.monotonic())
        kill_all(pid, folder, spares_server=False)
    return {sign: after - at for sign, (at, after) in zip(signs, pairwise(seen), strict=False)}


def draw_moments(rng: random.Random, lengths_s: dict[str, float]) -> Iterator[Moment]:
    """Twenty over all stretches, then twenty early ones in the same proportions."""
    for share in (1.0, 0.5):
        stretches = [sign for sign, count in _STRETCHES.items() for _ in range(count)]
        for number, sign in enumerate(stretches):
            yield Moment(seen=sign, delay_s=rng.uniform(0, lengths_s[sign] * share), spares_server=number % 4 == 3)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/task").exists(), reason="needs /proc to find every process of a start")
def test_killed_at_any_moment_of_the_first_start_the_next_one_works() -> None:
    seed = random.randrange(1_000_000)
    wanted = {"initdb", "server starting", "migration"}
    reached: list[str] = []
    with running_starters() as start:
        for moment in draw_moments(random.Random(seed), measure_stretches(start)):
            if len(reached) >= MOMENTS and wanted <= set(reached):
                break
            with data_folder() as folder:
                pid = start(folder)
                wait_for(folder / moment.seen)
                time.sleep(moment.delay_s)
                kill_all(pid, folder, spares_server=moment.spares_server)
                reached.append(state_of(folder))
                start_again(folder, f"seed {seed}, {moment}, {reached[-1]}")
    print(f"killed in: {', '.join(reached)}")
    assert wanted <= set(reached), reached


@contextmanager
def running_starters() -> Iterator[StartIn]:
    process = subprocess.Popen(
        [sys.executable, "-c", STARTERS], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )
    assert process.stdin is not None
    assert process.stdout is not None
    commands, answers = process.stdin, process.stdout

    def start(folder: Path) -> int:
        commands.write(f"{folder}\n")
        commands.flush()
        return int(answers.readline())

    try:
        yield start
    finally:
        process.communicate(timeout=30)


def wait_for(path: Path) -> None:
    give_up = time.monotonic() + 60
    while not path.exists():
        assert time.monotonic() < give_up, f"{path} was never made"
        time.sleep(0.002)


def kill_all(pid: int, folder: Path, *, spares_server: bool) -> None:
    """`kill -9` for the process and, where the server is not spared, for everything it ever started."""
    doomed = [pid] if spares_server else [pid, *server_of(folder)]
    for victim in list(doomed):
        doomed += descendants(victim) if not spares_server else []
    for victim in dict.fromkeys(doomed):
        try:
            os.kill(victim, signal.SIGKILL)
        except ProcessLookupError:
            continue


def descendants(pid: int) -> list[int]:
    try:
        children = [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []
    return [*children, *(deeper for child in children for deeper in descendants(child))]


def server_of(folder: Path) -> list[int]:
    """Whatever names the folder in its command line; the server no longer descends from the one that started it."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and int(entry.name) != os.getpid():
            try:
                is_named = os.fsencode(folder) in (entry / "cmdline").read_bytes()
            except OSError:
                continue
            found += [int(entry.name)] if is_named else []
    return found


def state_of(folder: Path) -> str:
    """How far the killed start had come, to show that the moments cover all of it."""
    if (folder / "schema-is-up-to-date").exists():
        return "all done"
    if (folder / "server-answers").exists():
        return "migration"
    if (folder / "postgres" / "data").exists():
        return "server starting"
    return "initdb" if list((folder / "postgres").glob("data.draft-*")) else "nothing yet"


def start_again(folder: Path, how: str) -> None:
    server = EmbeddedServer(folder, is_durable=False)
    server.start()
    try:
        upgrade(server.url, backups=folder / "backups")
        assert pending(server.url) == [], how
        with psycopg.connect(server.url) as connection:
            assert connection.execute("SELECT count(*) FROM summaries").fetchone() == (0,), how
            assert connection.execute("SELECT count(*) FROM procrastinate_jobs").fetchone() == (0,), how
    finally:
        server.stop()
    assert list((folder / "postgres").glob("data.draft-*")) == [], how
