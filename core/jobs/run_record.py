"""All that one attempt writes about its run. Each method is one transaction and says whether the lease still held."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from datetime import datetime

from core.clock import Clock
from core.db.database import Database, driver_connection
from core.db.queries.progress import find_stages, write_progress
from core.db.queries.runs import (
    ClaimedRun,
    NewVersion,
    fail_run,
    finish_run,
    hold_run,
    release_run,
    save_attempts,
    save_words,
)
from core.db.queries.summaries import complete_summaries, describe_summaries
from core.db.queries.transcripts import (
    find_captions,
    find_video,
    get_transcript,
    save_captions,
    save_video,
    store_transcript,
)
from core.domain.document import AttemptDocument, StageDocument
from core.domain.packed import PackedTranscript
from core.domain.progress import ProgressTracker
from core.domain.run import RungAttempt, RungOutcome, Stage, StageReport
from core.domain.video import Video
from core.jobs.messages import RunFailure, WordsFetched
from core.ports import Jobs

# At most four writes a second for a run, however much it reports.
WRITE_INTERVAL_S = 0.25
CACHE_RUNG = "cache"


class RunRecord:
    """Writes of one attempt. They never overlap: a final one must not meet a progress write half-way."""

    def __init__(self, database: Database, clock: Clock, claimed: ClaimedRun) -> None:
        self._database = database
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
            if cached_id is None or not await save_words(session, self._lease, cached_id):
                return None
            words = await get_transcript(session, cached_id)
            video = await find_video(session, claimed.video_id)
            await describe_summaries(session, self._lease.run_id, video or Video(), words.facts.duration_ms)
        self.note_attempt(RungAttempt(rung=CACHE_RUNG, outcome=RungOutcome.OK, code=None, message="", duration_ms=None))
        return words

    async def video(self) -> Video:
        """What is known of the video so far."""
        claimed = self._claimed
        if claimed.video_id is None:
            title = claimed.options.get("title")
            return Video(title=title if isinstance(title, str) else None)
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
            await save_video(session, fetched.video, now=now)
            if fetched.video.id is not None:
                await save_captions(session, fetched.video.id, languages, transcript_id, now=now)
            duration_ms = _longer(fetched.video.duration_ms, fetched.transcript.facts.duration_ms)
            await describe_summaries(session, self._lease.run_id, fetched.video, duration_ms)
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
            await complete_summaries(session, self._lease.run_id)
            return True

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
            return await write_progress(session, self._lease, self._progress.moment(), now=now, is_final=True)

    async def release(self, jobs: Jobs) -> bool:
        """Gives the run back to the queue with its checkpoint, for a worker that stops."""
        async with self._writing, self._database.transaction() as session:
            if not await release_run(session, self._lease):
                return False
            await jobs.enqueue_run(await driver_connection(session), self._lease.run_id)
            return True

    def _tracker(self, earlier: Sequence[StageDocument]) -> ProgressTracker:
        waited_s = max(0.0, (self._clock.now() - self._claimed.created_at).total_seconds())
        has_words = self._claimed.video_id is None
        return ProgressTracker(has_words=has_words, queued_s=waited_s, now_s=time.monotonic, earlier=earlier)


def _longer(left: int | None, right: int | None) -> int | None:
    return max((ms for ms in (left, right) if ms is not None), default=None)
