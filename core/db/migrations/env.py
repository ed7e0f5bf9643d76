"""How Alembic reaches the database: on a connection that is handed to it, else on the one the settings name."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from core.db.migrations.scope import compared
from core.db.models import Base


def migrate(connection: Connection) -> None:
    context.configure(connection=connection, target_metadata=Base.metadata, include_object=compared)
    with context.begin_transaction():
        context.run_migrations()


def migrate_by_settings() -> None:
    """For the command `alembic`, which knows nothing but pyproject.toml."""
    from core.config import load_settings
    from core.db.migrate import locked_connection
    from core.db.urls import ensure_database

    urls = ensure_database(load_settings())
    try:
        with locked_connection(urls.migration_url) as connection:
            migrate(connection)
    finally:
        urls.release()


if context.is_offline_mode():
    context.configure(dialect_name="postgresql", target_metadata=Base.metadata, literal_binds=True)
    with context.begin_transaction():
        context.run_migrations()
elif (given := context.config.attributes.get("connection")) is not None:
    migrate(given)
else:
    migrate_by_settings()
