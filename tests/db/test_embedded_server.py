from __future__ import annotations

import os
import shutil
import signal
import subprocess
from pathlib import Path

import psycopg
import pytest

from core.db.embedded import EmbeddedServer, EmbeddedServerError, lifecycle
from core.db.embedded.binaries import wheel_programs
from core.db.embedded.processes import server_processes
from tests.db.servers import Start, ask, end, hold, living, place_of, postmaster, ready, wait_for


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
