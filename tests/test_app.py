"""The application as people start it: one command, one line with the address, one key to end it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import psycopg
import pytest

from core.api.owners import OWNER_HEADER
from tests.cli.conftest import LECTURE

ROOT = Path(__file__).resolve().parents[1]
URL = "/api/v1/summaries"
PART = b'--x\r\nContent-Disposition: form-data; name="file"; filename="a.srt"\r\n\r\n'


def environment(data_dir: Path, **settings: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "NICEGUI"))}
    return {**kept, "SIGHTLINE_DATA_DIR": str(data_dir), "PORT": "0", **settings}


class Application:
    """`python app.py` on a data folder of its own, once it has said where it is."""

    def __init__(self, data_dir: Path) -> None:
        self.data_dir = data_dir
        self.process = subprocess.Popen(
            [sys.executable, "app.py"], cwd=ROOT, env=environment(data_dir), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        assert self.process.stdout is not None
        self.said = [self.process.stdout.readline(), self.process.stdout.readline()]
        found = re.search(r"Sightline is ready at (http://localhost:(\d+)) ", self.said[-1])
        assert found is not None, self.said
        self.origin, self.port = found[1], int(found[2])

    def end(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        self.process.communicate(timeout=60)
        return self.process.returncode


@contextmanager
def running() -> Iterator[Application]:
    folder = Path(tempfile.mkdtemp(prefix="sightline-app-"))
    folder.chmod(0o711)  # the database's own account has to pass through where the tests run as root
    application = Application(folder)
    try:
        yield application
    finally:
        application.end()
        shutil.rmtree(folder)


@pytest.fixture(scope="module")
def application() -> Iterator[Application]:
    with running() as started:
        yield started


@pytest.mark.slow
def test_the_first_command_ends_in_a_page_that_answers(application: Application) -> None:
    page = httpx.get(application.origin)
    assert page.status_code == 200
    assert page.headers["content-type"].startswith("text/html")
    head = httpx.head(application.origin)
    assert (head.status_code, head.content) == (200, b"")
    health = httpx.get(f"{application.origin}/api/health").json()
    assert (health["status"], health["database"]) == ("healthy", "connected")


@pytest.mark.slow
def test_the_worker_beside_it_makes_the_summary(application: Application) -> None:
    with httpx.Client(base_url=application.origin, timeout=60) as client:
        made = client.post(URL, files={"file": ("lecture.srt", LECTURE.encode())})
        client.cookies.clear()
        owner = {OWNER_HEADER: made.headers[OWNER_HEADER]}
        last = client.get(made.headers["location"] + "/events", headers=owner).text.strip().rpartition("\n\n")[2]
        assert '"status":"done"' in last
        document = client.get(made.headers["location"], headers=owner).json()
        page = client.get(document["video"]["url"] or "/library")
    assert document["chapters"]
    assert "unsafe-eval" in page.headers["content-security-policy"]


@pytest.mark.slow
def test_the_same_address_twice_is_told_in_one_line(application: Application) -> None:
    port = str(application.port)
    second = subprocess.run(
        [sys.executable, "app.py"], cwd=ROOT, env=environment(application.data_dir, PORT=port),
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert second.returncode == 1
    assert second.stderr.startswith(f"Sightline cannot start. Port {port} is taken")
    assert len(second.stderr.splitlines()) == 1


@pytest.mark.slow
def test_the_upload_limit_holds_on_a_real_connection(application: Application) -> None:
    host, port = "localhost", application.port
    head = (
        f"POST {URL} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: multipart/form-data; boundary=x\r\n"
        "Transfer-Encoding: chunked\r\n\r\n"
    )
    with socket.create_connection((host, port), timeout=60) as connection:
        connection.sendall(head.encode() + f"{len(PART):x}\r\n".encode() + PART + b"\r\n")
        megabyte = b"100000\r\n" + b"a" * 0x100000 + b"\r\n"
        for _ in range(40):
            connection.sendall(megabyte)
        connection.sendall(b"0\r\n\r\n")
        assert connection.recv(65536).startswith(b"HTTP/1.1 413 ")


@pytest.mark.slow
def test_the_database_opens_beside_it_at_the_address_that_the_command_prints(application: Application) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "core.cli", "db-url"], cwd=ROOT, env=environment(application.data_dir),
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    with psycopg.connect(done.stdout.strip()) as connection:
        row = connection.execute("SELECT count(*) FROM summaries WHERE user_id = 'ANONYMOUS_USER'").fetchone()
    assert row is not None


@pytest.mark.slow
def test_ctrl_c_ends_web_worker_and_database() -> None:
    with running() as application:
        assert "embedded database" in application.said[0]
        pid = application.process.pid
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        assert children
        assert (application.data_dir / "postgres" / "data" / "postmaster.pid").exists()
        assert application.end() == 0
        assert not any(Path(f"/proc/{child}").exists() for child in children)
        assert not (application.data_dir / "postgres" / "data" / "postmaster.pid").exists()
