"""`sightline migrate` and `sightline db-url`."""

from __future__ import annotations

import argparse

from core.cli.arguments import Commands

_URL_HELP = (
    "Prints an address for psql and other programs. The embedded server is started if it does not run, and is left "
    "running: the next Sightline process that ends as the last one stops it."
)


def add_to(commands: Commands) -> None:
    migrate = commands.add_parser("migrate", help="bring the database's schema up to date")
    migrate.set_defaults(run=run_migrate)
    url = commands.add_parser("db-url", help="print the database's address for psql", description=_URL_HELP)
    url.set_defaults(run=run_url)


def run_migrate(_arguments: argparse.Namespace) -> int:
    """Applies what is pending, after a backup where the database is the embedded one."""
    from core.config import load_settings
    from core.db.migrate import upgrade
    from core.db.urls import ensure_database

    settings = load_settings()
    urls = ensure_database(settings)
    try:
        applied = upgrade(urls.migration_url, backups=settings.data_dir / "backups" if urls.is_embedded else None)
    finally:
        urls.release()
    print(f"Applied: {', '.join(applied)}" if applied else "Nothing to do: the schema is up to date.")
    return 0


def run_url(_arguments: argparse.Namespace) -> int:
    from core.config import load_settings
    from core.db.urls import ensure_database

    urls = ensure_database(load_settings())
    print(urls.migration_url, flush=True)
    if urls.server is not None:
        urls.server.leave_running()
    return 0
