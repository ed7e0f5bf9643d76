"""`sightline worker`: carries out queued summaries until it is told to stop."""

from __future__ import annotations

import argparse

from core.cli.arguments import Commands


def add_to(commands: Commands) -> None:
    parser = commands.add_parser("worker", help="carry out queued summaries")
    parser.add_argument("--parent-pipe", type=int, metavar="FD", help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """Runs until a signal comes, or until the process at the other end of the pipe is gone."""
    import asyncio

    from core.config import load_settings
    from core.jobs.worker import run_worker
    from core.logging import configure_logging

    configure_logging()
    asyncio.run(run_worker(load_settings(), parent_pipe=arguments.parent_pipe))
    return 0
