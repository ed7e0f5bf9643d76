"""The breakers of all vendors and rungs, in the database: what one worker finds out, the others need not try."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from core.clock import Clock
from core.config import Settings
from core.db.database import Database
from core.db.queries.vendors import hold_vendor, list_resting, save_vendor, wake_waiting
from core.domain.breaker import Breaker, BreakerOutcome, BreakerRule
from core.domain.ladder import CaptionFailure, counts_against_the_rung, lies_with_the_video
from core.domain.run import RungAttempt, RungOutcome
from core.logging import EventLog

log = EventLog(__name__)

MODEL_VENDOR = "openai"
# Codes of model failures begin so; what waits for the model is found by it.
_MODEL_CODES = "model_"
_RUNG = "rung:"
# Ours to repair: until then every try ends the same.
_HARD = frozenset({CaptionFailure.KEY_REFUSED, CaptionFailure.PROXY_FAILED})
_LONGEST_PAUSE = timedelta(minutes=10)


class VendorStates:
    """One for a worker. Each method is one short transaction under the vendor's own lock."""

    def __init__(self, database: Database, clock: Clock, settings: Settings) -> None:
        self._database = database
        self._clock = clock
        self._rung_rule = BreakerRule(faults_to_open=settings.rung_faults)
        # A run asks several times before it gives up: one that gave up is enough.
        self._model_rule = BreakerRule(
            faults_to_open=1,
            first_pause=timedelta(seconds=settings.vendor_pause_s),
            longest_pause=max(_LONGEST_PAUSE, timedelta(seconds=settings.vendor_pause_s)),
        )

    async def resting_until(self, vendor: str) -> datetime | None:
        """Until when nobody asks this vendor; None where the caller may: after a pause one goes to try."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            breaker = _read(await hold_vendor(session, vendor))
            if breaker.is_resting(now):
                return breaker.resting_until
            probing = breaker.probing(now, self._rule_of(vendor))
            if probing != breaker:
                await save_vendor(session, vendor, _written(probing), resting_until=probing.resting_until, now=now)
        return None

    async def resting_rungs(self) -> dict[str, str]:
        """Rungs of the transcript ladder that are left alone for now, with why, in words for people."""
        async with self._database.read() as session:
            resting = await list_resting(session, now=self._clock.now())
        return {
            vendor.removeprefix(_RUNG): f"left alone until {until:%H:%M} UTC after failing several times"
            for vendor, until in resting.items()
            if vendor.startswith(_RUNG)
        }

    async def note_rung(self, attempt: RungAttempt) -> None:
        """What an attempt says of its rung. What lies with the video says that the rung works."""
        if attempt.outcome is RungOutcome.SKIPPED or attempt.duration_ms is None:
            return
        await self._note(f"{_RUNG}{attempt.rung}", _outcome_of(attempt))

    async def note_failure(self, vendor: str, *, is_hard: bool) -> datetime:
        """A run has given up on this vendor; when it may be tried again."""
        now = self._clock.now()
        breaker = await self._note(vendor, BreakerOutcome.HARD_FAULT if is_hard else BreakerOutcome.FAULT)
        return breaker.resting_until or now + self._model_rule.first_pause

    async def note_success(self, vendor: str) -> None:
        """It answers. Where it was away, the runs that wait for it go on at once."""
        await self._note(vendor, BreakerOutcome.WORKED)

    async def _note(self, vendor: str, outcome: BreakerOutcome) -> Breaker:
        now = self._clock.now()
        async with self._database.transaction() as session:
            before = _read(await hold_vendor(session, vendor))
            after = before.after(outcome, now, self._rule_of(vendor))
            if after != before:
                await save_vendor(session, vendor, _written(after), resting_until=after.resting_until, now=now)
            if vendor == MODEL_VENDOR and before.resting_until is not None and after.resting_until is None:
                woken = await wake_waiting(session, _MODEL_CODES, now=now)
                log.info("vendor.back", vendor=vendor, woken=woken)
        if after.openings > before.openings:
            log.warning("vendor.resting", vendor=vendor, until=str(after.resting_until))
        return after

    def _rule_of(self, vendor: str) -> BreakerRule:
        return self._model_rule if vendor == MODEL_VENDOR else self._rung_rule


def _outcome_of(attempt: RungAttempt) -> BreakerOutcome:
    code = attempt.code or ""
    if attempt.outcome is RungOutcome.OK or lies_with_the_video(code):
        return BreakerOutcome.WORKED
    if code in _HARD:
        return BreakerOutcome.HARD_FAULT
    return BreakerOutcome.FAULT if counts_against_the_rung(code) else BreakerOutcome.NOTHING_LEARNT


def _read(stored: dict[str, Any] | None) -> Breaker:
    if stored is None:
        return Breaker()
    until = stored["resting_until"]
    return Breaker(**{**stored, "resting_until": datetime.fromisoformat(until) if until else None})


def _written(breaker: Breaker) -> dict[str, object]:
    until = breaker.resting_until
    return {**asdict(breaker), "resting_until": until.isoformat() if until else None}
