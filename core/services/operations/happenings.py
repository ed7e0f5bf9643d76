"""What happened beside the figures: deploys, incidents, archivals and acts of admins; and how fresh the figures are."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from core.db.queries.audit import list_audit
from core.db.queries.deploys import Deploy, list_deploys
from core.db.queries.finished_archivals import FinishedArchival, list_finished
from core.db.queries.incidents import Incident, list_incidents_open_in
from core.db.queries.installation import is_demo
from core.db.queries.rollups import read_dropped, read_newest_minute
from core.domain.audit import AuditFilter
from core.services.operations.acts import TOLD, tell
from core.services.operations.views import Freshness, Happening, Mark

_SHOWN = 12


async def read_freshness(session: AsyncSession, now: datetime) -> Freshness:
    return Freshness(
        read_at=now,
        newest=await read_newest_minute(session),
        dropped=await read_dropped(session),
        is_demo=await is_demo(session),
    )


async def read_marks(session: AsyncSession, start: datetime, end: datetime, now: datetime) -> tuple[Mark, ...]:
    """What is drawn on every chart of [start, end), in order of time."""
    deploys = await list_deploys(session, start, end)
    incidents = await list_incidents_open_in(session, start, end)
    return marks_of(deploys, incidents, now)


def marks_of(deploys: Sequence[Deploy], incidents: Sequence[Incident], now: datetime) -> tuple[Mark, ...]:
    marks = [Mark(kind="deploy", label=each.release, start=each.deployed_at) for each in deploys]
    marks += [
        Mark(kind="incident", label=each.name, start=each.started_at, end=each.resolved_at or now) for each in incidents
    ]
    return tuple(sorted(marks, key=lambda mark: mark.start))


async def read_happenings(session: AsyncSession, start: datetime, end: datetime) -> tuple[Happening, ...]:
    """The newest of [start, end), newest first."""
    found = [_of_deploy(each) for each in await list_deploys(session, start, end, limit=_SHOWN)]
    for incident in await list_incidents_open_in(session, start, end):
        found += _of_incident(incident)
    found += [_of_archival(each) for each in await list_finished(session, start, end, limit=_SHOWN)]
    lines = await list_audit(session, AuditFilter(actions=TOLD, start=start, end=end), limit=_SHOWN)
    found += [Happening(at=line.at, kind="audit", text=tell(line)) for line in lines]
    within = [each for each in found if start <= each.at < end]
    return tuple(sorted(within, key=lambda each: each.at, reverse=True)[:_SHOWN])


def _of_deploy(deploy: Deploy) -> Happening:
    parts = [deploy.release]
    if deploy.commits is not None:
        parts.append("1 commit" if deploy.commits == 1 else f"{deploy.commits:,} commits")
    if deploy.committed_at is not None:
        parts.append(f"lead time {_length(deploy.deployed_at - deploy.committed_at)}")
    if deploy.note:
        parts.append(deploy.note)
    return Happening(at=deploy.deployed_at, kind="deploy", text=", ".join(parts))


def _of_incident(incident: Incident) -> list[Happening]:
    """Its beginning, and its end where it has one."""
    name = f"{incident.name} {incident.title}"
    tone = "bad" if incident.severity in {"P0", "P1"} else "warn"
    found = [Happening(at=incident.started_at, kind="incident", text=f"{incident.severity} {name}", tone=tone)]
    if incident.resolved_at is not None:
        lasted = _length(incident.resolved_at - incident.started_at)
        found.append(
            Happening(at=incident.resolved_at, kind="incident", text=f"{name}: resolved after {lasted}", tone="ok")
        )
    return found


def _of_archival(archival: FinishedArchival) -> Happening:
    rows = "1 row" if archival.rows == 1 else f"{archival.rows:,} rows"
    is_restored = archival.direction == "restore"
    words = archival.policy.replace("-", " ")
    text = f"{rows} of {words} {'put back' if is_restored else 'archived'}"
    if archival.state == "failed":
        text = f"{'Restoring' if is_restored else 'Archiving'} {words} failed after {rows}"
    return Happening(
        at=archival.finished_at,
        kind="restore" if is_restored else "archival",
        text=text,
        tone="bad" if archival.state == "failed" else "ok",
    )


def _length(length: timedelta) -> str:
    """ "3 min 40 s", "19 h", "4 d": two parts at most."""
    seconds = int(length.total_seconds())
    for size, unit, small, rest in ((86_400, "d", 3_600, "h"), (3_600, "h", 60, "min"), (60, "min", 1, "s")):
        if seconds >= size:
            whole, part = divmod(seconds, size)
            return f"{whole} {unit} {part // small} {rest}" if part // small else f"{whole} {unit}"
    return f"{seconds} s"
