"""Incidents, with the times that recovery is computed from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from core.metrics.definition import Moment

_COLUMNS = "id, severity, title, started_at, detected_at, acknowledged_at, mitigated_at, resolved_at"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """`severity` is P0 to P3; the times are in order, each from some point on not known yet."""

    id: int
    severity: str
    title: str
    started_at: datetime
    detected_at: datetime | None = None
    acknowledged_at: datetime | None = None
    mitigated_at: datetime | None = None
    resolved_at: datetime | None = None

    def at(self, moment: Moment) -> datetime | None:
        match moment:
            case Moment.STARTED:
                return self.started_at
            case Moment.DETECTED:
                return self.detected_at
            case Moment.ACKNOWLEDGED:
                return self.acknowledged_at
            case Moment.MITIGATED:
                return self.mitigated_at
            case Moment.RESOLVED:
                return self.resolved_at

    @property
    def name(self) -> str:
        return f"INC-{self.id}"


async def insert_incident(session: AsyncSession, incident: Incident) -> int:
    """Its number. `incident.id` is not used."""
    statement = text(
        """
        INSERT INTO incidents
               (severity, title, started_at, detected_at, acknowledged_at, mitigated_at, resolved_at)
        VALUES (:severity, :title, :started_at, :detected_at, :acknowledged_at, :mitigated_at, :resolved_at)
        RETURNING id
        """
    )
    values: dict[str, object] = {f"{moment}_at": incident.at(moment) for moment in Moment}
    values |= {"severity": incident.severity, "title": incident.title}
    return int((await session.execute(statement, values)).scalar_one())


async def list_incidents(session: AsyncSession, start: datetime, end: datetime, *, limit: int = 500) -> list[Incident]:
    """Those that began in [start, end), at most `limit` of the newest, oldest first."""
    found = await session.execute(
        text(
            f"SELECT {_COLUMNS} FROM incidents WHERE started_at >= :start AND started_at < :end"  # noqa: S608
            " ORDER BY started_at DESC, id LIMIT :limit"
        ),
        {"start": start, "end": end, "limit": limit},
    )
    return [Incident(**row) for row in reversed(found.mappings().all())]


async def list_incidents_open_in(session: AsyncSession, start: datetime, end: datetime) -> list[Incident]:
    """Those of which some part lies in [start, end), at most 500 of the newest, oldest first."""
    found = await session.execute(
        text(
            f"""
            SELECT {_COLUMNS} FROM incidents
             WHERE started_at < :end AND (resolved_at IS NULL OR resolved_at > :start)
             ORDER BY started_at DESC, id LIMIT 500
            """  # noqa: S608
        ),
        {"start": start, "end": end},
    )
    return [Incident(**row) for row in reversed(found.mappings().all())]
