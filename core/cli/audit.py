"""`sightline verify-audit`: is the log of who did what still as it was written?"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from core.cli.arguments import Commands

if TYPE_CHECKING:
    from core.config import Settings
    from core.domain.audit import AuditCheck

_HELP = (
    "Hashes every line of the audit log again, from the first. Note the printed head somewhere else and give it with "
    "--contains another day: whoever can rewrite the whole chain can't rewrite your note."
)


def add_to(commands: Commands) -> None:
    parser = commands.add_parser("verify-audit", help="check the audit log's chain of hashes", description=_HELP)
    parser.add_argument("--contains", metavar="HASH", help="a head noted earlier, which the log must still hold")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """0 where the chain is whole; 1 with the first broken line's number where it is not."""
    import asyncio

    from core.config import load_settings

    check, is_noted_held = asyncio.run(_check(load_settings(), arguments.contains))
    if not check.is_intact:
        print(f"Broken at line {check.broken_id}: {check.reason}. {check.lines} lines before it are intact.")
        return 1
    if not is_noted_held:
        print(f"The chain is whole, but the noted head {arguments.contains} is not in it: the log was written anew.")
        return 1
    print(f"Intact: {check.lines} lines, head {check.head_hash}")
    return 0


async def _check(settings: Settings, noted: str | None) -> tuple[AuditCheck, bool]:
    import asyncio

    from core.db.database import Database
    from core.db.migrate import prepare
    from core.db.queries.audit import check_audit, has_line
    from core.db.urls import ensure_database

    urls = await asyncio.to_thread(ensure_database, settings)
    try:
        await asyncio.to_thread(prepare, settings, urls)
        database = Database(urls.url, app_name="sightline-cli")
        try:
            async with database.snapshot() as session:
                return await check_audit(session), noted is None or await has_line(session, noted)
        finally:
            await database.close()
    finally:
        await asyncio.to_thread(urls.release)
