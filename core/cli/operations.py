"""`sightline record-deploy`, `record-incident` and `record-correction`: what operators' charts are marked with."""

from __future__ import annotations

import argparse
import asyncio
from datetime import datetime
from typing import TYPE_CHECKING

from core.cli.accounts import machine_user
from core.cli.arguments import Commands

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from core.services.operations.operations import Operations

_TIME = "TIME"
_TIMES = "Times are ISO 8601 with their offset, as 2026-11-25T12:00Z."
_DEPLOY_HELP = f"Run it at the end of each deploy: every chart then shows where the release began. {_TIMES}"
_INCIDENT_HELP = (
    f"Each time may be left out from some point on; a later one needs all before it. {_TIMES} "
    "Recovery is computed from the times of P0 and P1 incidents."
)
_CORRECTION_HELP = (
    "What happened then is left out of the objectives; the figures with it stay on show beside them. "
    f"Whole minutes. {_TIMES}"
)


def add_to(commands: Commands) -> None:
    deploy = commands.add_parser("record-deploy", help="mark a release on every chart", description=_DEPLOY_HELP)
    deploy.add_argument("release", metavar="RELEASE", help="its name, as SIGHTLINE_RELEASE has it")
    deploy.add_argument("--at", type=_moment, metavar=_TIME, help="when it went into service (default: now)")
    deploy.add_argument("--committed-at", type=_moment, metavar=_TIME, help="when its oldest change was committed")
    deploy.add_argument("--commits", type=_count, metavar="N", help="how many commits it holds")
    deploy.add_argument("--note", default="", metavar="TEXT")
    deploy.set_defaults(run=run_deploy)
    _add_incident(commands)
    _add_correction(commands)


def _add_incident(commands: Commands) -> None:
    incident = commands.add_parser("record-incident", help="write down an incident", description=_INCIDENT_HELP)
    incident.add_argument("severity", choices=("P0", "P1", "P2", "P3"))
    incident.add_argument("title", metavar="TITLE")
    incident.add_argument("--started", type=_moment, required=True, metavar=_TIME)
    for name in ("detected", "acknowledged", "mitigated", "resolved"):
        incident.add_argument(f"--{name}", type=_moment, metavar=_TIME)
    incident.set_defaults(run=run_incident)


def _add_correction(commands: Commands) -> None:
    correction = commands.add_parser(
        "record-correction", help="leave a stretch of time out of objectives", description=_CORRECTION_HELP
    )
    correction.add_argument("category", choices=("maintenance", "vendor", "load test"))
    correction.add_argument("start", type=_moment, metavar="FROM")
    correction.add_argument("end", type=_moment, metavar="TO")
    correction.add_argument("--slo", metavar="SLUG", help="only out of this objective (default: out of all)")
    correction.add_argument("--note", default="", metavar="TEXT")
    correction.set_defaults(run=run_correction)


def run_deploy(arguments: argparse.Namespace) -> int:
    from uuid import uuid4

    from core.clock import SystemClock
    from core.db.queries.deploys import Deploy

    made = Deploy(
        id=uuid4(),
        release=arguments.release,
        deployed_at=arguments.at or SystemClock().now(),
        committed_at=arguments.committed_at,
        commits=arguments.commits,
        note=arguments.note,
    )
    _do(lambda operations, actor: operations.record_deploy(made, actor=actor))
    print(f"{made.release} is marked at {made.deployed_at:%Y-%m-%d %H:%M %Z}.")
    return 0


def run_incident(arguments: argparse.Namespace) -> int:
    from core.db.queries.incidents import Incident

    made = Incident(
        id=0,
        severity=arguments.severity,
        title=arguments.title,
        started_at=arguments.started,
        detected_at=arguments.detected,
        acknowledged_at=arguments.acknowledged,
        mitigated_at=arguments.mitigated,
        resolved_at=arguments.resolved,
    )
    numbers: list[int] = []

    async def record(operations: Operations, actor: str) -> None:
        numbers.append(await operations.record_incident(made, actor=actor))

    _do(record)
    print(f"INC-{numbers[0]} is written down.")
    return 0


def run_correction(arguments: argparse.Namespace) -> int:
    from core.domain.correction import Category, Correction
    from core.domain.period import floor_minute

    made = Correction(
        start=floor_minute(arguments.start),
        end=floor_minute(arguments.end),
        category=Category(arguments.category),
        note=arguments.note,
        slo=arguments.slo,
    )
    _do(lambda operations, actor: operations.correct(made, actor=actor))
    print(
        f"{made.start:%Y-%m-%d %H:%M} to {made.end:%Y-%m-%d %H:%M} UTC is left out of {made.slo or 'all objectives'}."
    )
    return 0


def _do(act: Callable[[Operations, str], Awaitable[None]]) -> None:
    """Carries it out on the installation's database, in the name of the machine's user."""
    from core.bootstrap import open_services
    from core.config import load_settings

    async def carry_out() -> None:
        async with open_services(load_settings(), app_name="sightline-cli") as services:
            await act(services.operations, f"cli:{machine_user()}")

    asyncio.run(carry_out())


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    if at.tzinfo is None:
        raise argparse.ArgumentTypeError(f"{text} has no offset; write 2026-11-25T12:00Z or …+01:00")
    return at


def _count(text: str) -> int:
    number = int(text)
    if number < 0:
        raise argparse.ArgumentTypeError("a number of commits is not negative")
    return number
