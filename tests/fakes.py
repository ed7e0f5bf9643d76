"""Hand-written stand-ins for whole services, for tests of what stands in front of them."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID

from core.config import Settings
from core.domain.document import ProgressDocument, SummaryDocument
from core.domain.library import (
    CaptionsRequest,
    SummaryListItem,
    SummaryPage,
    SummaryRequest,
    SummaryState,
    SummaryTranscript,
)
from core.domain.owner import Owner
from core.domain.run import RunState
from core.domain.transcript import Segment, Transcript, TranscriptSource
from core.errors import Conflict, InvalidInput, NotFound

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
WORDS = Transcript(
    segments=(
        Segment(start_ms=0, end_ms=2000, text="Hello there."),
        Segment(start_ms=2000, end_ms=4500, text="Café, 日本語.", speaker="Ann"),
    ),
    timed=True,
    language="en",
    source=TranscriptSource.UPLOAD,
)


def progress(seq: int, stage: str, ratio: float) -> ProgressDocument:
    return {"seq": seq, "stage": stage, "ratio": ratio, "stages": []}


def document(summary_id: UUID, state: RunState, moment: ProgressDocument | None = None) -> SummaryDocument:
    """A document that is valid by its schema, with nothing in it."""
    made: SummaryDocument = {
        "id": str(summary_id),
        "status": str(state),
        "engine": "offline",
        "language": "en",
        "video": {
            "id": None,
            "title": "A talk",
            "channel": None,
            "duration_s": 4.5,
            "url": None,
            "thumbnail_url": None,
        },
        "tldr": [],
        "chapters": [],
        "key_moments": [],
        "tags": [],
        "coverage": {"ratio": None, "gaps": []},
        "transcript": None,
        "versions": {"document": 1, "cleaner": 1, "engine": "1", "prompt": None},
        "cost_microusd": 0,
    }
    if moment is not None:
        made["progress"] = moment
    return made


@dataclass
class KeptSummary:
    owner: Owner
    request: SummaryRequest
    state: SummaryState
    changes: list[asyncio.Queue[SummaryState]] = field(default_factory=list)


class FakeSummaries:
    """Keeps summaries in a dictionary; `advance` moves one on, and whoever watches it sees that."""

    def __init__(self) -> None:
        self.kept: dict[UUID, KeptSummary] = {}
        self.open_watches = 0
        self.bug: Exception | None = None

    async def submit(self, request: SummaryRequest, owner: Owner) -> UUID:
        if self.bug is not None:
            raise self.bug
        if isinstance(request, CaptionsRequest) and not request.content.strip():
            raise InvalidInput("The file is empty.")
        made = uuid.uuid4()
        state = SummaryState(
            id=made,
            created_at=NOON + timedelta(seconds=len(self.kept)),
            state=RunState.QUEUED,
            document=document(made, RunState.QUEUED, progress(1, "queued", 0.0)),
            start_s=None,
            has_transcript=True,
        )
        self.kept[made] = KeptSummary(owner=owner, request=request, state=state)
        return made

    async def get(self, summary_id: UUID, owner: Owner) -> SummaryState:
        return self._find(summary_id, owner).state

    async def list_page(self, owner: Owner, *, cursor: str | None = None, limit: int = 24) -> SummaryPage:
        mine = [kept.state for kept in reversed(self.kept.values()) if kept.owner == owner]
        start = int(cursor or 0)
        rest = str(start + limit) if start + limit < len(mine) else None
        rows = tuple(_list_item(state) for state in mine[start : start + limit])
        return SummaryPage(items=rows, total=len(mine), next_cursor=rest)

    async def transcript(self, summary_id: UUID, owner: Owner) -> SummaryTranscript:
        self._find(summary_id, owner)
        return SummaryTranscript(transcript=WORDS, etag=WORDS.sha256)

    async def cancel(self, summary_id: UUID, owner: Owner) -> None:
        if self._find(summary_id, owner).state.state.is_final:
            raise Conflict("This summary is finished: there is nothing to cancel.")
        self.advance(summary_id, RunState.CANCELLED)

    async def delete(self, summary_id: UUID, owner: Owner) -> None:
        self._find(summary_id, owner)
        del self.kept[summary_id]

    async def retry(self, summary_id: UUID, owner: Owner) -> None:
        self._find(summary_id, owner)
        self.advance(summary_id, RunState.QUEUED, progress(9, "queued", 0.0))

    async def watch(self, summary_id: UUID, owner: Owner) -> AsyncIterator[SummaryState]:
        kept = self._find(summary_id, owner)
        changes: asyncio.Queue[SummaryState] = asyncio.Queue()
        kept.changes.append(changes)
        self.open_watches += 1
        try:
            state = kept.state
            yield state
            while not state.state.is_final:
                state = await changes.get()
                yield state
        finally:
            self.open_watches -= 1

    def advance(self, summary_id: UUID, state: RunState, moment: ProgressDocument | None = None) -> None:
        kept = self.kept[summary_id]
        kept.state = replace(kept.state, state=state, document=document(summary_id, state, moment))
        for changes in kept.changes:
            changes.put_nowait(kept.state)

    def _find(self, summary_id: UUID, owner: Owner) -> KeptSummary:
        kept = self.kept.get(summary_id)
        if kept is None or kept.owner != owner:
            raise NotFound("There is no such summary.")
        return kept


class FakeHealth:
    """Says what it is told to say."""

    def __init__(self) -> None:
        self.report = SimpleNamespace(
            status="healthy", database="connected", openai="not configured", timestamp=NOON.isoformat(), http_status=200
        )

    async def check(self) -> SimpleNamespace:
        return self.report


@dataclass
class FakeServices:
    settings: Settings
    summaries: FakeSummaries = field(default_factory=FakeSummaries)
    health: FakeHealth = field(default_factory=FakeHealth)


def _list_item(state: SummaryState) -> SummaryListItem:
    return SummaryListItem(
        id=state.id,
        created_at=state.created_at,
        state=state.state,
        title="A talk",
        channel=None,
        video_id=None,
        duration_s=4.5,
        thumbnail_url=None,
        tags=("Talks",),
        gist=None,
        lines=0,
        supported_lines=0,
        failure_message=None,
    )
