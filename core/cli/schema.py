"""`sightline schema`: the JSON Schema of a summary."""

from __future__ import annotations

import argparse
import json

from core.cli.arguments import Commands


def add_to(commands: Commands) -> None:
    parser = commands.add_parser("schema", help="print the JSON Schema of a summary")
    parser.set_defaults(run=run)


def run(_arguments: argparse.Namespace) -> int:
    from core.domain.rendering import document_schema

    print(json.dumps(document_schema(), indent=2, ensure_ascii=False))
    return 0
