"""A real server for the whole session, a migrated template in it, and for each test a database of its own."""

from __future__ import annotations

import os
import shutil
import tempfile
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

from core.db.database import Database
from core.db.embedded import EmbeddedServer, stop_abandoned, throwaway_server
from core.db.migrate import upgrade

TEMPLATE = "template_sightline"
_MEMORY = Path("/dev/shm")
_ENOUGH_BYTES = 2 * 1024**3


def scratch_folder() -> Path:
    """Where test databases lie: in memory where there is plenty, since a cluster is a thousand files."""
    has_room = _MEMORY.is_dir() and os.access(_MEMORY, os.W_OK) and shutil.disk_usage(_MEMORY).free > _ENOUGH_BYTES
    return _MEMORY if has_room else Path(tempfile.gettempdir())


@contextmanager
def data_folder(parent: Path | None = None) -> Iterator[Path]:
    """A data folder for an application of its own; whatever server is left in it is ended, and the folder removed.

    The server's user has to pass through it where we are root: pytest's own folders are closed to that user.
    """
    folder = Path(tempfile.mkdtemp(prefix="sightline-test-", dir=parent or scratch_folder()))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        for lock in folder.glob("**/postgres/start.lock"):
            stop_abandoned(lock.parents[1])
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def database_server() -> Iterator[EmbeddedServer]:
    """The embedded server, with `TEMPLATE` migrated to the newest schema. Nothing in it survives the session."""
    with throwaway_server(scratch_folder()) as server:
        _run_sql(server, f"CREATE DATABASE {TEMPLATE}")
        upgrade(server.url_of(TEMPLATE))
        yield server


@pytest.fixture
def database_url(database_server: EmbeddedServer) -> Iterator[str]:
    """The address of a migrated, empty database that is this test's alone."""
    name = f"test_{uuid.uuid4().hex}"
    _run_sql(database_server, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY FILE_COPY")
    yield database_server.url_of(name)
    _run_sql(database_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def empty_database_url(database_server: EmbeddedServer) -> Iterator[str]:
    """The address of a database without any table."""
    name = f"empty_{uuid.uuid4().hex}"
    _run_sql(database_server, f"CREATE DATABASE {name}")
    yield database_server.url_of(name)
    _run_sql(database_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, app_name="test")
    yield database
    await database.close()


def _run_sql(server: EmbeddedServer, statement: str) -> None:
    with psycopg.connect(server.url_of("postgres"), autocommit=True) as connection:
        connection.execute(statement.encode())
