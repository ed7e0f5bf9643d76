"""`sightline scorecard`: the offline engine beside baselines, and the check of a model's lines, all in one run."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from core.cli.arguments import Commands
from core.cli.blas import one_thread


def add_to(commands: Commands) -> None:
    parser = commands.add_parser("scorecard", help="measure the offline engine and the proof of sentences")
    parser.add_argument("--meetings", type=Path, metavar="FILE", help="QMSum as gzipped JSON lines")
    parser.add_argument("--lectures", type=Path, metavar="FILE", help="lectures with true chapters, gzipped JSON lines")
    parser.add_argument("--podcasts", type=Path, metavar="FILE", help="long talk of any kind, gzipped JSON lines")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    one_thread()
    from core.scorecard.report import scorecard, scorecard_table

    document = scorecard(arguments.meetings, arguments.lectures, arguments.podcasts)
    print(json.dumps(document, indent=2) if arguments.json else scorecard_table(document))
    return 0
