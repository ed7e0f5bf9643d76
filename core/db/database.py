"""Connections and transactions. Nothing here outlives a transaction on the server, so a pooler may stand between."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any

import psycopg
from psycopg.conninfo import conninfo_to_dict
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.ext.asyncio import AsyncSession, async_sessionmaker, create_async_engine

from core.db.statement_times import record_statements
from core.db.urls import libpq_url
from core.errors import Unavailable
from core.ports import NoRecording, Recording

_CONNECT_TIMEOUT_S = 5
# A page waits at most this long for a free connection before the person is told.
_POOL_TIMEOUT_S = 5.0
_POOL_SIZE = 5
_POOL_OVERFLOW = 10
_RECYCLE_AFTER_S = 1800
# For the one transaction only: session settings would reach strangers behind a pooler.
_LIMITS = text(
    "SELECT set_config('statement_timeout', '15s', true), set_config('lock_timeout', '5s', true),"
    " set_config('idle_in_transaction_session_timeout', '60s', true),"
    " set_config('transaction_read_only', :read_only, true)"
)


def connect_arguments(url: str, *, app_name: str) -> dict[str, Any]:
    """What psycopg needs to connect. No server-side prepares: behind a pooler the next query meets another server."""
    arguments: dict[str, Any] = dict(conninfo_to_dict(libpq_url(url)))
    arguments.setdefault("connect_timeout", _CONNECT_TIMEOUT_S)
    return arguments | {"application_name": app_name, "prepare_threshold": None}


# Classes of SQLSTATE: connection exceptions, and a server that shuts down or ends this session.
_LOST = ("08", "57P")


class Database:
    """One pool of connections for the life of a process. Belongs to the event loop that uses it first.

    Each statement is told to `recording`, but for those under `core.db.statement_times.unrecorded`.
    """

    def __init__(self, url: str, *, app_name: str = "sightline", recording: Recording | None = None) -> None:
        self._engine = create_async_engine(
            "postgresql+psycopg://",
            connect_args=connect_arguments(url, app_name=app_name),
            use_native_hstore=False,
            hide_parameters=True,
            pool_pre_ping=True,
            pool_recycle=_RECYCLE_AFTER_S,
            pool_size=_POOL_SIZE,
            max_overflow=_POOL_OVERFLOW,
            pool_timeout=_POOL_TIMEOUT_S,
        )
        record_statements(self._engine.sync_engine, recording or NoRecording())
        self._sessions = async_sessionmaker(self._engine, expire_on_commit=False)

    async def open(self) -> None:
        """Raises Unavailable where the database does not answer."""
        async with self.read():
            pass

    async def close(self) -> None:
        await self._engine.dispose()

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """Commits at the end, rolls back on any error. Raises Unavailable where the database does not answer."""
        with _told_where_lost():
            async with self._sessions.begin() as session:
                await _set_limits(session, is_read_only=False)
                yield session

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncSession]:
        """One consistent look that can change nothing. Raises Unavailable where the database does not answer."""
        with _told_where_lost():
            async with self._sessions() as session:
                await _set_limits(session, is_read_only=True)
                yield session

    @asynccontextmanager
    async def snapshot(self) -> AsyncIterator[AsyncSession]:
        """As `read`, and every statement in the block sees the same moment: what is counted twice is the same twice."""
        with _told_where_lost():
            async with self._sessions() as session:
                try:
                    await session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
                except (OperationalError, InterfaceError, PoolTimeout) as error:
                    raise _no_answer() from error
                await _set_limits(session, is_read_only=True)
                yield session


async def driver_connection(session: AsyncSession) -> psycopg.AsyncConnection[Any]:
    """The psycopg connection of the session's open transaction: what runs on it is committed or undone with it."""
    connection = await session.connection()
    raw = await connection.get_raw_connection()
    driver = raw.driver_connection
    if not isinstance(driver, psycopg.AsyncConnection):
        raise TypeError(f"the session does not run on psycopg but on {type(driver).__name__}")
    return driver


async def _set_limits(session: AsyncSession, *, is_read_only: bool) -> None:
    try:
        await session.execute(_LIMITS, {"read_only": "on" if is_read_only else "off"})
    except (OperationalError, InterfaceError, PoolTimeout) as error:
        raise _no_answer() from error


@contextmanager
def _told_where_lost() -> Iterator[None]:
    """A database that goes away in the middle is told of like one that was away from the start."""
    try:
        yield
    except (DBAPIError, psycopg.OperationalError) as error:
        if _is_loss(error):
            raise _no_answer() from error
        raise


def _is_loss(error: DBAPIError | psycopg.OperationalError) -> bool:
    """True where the connection is gone; False where it is there and the statement was refused or took too long."""
    if isinstance(error, DBAPIError):
        return error.connection_invalidated
    return error.sqlstate is None or error.sqlstate.startswith(_LOST)


def _no_answer() -> Unavailable:
    return Unavailable("The database does not answer at the moment. Please try again in a minute.")
