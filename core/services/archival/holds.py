"""Legal holds as people place and release them."""

from __future__ import annotations

from core.clock import Clock
from core.db.database import Database
from core.db.queries.audit import append_audit
from core.db.queries.legal_holds import (
    await_slices,
    delete_released,
    is_known_subject,
    list_holds,
    place_hold,
    release_hold,
)
from core.domain.archival import Hold, HoldSubject
from core.errors import Conflict, InvalidInput, NotFound

_LONGEST_REASON_CHARS = 500


class Holds:
    """What is held stays: no policy archives it, no archive that holds it expires, and an owner's deletion hides it."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def listed(self) -> tuple[Hold, ...]:
        async with self._database.read() as session:
            return await list_holds(session)

    async def place(self, kind: HoldSubject, subject_id: str, *, reason: str, actor: str) -> Hold:
        """Raises InvalidInput without a reason, NotFound for an unknown subject, Conflict where it is held already."""
        subject_id, reason = subject_id.strip(), reason.strip()
        if not reason or len(reason) > _LONGEST_REASON_CHARS:
            raise InvalidInput(
                f"Give a reason of at most {_LONGEST_REASON_CHARS} characters, for whoever is to release it."
            )
        hold = Hold(
            subject_kind=kind.value, subject_id=subject_id, reason=reason, placed_by=actor, placed_at=self._clock.now()
        )
        async with self._database.transaction() as session:
            await await_slices(session)
            if not await is_known_subject(session, kind, subject_id):
                raise NotFound(
                    f"There is no {kind.value} with the id {subject_id!r}. What was archived has to be put back first."
                )
            if not await place_hold(session, hold):
                raise Conflict("This is under legal hold already.")
            await append_audit(
                session, actor=actor, action="hold.placed", subject=f"{kind.value}:{subject_id}",
                detail={"reason": reason}, now=self._clock.now(),
            )  # fmt: skip
        return hold

    async def release(self, kind: HoldSubject, subject_id: str, *, actor: str) -> None:
        """What its owner deleted meanwhile goes now. Raises NotFound where there is no such hold."""
        subject_id = subject_id.strip()
        async with self._database.transaction() as session:
            if not await release_hold(session, kind, subject_id):
                raise NotFound("There is no such legal hold.")
            deleted = await delete_released(session)
            await append_audit(
                session, actor=actor, action="hold.released", subject=f"{kind.value}:{subject_id}",
                detail={"deleted": deleted}, now=self._clock.now(),
            )  # fmt: skip
