"""`sightline serve`: the web application, exactly as `python app.py` starts it."""

from __future__ import annotations

import argparse
import os
import sys

from core.cli.arguments import Commands
from core.errors import AppError


def add_to(commands: Commands) -> None:
    parser = commands.add_parser("serve", help="run the web application (settings come from the environment)")
    parser.set_defaults(run=run)


def run(_arguments: argparse.Namespace) -> int:
    """Becomes the web process; returns only where there is none to become."""
    from core.config import PROJECT_ROOT

    script = PROJECT_ROOT / "app.py"
    if not script.is_file():
        raise AppError(f"There is no app.py in {PROJECT_ROOT}: run this command from a checkout of Sightline.")
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, str(script)])  # noqa: S606  # no shell is wanted
