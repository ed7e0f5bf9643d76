"""Summaries as documents: the finished ones rendered once and kept, the others from what is known so far."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Coroutine
from datetime import datetime
from uuid import UUID

from core.db.database import Database
from core.db.queries.finished_parts import list_part_drafts
from core.db.queries.summaries import ProgressRecord, SummaryRecord, get_version
from core.db.queries.transcripts import get_transcript
from core.domain.document import (
    DOCUMENT_VERSION,
    ProgressDocument,
    StageDocument,
    SummaryDocument,
    VideoDocument,
)
from core.domain.packed import PackedTranscript, unpack_transcript
from core.domain.partial import merge_drafts
from core.domain.progress import StageState
from core.domain.rendering import render_document
from core.domain.run import RunState
from core.domain.summary import draft_from_json
from core.domain.transcript import CLEANER_VERSION
from core.domain.video import Video
from core.errors import NotFound

# A document of the five-hour track has about 60 kB; versions are immutable, so what is kept is never stale.
KEPT_DOCUMENTS = 128

# A version with the video's length, or a recipe with the number of its finished parts.
_Key = tuple[UUID | str, int | None]


class SummaryDocuments:
    """Rendering grounds every line again (tenths of a second for five hours): in a thread, once, for all who ask."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._rendered: OrderedDict[_Key, asyncio.Task[SummaryDocument]] = OrderedDict()

    async def document(self, record: SummaryRecord, *, now: datetime) -> SummaryDocument:
        """The document of this summary; not to be changed, its parts are shared with other readers."""
        if record.version_id is None:
            return await self._unfinished(record, now)
        rendered = await self._render_once(record.version_id, record.video.duration_ms)
        document: SummaryDocument = {
            **rendered,
            "id": str(record.id),
            "video": _video(record.video, rendered["video"]["duration_s"]),
        }
        _tell_money(document, record)
        if record.next is not None:
            document["next"] = record.next
        return document

    async def _unfinished(self, record: SummaryRecord, now: datetime) -> SummaryDocument:
        """What is known so far, with the parts that are finished."""
        document = _unfinished(record, now)
        if record.recipe is None or not record.part_count or record.transcript_id is None:
            return document
        key = record.recipe, record.part_count
        partial = await self._once(key, lambda: self._render_parts(record))
        return document | {
            "chapters": partial["chapters"],
            "key_moments": partial["key_moments"],
            "parts": partial["parts"],
            "coverage": partial["coverage"],
            "withheld": partial["withheld"],
            "is_partial": True,
        }

    async def _render_parts(self, record: SummaryRecord) -> SummaryDocument:
        async with self._database.read() as session:
            drafts = await list_part_drafts(session, record.recipe or "")
            packed = await get_transcript(session, record.transcript_id) if record.transcript_id else None
        if packed is None or not drafts:
            raise NotFound("This summary no longer exists.")
        return await asyncio.to_thread(_render_partial, drafts, packed)

    async def _render_once(self, version_id: UUID, duration_ms: int | None) -> SummaryDocument:
        return await self._once((version_id, duration_ms), lambda: self._render(version_id, duration_ms))

    async def _once(self, key: _Key, render: Callable[[], Coroutine[None, None, SummaryDocument]]) -> SummaryDocument:
        task = self._rendered.get(key)
        if task is None or (task.done() and (task.cancelled() or task.exception() is not None)):
            task = self._rendered[key] = asyncio.create_task(render())
            if len(self._rendered) > KEPT_DOCUMENTS:
                self._rendered.popitem(last=False)
        self._rendered.move_to_end(key)
        return await asyncio.shield(task)

    async def _render(self, version_id: UUID, duration_ms: int | None) -> SummaryDocument:
        async with self._database.read() as session:
            version = await get_version(session, version_id)
            packed = await get_transcript(session, version.transcript_id)
        return await asyncio.to_thread(_render, version.draft, packed, duration_ms)


def _render(draft: dict[str, object], packed: PackedTranscript, duration_ms: int | None) -> SummaryDocument:
    return render_document(
        id="",
        status=RunState.DONE.value,
        draft=draft_from_json(draft),
        transcript=unpack_transcript(packed),
        video=Video(duration_ms=duration_ms),
    )


def _render_partial(drafts: list[dict[str, object]], packed: PackedTranscript) -> SummaryDocument:
    return render_document(
        id="",
        status=RunState.RUNNING.value,
        draft=merge_drafts([draft_from_json(draft) for draft in drafts]),
        transcript=unpack_transcript(packed),
        video=Video(),
        is_partial=True,
    )


def _unfinished(record: SummaryRecord, now: datetime) -> SummaryDocument:
    """Valid by the schema, with empty lists where nothing is written yet."""
    duration_ms = record.video.duration_ms
    document: SummaryDocument = {
        "id": str(record.id),
        "status": record.state.value,
        "engine": record.options.engine.name.value,
        "model": record.options.engine.model,
        "language": record.facts.language if record.facts else None,
        "video": _video(record.video, None if duration_ms is None else duration_ms / 1000),
        "tldr": [],
        "chapters": [],
        "key_moments": [],
        "tags": [],
        "categories": [],
        "parts": {},
        "withheld": [],
        "coverage": {"ratio": None, "gaps": []},
        "transcript": record.facts.to_document() if record.facts else None,
        "versions": {
            "document": DOCUMENT_VERSION,
            "cleaner": CLEANER_VERSION,
            "engine": record.options.engine.version,
            "prompt": record.options.engine.prompt_version,
        },
        "cost_microusd": record.cost_microusd,
        "tried": record.tried,
    }
    _tell_money(document, record)
    if record.waiting is not None:
        document["waiting"] = record.waiting
    if record.progress is not None:
        document["progress"] = _progress(record.progress, record.state, now)
    if record.failure is not None:
        document["failure"] = record.failure
    return document


def _tell_money(document: SummaryDocument, record: SummaryRecord) -> None:
    document["cost_microusd"] = record.cost_microusd
    if record.estimate_microusd is not None:
        document["estimate_microusd"] = record.estimate_microusd
    if record.receipt is not None:
        document["receipt"] = record.receipt


def _video(video: Video, duration_s: float | None) -> VideoDocument:
    return {
        "id": video.id,
        "title": video.title,
        "channel": video.channel,
        "duration_s": duration_s,
        "url": video.url,
        "thumbnail_url": video.thumbnail_url,
    }


def _progress(progress: ProgressRecord, state: RunState, now: datetime) -> ProgressDocument:
    """The row as it stands; the stage that is being worked on has gone on since it was written."""
    since_s = max(0.0, (now - progress.updated_at).total_seconds())
    return {
        "seq": progress.seq,
        "stage": progress.stage,
        "ratio": progress.ratio,
        "stages": [_stage(stage, state, since_s) for stage in progress.stages],
    }


def _stage(stage: StageDocument, state: RunState, since_s: float) -> StageDocument:
    if stage["state"] != StageState.NOW:
        return stage
    if state.is_final:
        ended = StageState.FAILED if state is RunState.FAILED else StageState.WAITING
        return {**stage, "state": ended.value}
    return {**stage, "seconds": round((stage["seconds"] or 0.0) + since_s, 2)}
