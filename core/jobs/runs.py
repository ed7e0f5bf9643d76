"""One run from its claim to its end: words, engine, summary. Safe to start twice, to kill, and to take over."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import json
import tempfile
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path
from uuid import UUID

from core.clock import Clock
from core.config import Settings
from core.db.database import Database
from core.db.queries.runs import ClaimedRun, NewVersion, claim_run
from core.domain.packed import PackedTranscript
from core.domain.run import RungAttempt, StageReport
from core.domain.run_options import RunOptions
from core.domain.summary import EngineName
from core.domain.telemetry import OutboundCall
from core.domain.video import Video
from core.errors import NextStep
from core.integrations.calls import record_call
from core.jobs.engine_process import EngineProcess, engine_process
from core.jobs.leases import LeaseWatch
from core.jobs.messages import DraftWritten, EngineOrder, Note, RunFailure, WordsFetched, WorkCrashed, WorkFailed
from core.jobs.model_work import ModelWork
from core.jobs.run_record import TOOK_TOO_LONG, RunRecord
from core.jobs.vendors import VendorStates
from core.logging import EventLog, request_id
from core.ports import Jobs, Recording
from core.tasks import end_tasks

log = EventLog(__name__)


class Interruption(StrEnum):
    """What can end the work from outside before it ends by itself."""

    LOST = "lost"
    STOPPING = "stopping"
    TIMED_OUT = "timed_out"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunWork:
    """What carrying out runs needs; one for a worker. `stopping` is set once the worker is asked to end."""

    database: Database
    jobs: Jobs
    settings: Settings
    clock: Clock
    leases: LeaseWatch
    stopping: asyncio.Event
    recording: Recording
    vendors: VendorStates

    async def carry_out(self, run_id: UUID, job_id: int) -> None:
        """Takes the run and works on it until it ends, is taken away, or the worker stops."""
        async with self.database.transaction() as session:
            claimed = await claim_run(session, run_id, job_id, now=self.clock.now())
        if claimed is None:
            log.info("run.nothing_to_do", run=str(run_id))
            return
        with _in_request(claimed.request_id), self.leases.holding(claimed.lease) as lost:
            await _Attempt(self, claimed, lost).carry_out()


class _Attempt:
    def __init__(self, work: RunWork, claimed: ClaimedRun, lost: asyncio.Event) -> None:
        self._work = work
        self._claimed = claimed
        self._lost = lost
        self._record = RunRecord(work.database, work.clock, claimed, work.recording)
        self._id = str(claimed.lease.run_id)
        self._options = RunOptions.from_json(claimed.options)
        self._model = ModelWork(
            work.database, work.clock, work.settings, claimed, self._record, work.vendors, work.recording
        )
        self._words: PackedTranscript | None = None
        self._video = Video()
        self._recipe: str | None = None

    async def carry_out(self) -> None:
        if not await self._record.open():
            return
        await self._look_for_words()
        if await self._take_over_summary() or await self._rests():
            return
        async with self._recording() as recording, engine_process(await self._order(recording)) as child:
            interruption = await self._follow(child)
            await child.kill()
            await self._model.close()
            await self._settle(interruption)

    @contextlib.asynccontextmanager
    async def _recording(self) -> AsyncIterator[str | None]:
        """Where the recording lies that is to be listened to, for the length of the block; None where none is."""
        if self._claimed.upload_id is None or self._words is not None:
            yield None
            return
        with tempfile.TemporaryDirectory(prefix="sightline-recording-", ignore_cleanup_errors=True) as folder:
            path = Path(folder) / "recording"
            await self._record.write_recording(path)
            yield str(path)

    async def _look_for_words(self) -> None:
        kept_for = timedelta(seconds=self._work.settings.metadata_cache_ttl_s)
        since = self._work.clock.now() - kept_for
        self._words = await self._record.stored_words(self._options.languages, cached_since=since)
        self._video = await self._record.video()

    async def _take_over_summary(self) -> bool:
        """True where the words are known and another run has made a summary of them, or the lease is lost."""
        if self._words is None:
            return False
        self._recipe = self._cache_key(self._options.engine.version)
        if not await self._record.save_recipe(self._recipe):
            return True
        return await self._record.finish(self._recipe, None)

    @property
    def _asks_a_model(self) -> bool:
        return self._options.engine.name is EngineName.OPENAI

    async def _rests(self) -> bool:
        """True where the model is known to be away: nothing is started, the run goes back to the queue."""
        if not self._asks_a_model or self._words is None:
            return False
        resting = await self._model.find_rest()
        return resting is not None and await self._record.rest(self._work.jobs, resting)

    async def _order(self, recording: str | None) -> EngineOrder:
        return EngineOrder(
            engine=self._options.engine.name.value,
            video=self._video,
            languages=self._options.languages,
            transcript=self._words,
            settings=self._work.settings.for_engine(),
            resting=await self._work.vendors.resting_rungs() if self._words is None else {},
            recording=recording,
            model=await self._model.order(self._recipe) if self._asks_a_model else None,
        )

    async def _follow(self, child: EngineProcess) -> Interruption | None:
        """Listens to the child until the run is ended by it (None) or something else ends the work."""
        listening = asyncio.create_task(self._listen(child))
        writing = asyncio.create_task(self._record.keep_writing())
        waiting = {
            writing: Interruption.LOST,
            asyncio.create_task(self._lost.wait()): Interruption.LOST,
            asyncio.create_task(self._work.stopping.wait()): Interruption.STOPPING,
        }
        try:
            done, _ = await asyncio.wait(
                {listening, *waiting}, timeout=self._limit_s, return_when=asyncio.FIRST_COMPLETED
            )
            if listening in done:
                return listening.result()
            for task in done:
                task.result()
            return next((waiting[task] for task in done), Interruption.TIMED_OUT)
        finally:
            await end_tasks(listening, *waiting)

    @property
    def _limit_s(self) -> float:
        """What the engine may take, and, where a recording may have to be listened to, that too."""
        settings = self._work.settings
        limit_s = settings.model_job_timeout_s if self._asks_a_model else settings.job_timeout_s
        return limit_s + settings.speech_total_timeout_s if settings.listens and self._words is None else limit_s

    async def _listen(self, child: EngineProcess) -> None:
        """Turns what the child tells into writes, until one of them ends the run."""
        async for event in child.events():
            if isinstance(event, WordsFetched | DraftWritten | WorkFailed | WorkCrashed):
                if await self._is_end(event):
                    return
            else:
                await self._note(event, child)
        log.warning("run.engine_process_died", run=self._id)
        await self._record.fail(_STOPPED)

    async def _note(self, event: Note, child: EngineProcess) -> None:
        match event:
            case StageReport():
                self._record.report(event)
            case RungAttempt():
                self._record.note_attempt(event)
                await self._work.vendors.note_rung(event)
            case OutboundCall():
                record_call(self._work.recording, event)
            case _:
                await self._model.take(event, self._recipe, child)

    async def _is_end(self, event: WordsFetched | DraftWritten | WorkFailed | WorkCrashed) -> bool:
        """Carries the event out; True where it ended the run, or showed that the lease is lost."""
        match event:
            case WordsFetched():
                return await self._keep_words(event)
            case DraftWritten():
                if await self._finish(event):
                    self._record.note_draft(event)
            case WorkFailed():
                await self._fail(event)
            case WorkCrashed():
                log.error("run.engine_crashed", run=self._id, kind=event.kind, at=event.where)
                await self._record.fail(_CRASHED)
        return True

    async def _fail(self, failed: WorkFailed) -> None:
        """The run ends, or rests where a vendor that is away may come back."""
        resting = await self._model.rest_after(failed.failure) if self._asks_a_model else None
        if resting is None or not await self._record.rest(self._work.jobs, resting):
            await self._record.fail(failed.failure, failed.video)

    async def _keep_words(self, fetched: WordsFetched) -> bool:
        if not await self._record.keep_words(fetched, self._options.languages):
            return True
        self._words, self._video = fetched.transcript, fetched.video
        return await self._take_over_summary()

    async def _finish(self, written: DraftWritten) -> bool:
        made = NewVersion(
            engine=self._claimed.engine,
            draft=written.draft,
            lines=written.lines,
            supported_lines=written.supported_lines,
        )
        await self._model.note_success()
        return await self._record.finish(self._cache_key(written.engine_version), made)

    def _cache_key(self, engine_version: str) -> str:
        """Names the engine's exact input: the words, who reads them, and what is known of the video."""
        if self._words is None:
            raise RuntimeError("a run without words has no cache key")
        facts, video = self._words.facts, self._video
        chapters = [[chapter.start_ms, chapter.title] for chapter in video.chapters]
        known = [video.title, video.channel, chapters]
        engine = replace(self._options.engine, version=engine_version)
        writer = replace(self._options, engine=engine).written_by()
        parts = [facts.sha256, facts.language, *writer, *known]
        return hashlib.sha256(json.dumps(parts).encode()).hexdigest()

    async def _settle(self, interruption: Interruption | None) -> None:
        """What is written once the child is dead and the work had not come to an end."""
        if interruption is Interruption.STOPPING:
            await self._record.release(self._work.jobs)
        elif interruption is Interruption.TIMED_OUT:
            await self._record.fail(_timed_out(self._limit_s))
        elif interruption is Interruption.LOST:
            log.info("run.lease_lost", run=self._id)


@contextlib.contextmanager
def _in_request(number: UUID | None) -> Iterator[None]:
    """In the block every log line and every record carries the number of the request that asked for the run."""
    token = request_id.set(None if number is None else number.hex)
    try:
        yield
    finally:
        request_id.reset(token)


def _timed_out(limit_s: float) -> RunFailure:
    return {
        "code": TOOK_TOO_LONG,
        "message": f"This took longer than the {limit_s:.0f} seconds a summary may take, so it was stopped. Try again; "
        "if it happens again, upload the captions instead.",
        "next_step": NextStep.TRY_AGAIN.value,
        "retryable": True,
        "detail": {},
    }


_STOPPED: RunFailure = {
    "code": "engine_stopped",
    "message": "The process that reads the transcript stopped before it was done; the machine may be short of memory. "
    "Nothing is lost: try again.",
    "next_step": NextStep.TRY_AGAIN.value,
    "retryable": True,
    "detail": {},
}
_CRASHED: RunFailure = {
    "code": "engine_failed",
    "message": "Sightline made a mistake while it read this transcript. The operators can see it. Trying again helps "
    "only once it is repaired.",
    "next_step": NextStep.CONTACT_OPERATOR.value,
    "retryable": False,
    "detail": {},
}
