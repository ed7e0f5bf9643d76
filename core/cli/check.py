"""`sightline check`: every static check of the project in one go, as a table."""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from core.cli.arguments import Commands


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What one check found; `report` is empty where all is well."""

    name: str
    is_clean: bool
    report: str
    duration_s: float


def add_to(commands: Commands) -> None:
    parser = commands.add_parser("check", help="run the static checks: style, types, layers, sizes, migrations")
    parser.set_defaults(run=run)


def run(_arguments: argparse.Namespace) -> int:
    """0 where every check is clean, else 1."""
    from core.config import PROJECT_ROOT

    outcomes = [_timed(name, check, PROJECT_ROOT) for name, check in CHECKS.items()]
    print("\n".join(_row(outcome) for outcome in outcomes))
    for outcome in outcomes:
        if not outcome.is_clean:
            print(f"\n── {outcome.name}\n{outcome.report}")
    return 0 if all(outcome.is_clean for outcome in outcomes) else 1


def _timed(name: str, check: Callable[[Path], str | None], root: Path) -> Outcome:
    began_s = time.perf_counter()
    report = check(root)
    return Outcome(name=name, is_clean=report is None, report=report or "", duration_s=time.perf_counter() - began_s)


def _row(outcome: Outcome) -> str:
    return f"{outcome.name:<16} {'ok' if outcome.is_clean else 'FAILED':<8} {outcome.duration_s:6.1f} s"


def _tool(*command: str) -> Callable[[Path], str | None]:
    """A check that runs a program of this environment; its output where it is not content."""

    def check(root: Path) -> str | None:
        done = subprocess.run([sys.executable, *command], cwd=root, capture_output=True, text=True, check=False)
        return None if done.returncode == 0 else (done.stdout + done.stderr).strip() or f"exit code {done.returncode}"

    return check


def _sizes(root: Path) -> str | None:
    from core.cli.checks import find_oversized

    return "\n".join(str(finding) for finding in find_oversized(root)) or None


def _migrations(_root: Path) -> str | None:
    """Migrates an empty database of its own and compares it with the models, as `alembic check` does."""
    from core.db.embedded import throwaway_server
    from core.db.migrate import differences, upgrade

    with throwaway_server() as server:
        upgrade(server.url)
        return "\n".join(differences(server.url)) or None


_LINT_IMPORTS = "from importlinter.cli import lint_imports_command; lint_imports_command()"

CHECKS: dict[str, Callable[[Path], str | None]] = {
    "ruff check": _tool("-m", "ruff", "check", "."),
    "ruff format": _tool("-m", "ruff", "format", "--check", "."),
    "mypy": _tool("-m", "mypy"),
    "import-linter": _tool("-c", _LINT_IMPORTS),
    "sizes": _sizes,
    "alembic check": _migrations,
}
