"""The main use case: people hand in videos, runs make summaries, people see, stop, repeat and delete them."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from sqlalchemy.ext.asyncio import AsyncSession

from core.clock import Clock
from core.config import Settings
from core.db.database import Database, driver_connection
from core.db.queries.audit import append_audit
from core.db.queries.awaited import await_run, find_awaited_run, stop_awaiting
from core.db.queries.progress import copy_progress, start_progress, touch_progress
from core.db.queries.runs import NewRun, cancel_run, copy_cancelled, find_done_run, get_request, open_run
from core.db.queries.standing import StandingSummary, find_standing
from core.db.queries.summaries import (
    NewSummary,
    Position,
    SummaryRecord,
    complete_summary,
    count_summaries,
    delete_summary,
    has_other_waiting,
    hold_summary,
    insert_summary,
    list_summaries,
    point_at_run,
)
from core.db.queries.transcripts import find_video, get_transcript, store_transcript
from core.db.queries.uploads import store_upload
from core.db.queries.visitors import note_visitor
from core.domain.library import (
    EngineMenu,
    MediaRequest,
    SummaryListItem,
    SummaryPage,
    SummaryRequest,
    SummaryState,
    SummaryTranscript,
)
from core.domain.owner import Owner
from core.domain.packed import unpack_transcript
from core.domain.progress import first_progress
from core.domain.request_ids import parse_request_id
from core.domain.run import RunState
from core.domain.run_options import EngineChoice, RunOptions
from core.domain.summary import EngineName
from core.domain.telemetry import Outcome
from core.errors import Conflict, InvalidInput, NotFound
from core.logging import request_id as current_request
from core.ports import Jobs, Recording
from core.services.progress import ProgressHub
from core.services.submissions import (
    Submission,
    menu_of,
    read_submission,
    video_request_key,
    words_request_key,
)
from core.services.summary_documents import SummaryDocuments
from core.services.summary_figures import SummaryFigures
from core.services.summary_records import SummaryRecords

# What is to be stored together with a new summary, whose id it gets.
Along = Callable[[AsyncSession, UUID], Awaitable[None]]
LONGEST_PAGE = 100
# Watchers read again after so long without news: a notice that was lost must not leave anybody waiting.
READ_AGAIN_AFTER_S = 5.0


class Summaries:
    """Everything takes the Owner: what is another's is not found."""

    def __init__(
        self,
        *,
        database: Database,
        jobs: Jobs,
        hub: ProgressHub,
        settings: Settings,
        clock: Clock,
        engines: Sequence[EngineChoice],
        recording: Recording,
    ) -> None:
        self._database = database
        self._jobs = jobs
        self._hub = hub
        self._settings = settings
        self._clock = clock
        self._engines = tuple(engines)
        self._recording_mb = settings.upload_longest_mb if settings.listens else None
        self._records = SummaryRecords(database)
        self._documents = SummaryDocuments(database)
        self._figures = SummaryFigures(recording)

    @property
    def menu(self) -> EngineMenu:
        """What people can choose from."""
        return menu_of(self._engines, recording_mb=self._recording_mb)

    async def submit(self, request: SummaryRequest, owner: Owner, *, along: Along | None = None) -> UUID:
        """Id of the new summary. Row, run and job, and what `along` does, are committed together, or nothing at all.

        A run that answered the same within the cache's time serves at once, an open one is joined.
        Raises InvalidInput or TooLarge.
        """
        with self._figures.submitting(request, owner) as submitting:
            submission = await read_submission(request, self._engines, longest_mb=self._recording_mb)
            now = self._clock.now()
            async with self._database.transaction() as session:
                new = await self._new_run(session, submission, owner)
                run_id, is_done = await self._find_or_open_run(session, new, now, submission.recording)
                summary_id = await self._insert(session, submission, owner, run_id, now)
                if owner.anonymous_id is not None:
                    await note_visitor(session, owner.anonymous_id, now=now)
                served = await self._serve(session, run_id, summary_id) if is_done else []
                if along is not None:
                    await along(session, summary_id)
            submitting.is_served = is_done
        self._note_served(served)
        return summary_id

    async def get(self, summary_id: UUID, owner: Owner) -> SummaryState:
        """The summary as it is now. Raises NotFound."""
        record = await self._records.get(summary_id, owner)
        self._figures.seen_by(owner)
        return await self._state(record)

    async def list_page(self, owner: Owner, *, cursor: str | None = None, limit: int = 24) -> SummaryPage:
        """A page of this owner's summaries, newest first. Raises InvalidInput for a cursor that is none of ours."""
        after = _read_cursor(cursor) if cursor else None
        limit = min(max(limit, 1), LONGEST_PAGE)
        async with self._database.read() as session:
            total = await count_summaries(session, owner)
            rows = await list_summaries(session, owner, after=after, limit=limit + 1)
        items = tuple(rows[:limit])
        next_cursor = _write_cursor(items[-1]) if len(rows) > limit else None
        return SummaryPage(items=items, total=total, next_cursor=next_cursor)

    async def transcript(self, summary_id: UUID, owner: Owner) -> SummaryTranscript:
        """The cleaned words. Raises NotFound while there are none."""
        record = await self._records.get(summary_id, owner)
        if record.transcript_id is None:
            raise NotFound("There is no transcript yet. It appears once the captions are fetched.")
        async with self._database.read() as session:
            packed = await get_transcript(session, record.transcript_id)
        transcript = await asyncio.to_thread(unpack_transcript, packed)
        return SummaryTranscript(transcript=transcript, etag=packed.facts.sha256)

    async def cancel(self, summary_id: UUID, owner: Owner) -> None:
        """Stops it for this person at once; the run goes on where others wait for it. Raises Conflict, NotFound.

        Of an offline summary that awaits the language model's only that is given up.
        """
        now = self._clock.now()
        async with self._database.transaction() as session:
            held = await hold_summary(session, summary_id, owner)
            if await self._give_up_awaited(session, summary_id, now):
                await touch_progress(session, held.run_id)
                return
            if held.state.is_final:
                raise Conflict("This summary is finished already: there is nothing to cancel.")
            ended = await find_standing(session, held.run_id, summary_id=summary_id)
            if await has_other_waiting(session, held.run_id, summary_id):
                copy_id = await copy_cancelled(session, held.run_id, now=now)
                await copy_progress(session, held.run_id, copy_id)
                await point_at_run(session, summary_id, copy_id)
            else:
                await cancel_run(session, held.run_id, now=now)
            await touch_progress(session, held.run_id)
        self._figures.ended(ended, Outcome.CANCELLED, at=now)

    async def delete(self, summary_id: UUID, owner: Owner) -> None:
        """Removes it for good, and stops its run where nobody else waits for it. Raises NotFound.

        Under legal hold it is gone for this person, who is not told, and stays until the hold is released.
        """
        now = self._clock.now()
        async with self._database.transaction() as session:
            held = await hold_summary(session, summary_id, owner)
            is_open = not held.state.is_final
            ended = await find_standing(session, held.run_id, summary_id=summary_id) if is_open else []
            is_shared = await has_other_waiting(session, held.run_id, summary_id)
            await self._give_up_awaited(session, summary_id, now)
            is_gone = await delete_summary(session, summary_id)
            if not is_shared:
                await cancel_run(session, held.run_id, now=now)
            await touch_progress(session, held.run_id)
            if not is_gone:
                subject = f"summary:{summary_id}"
                await append_audit(session, actor="owner", action="hold.withheld", subject=subject, detail={}, now=now)
        self._figures.ended(ended, Outcome.CANCELLED, at=now)

    async def retry(self, summary_id: UUID, owner: Owner) -> None:
        """The same summary, asked for again after it failed or was cancelled. Raises Conflict, NotFound."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            held = await hold_summary(session, summary_id, owner)
            if held.state not in {RunState.FAILED, RunState.CANCELLED}:
                raise Conflict("Only a summary that failed or was cancelled can be tried again.")
            request = replace(await get_request(session, held.run_id), request_id=_request_id(), payer=owner.payer)
            run_id, is_done = await self._find_or_open_run(session, request, now)
            await point_at_run(session, summary_id, run_id)
            served = await self._serve(session, run_id, summary_id) if is_done else []
            await touch_progress(session, held.run_id)
        self._note_served(served)

    async def take_offline(self, summary_id: UUID, owner: Owner) -> None:
        """The offline engine's summary now; the language model's takes its place once it is done.

        Where that had failed or was stopped, the offline one is all there will be. Raises Conflict, NotFound.
        """
        now = self._clock.now()
        async with self._database.transaction() as session:
            held = await hold_summary(session, summary_id, owner)
            request = await get_request(session, held.run_id)
            if held.state is RunState.DONE or request.engine == EngineName.OFFLINE:
                raise Conflict("This is the offline summary already, or the language model's is finished.")
            offline = await self._offline(session, request, owner)
            run_id, is_done = await self._find_or_open_run(session, offline, now)
            await point_at_run(session, summary_id, run_id)
            if not held.state.is_final:
                await await_run(session, summary_id, held.run_id)
            served = await self._serve(session, run_id, summary_id) if is_done else []
            await touch_progress(session, held.run_id)
        self._note_served(served)

    async def _offline(self, session: AsyncSession, request: NewRun, owner: Owner) -> NewRun:
        """What the offline engine is asked for in another's place."""
        [engine] = [each for each in self._engines if each.name is EngineName.OFFLINE]
        asked = RunOptions.from_json(request.options)
        options = RunOptions(engine=engine, languages=asked.languages, title=asked.title)
        if request.video_id is not None:
            key = video_request_key(request.video_id, options)
        elif request.transcript_id is not None:
            key = words_request_key((await get_transcript(session, request.transcript_id)).facts, options)
        else:
            raise Conflict("There are no words yet that could be summarised.")
        return NewRun(
            request_key=key,
            engine=engine.name.value,
            options=options.to_json(),
            video_id=request.video_id,
            transcript_id=request.transcript_id,
            request_id=_request_id(),
            payer=owner.payer,
        )

    async def watch(self, summary_id: UUID, owner: Owner) -> AsyncIterator[SummaryState]:
        """The present state, then each change, until a final one or its deletion. Raises NotFound before the first."""
        watched = (await self._records.get(summary_id, owner)).run_id
        shown: SummaryRecord | None = None
        with ExitStack() as bells:
            changes = bells.enter_context(self._hub.watching(watched))
            while (record := await self._find(summary_id, owner)) is not None:
                if record != shown:
                    shown = record
                    yield await self._state(record)
                if not record.is_open:
                    return
                if record.run_id != watched:  # the offline one by now, or the one that was awaited
                    bells.close()
                    watched = record.run_id
                    changes = bells.enter_context(self._hub.watching(watched))
                    continue
                await changes.wait(READ_AGAIN_AFTER_S)
                changes.clear()

    async def _find(self, summary_id: UUID, owner: Owner) -> SummaryRecord | None:
        try:
            return await self._records.get(summary_id, owner)
        except NotFound:
            return None

    async def _give_up_awaited(self, session: AsyncSession, summary_id: UUID, now: datetime) -> bool:
        """Stops the run whose work was to take this summary's place, where nobody else waits for it; False for none."""
        run_id = await find_awaited_run(session, summary_id)
        if run_id is None:
            return False
        await stop_awaiting(session, summary_id)
        if not await has_other_waiting(session, run_id, summary_id):
            await cancel_run(session, run_id, now=now)
        return True

    async def _new_run(self, session: AsyncSession, submission: Submission, owner: Owner) -> NewRun:
        words = submission.words
        return NewRun(
            request_key=submission.request_key,
            engine=submission.options.engine.name.value,
            options=submission.options.to_json(),
            video_id=submission.video.id,
            transcript_id=None if words is None else await store_transcript(session, words),
            request_id=_request_id(),
            payer=owner.payer,
            upload_id=None if submission.recording is None else uuid4(),
        )

    async def _insert(
        self, session: AsyncSession, submission: Submission, owner: Owner, run_id: UUID, now: datetime
    ) -> UUID:
        """Id of the new summary, with what is known of its video already."""
        video = submission.video
        if video.id is not None:
            known = await find_video(session, video.id)
            self._figures.looked_up("metadata", is_hit=known is not None)
            video = known or video
        new = NewSummary(owner=owner, run_id=run_id, video=video, start_ms=submission.start_ms)
        return await insert_summary(session, new, now=now)

    async def _serve(self, session: AsyncSession, run_id: UUID, summary_id: UUID) -> list[StandingSummary]:
        """Gives a summary what its run, done before, has made; returns it for the figures."""
        await complete_summary(session, run_id, summary_id)
        return await find_standing(session, run_id, summary_id=summary_id)

    def _note_served(self, served: list[StandingSummary]) -> None:
        for each in served:
            self._figures.ended([each], Outcome.CACHED, at=each.asked_at)

    async def _find_or_open_run(
        self, session: AsyncSession, new: NewRun, now: datetime, recording: MediaRequest | None = None
    ) -> tuple[UUID, bool]:
        """The run that answers this request, and whether it is done.

        A new one gets its job in this transaction, and the recording that it is to listen to.
        """
        since = now - timedelta(seconds=self._settings.summary_cache_ttl_s)
        done_id = await find_done_run(session, new.request_key, since=since)
        self._figures.looked_up("summary", is_hit=done_id is not None)
        if done_id is not None:
            return done_id, True
        opened = await open_run(session, new, now=now)
        if opened.is_new:
            if recording is not None and new.upload_id is not None:
                await store_upload(session, new.upload_id, recording.file, size=recording.size_bytes, now=now)
            has_words = new.video_id is None and new.upload_id is None
            await start_progress(session, opened.run_id, first_progress(has_words=has_words), now=now)
            await self._jobs.enqueue_run(await driver_connection(session), opened.run_id)
        return opened.run_id, False

    async def _state(self, record: SummaryRecord) -> SummaryState:
        return SummaryState(
            id=record.id,
            created_at=record.created_at,
            state=record.state,
            document=await self._documents.document(record, now=self._clock.now()),
            start_s=None if record.start_ms is None else record.start_ms / 1000,
            has_transcript=record.transcript_id is not None,
        )


def _request_id() -> UUID | None:
    """The request that is being answered: whatever comes of it carries its number."""
    return parse_request_id(current_request.get())


def _write_cursor(item: SummaryListItem) -> str:
    return base64.urlsafe_b64encode(f"{item.created_at.isoformat()}|{item.id}".encode()).decode()


def _read_cursor(cursor: str) -> Position:
    try:
        created_at, _, summary_id = base64.urlsafe_b64decode(cursor.encode()).decode().partition("|")
        moment, position_id = datetime.fromisoformat(created_at), UUID(summary_id)
    except (ValueError, binascii.Error):
        raise InvalidInput("This page of the library cannot be found. Go back to its first page.") from None
    if moment.tzinfo is None:
        raise InvalidInput("This page of the library cannot be found. Go back to its first page.")
    return moment, position_id
