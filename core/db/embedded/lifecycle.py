"""Starting and stopping the server's processes. Whoever calls this holds the start lock of the place."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

from core.db.embedded.binaries import server_programs
from core.db.embedded.cluster import (
    last_lines,
    make_cluster,
    make_socket_folder,
    refuse_other_version,
    remove_drafts,
    remove_short_socket_folder,
    write_settings,
)
from core.db.embedded.connections import PORT, answering
from core.db.embedded.errors import EmbeddedServerError
from core.db.embedded.place import Place, can_enter
from core.db.embedded.processes import ServerProcess, cluster_name, is_living, read_pid_file, server_processes
from core.logging import EventLog

# Recovery after a crash reads at most max_wal_size (512 MB) again: seconds on an old disk.
_READY_WITHIN_S = 120.0
# "fast" ends every session at once; what takes longer than this is stopped without a last checkpoint.
_STOPPED_WITHIN_S = 30.0
# How long a server whose socket was removed, or that waits for its clients to leave, may go on.
_UNREACHABLE_FOR_S = 3.0
_LOOK_EVERY_S = 0.02
# No process has such a pid (Linux ends at 2^22), so PostgreSQL takes the file for what it is: a leftover.
_NOBODYS_PID = "99999999"
_DISARM = '{ echo "$2"; tail -n +2 "$1"; } >"$1.draft" && mv "$1.draft" "$1"'
# The shell ends at once, so that the server belongs to nobody and outlives whoever started it.
_LAUNCH = 'log=$1; shift; "$@" </dev/null >"$log" 2>&1 & echo $!'

log = EventLog(__name__)


def bring_up(place: Place, *, is_durable: bool) -> Path:
    """The folder of the socket at which the server of this place answers; started, or made, where there was none.

    Raises EmbeddedServerError with PostgreSQL's own words where it does not start.
    """
    if place.data.exists() and (running := _adopt(place)):
        return running
    programs = server_programs(place)
    remove_drafts(place)
    if not place.data.exists():
        make_cluster(place, programs, is_durable=is_durable)
    _refuse_unreachable(place)
    refuse_other_version(place)
    write_settings(place, is_durable=is_durable)
    _end_orphans(place)
    socket_dir = make_socket_folder(place)
    if running := _launch(place, programs, socket_dir):
        return running
    _disarm_leftovers(place, socket_dir)
    if running := _launch(place, programs, socket_dir):
        return running
    raise EmbeddedServerError(f"The database in {place.data} does not start: {_last_words(place)}")


def shut_down(place: Place) -> None:
    """Ends the server, if it runs; a last checkpoint is written unless that takes too long."""
    for how, patience_s in ((signal.SIGINT, _STOPPED_WITHIN_S), (signal.SIGQUIT, 5.0)):
        _signal([process for process in _processes(place) if process.is_postmaster], how)
        if _wait_until(lambda: not _processes(place), patience_s):
            break
    _end_orphans(place)
    remove_short_socket_folder(place)


def _adopt(place: Place) -> Path | None:
    """Where a running server answers; None where none runs. One that starts or stops is waited for."""
    begin = unreachable_since = time.monotonic()
    while True:
        if running := answering(place):
            return running
        postmasters = [process for process in _processes(place) if process.is_postmaster]
        if not postmasters:
            return None
        if time.monotonic() > begin + _READY_WITHIN_S:
            raise EmbeddedServerError(
                f"The database's process {postmasters[0].pid} runs but does not answer. End it, then start again."
            )
        if not _is_out_of_reach(place):
            unreachable_since = time.monotonic()
        elif time.monotonic() > unreachable_since + _UNREACHABLE_FOR_S:
            log.warning("database.unreachable_server_stopped", pid=postmasters[0].pid)
            _signal(postmasters, signal.SIGINT)
            unreachable_since = time.monotonic()
        time.sleep(_LOOK_EVERY_S)


def _is_out_of_reach(place: Place) -> bool:
    """True for a server that will never take a connection again: its socket is gone, or it is about to end."""
    state = read_pid_file(place.data)
    if state is None or state.status == "stopping":
        return True
    return state.status == "ready" and not (state.socket_dir and (state.socket_dir / f".s.PGSQL.{PORT}").exists())


def _launch(place: Place, programs: Path, socket_dir: Path) -> Path | None:
    """Where the new server answers, or one that somebody killed had just launched; None where it gave up."""
    started = place.run(
        "/bin/sh", "-c", _LAUNCH, "sh", place.data / "start.log",
        programs / "postgres", "-D", place.data, "-p", str(PORT),
        "-c", f"cluster_name={cluster_name(place.data)}",
        "-c", f"unix_socket_directories={_quoted(socket_dir)}",
    )  # fmt: skip
    if started.returncode != 0:
        raise EmbeddedServerError(f"The database could not be started: {last_lines(started.stderr)}")
    pid = int(started.stdout)
    begin = time.monotonic()
    while time.monotonic() < begin + _READY_WITHIN_S:
        if running := answering(place):
            return running
        if not is_living(pid):
            return _adopt(place)
        time.sleep(_LOOK_EVERY_S)
    raise EmbeddedServerError(f"The database did not get ready in {_READY_WITHIN_S:.0f} s: {_last_words(place)}")


def _end_orphans(place: Place) -> None:
    """Backends outlive a killed postmaster until their query ends; no second server may start beside them."""
    if not _wait_until(lambda: not _processes(place), 3.0):
        _signal(_processes(place), signal.SIGKILL)
        _wait_until(lambda: not _processes(place), 3.0)


def _disarm_leftovers(place: Place, socket_dir: Path) -> None:
    """For lock files of a dead server whose pid now belongs to something else, or to a zombie, or that are cut short.

    PostgreSQL believes the pid and refuses to start. Only the pid is replaced: the rest of the file lets PostgreSQL
    make sure for itself that no process of the old server is left.
    """
    for path in (place.data / "postmaster.pid", socket_dir / f".s.PGSQL.{PORT}.lock"):
        if path.exists():
            log.warning("database.stale_lock_disarmed", file=str(path))
            place.run("/bin/sh", "-c", _DISARM, "sh", path, _NOBODYS_PID)


def _refuse_unreachable(place: Place) -> None:
    if place.account and not can_enter(place, place.data):
        raise EmbeddedServerError(
            f"The database in {place.data} belongs to the user {place.account.name}, who can no longer enter that "
            "folder: one of the folders above it was closed to others. Open it again, or move the data folder."
        )


def _processes(place: Place) -> list[ServerProcess]:
    return server_processes(place.data, owner_uid=place.owner_uid)


def _signal(processes: list[ServerProcess], how: signal.Signals) -> None:
    for process in processes:
        try:
            os.kill(process.pid, how)
        except ProcessLookupError:
            log.debug("database.process_already_gone", pid=process.pid)


def _wait_until(is_true: Callable[[], bool], patience_s: float) -> bool:
    give_up = time.monotonic() + patience_s
    while not is_true():
        if time.monotonic() > give_up:
            return False
        time.sleep(_LOOK_EVERY_S)
    return True


def _last_words(place: Place) -> str:
    return last_lines(place.run("/bin/cat", place.data / "start.log").stdout)


def _quoted(folder: Path) -> str:
    """One entry of PostgreSQL's comma-separated list of folders."""
    return '"' + str(folder).replace('"', '""') + '"'
