"""What the database says of its own schema."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession


async def schema_revision(session: AsyncSession) -> str:
    """The migration it stands at."""
    return str(await session.scalar(text("SELECT version_num FROM alembic_version")) or "")
