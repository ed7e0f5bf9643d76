"""A real PostgreSQL that starts with the application and ends with its last process."""

from __future__ import annotations

import atexit
import os
import shutil
import stat
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.db.embedded.connections import DATABASE, make_database, socket_url
from core.db.embedded.errors import EmbeddedServerError
from core.db.embedded.lifecycle import bring_up, shut_down
from core.db.embedded.locks import SharedLock, exclusively
from core.db.embedded.place import Place, find_place

_THROWAWAY_PREFIX = "sightline-throwaway-"
_ABANDONED_AFTER_S = 3600.0


class EmbeddedServer:
    """The server on one data folder, shared by every process that has started it and not yet stopped it.

    Blocking: in an event loop, call its methods in a thread.
    """

    def __init__(self, data_dir: Path, *, is_durable: bool = True) -> None:
        self._data_dir = data_dir
        self._is_durable = is_durable
        self._users: SharedLock | None = None
        self._place: Place | None = None
        self._socket_dir = Path()
        self._pid = 0
        self._guard = threading.Lock()

    @property
    def url(self) -> str:
        """The address for libpq, psycopg and `psql`. Raises EmbeddedServerError before `start`."""
        return self.url_of(DATABASE)

    def url_of(self, database: str) -> str:
        if self._users is None:
            raise EmbeddedServerError("The database has not been started yet.")
        return socket_url(self._socket_dir, database)

    def start(self) -> None:
        """Returns when the server answers and its database exists, whatever was left behind by whatever was killed.

        Raises EmbeddedServerError where it cannot be started.
        """
        with self._guard, _plainly():
            if self._users is not None:
                return
            place = find_place(self._data_dir)
            with exclusively(place.start_lock):
                users = SharedLock(place.users_lock)
                try:
                    self._socket_dir = bring_up(place, is_durable=self._is_durable)
                    make_database(self._socket_dir)
                except BaseException:
                    users.release()
                    raise
            self._users, self._place, self._pid = users, place, os.getpid()
            atexit.register(self.stop)

    def stop(self) -> None:
        """Lets go of the server, and ends it where nobody else uses it."""
        with self._guard:
            if self._users is None or self._place is None or self._pid != os.getpid():
                return  # a forked child shares its parent's lock: to let go of it is the parent's business
            _shut_down_if_last(self._place, self._users)
            self._let_go(self._users)

    def leave_running(self) -> None:
        """Lets go of the server without ending it: the next process that uses it and ends last will."""
        with self._guard:
            if self._users is not None:
                self._let_go(self._users)

    def _let_go(self, users: SharedLock) -> None:
        users.release()
        self._users = None
        atexit.unregister(self.stop)


def _shut_down_if_last(place: Place, users: SharedLock) -> None:
    if not place.folder.exists():
        shut_down(place)  # somebody removed the data while we ran
        return
    with exclusively(place.start_lock):
        if users.is_last():
            shut_down(place)


@contextmanager
def throwaway_server(parent: Path | None = None) -> Iterator[EmbeddedServer]:
    """A server on an empty folder of its own that is gone afterwards: for checks and tests.

    The folder lies in `parent`, by default where temporary files do.
    """
    parent = parent or Path(tempfile.gettempdir())
    _sweep_throwaways(parent)
    data_dir = Path(tempfile.mkdtemp(prefix=_THROWAWAY_PREFIX, dir=parent))
    # Made by us and empty: the server's account has to pass through it where we are root.
    data_dir.chmod(0o755)
    server = EmbeddedServer(data_dir, is_durable=False)
    try:
        server.start()
        yield server
    finally:
        server.stop()
        shutil.rmtree(data_dir, ignore_errors=True)


def stop_abandoned(data_dir: Path) -> bool:
    """Ends the server of a data folder whose users were all killed. False where somebody still uses it."""
    place = find_place(data_dir)
    with exclusively(place.start_lock):
        users = SharedLock(place.users_lock)
        try:
            is_abandoned = users.is_last()
            if is_abandoned:
                shut_down(place)
        finally:
            users.release()
    return is_abandoned


def _sweep_throwaways(parent: Path) -> None:
    """Whoever was killed could not clean up: servers of an hour ago that nobody uses any more end here."""
    long_ago = time.time() - _ABANDONED_AFTER_S
    for folder in parent.glob(f"{_THROWAWAY_PREFIX}*"):
        state = folder.lstat()
        is_candidate = stat.S_ISDIR(state.st_mode) and state.st_uid == os.geteuid() and state.st_mtime < long_ago
        if is_candidate and stop_abandoned(folder):
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _plainly() -> Iterator[None]:
    """A full disk or a folder we may not write to, in plain words."""
    try:
        yield
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        raise EmbeddedServerError(f"The database could not be started: {error.strerror}{where}.") from error
