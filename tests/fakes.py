"""Hand-written stand-ins for whole services, for tests of what stands in front of them."""

from __future__ import annotations

import asyncio
import uuid
from collections.abc import AsyncIterator, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import UUID

from core.config import Settings
from core.domain.account import Account, SignedIn
from core.domain.document import ProgressDocument, SummaryDocument
from core.domain.library import (
    CaptionsRequest,
    EngineMenu,
    SummaryListItem,
    SummaryPage,
    SummaryRequest,
    SummaryState,
    SummaryTranscript,
)
from core.domain.owner import Owner
from core.domain.permissions import Role
from core.domain.run import RunState
from core.domain.summary import EngineName
from core.domain.telemetry import Kind, Outcome, Who
from core.domain.transcript import Segment, Transcript, TranscriptSource
from core.errors import Conflict, InvalidInput, NotFound
from core.ports import Detail, Recording
from tests.fake_batches import FakeBatches

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
NEXT = {"next": {"status": "queued", "engine": "openai", "message": ""}}


def progress(seq: int, stage: str, ratio: float) -> ProgressDocument:
    return {"seq": seq, "stage": stage, "ratio": ratio, "stages": []}


def document(summary_id: UUID, state: RunState, moment: ProgressDocument | None = None) -> SummaryDocument:
    """A document that is valid by its schema, with nothing in it."""
    made: SummaryDocument = {
        "id": str(summary_id),
        "status": str(state),
        "engine": "offline",
        "model": None,
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
        "categories": [],
        "parts": {},
        "withheld": [],
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
        self.menu = EngineMenu(engines=(EngineName.OFFLINE,))
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

    async def take_offline(self, summary_id: UUID, owner: Owner) -> None:
        kept = self._find(summary_id, owner)
        if kept.state.state is RunState.DONE:
            raise Conflict("This summary is finished.")
        coming: SummaryDocument = {**document(summary_id, RunState.DONE), **NEXT}  # type: ignore[typeddict-item]
        self.show(summary_id, RunState.DONE, coming)

    async def watch(self, summary_id: UUID, owner: Owner) -> AsyncIterator[SummaryState]:
        kept = self._find(summary_id, owner)
        changes: asyncio.Queue[SummaryState] = asyncio.Queue()
        kept.changes.append(changes)
        self.open_watches += 1
        try:
            state = kept.state
            yield state
            while not state.state.is_final or "next" in state.document:
                state = await changes.get()
                yield state
        finally:
            self.open_watches -= 1

    def advance(self, summary_id: UUID, state: RunState, moment: ProgressDocument | None = None) -> None:
        self.show(summary_id, state, document(summary_id, state, moment))

    def show(self, summary_id: UUID, state: RunState, shown: SummaryDocument) -> None:
        """This is what the summary is from now on."""
        kept = self.kept[summary_id]
        told: SummaryDocument = {**shown, "id": str(summary_id), "status": str(state)}
        kept.state = replace(kept.state, state=state, document=told)
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


class FakeAccounts:
    """Knows who is signed in by which secret; `outage` is raised instead where a test sets it."""

    def __init__(self) -> None:
        self.signed_in: dict[str, SignedIn] = {}
        self.outage: Exception | None = None
        self.roles = SimpleNamespace(first_admin_link=self._no_link)

    def let_in(self, role: Role = Role.USER, email: str = "ann@example.org") -> str:
        """The secret of a new session of a new person."""
        account = Account(id=uuid.uuid4(), email=email, role=role, created_at=NOON)
        secret = uuid.uuid4().hex
        self.signed_in[secret] = SignedIn(account=account, session_id=uuid.uuid4(), signed_in_at=NOON)
        return secret

    async def resolve(self, token: str) -> SignedIn | None:
        if self.outage is not None:
            raise self.outage
        return self.signed_in.get(token)

    async def find_session(self, session_id: UUID) -> SignedIn | None:
        if self.outage is not None:
            raise self.outage
        return next((found for found in self.signed_in.values() if found.session_id == session_id), None)

    async def ended_among(self, session_ids: Iterable[UUID]) -> frozenset[UUID]:
        return frozenset(session_ids) - {found.session_id for found in self.signed_in.values()}

    async def _no_link(self) -> None:
        return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """One event as it was told."""

    kind: Kind
    name: str
    outcome: Outcome
    value: float
    who: Who
    count: int
    request_id: UUID | None
    person: UUID | None
    detail: Detail | None
    at: datetime | None


class FakeRecording(Recording):
    """Keeps every event; `of` gives those of one kind, `outcomes` how they ended."""

    def __init__(self) -> None:
        self.events: list[Recorded] = []
        self.people: list[UUID] = []

    def record(
        self,
        kind: Kind,
        name: str,
        outcome: Outcome = Outcome.OK,
        value: float = 0.0,
        *,
        who: Who = Who.NOBODY,
        count: int = 1,
        request_id: UUID | None = None,
        person: UUID | None = None,
        detail: Detail | None = None,
        at: datetime | None = None,
    ) -> None:
        self.events.append(
            Recorded(
                kind=kind, name=name, outcome=outcome, value=value, who=who, count=count, request_id=request_id,
                person=person, detail=detail, at=at,
            )
        )  # fmt: skip

    def active(self, user_id: UUID) -> None:
        self.people.append(user_id)

    def of(self, kind: Kind) -> list[Recorded]:
        return [event for event in self.events if event.kind is kind]

    def outcomes(self, kind: Kind, name: str | None = None) -> list[Outcome]:
        return [event.outcome for event in self.of(kind) if name in (None, event.name)]


@dataclass
class FakeServices:
    settings: Settings
    summaries: FakeSummaries = field(default_factory=FakeSummaries)
    batches: FakeBatches = field(default_factory=FakeBatches)
    health: FakeHealth = field(default_factory=FakeHealth)
    accounts: FakeAccounts = field(default_factory=FakeAccounts)
    recorder: FakeRecording = field(default_factory=FakeRecording)
    # What stands in front of it refuses before it is asked; tests of the figures use the real one.
    operations: SimpleNamespace = field(default_factory=SimpleNamespace)


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
