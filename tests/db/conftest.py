from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from core.db.embedded import EmbeddedServer
from tests.db.servers import Start
from tests.fixtures_database import data_folder


@pytest.fixture(scope="module")
def made_once() -> Iterator[Path]:
    """A data folder in which a server has been set up and ended: initdb is most of what a test would wait for."""
    with data_folder() as folder:
        server = EmbeddedServer(folder, is_durable=False)
        server.start()
        server.stop()
        yield folder


@pytest.fixture
def empty_dir() -> Iterator[Path]:
    with data_folder() as folder:
        yield folder


@pytest.fixture
def data_dir(made_once: Path, empty_dir: Path) -> Path:
    """A folder with a server that has run before."""
    subprocess.run(["cp", "-a", made_once / "postgres", empty_dir], check=True)
    return empty_dir


@pytest.fixture
def start(empty_dir: Path) -> Iterator[Start]:
    """Starts one more user of the server on a folder; all of them stop before the folder is removed."""
    started: list[EmbeddedServer] = []
    assert empty_dir.exists()

    def one(folder: Path) -> EmbeddedServer:
        started.append(EmbeddedServer(folder, is_durable=False))
        started[-1].start()
        return started[-1]

    yield one
    for server in started:
        server.stop()
