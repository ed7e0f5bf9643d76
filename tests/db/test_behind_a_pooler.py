"""A real PgBouncer in transaction mode: two connections to the server, shared by everybody who asks."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import psycopg
import pytest
from sqlalchemy import text

from core.db.database import Database, driver_connection
from core.db.migrate import pending, upgrade
from core.jobs.queue import QueuedJobs, build_queue
from tests.fixtures_database import data_folder

PGBOUNCER = shutil.which("pgbouncer", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(PGBOUNCER is None, reason="pgbouncer is not installed (Debian: apt-get install pgbouncer)"),
]
PORT = 6432
SETTINGS = """
[databases]
* = host={server} port=5432 user=sightline
[pgbouncer]
listen_addr =
listen_port = {port}
unix_socket_dir = {folder}
auth_type = any
pool_mode = transaction
default_pool_size = 2
max_client_conn = 200
logfile = {folder}/log
"""


@pytest.fixture
def pooled_url(database_url: str) -> Iterator[str]:
    """The test's own database, through the pooler."""
    with data_folder() as folder:
        process = launch(folder, server=server_folder(database_url))
        try:
            yield f"postgresql://sightline@/{urlsplit(database_url).path[1:]}?host={folder / 'pooler'}&port={PORT}"
        finally:
            process.terminate()
            process.wait(timeout=20)


def server_folder(url: str) -> Path:
    return Path(parse_qs(urlsplit(url).query)["host"][0])


def launch(folder: Path, *, server: Path) -> subprocess.Popen[bytes]:
    """PgBouncer will not run as root either: it runs as whoever owns the server's socket."""
    assert PGBOUNCER is not None
    owner = server.stat()
    own = folder / "pooler"
    own.mkdir()
    os.chown(own, owner.st_uid, owner.st_gid)
    settings = folder / "pgbouncer.ini"
    settings.write_text(SETTINGS.format(server=server, port=PORT, folder=own))
    is_root = os.geteuid() == 0
    process = subprocess.Popen(
        [PGBOUNCER, "-q", settings],
        user=owner.st_uid if is_root else None,
        group=owner.st_gid if is_root else None,
        extra_groups=[] if is_root else None,
        stderr=subprocess.DEVNULL,
    )
    give_up = time.monotonic() + 20
    while not (own / f".s.PGSQL.{PORT}").exists():
        assert process.poll() is None, "pgbouncer did not start"
        assert time.monotonic() < give_up, "pgbouncer did not get ready"
        time.sleep(0.01)
    return process


async def test_many_transactions_share_two_connections(pooled_url: str) -> None:
    database = Database(pooled_url)
    backends = set()

    async def add(number: int) -> None:
        async with database.transaction() as session:
            backends.add((await session.execute(text("SELECT pg_backend_pid()"))).scalar_one())
            insert = text("INSERT INTO videos (id, title, fetched_at) VALUES (:id, :title, now())")
            await session.execute(insert, {"id": str(number), "title": None if number % 2 else "even"})

    await asyncio.gather(*(add(number) for number in range(60)))
    async with database.read() as session:
        assert (await session.execute(text("SELECT count(*), count(title) FROM videos"))).one() == (60, 30)
    await database.close()
    assert len(backends) <= 2


async def test_nothing_of_a_transaction_stays_with_the_shared_connection(pooled_url: str) -> None:
    database = Database(pooled_url)
    for _ in range(12):
        async with database.transaction() as session:
            await session.execute(text("SELECT 1"))
    await database.close()
    with psycopg.connect(pooled_url, autocommit=True, prepare_threshold=None) as stranger:
        for setting, default in (("statement_timeout", "0"), ("lock_timeout", "0"), ("transaction_read_only", "off")):
            row = stranger.execute(f"SHOW {setting}".encode()).fetchone()
            assert row == (default,), setting
        for leftover in ("pg_prepared_statements", "pg_locks WHERE locktype = 'advisory'"):
            assert stranger.execute(f"SELECT count(*) FROM {leftover}".encode()).fetchone() == (0,), leftover


def test_migrations_run_through_it_where_no_direct_address_is_known(pooled_url: str) -> None:
    with psycopg.connect(pooled_url, autocommit=True, prepare_threshold=None) as connection:
        connection.execute("DROP SCHEMA public CASCADE")
        connection.execute("CREATE SCHEMA public")
    assert pending(pooled_url) == upgrade(pooled_url)
    assert pending(pooled_url) == []


async def test_jobs_are_added_with_the_row_and_carried_out_by_polling(pooled_url: str) -> None:
    database = Database(pooled_url)
    queue = build_queue(pooled_url)
    done: list[str] = []

    @queue.task(name="summaries:run", queue="summarization")
    async def carry_out(run_id: str) -> None:
        done.append(run_id)

    kept, undone = uuid4(), uuid4()

    async def fail() -> None:
        async with database.transaction() as session:
            await QueuedJobs(queue).enqueue_run(await driver_connection(session), undone)
            raise RuntimeError

    async with queue.open_async():
        async with database.transaction() as session:
            await QueuedJobs(queue).enqueue_run(await driver_connection(session), kept)
        with pytest.raises(RuntimeError):
            await fail()
        await queue.run_worker_async(wait=False, listen_notify=False, install_signal_handlers=False)
    await database.close()
    assert done == [str(kept)]
