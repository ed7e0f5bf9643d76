"""All that one attempt writes about its run. Each method is one transaction and says whether the lease still held."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.db.database import Database, driver_connection
from core.db.queries.awaited import take_awaited
from core.db.queries.progress import find_stages, touch_progress, write_progress
from core.db.queries.runs import (
    ClaimedRun,
    NewVersion,
    fail_run,
    finish_run,
    hold_run,
    release_run,
    rest_run,
    save_attempts,
    save_recipe,
    save_words,
)
from core.db.queries.standing import find_language, find_standing
from core.db.queries.summaries import complete_summaries, describe_summaries
from core.db.queries.transcripts import (
    find_captions,
    find_video,
    get_transcript,
    save_captions,
    save_video,
    store_transcript,
)
from core.db.queries.uploads import delete_upload, read_upload
from core.domain.document import AttemptDocument, StageDocument
from core.domain.ladder import lies_with_the_video
from core.domain.packed import PackedTranscript
from core.domain.progress import ProgressTracker
from core.domain.run import RungAttempt, RungOutcome, Stage, StageReport
from core.domain.run_options import RunOptions
from core.domain.telemetry import Outcome
from core.domain.video import Video
from core.domain.waiting import Resting
from core.jobs.messages import DraftWritten, RunFailure, WordsFetched
from core.ports import Detail, Jobs, Recording
from core.services.summary_figures import SummaryFigures, longest_part

# At most four writes a second for a run, however much it reports.
WRITE_INTERVAL_S = 0.25
CACHE_RUNG = "cache"
# The code of the failure when a run used up its time.
TOOK_TOO_LONG = "took_too_long"


class RunRecord:
    """Writes of one attempt. They never overlap: a final one must not meet a progress write half-way."""

    def __init__(self, database: Database, clock: Clock, claimed: ClaimedRun, recording: Recording) -> None:
        self._database = database
        self._figures = SummaryFigures(recording)
        self._clock = clock
        self._claimed = claimed
        self._lease = claimed.lease
        self._writing = asyncio.Lock()
        self._changed = asyncio.Event()
        self._tried: list[AttemptDocument] = []
        self._are_attempts_new = False
        self._progress = self._tracker(())

    async def open(self) -> bool:
        """Takes over what a former attempt left in the progress row, and writes the first moment of this one."""
        async with self._database.read() as session:
            self._progress = self._tracker(await find_stages(session, self._lease.run_id))
        has_words = self._claimed.transcript_id is not None
        self.report(StageReport(stage=Stage.READING if has_words else Stage.FETCHING))
        return await self.write_progress()

    def report(self, report: StageReport) -> None:
        """Notes progress; it is written by `keep_writing`, together with whatever else came meanwhile."""
        self._progress.take(report)
        self._changed.set()

    def note_attempt(self, attempt: RungAttempt) -> None:
        """Notes what became of a rung of the ladder."""
        self._figures.tried(attempt)
        seconds = None if attempt.duration_ms is None else attempt.duration_ms / 1000
        self._tried.append(
            {
                "rung": attempt.rung,
                "outcome": attempt.outcome.value,
                "code": attempt.code,
                "message": attempt.message,
                "seconds": seconds,
            }
        )
        self._are_attempts_new = True
        self._changed.set()

    def note_change(self) -> None:
        """Something beside the progress changed that readers see: they are told with the next write."""
        self._changed.set()

    def note_draft(self, written: DraftWritten) -> None:
        """Notes the figures of the draft that this run wrote itself."""
        self._figures.wrote(
            self._claimed.engine,
            lines=written.lines,
            supported_lines=written.supported_lines,
            coverage=written.coverage,
        )

    async def keep_writing(self) -> None:
        """Writes what was noted, at most every quarter of a second; returns once the lease is lost."""
        while True:
            await asyncio.sleep(WRITE_INTERVAL_S)
            await self._changed.wait()
            if not await self.write_progress():
                return

    async def write_progress(self) -> bool:
        async with self._writing, self._database.transaction() as session:
            self._changed.clear()
            if self._are_attempts_new and await save_attempts(session, self._lease, list(self._tried)):
                self._are_attempts_new = False
            moment = self._progress.moment()
            return await write_progress(session, self._lease, moment, now=self._clock.now())

    async def stored_words(self, languages: tuple[str, ...], *, cached_since: datetime) -> PackedTranscript | None:
        """The words of this run, from its checkpoint or from what the same video gave `cached_since`."""
        claimed = self._claimed
        async with self._database.transaction() as session:
            if claimed.transcript_id is not None:
                return await get_transcript(session, claimed.transcript_id)
            if claimed.video_id is None:
                return None
            cached_id = await find_captions(session, claimed.video_id, languages, since=cached_since)
            self._figures.looked_up("captions", is_hit=cached_id is not None)
            if cached_id is None or not await save_words(session, self._lease, cached_id):
                return None
            words = await get_transcript(session, cached_id)
            video = await find_video(session, claimed.video_id)
            await describe_summaries(session, self._lease.run_id, video or Video(), words.facts.duration_ms)
        self.note_attempt(RungAttempt(rung=CACHE_RUNG, outcome=RungOutcome.OK, code=None, message="", duration_ms=None))
        return words

    async def write_recording(self, path: Path) -> None:
        """Puts the recording that this run listens to into a file."""
        if self._claimed.upload_id is None:
            raise RuntimeError("this run has no recording")
        async with self._database.read() as session:
            with path.open("wb") as file:
                async for piece in read_upload(session, self._claimed.upload_id):
                    await asyncio.to_thread(file.write, piece)

    async def video(self) -> Video:
        """What is known of the video so far."""
        claimed = self._claimed
        if claimed.video_id is None:
            return Video(title=RunOptions.from_json(claimed.options).title)
        async with self._database.read() as session:
            return await find_video(session, claimed.video_id) or Video(id=claimed.video_id)

    async def keep_words(self, fetched: WordsFetched, languages: tuple[str, ...]) -> bool:
        """The checkpoint: words, metadata and the cache rung, before anything is made of them."""
        now = self._clock.now()
        async with self._writing, self._database.transaction() as session:
            if not await hold_run(session, self._lease):
                return False
            transcript_id = await store_transcript(session, fetched.transcript)
            await save_words(session, self._lease, transcript_id)
            if fetched.video.id is not None:
                await save_video(session, fetched.video, now=now)
                await save_captions(session, fetched.video.id, languages, transcript_id, now=now)
            if self._claimed.upload_id is not None:
                await delete_upload(session, self._claimed.upload_id)
            duration_ms = _longer(fetched.video.duration_ms, fetched.transcript.facts.duration_ms)
            await describe_summaries(session, self._lease.run_id, fetched.video, duration_ms)
            return True

    async def save_recipe(self, recipe: str) -> bool:
        """Names the exact input, under which finished parts are found; False where the lease is lost."""
        async with self._writing, self._database.transaction() as session:
            return await save_recipe(session, self._lease, recipe)

    async def rest(self, jobs: Jobs, resting: Resting) -> bool:
        """Gives the run back to the queue until a vendor is back, with all that is finished."""
        async with self._writing, self._database.transaction() as session:
            if not await rest_run(session, self._lease, resting.to_json()):
                return False
            await jobs.enqueue_run(await driver_connection(session), self._lease.run_id, at=resting.until)
            await touch_progress(session, self._lease.run_id)
            return True

    async def finish(self, cache_key: str, made: NewVersion | None) -> bool:
        """Done, with `made` or with what another run made of the same input; False where there is neither."""
        now = self._clock.now()
        async with self._writing, self._database.transaction() as session:
            if not await hold_run(session, self._lease):
                return False
            version_id = await finish_run(session, self._lease, cache_key, made, now=now)
            if version_id is None:
                return False
            self._progress.take(StageReport(stage=Stage.DONE))
            await write_progress(session, self._lease, self._progress.moment(), now=now, is_final=True)
            await self._give_to_those_who_await_it(session)
            await complete_summaries(session, self._lease.run_id)
            standing = await find_standing(session, self._lease.run_id)
            language = await find_language(session, self._lease.run_id)
        stages = self._progress.moment().stages
        self._figures.ended(standing, Outcome.OK, at=now, longest=longest_part(stages, self._tried))
        self._figures.worked(stages, at=now)
        self._figures.finished(self._claimed.engine, language, count=len(standing))
        return True

    async def _give_to_those_who_await_it(self, session: AsyncSession) -> None:
        """Summaries that show the offline engine's work meanwhile; whoever watches that run reads again."""
        for run_id in await take_awaited(session, self._lease.run_id):
            await touch_progress(session, run_id)

    async def fail(self, failure: RunFailure, video: Video | None = None) -> bool:
        """Ends the run with words for the person; metadata that came nonetheless names the video on the page."""
        now = self._clock.now()
        async with self._writing, self._database.transaction() as session:
            if not await hold_run(session, self._lease):
                return False
            if self._tried:
                await save_attempts(session, self._lease, list(self._tried))
            if video is not None:
                await save_video(session, video, now=now)
                await describe_summaries(session, self._lease.run_id, video, video.duration_ms)
            await fail_run(session, self._lease, failure, now=now)
            moment = self._progress.moment()
            is_written = await write_progress(session, self._lease, moment, now=now, is_final=True)
            standing = await find_standing(session, self._lease.run_id)
        outcome = _outcome_of(failure["code"])
        detail: Detail = {"run": str(self._lease.run_id), "code": failure["code"]}
        longest = longest_part(moment.stages, self._tried)
        self._figures.ended(standing, outcome, at=now, detail=detail, longest=longest)
        self._figures.worked(moment.stages, at=now, failed_in=moment.stage)
        return is_written

    async def release(self, jobs: Jobs) -> bool:
        """Gives the run back to the queue with its checkpoint, for a worker that stops."""
        async with self._writing, self._database.transaction() as session:
            if not await release_run(session, self._lease):
                return False
            await jobs.enqueue_run(await driver_connection(session), self._lease.run_id)
            return True

    def _tracker(self, earlier: Sequence[StageDocument]) -> ProgressTracker:
        waited_s = max(0.0, (self._clock.now() - self._claimed.created_at).total_seconds())
        has_words = self._claimed.video_id is None and self._claimed.upload_id is None
        return ProgressTracker(has_words=has_words, queued_s=waited_s, now_s=time.monotonic, earlier=earlier)


def _outcome_of(code: str) -> Outcome:
    """A video that nobody could have got captions from was asked for in vain, but we did not fail."""
    if code == TOOK_TOO_LONG:
        return Outcome.TIMEOUT
    return Outcome.CLIENT_ERROR if lies_with_the_video(code) else Outcome.FAILED


def _longer(left: int | None, right: int | None) -> int | None:
    return max((ms for ms in (left, right) if ms is not None), default=None)
