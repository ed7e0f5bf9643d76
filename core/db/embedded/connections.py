"""Talking to the embedded server: is it there, is it ours, does it hold our database."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote, urlencode

import psycopg

from core.db.embedded.cluster import ROLE
from core.db.embedded.errors import EmbeddedServerError
from core.db.embedded.place import Place
from core.db.embedded.processes import read_pid_file

DATABASE = "sightline"
PORT = 5432
# Each database has its own; any number that nobody else picks.
_WAIT_FOR_OTHERS = "SELECT pg_advisory_lock(7311508441)"


def socket_url(socket_dir: Path, database: str) -> str:
    """Names everything, so that PGHOST, PGPORT and the like in the environment change nothing."""
    where = urlencode({"host": str(socket_dir), "port": PORT}, quote_via=quote)
    return f"postgresql://{ROLE}@/{quote(database)}?{where}"


def answering(place: Place) -> Path | None:
    """The socket folder of a server that takes connections and works on our data: a pid alone proves nothing.

    Raises EmbeddedServerError where it is ours and has no connection left.
    """
    state = read_pid_file(place.data)
    if state is None or state.socket_dir is None or state.status != "ready":
        return None
    try:
        with psycopg.connect(
            socket_url(state.socket_dir, "postgres"), connect_timeout=3, autocommit=True
        ) as connection:
            row = connection.execute("SHOW data_directory").fetchone()
    except psycopg.OperationalError as error:
        if "too many clients" in str(error):
            raise EmbeddedServerError(
                "The database has no connection left: end some of the programs that use it."
            ) from error
        return None
    return state.socket_dir if row is not None and Path(row[0]) == place.data else None


def make_database(socket_dir: Path) -> None:
    """Idempotent, and safe beside the session of somebody killed in the middle: the server still carries that out."""
    with psycopg.connect(socket_url(socket_dir, "postgres"), autocommit=True) as connection:
        connection.execute(_WAIT_FOR_OTHERS)
        found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
        if found is None:
            connection.execute(f"CREATE DATABASE {DATABASE}")
    with psycopg.connect(socket_url(socket_dir, DATABASE), autocommit=True) as connection:
        connection.execute(_WAIT_FOR_OTHERS)
        connection.execute("SET client_min_messages = warning")
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
