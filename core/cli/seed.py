"""`sightline seed`: a made-up history, for demonstrations and for measuring."""

from __future__ import annotations

import argparse
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from core.cli.arguments import Commands
from core.cli.blas import one_thread

if TYPE_CHECKING:
    from core.config import Settings
    from core.seeding.plan import Plan
    from core.seeding.storing import Stored

_HELP = (
    "Fills an empty database with people, summaries and everything that is measured, all of it made up: a rhythm of "
    "days and weeks, growth, three deploys, an outage, and a slow way to captions. Every page of the operators then "
    "says that it shows a demonstration. Nothing is ever deleted."
)


def add_to(commands: Commands) -> None:
    parser = commands.add_parser("seed", help="fill an empty database with a made-up history", description=_HELP)
    parser.add_argument("--days", type=int, default=90, metavar="N", help="how far back (default: 90)")
    parser.add_argument("--users", type=int, default=5_000, metavar="N", help="accounts (default: 5000)")
    parser.add_argument("--events", type=int, default=10_000_000, metavar="N", help="events (default: 10000000)")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="another number, another history (default: 1)")
    parser.add_argument("--now", type=_moment, metavar="TIME", help="when it ends (default: now), as 2026-11-25T12:00Z")
    parser.add_argument("--force", action="store_true", help="also beside what people have in the database")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Seeds, and writes beside the data what the figures of the pages have to be."""
    one_thread()
    import asyncio

    from core.clock import SystemClock
    from core.config import load_settings
    from core.db.migrate import prepare
    from core.db.urls import ensure_database
    from core.seeding.plan import make_plan

    plan = make_plan(
        days=arguments.days, users=arguments.users, events=arguments.events, seed=arguments.seed,
        now=arguments.now or SystemClock().now(),
    )  # fmt: skip
    settings = load_settings()
    urls = ensure_database(settings)
    try:
        prepare(settings, urls)
        asyncio.run(_seed(settings, urls.migration_url, plan, is_forced=arguments.force))
    finally:
        urls.release()
    return 0


async def _seed(settings: Settings, url: str, plan: Plan, *, is_forced: bool) -> None:
    from core.db.database import Database
    from core.db.queries.seeding import tidy
    from core.seeding.storing import TABLES, Keeping, store_history
    from core.seeding.truth import write_truth

    database = Database(url, app_name="sightline seed")
    keeping = Keeping(event_days=settings.event_days, keep_one_in=settings.event_keep_one_in)
    try:
        stored = await store_history(database, plan, keeping, is_forced=is_forced, report=_show)
        _show("Statistics", 0.0)
        await tidy(url, TABLES)
        _show("Truth", 0.0)
        path = write_truth(stored.ledger, settings.data_dir)
    finally:
        await database.close()
    _tell(plan, stored, path)


def _show(what: str, ratio: float) -> None:
    """One line that is written over, on a terminal only."""
    if sys.stderr.isatty():
        done = f" {ratio:4.0%}" if ratio else ""
        sys.stderr.write(f"\r\x1b[K{what}{done}")
        sys.stderr.flush()


def _tell(plan: Plan, stored: Stored, truth: Path) -> None:
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")
    print(
        f"{stored.events:,} events of {plan.days} days, {plan.users:,} accounts and {stored.summaries:,} summaries.\n"
        f"Single events of the last days: {stored.kept_rows:,} rows. What the figures have to be: {truth}\n"
        "Nobody can sign in to the made-up accounts. To see the operators' pages, sign up and then run\n"
        "  sightline grant YOUR@EMAIL admin"
    )


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise argparse.ArgumentTypeError("say the zone too, as in 2026-11-25T12:00Z")
    return at
