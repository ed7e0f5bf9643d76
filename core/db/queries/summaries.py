"""People's summaries. Every query a person can cause takes the Owner; a stranger's rows are as good as absent."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import ColumnElement, Row, and_, delete, func, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import aliased

from core.db.models import (
    AwaitedRunRow,
    FinishedPartRow,
    ProgressRow,
    RunRow,
    SummaryRow,
    SummaryVersionRow,
    TranscriptRow,
)
from core.db.queries.legal_holds import withhold
from core.db.queries.transcripts import FACTS, facts_of
from core.domain.document import (
    AttemptDocument,
    FailureDocument,
    NextDocument,
    ReceiptDocument,
    StageDocument,
    WaitingDocument,
)
from core.domain.library import SummaryListItem
from core.domain.owner import WITHHELD, Owner
from core.domain.packed import TranscriptFacts
from core.domain.run import RunState
from core.domain.run_options import RunOptions
from core.domain.video import Video
from core.domain.waiting import waiting_document
from core.errors import Conflict, NotFound


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSummary:
    owner: Owner
    run_id: UUID
    video: Video
    start_ms: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """One person's hold on a run."""

    run_id: UUID
    state: RunState


@dataclass(frozen=True, slots=True, kw_only=True)
class ProgressRecord:
    seq: int
    stage: str
    ratio: float
    stages: tuple[StageDocument, ...]
    updated_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryRecord:
    """One summary with all that its document needs but the words and the draft.

    `part_count` is how many finished parts of `recipe` can be shown while there is no version; `next` is the language
    model's summary that will take this one's place. What was answered from earlier work cost nothing.
    """

    id: UUID
    owner: Owner
    created_at: datetime
    run_id: UUID
    version_id: UUID | None
    transcript_id: UUID | None
    state: RunState
    options: RunOptions
    video: Video
    start_ms: int | None
    cost_microusd: int
    estimate_microusd: int | None
    receipt: ReceiptDocument | None
    waiting: WaitingDocument | None
    recipe: str | None
    part_count: int
    next: NextDocument | None
    failure: FailureDocument | None
    tried: list[AttemptDocument]
    facts: TranscriptFacts | None
    progress: ProgressRecord | None

    @property
    def is_open(self) -> bool:
        """True while something more is to come: its run goes on, or another whose work will take its place."""
        return not self.state.is_final or (self.next is not None and not RunState(self.next["status"]).is_final)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredVersion:
    transcript_id: UUID
    draft: dict[str, object]


Position = tuple[datetime, UUID]
_NEXT = aliased(RunRow)
_PART_COUNT = (
    select(func.count())
    .where(FinishedPartRow.recipe == RunRow.recipe, FinishedPartRow.draft.is_not(None), RunRow.version_id.is_(None))
    .scalar_subquery()
    .label("part_count")
)


async def insert_summary(session: AsyncSession, new: NewSummary, *, now: datetime) -> UUID:
    summary_id = uuid4()
    video = new.video
    await session.execute(
        insert(SummaryRow).values(
            id=summary_id, user_id=new.owner.user_id, anonymous_id=new.owner.anonymous_id, run_id=new.run_id,
            title=video.title, channel=video.channel, video_id=video.id, start_ms=new.start_ms,
            duration_ms=video.duration_ms, thumbnail_url=video.thumbnail_url, created_at=now,
        )
    )  # fmt: skip
    return summary_id


async def read_summaries(session: AsyncSession, ids: Iterable[UUID]) -> list[SummaryRecord]:
    """The records of these ids that exist, whoever owns them: the caller compares `owner`."""
    found = await session.execute(
        select(
            SummaryRow, RunRow.state, RunRow.engine, RunRow.options, RunRow.cost_microusd, RunRow.estimate_microusd,
            RunRow.receipt, RunRow.waiting, RunRow.recipe, RunRow.failure, RunRow.tried, RunRow.transcript_id,
            RunRow.finished_at, _PART_COUNT, *FACTS, _NEXT.state.label("next_state"),
            _NEXT.engine.label("next_engine"), _NEXT.waiting["message"].astext.label("next_waits"),
            _NEXT.failure["message"].astext.label("next_failure"), ProgressRow.seq, ProgressRow.stage,
            ProgressRow.ratio, ProgressRow.stages, ProgressRow.updated_at,
        )
        .join(RunRow, RunRow.id == SummaryRow.run_id)
        .outerjoin(TranscriptRow, TranscriptRow.id == RunRow.transcript_id)
        .outerjoin(ProgressRow, ProgressRow.run_id == RunRow.id)
        .outerjoin(AwaitedRunRow, AwaitedRunRow.summary_id == SummaryRow.id)
        .outerjoin(_NEXT, _NEXT.id == AwaitedRunRow.run_id)
        .where(SummaryRow.id.in_(list(ids)))
    )  # fmt: skip
    return [_record(row) for row in found]


async def hold_summary(session: AsyncSession, summary_id: UUID, owner: Owner) -> Claim:
    """This person's summary with its run's row locked until the transaction ends; NotFound for strangers too.

    The run is locked before the summary is looked at for good: the worker's finish locks in the same order.
    """
    run_id = await session.scalar(select(SummaryRow.run_id).where(SummaryRow.id == summary_id, _owned_by(owner)))
    run = await session.execute(select(RunRow.state).where(RunRow.id == run_id).with_for_update())
    state = run.scalar_one_or_none()
    held = select(SummaryRow.run_id, SummaryRow.version_id).where(SummaryRow.id == summary_id, _owned_by(owner))
    row = (await session.execute(held.with_for_update())).one_or_none()
    if row is None or state is None:
        raise NotFound("There is no such summary, or it belongs to somebody else.")
    if row.run_id != run_id:
        raise Conflict("This summary was changed at the same moment. Try again.")
    return Claim(run_id=row.run_id, state=RunState.DONE if row.version_id else RunState(state))


async def has_other_waiting(session: AsyncSession, run_id: UUID, summary_id: UUID) -> bool:
    """True where another summary than this one stands on the run, or awaits it."""
    awaits = select(AwaitedRunRow.summary_id).where(AwaitedRunRow.run_id == run_id)
    other = select(SummaryRow.id).where(
        or_(SummaryRow.run_id == run_id, SummaryRow.id.in_(awaits)),
        SummaryRow.id != summary_id,
        SummaryRow.user_id != WITHHELD,
    )
    return await session.scalar(other.limit(1)) is not None


async def point_at_run(session: AsyncSession, summary_id: UUID, run_id: UUID) -> None:
    await session.execute(update(SummaryRow).where(SummaryRow.id == summary_id).values(run_id=run_id))


async def delete_summary(session: AsyncSession, summary_id: UUID) -> bool:
    """False where a legal hold keeps the row: then it only leaves its owner's sight."""
    if await withhold(session, summary_id):
        return False
    await session.execute(delete(SummaryRow).where(SummaryRow.id == summary_id))
    return True


async def describe_summaries(session: AsyncSession, run_id: UUID, video: Video, duration_ms: int | None) -> None:
    """Writes what came to be known of the video on every summary that waits for this run."""
    known = {
        "title": video.title,
        "channel": video.channel,
        "thumbnail_url": video.thumbnail_url,
        "duration_ms": duration_ms,
    }
    fresh = {name: value for name, value in known.items() if value is not None}
    if fresh:
        await session.execute(update(SummaryRow).where(SummaryRow.run_id == run_id).values(fresh))


_COMPLETE = """
    UPDATE summaries s
       SET version_id = v.id,
           title = coalesce(video.title, s.title),
           channel = coalesce(video.channel, s.channel),
           thumbnail_url = coalesce(video.thumbnail_url, s.thumbnail_url),
           duration_ms = greatest(video.duration_ms, t.duration_ms, s.duration_ms),
           tags = ARRAY(SELECT tag ->> 'name' FROM jsonb_array_elements(v.draft -> 'tags') WITH ORDINALITY
                          AS listed(tag, place) ORDER BY place)
      FROM runs r
      JOIN summary_versions v ON v.id = r.version_id
      JOIN transcripts t ON t.id = v.transcript_id
      LEFT JOIN videos video ON video.id = r.video_id
     WHERE s.run_id = r.id AND r.id = :run_id
"""


async def complete_summaries(session: AsyncSession, run_id: UUID) -> None:
    """Gives every summary of a done run its version, and the columns that lists and the operators' SQL read."""
    await session.execute(text(_COMPLETE), {"run_id": run_id})


async def complete_summary(session: AsyncSession, run_id: UUID, summary_id: UUID) -> None:
    """As `complete_summaries`, for one new summary of a run that was done before."""
    await session.execute(text(_COMPLETE + " AND s.id = :id"), {"run_id": run_id, "id": summary_id})


async def get_version(session: AsyncSession, version_id: UUID) -> StoredVersion:
    found = await session.execute(
        select(SummaryVersionRow.transcript_id, SummaryVersionRow.draft).where(SummaryVersionRow.id == version_id)
    )
    row = found.one_or_none()
    if row is None:
        raise NotFound("This summary no longer exists.")
    return StoredVersion(transcript_id=row.transcript_id, draft=row.draft)


async def count_summaries(session: AsyncSession, owner: Owner) -> int:
    return await session.scalar(select(func.count()).select_from(SummaryRow).where(_owned_by(owner))) or 0


async def list_summaries(
    session: AsyncSession, owner: Owner, *, after: Position | None, limit: int
) -> list[SummaryListItem]:
    """At most `limit` rows of this owner, newest first, older than the row at `after`."""
    version = SummaryVersionRow
    statement = (
        select(
            SummaryRow, RunRow.state, RunRow.failure["message"].astext.label("failure_message"), version.lines,
            version.supported_lines, version.draft["tldr", "0", "text"].astext.label("gist"),
        )
        .join(RunRow, RunRow.id == SummaryRow.run_id)
        .outerjoin(version, version.id == SummaryRow.version_id)
        .where(_owned_by(owner))
        .order_by(SummaryRow.created_at.desc(), SummaryRow.id.desc())
        .limit(limit)
    )  # fmt: skip
    if after is not None:
        statement = statement.where(tuple_(SummaryRow.created_at, SummaryRow.id) < after)
    return [_list_item(row) for row in await session.execute(statement)]


def _owned_by(owner: Owner) -> ColumnElement[bool]:
    anonymous = SummaryRow.anonymous_id
    same = anonymous.is_(None) if owner.anonymous_id is None else anonymous == owner.anonymous_id
    return and_(SummaryRow.user_id == owner.user_id, same)


def _record(row: Row[tuple[object, ...]]) -> SummaryRecord:
    summary: SummaryRow = row.SummaryRow
    return SummaryRecord(
        id=summary.id,
        owner=Owner(user_id=summary.user_id, anonymous_id=summary.anonymous_id),
        created_at=summary.created_at,
        run_id=summary.run_id,
        version_id=summary.version_id,
        transcript_id=row.transcript_id,
        state=RunState.DONE if summary.version_id else RunState(row.state),
        options=RunOptions.from_json({"engine": row.engine, **row.options}),
        video=_video(summary),
        start_ms=summary.start_ms,
        cost_microusd=0 if _is_served(row) else row.cost_microusd,
        estimate_microusd=None if _is_served(row) else row.estimate_microusd,
        receipt=None if _is_served(row) else row.receipt,
        waiting=waiting_document(row.waiting) if row.waiting and row.state == RunState.QUEUED else None,
        recipe=row.recipe,
        part_count=row.part_count,
        next=_next(row),
        failure=_failure(row.failure),
        tried=row.tried,
        facts=facts_of(row) if row.sha256 else None,
        progress=_progress(row) if row.seq else None,
    )


def _is_served(row: Row[tuple[object, ...]]) -> bool:
    """Whether the summary was asked for when its run was done already."""
    return row.finished_at is not None and row.SummaryRow.created_at > row.finished_at


def _next(row: Row[tuple[object, ...]]) -> NextDocument | None:
    if row.next_state is None:
        return None
    message = row.next_failure or row.next_waits or ""
    return {"status": row.next_state, "engine": row.next_engine, "message": message}


def _video(summary: SummaryRow) -> Video:
    address = f"https://www.youtube.com/watch?v={summary.video_id}" if summary.video_id else None
    return Video(
        id=summary.video_id,
        title=summary.title,
        channel=summary.channel,
        duration_ms=summary.duration_ms,
        url=address,
        thumbnail_url=summary.thumbnail_url,
    )


def _failure(stored: dict[str, Any] | None) -> FailureDocument | None:
    """What the person reads; the details stay with the operators."""
    if stored is None:
        return None
    return {
        "code": stored["code"],
        "message": stored["message"],
        "next_step": stored["next_step"],
        "retryable": stored["retryable"],
    }


def _progress(row: Row[tuple[object, ...]]) -> ProgressRecord:
    return ProgressRecord(
        seq=row.seq, stage=row.stage, ratio=row.ratio, stages=tuple(row.stages), updated_at=row.updated_at
    )


def _list_item(row: Row[tuple[object, ...]]) -> SummaryListItem:
    summary: SummaryRow = row.SummaryRow
    is_done = summary.version_id is not None
    return SummaryListItem(
        id=summary.id,
        created_at=summary.created_at,
        state=RunState.DONE if is_done else RunState(row.state),
        title=summary.title,
        channel=summary.channel,
        video_id=summary.video_id,
        duration_s=None if summary.duration_ms is None else summary.duration_ms / 1000,
        thumbnail_url=summary.thumbnail_url,
        tags=tuple(summary.tags),
        gist=row.gist,
        lines=row.lines or 0,
        supported_lines=row.supported_lines or 0,
        failure_message=None if is_done else row.failure_message,
    )
