"""`sightline`: the commands. Each is a module that loads what it needs only when it is run."""

from __future__ import annotations

import argparse
import sys
from types import ModuleType

from core.cli import (
    accounts,
    archival,
    audit,
    build_assets,
    check,
    database,
    operations,
    schema,
    scorecard,
    seed,
    serve,
    summarize,
    worker,
)
from core.errors import AppError, InvalidInput, NextStep

COMMANDS: tuple[ModuleType, ...] = (
    summarize,
    serve,
    worker,
    database,
    scorecard,
    check,
    schema,
    accounts,
    audit,
    archival,
    seed,
    build_assets,
    operations,
)

EXIT_FAILED = 1
EXIT_BAD_INPUT = 2
# What a shell reports for a program that Ctrl-C ended.
EXIT_INTERRUPTED = 130


def main(arguments: list[str] | None = None) -> int:
    """Runs one command and returns its exit code: 0 done, 1 failed, 2 the input or the command line is wrong."""
    parsed = build_parser().parse_args(arguments)
    try:
        code: int = parsed.run(parsed)
    except AppError as error:
        print(error.message, file=sys.stderr)
        is_input = isinstance(error, InvalidInput) or error.next_step is NextStep.FIX_INPUT
        return EXIT_BAD_INPUT if is_input else EXIT_FAILED
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # Whoever read our output has enough of it (`| head`); standard output must not be flushed once more.
        sys.stdout = None
        return EXIT_FAILED
    except Exception as error:  # the last net: a person at a terminal gets a line, not a stack
        print(f"Something went wrong in Sightline itself: {_where(error)}. Please report this line.", file=sys.stderr)
        return EXIT_FAILED
    return code


def build_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="sightline", description="Long videos become summaries in which every line shows where it was said."
    )
    commands = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for module in COMMANDS:
        module.add_to(commands)
    return parser


def _where(error: Exception) -> str:
    from core.logging import describe

    found = describe(error)
    return f"{found['error']} ({found['reason']}) at {found['at']}"
