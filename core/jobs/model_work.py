"""What the worker does for a run of the language model's engine: gives it what is finished, keeps parts, and pays."""

from __future__ import annotations

from datetime import datetime

from core.clock import Clock
from core.config import Settings
from core.db.database import Database
from core.db.queries.finished_parts import NewPart, list_parts, save_part
from core.db.queries.runs import ClaimedRun, go_on
from core.db.queries.spending import save_estimate
from core.db.queries.vendors import find_endpoints, save_endpoint
from core.domain.model import MODEL_RULES, ModelFailure, ModelRetry
from core.domain.run_options import RunOptions
from core.domain.summary import EngineName
from core.domain.waiting import Resting
from core.jobs.engine_process import EngineProcess
from core.jobs.messages import (
    Endpoint,
    EndpointLearned,
    EstimateMade,
    ModelNote,
    ModelOrder,
    PartFinished,
    RunFailure,
    SpendAsked,
    SpendSettled,
)
from core.jobs.run_record import RunRecord
from core.jobs.spending import RunSpending
from core.jobs.vendors import MODEL_VENDOR, VendorStates
from core.ports import Recording

_RULES = {rule.failure.value: rule for rule in MODEL_RULES}
_AWAY = "The language model cannot be reached at the moment. Your summary waits and goes on by itself."
_GOES_ON = "Your summary waits and goes on by itself."


class ModelWork:
    """One attempt's dealings with its engine's process."""

    def __init__(
        self,
        database: Database,
        clock: Clock,
        settings: Settings,
        claimed: ClaimedRun,
        record: RunRecord,
        vendors: VendorStates,
        recording: Recording,
    ) -> None:
        self._database = database
        self._clock = clock
        self._settings = settings
        self._lease = claimed.lease
        self._claimed = claimed
        self._vendors = vendors
        self._options = RunOptions.from_json(claimed.options)
        self._record = record
        self._spending = RunSpending(database, clock, settings, claimed, recording)

    async def order(self, recipe: str | None) -> ModelOrder:
        """What the process is given; `recipe` None where the words are not known yet."""
        models = self._options.models
        reader, writer = models[0], models[-1]
        async with self._database.read() as session:
            finished = await list_parts(session, recipe) if recipe else {}
            known = await find_endpoints(session, self._settings.openai_base_url, models)
        endpoints = {model: Endpoint(form=form, gauge=gauge) for model, (form, gauge) in known.items()}
        return ModelOrder(
            model=reader,
            model_reduce=writer,
            language=self._options.language,
            length=self._options.length.value,
            finished=finished,
            endpoints=endpoints,
        )

    async def find_rest(self) -> Resting | None:
        """Why nothing is begun at the moment; None where the model may be asked."""
        until = await self._vendors.resting_until(MODEL_VENDOR)
        return None if until is None else self._resting(ModelFailure.UNREACHABLE.value, _AWAY, until)

    async def rest_after(self, failure: RunFailure) -> Resting | None:
        """Notes the model's failure; None where waiting cannot help, or has gone on for too long."""
        rule = _RULES.get(failure["code"])
        if rule is None or not rule.waits:
            return None
        until = await self._vendors.note_failure(MODEL_VENDOR, is_hard=rule.retry is ModelRetry.LATER)
        return self._resting(failure["code"], f"{failure['message']} {_GOES_ON}", until)

    async def note_success(self) -> None:
        """The model answers: whoever waits for it goes on."""
        if self._options.engine.name is EngineName.OPENAI:
            await self._vendors.note_success(MODEL_VENDOR)

    def _resting(self, code: str, message: str, until: datetime) -> Resting | None:
        now = self._clock.now()
        since = self._claimed.waiting_since or now
        if (now - since).total_seconds() > self._settings.vendor_wait_longest_s:
            return None
        return Resting(code=code, message=message, since=since, until=until)

    async def take(self, note: ModelNote, recipe: str | None, child: EngineProcess) -> None:
        """Carries out what the process tells or asks."""
        match note:
            case SpendAsked():
                await child.answer(await self._spending.answer(note))
            case SpendSettled():
                await self._spending.settle(note)
                self._record.note_change()
            case PartFinished():
                await self._keep(note, recipe)
            case EstimateMade():
                await self._note_estimate(note)
            case EndpointLearned():
                await self._learn(note)

    async def close(self) -> None:
        """Once the process is dead: its calls under way are added up."""
        await self._spending.close()

    async def _keep(self, part: PartFinished, recipe: str | None) -> None:
        """The checkpoint: from here on nobody pays for this part again. The vendor answers, so the wait is over."""
        if recipe is None:
            raise RuntimeError("a part was finished before its words were known")
        new = NewPart(key=part.key, body=part.body, draft=part.draft)
        async with self._database.transaction() as session:
            if await go_on(session, self._lease):
                await save_part(session, self._lease.run_id, recipe, new, now=self._clock.now())
        await self.note_success()
        self._record.note_change()

    async def _note_estimate(self, made: EstimateMade) -> None:
        async with self._database.transaction() as session:
            await save_estimate(session, self._lease, made.microusd)
        self._record.note_change()

    async def _learn(self, learned: EndpointLearned) -> None:
        async with self._database.transaction() as session:
            await save_endpoint(
                session, self._settings.openai_base_url, learned.model, learned.form, learned.gauge,
                now=self._clock.now(),
            )  # fmt: skip
