"""When the schema is brought up to date, and by whom. Everything pending is applied in one transaction, or nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from core.config import Settings
from core.db.backup import back_up
from core.db.database import connect_arguments
from core.db.migrations.scope import compared
from core.db.models import Base
from core.db.urls import DatabaseUrls
from core.errors import NextStep, Unavailable
from core.logging import EventLog

_FOLDER = Path(__file__).parent / "migrations"
# Any number that no other user of the database picks: processes that migrate wait for each other on it.
_LOCK_KEY = 7_311_508_442
# A migration that cannot have its table at once gives up: waiting, it would hold up everybody behind it.
_LIMITS = "SET LOCAL lock_timeout = '5s'; SET LOCAL statement_timeout = '10min'"
_WAIT_FOR_OTHERS = "SET LOCAL lock_timeout = '60s'"

log = EventLog(__name__)


class PendingMigrations(Unavailable):
    """The database's schema is older than the application."""

    code = "pending_migrations"
    retryable = False
    next_step = NextStep.CONTACT_OPERATOR


class SchemaTooNew(Unavailable):
    """The database's schema was made by a newer version of the application."""

    code = "schema_too_new"
    retryable = False
    next_step = NextStep.CONTACT_OPERATOR


def prepare(settings: Settings, urls: DatabaseUrls) -> None:
    """Brings the embedded database up to date, after a backup; an operator's own is only looked at, unless told else.

    Blocking. Raises PendingMigrations, SchemaTooNew, or Unavailable where the database does not answer.
    """
    if urls.is_embedded or settings.migrate_on_start:
        backups = settings.data_dir / "backups" if urls.is_embedded else None
        upgrade(urls.migration_url, backups=backups)
        return
    if waiting := pending(urls.migration_url):
        raise PendingMigrations(
            f"The database is not up to date: {len(waiting)} migration(s) are pending ({', '.join(waiting)}). Run "
            "`sightline migrate`, or set MIGRATE_ON_START=1 to have them applied at the start."
        )


def pending(url: str) -> list[str]:
    """Revisions that are not applied yet, oldest first. Raises SchemaTooNew. Blocking."""
    with _connection(url) as connection:
        return _pending_on(connection)


def upgrade(url: str, *, backups: Path | None = None) -> list[str]:
    """Applies what is pending and says what that was; all of it or, on any error, nothing. Blocking.

    Where `backups` names a folder and the database holds a schema already, a dump is put there first.
    """
    with locked_connection(url) as connection:
        waiting = _pending_on(connection)
        if not waiting:
            return []
        if backups is not None and (current := _current(connection)) is not None:
            back_up(url, backups, revision=current)
        config = _config()
        config.attributes["connection"] = connection
        command.upgrade(config, "head")
    log.info("database.migrated", applied=",".join(waiting))
    return waiting


def differences(url: str) -> list[str]:
    """What the models say and the migrated database does not, one line each: what `alembic check` looks for."""
    with _connection(url) as connection:
        context = MigrationContext.configure(connection, opts={"include_object": compared})
        return [str(difference) for difference in compare_metadata(context, Base.metadata)]


@contextmanager
def locked_connection(url: str) -> Iterator[Connection]:
    """One transaction that no other migrating process runs beside; committed at the end, undone on an error."""
    with _connection(url) as connection:
        connection.execute(text(_WAIT_FOR_OTHERS))
        # Ends with the transaction, so it also holds behind a transaction pooler.
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK_KEY})
        connection.execute(text(_LIMITS))
        yield connection


@contextmanager
def _connection(url: str) -> Iterator[Connection]:
    engine = create_engine(
        "postgresql+psycopg://",
        connect_args=connect_arguments(url, app_name="sightline migrate"),
        use_native_hstore=False,
        poolclass=NullPool,
    )
    try:
        connection = engine.connect()
    except OperationalError as error:
        raise Unavailable("The database does not answer: is its address right, and does it run?") from error
    with connection, connection.begin():
        yield connection


def _pending_on(connection: Connection) -> list[str]:
    scripts = ScriptDirectory.from_config(_config())
    current = _current(connection)
    known = [script.revision for script in reversed(list(scripts.walk_revisions()))]
    if current is not None and current not in known:
        raise SchemaTooNew(
            f"The database was made by a newer version of Sightline (its schema is at {current}). Go back to that "
            "version, or restore the backup that was made before it."
        )
    return known if current is None else known[known.index(current) + 1 :]


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    return config
