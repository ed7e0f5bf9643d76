"""Processes that use the embedded server, and questions about them."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import psycopg

from core.db.embedded import EmbeddedServer
from core.db.embedded.place import Place, find_place
from core.db.embedded.processes import read_pid_file, server_processes

ROOT = Path(__file__).parents[2]
Start = Callable[[Path], EmbeddedServer]

HOLD = """
import sys
from pathlib import Path
from core.db.embedded import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]), is_durable=False)
server.start()
print(server.url, flush=True)
sys.stdin.read()
server.stop()
"""


def hold(data_dir: Path) -> subprocess.Popen[str]:
    """Another process that uses the server until its input ends."""
    return subprocess.Popen(
        [sys.executable, "-c", HOLD, str(data_dir)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
    )


def ready(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def end(process: subprocess.Popen[str], *, how: signal.Signals | None = None) -> None:
    if how is not None:
        process.send_signal(how)
    process.communicate(timeout=30)


def ask(url: str, question: str) -> object:
    with psycopg.connect(url, autocommit=True) as connection:
        cursor = connection.execute(question.encode())
        row = cursor.fetchone() if cursor.description else None
        return row[0] if row else None


def place_of(data_dir: Path) -> Place:
    return find_place(data_dir)


def living(data_dir: Path) -> list[int]:
    place = place_of(data_dir)
    return [process.pid for process in server_processes(place.data, owner_uid=place.owner_uid)]


def postmaster(data_dir: Path) -> int:
    state = read_pid_file(place_of(data_dir).data)
    assert state is not None
    return state.pid


def wait_for(is_true: Callable[[], object], patience_s: float = 20) -> None:
    give_up = time.monotonic() + patience_s
    while not is_true():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.005)
