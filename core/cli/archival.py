"""`sightline archive`, `restore-archive`, `erase-archived`, `hold` and `release-hold`: no server needs to run."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from core.cli.arguments import Commands

if TYPE_CHECKING:
    from core.domain.archival import ArchivePreview, ArchiveRun, Policy, RestorePreview
    from core.services.archival import Archival

_POLICIES = ("anonymous-summaries", "progress", "events")
_ARCHIVE_HELP = (
    "Writes the rows that are due into a checked file, then deletes them. Without --yes it only looks. A run that was "
    "interrupted is gone on with."
)
_ERASE_HELP = (
    "Takes every row of a person, or of a summary, out of all archives, and what only these rows stood on; this can't "
    "be undone. What is not archived is not touched, and what is under legal hold stays."
)
_RESTORE_HELP = "Puts the rows of an archive back; what is there already stays as it is. Without --yes it only looks."


def add_to(commands: Commands) -> None:
    archive = commands.add_parser("archive", help="archive and delete what is due", description=_ARCHIVE_HELP)
    archive.add_argument("policy", choices=_POLICIES)
    restore = commands.add_parser("restore-archive", help="put an archive back", description=_RESTORE_HELP)
    restore.add_argument("file", type=Path, metavar="FILE", help="the file's name in the archive folder, or its path")
    for parser in (archive, restore):
        parser.add_argument("--yes", action="store_true", help="do it, instead of only looking")
        parser.add_argument("--json", action="store_true", help="print one JSON object")
    archive.set_defaults(run=run_archive)
    restore.set_defaults(run=run_restore)
    erase = commands.add_parser("erase-archived", help="take a person out of the archives", description=_ERASE_HELP)
    erase.add_argument("ids", metavar="ID", nargs="+", help="of a summary, an account, or an anonymous browser")
    erase.set_defaults(run=run_erase)
    hold = commands.add_parser("hold", help="keep a summary, or all of a person's, from archival and deletion")
    hold.add_argument("--reason", required=True)
    release = commands.add_parser("release-hold", help="lift a legal hold")
    for parser, run in ((hold, run_hold), (release, run_release)):
        parser.add_argument("kind", choices=("summary", "user"))
        parser.add_argument("id", metavar="ID", help="of a summary, an account, or an anonymous browser")
        parser.set_defaults(run=run)


def run_archive(arguments: argparse.Namespace) -> int:
    from core.domain.archival import Policy

    policy = Policy(arguments.policy)

    async def act(archival: Archival, actor: str) -> int:
        run = await _unfinished(archival, policy) if arguments.yes else None
        if run is None:
            preview = await archival.preview(policy, actor)
            if not arguments.yes or preview.rows == 0:
                _show_preview(preview, as_json=arguments.json, is_wanted=arguments.yes)
                return 0
            run = await archival.start(policy, preview.token, preview.rows, actor)
        return _show_archived(archival, await _finish(archival, run, actor), as_json=arguments.json)

    return _run(act)


def run_restore(arguments: argparse.Namespace) -> int:
    async def act(archival: Archival, actor: str) -> int:
        preview = await archival.restoring.preview_file(arguments.file, actor)
        if not arguments.yes:
            _show_restore_preview(preview, as_json=arguments.json)
            return 0
        run = await _unfinished(archival, preview.policy, file=Path(preview.file).name)
        if run is None:
            run = await archival.restoring.start_file(arguments.file, preview.token, preview.rows, actor)
        return _show_restored(await _finish(archival, run, actor), as_json=arguments.json)

    return _run(act)


def run_erase(arguments: argparse.Namespace) -> int:
    """1 where an archive could not be searched: each is named, with the reason."""

    async def act(archival: Archival, actor: str) -> int:
        erased = await archival.erasing.erase(arguments.ids, actor)
        print(f"Erased {erased.rows:,} rows from the archives.")
        for file, reason in erased.unreached:
            print(f"Not searched: {file}: {reason}", file=sys.stderr)
        return 1 if erased.unreached else 0

    return _run(act)


def run_hold(arguments: argparse.Namespace) -> int:
    from core.domain.archival import HoldSubject

    async def act(archival: Archival, actor: str) -> int:
        await archival.holds.place(HoldSubject(arguments.kind), arguments.id, reason=arguments.reason, actor=actor)
        print(f"Held: {arguments.kind} {arguments.id}")
        return 0

    return _run(act)


def run_release(arguments: argparse.Namespace) -> int:
    from core.domain.archival import HoldSubject

    async def act(archival: Archival, actor: str) -> int:
        await archival.holds.release(HoldSubject(arguments.kind), arguments.id, actor=actor)
        print(f"Released: {arguments.kind} {arguments.id}")
        return 0

    return _run(act)


async def _unfinished(archival: Archival, policy: Policy, *, file: str | None = None) -> ArchiveRun | None:
    """The open run that this command would do over again: an archival, or the restoration of the same file.

    One that runs in a living process is found out by its file; one that waits for consent, or goes the other way, is
    refused by the start.
    """
    from core.domain.archival import ArchiveState, Direction

    run = await archival.open_run(policy)
    direction = Direction.ARCHIVE if file is None else Direction.RESTORE
    if run is None or run.state is ArchiveState.PROPOSED or run.direction is not direction:
        return None
    return run if file in {None, Path(run.file).name} else None


async def _finish(archival: Archival, run: ArchiveRun, actor: str) -> ArchiveRun:
    """Carries the run out here, showing how far it is where somebody looks on. AppError where another has it."""
    import asyncio
    import signal

    from core.domain.archival import ArchiveState
    from core.errors import Conflict
    from core.tasks import end_tasks

    if run.state is ArchiveState.STOPPED:
        await archival.resume(run.id, actor)
    stopping = asyncio.Event()
    loop = asyncio.get_running_loop()
    for each in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(each, stopping.set)
    showing = asyncio.create_task(_show_progress(archival, run)) if sys.stderr.isatty() else None
    is_ours = await archival.carry_out(run.id, stopping)
    if showing is not None:
        await end_tasks(showing)
    ended = await archival.run(run.id)
    if not is_ours:
        raise Conflict(f"Another process is busy with this run ({run.id}), which {run.actor} began.")
    return ended


async def _show_progress(archival: Archival, run: ArchiveRun) -> None:
    import asyncio

    while True:
        await asyncio.sleep(0.5)
        now = await archival.run(run.id)
        left = f", about {now.left_s:.0f} s left" if now.left_s is not None else ""
        print(f"\r{now.done_rows + now.skipped_rows:,} of {now.planned_rows:,} rows{left}   ", end="", file=sys.stderr)


def _show_preview(preview: ArchivePreview, *, as_json: bool, is_wanted: bool) -> None:
    if as_json:
        told = {"rows": preview.rows, "file": None, "sha256": None} if is_wanted else _preview_document(preview)
        print(json.dumps(told))
        return
    print(f"{preview.title}, as of {preview.cutoff:%Y-%m-%d %H:%M:%S} UTC: {preview.rows:,} rows are due.")
    for reason, count in preview.kept_back:
        print(f"  kept back: {count:,} {reason}")
    for each in preview.dependents:
        print(f"  with them: {each.rows:,} {each.table} ({each.note})")
    print(preview.sql)
    if preview.rows and not is_wanted:
        print("Nothing was changed. Add --yes to archive and delete them.")


def _preview_document(preview: ArchivePreview) -> dict[str, object]:
    return {
        "policy": preview.policy.value,
        "cutoff": preview.cutoff.isoformat(),
        "rows": preview.rows,
        "bytes": preview.bytes,
        "oldest": preview.oldest.isoformat() if preview.oldest else None,
        "newest": preview.newest.isoformat() if preview.newest else None,
        "kept_back": dict(preview.kept_back),
        "dependents": {each.table: each.rows for each in preview.dependents},
        "sql": preview.sql,
    }


def _show_archived(archival: Archival, run: ArchiveRun, *, as_json: bool) -> int:
    from core.domain.archival import ArchiveState

    path = str(archival.folder.absolute() / run.file)
    if run.state is not ArchiveState.DONE:
        return _show_unfinished(run, "archived")
    if as_json:
        print(json.dumps({"rows": run.done_rows, "file": path, "sha256": run.sha256}))
    else:
        print(f"Archived {run.done_rows:,} rows into {path}\nsha256 {run.sha256}")
    return 0


def _show_restore_preview(preview: RestorePreview, *, as_json: bool) -> None:
    if as_json:
        told = {"policy": preview.policy.value, "rows": preview.rows, "existing": preview.existing}
        print(json.dumps(told))
        return
    print(f"{preview.title}: {preview.rows:,} rows, of which {preview.existing:,} are there already.")
    print("Nothing was changed. Add --yes to put the others back.")


def _show_restored(run: ArchiveRun, *, as_json: bool) -> int:
    from core.domain.archival import ArchiveState

    if run.state is not ArchiveState.DONE:
        return _show_unfinished(run, "put back")
    if as_json:
        print(json.dumps({"restored": run.done_rows, "skipped": run.skipped_rows}))
    else:
        print(f"Put {run.done_rows:,} rows back; {run.skipped_rows:,} were there already, or nothing to put back to.")
    return 0


def _show_unfinished(run: ArchiveRun, what: str) -> int:
    reason = run.failure or "It was stopped; the same command goes on with it."
    print(f"{run.done_rows:,} of {run.planned_rows:,} rows were {what}. {reason}", file=sys.stderr)
    return 1


def _run(act: Callable[[Archival, str], Awaitable[int]]) -> int:
    import asyncio
    import logging

    from core.cli.accounts import machine_user
    from core.logging import configure_logging

    configure_logging(level=logging.WARNING)
    actor = f"cli:{machine_user()}"

    async def run() -> int:
        async with _open_archival() as archival:
            return await act(archival, actor)

    return asyncio.run(run())


@asynccontextmanager
async def _open_archival() -> AsyncIterator[Archival]:
    """The service on this installation's database, without a queue: what it starts, it carries out itself."""
    import asyncio
    import secrets

    from core.clock import SystemClock
    from core.config import load_settings
    from core.db.database import Database
    from core.db.migrate import prepare
    from core.db.urls import ensure_database
    from core.services.archival import Archival

    settings = load_settings()
    key = secrets.token_hex()
    urls = await asyncio.to_thread(ensure_database, settings)
    try:
        await asyncio.to_thread(prepare, settings, urls)
        database = Database(urls.url, app_name="sightline-cli")
        try:
            yield Archival(database=database, jobs=None, clock=SystemClock(), settings=settings, key=lambda: key)
        finally:
            await database.close()
    finally:
        await asyncio.to_thread(urls.release)
