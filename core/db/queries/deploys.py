"""Deploys: what was put into service, and when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


@dataclass(frozen=True, slots=True, kw_only=True)
class Deploy:
    """`committed_at`: when its oldest change was committed; `commits`: how many it holds."""

    id: UUID
    release: str
    deployed_at: datetime
    committed_at: datetime | None = None
    commits: int | None = None
    note: str = ""


async def insert_deploy(session: AsyncSession, deploy: Deploy) -> None:
    await session.execute(
        text(
            """
            INSERT INTO deploys (id, release, deployed_at, committed_at, commits, note)
            VALUES (:id, :release, :deployed_at, :committed_at, :commits, :note)
            """
        ),
        {
            "id": deploy.id,
            "release": deploy.release,
            "deployed_at": deploy.deployed_at,
            "committed_at": deploy.committed_at,
            "commits": deploy.commits,
            "note": deploy.note,
        },
    )


async def list_deploys(session: AsyncSession, start: datetime, end: datetime, *, limit: int = 200) -> list[Deploy]:
    """Those of [start, end), at most `limit` of the newest, oldest first."""
    found = await session.execute(
        text(
            "SELECT id, release, deployed_at, committed_at, commits, note FROM deploys"
            " WHERE deployed_at >= :start AND deployed_at < :end ORDER BY deployed_at DESC, id LIMIT :limit"
        ),
        {"start": start, "end": end, "limit": limit},
    )
    return [Deploy(**row) for row in reversed(found.mappings().all())]


async def find_release_at(session: AsyncSession, at: datetime) -> str | None:
    """The release that was in service then; None before the first recorded deploy."""
    statement = text("SELECT release FROM deploys WHERE deployed_at <= :at ORDER BY deployed_at DESC LIMIT 1")
    release: str | None = await session.scalar(statement, {"at": at})
    return release
