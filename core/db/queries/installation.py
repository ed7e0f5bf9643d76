"""Facts about this installation that figures depend on."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncSession

from core.domain.correction import Category, Correction

_CORRECTIONS = "slo_corrections"
# That the history is a simulated one, and of what.
DEMO_FACT = "demo"


async def is_demo(session: AsyncSession) -> bool:
    """True where the history is a simulated one."""
    statement = text("SELECT EXISTS (SELECT FROM installation_facts WHERE name = :name)")
    return bool(await session.scalar(statement, {"name": DEMO_FACT}))


async def read_corrections(session: AsyncSession) -> list[Correction]:
    """What was taken out of objectives, in the order in which it was."""
    found = await session.scalar(
        text("SELECT value FROM installation_facts WHERE name = :name"), {"name": _CORRECTIONS}
    )
    return [
        Correction(
            start=datetime.fromisoformat(each["start"]),
            end=datetime.fromisoformat(each["end"]),
            category=Category(each["category"]),
            note=each["note"],
            slo=each["slo"],
        )
        for each in found or []
    ]


async def add_correction(session: AsyncSession, correction: Correction, *, now: datetime) -> None:
    """Takes a stretch out of objectives from now on."""
    entry = {
        "start": correction.start.isoformat(),
        "end": correction.end.isoformat(),
        "category": correction.category.value,
        "note": correction.note,
        "slo": correction.slo,
    }
    statement = text(
        """
        INSERT INTO installation_facts AS f (name, value, written_at) VALUES (:name, :value, :now)
        ON CONFLICT (name) DO UPDATE SET value = f.value || excluded.value, written_at = excluded.written_at
        """
    ).bindparams(bindparam("value", type_=JSONB))
    await session.execute(statement, {"name": _CORRECTIONS, "value": [entry], "now": now})
