"""Which operating-system processes belong to a cluster. Pids are never believed: what runs under them is looked at."""

from __future__ import annotations

import hashlib
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True, slots=True, kw_only=True)
class PidFile:
    """What a server wrote into `postmaster.pid` about itself; `status` is "ready" once it takes connections."""

    pid: int
    socket_dir: Path | None
    status: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerProcess:
    pid: int
    is_postmaster: bool


def cluster_name(data: Path) -> str:
    """The name the server's processes show in their titles; one for each data folder."""
    return "sightline-" + hashlib.sha256(bytes(data)).hexdigest()[:16]


def read_pid_file(data: Path) -> PidFile | None:
    """None where it is missing, or is not (yet) whole enough to name a process."""
    try:
        lines = (data / "postmaster.pid").read_text("utf-8", "replace").splitlines()
        pid = int(lines[0])
    except (FileNotFoundError, IndexError, ValueError):
        return None
    lines += [""] * (8 - len(lines))
    return PidFile(pid=pid, socket_dir=Path(lines[4]) if lines[4] else None, status=lines[7].strip())


def server_processes(data: Path, *, owner_uid: int) -> list[ServerProcess]:
    """The living processes of the server on this data folder: zombies and strangers under a reused pid are left out."""
    name = cluster_name(data)
    found = []
    for pid, uid, command in _living():
        if uid != owner_uid or command.startswith("/bin/sh "):
            continue  # somebody else's, or the shell that is about to become the server
        if f"/postgres -D {data} " in command and f"cluster_name={name}" in command:
            found.append(ServerProcess(pid=pid, is_postmaster=True))
        elif command.startswith(f"postgres: {name}: "):
            found.append(ServerProcess(pid=pid, is_postmaster=False))
    return found


def processes_naming(path: Path, *, owner_uid: int) -> list[int]:
    """Pids of that user's programs that were given this path."""
    return [pid for pid, uid, command in _living() if uid == owner_uid and str(path) in command]


def is_living(pid: int) -> bool:
    """False for a zombie: nobody may ever reap it."""
    if _has_proc():
        return _command(_PROC / str(pid)) is not None
    return any(pid == living for living, _, _ in _living_by_ps())


def _living() -> Iterator[tuple[int, int, str]]:
    """Pid, owner and command line of every process that is not a zombie."""
    if not _has_proc():
        yield from _living_by_ps()
        return
    for entry in _PROC.iterdir():
        if entry.name.isdigit() and (command := _command(entry)) is not None:
            yield int(entry.name), command[0], command[1]


def _command(entry: Path) -> tuple[int, str] | None:
    """Owner and command line of a process; None for what has ended, zombies among them."""
    try:
        uid = entry.stat().st_uid
        command = (entry / "cmdline").read_bytes()
    except OSError:
        return None
    return (uid, command.replace(b"\0", b" ").decode("utf-8", "replace")) if command else None


def _has_proc() -> bool:
    return (_PROC / "self" / "cmdline").exists()


def _living_by_ps() -> Iterator[tuple[int, int, str]]:
    columns = ["ps", "-axww", "-o", "pid=,uid=,stat=,command="]
    listing = subprocess.run(columns, capture_output=True, text=True, errors="replace", check=True)
    for line in listing.stdout.splitlines():
        pid, uid, state, command = [*line.split(None, 3), "", "", "", ""][:4]
        if command and not state.startswith("Z"):
            yield int(pid), int(uid), command
