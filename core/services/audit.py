"""The audit log as people read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from uuid import UUID

from core.db.database import Database
from core.db.queries.audit import check_audit, find_addresses, list_actions, list_audit
from core.domain.archival import AuditEntry
from core.domain.audit import AuditCheck, AuditFilter

_ACCOUNT = "account:"


class AuditLog:
    """Reads only: lines are added in the transactions of the acts they tell of."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def listed(
        self, only: AuditFilter, *, before_id: int | None = None, limit: int = 50
    ) -> tuple[AuditEntry, ...]:
        """At most `limit` lines, newest first, older than `before_id`."""
        async with self._database.read() as session:
            return await list_audit(session, only, before_id=before_id, limit=limit)

    async def actions(self) -> tuple[str, ...]:
        """What the filter can be set to."""
        async with self._database.read() as session:
            return await list_actions(session)

    async def check(self) -> AuditCheck:
        """Every line hashed again."""
        async with self._database.snapshot() as session:
            return await check_audit(session)

    async def people(self, actors: Iterable[str]) -> Mapping[str, str]:
        """The address of each actor that is an account which still exists."""
        asked = {actor: UUID(actor.removeprefix(_ACCOUNT)) for actor in set(actors) if actor.startswith(_ACCOUNT)}
        async with self._database.read() as session:
            found = await find_addresses(session, asked.values())
        return {actor: found[key] for actor, key in asked.items() if key in found}
