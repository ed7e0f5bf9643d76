"""Stored words, the videos they belong to, and which words a video last gave."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from uuid import UUID, uuid4

from sqlalchemy import Row, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.db.models import TranscriptRow, VideoCaptionsRow, VideoRow
from core.domain.packed import PackedTranscript, TranscriptFacts
from core.domain.video import Video, VideoChapter
from core.errors import NotFound

FACTS = (
    TranscriptRow.sha256,
    TranscriptRow.segment_count,
    TranscriptRow.is_timed,
    TranscriptRow.duration_ms,
    TranscriptRow.language,
    TranscriptRow.source,
    TranscriptRow.notes,
)


async def store_transcript(session: AsyncSession, packed: PackedTranscript) -> UUID:
    """Id of the stored transcript with these words, a new one where there was none; held until the transaction ends."""
    facts = packed.facts
    values = {
        "id": uuid4(),
        "sha256": facts.sha256,
        "cleaner_version": packed.cleaner_version,
        "segments": packed.segments,
        "segment_count": facts.segment_count,
        "is_timed": facts.is_timed,
        "duration_ms": facts.duration_ms,
        "language": facts.language,
        "source": facts.source,
        "notes": list(facts.notes),
    }
    statement = insert(TranscriptRow).values(values).on_conflict_do_nothing(index_elements=[TranscriptRow.sha256])
    new_id: UUID | None = await session.scalar(statement.returning(TranscriptRow.id))
    if new_id is not None:
        return new_id
    present = select(TranscriptRow.id).where(TranscriptRow.sha256 == facts.sha256)
    return (await session.execute(present.with_for_update(read=True, key_share=True))).scalar_one()


async def get_transcript(session: AsyncSession, transcript_id: UUID) -> PackedTranscript:
    """The words and their facts; NotFound where they were swept."""
    found = await session.execute(
        select(*FACTS, TranscriptRow.segments, TranscriptRow.cleaner_version).where(TranscriptRow.id == transcript_id)
    )
    row = found.one_or_none()
    if row is None:
        raise NotFound("This transcript no longer exists.")
    return PackedTranscript(facts=facts_of(row), segments=row.segments, cleaner_version=row.cleaner_version)


def facts_of(row: Row[tuple[object, ...]]) -> TranscriptFacts:
    """Facts from a row that holds the `FACTS` columns."""
    return TranscriptFacts(
        sha256=row.sha256,
        segment_count=row.segment_count,
        is_timed=row.is_timed,
        duration_ms=row.duration_ms,
        language=row.language,
        source=row.source,
        notes=tuple(row.notes),
    )


async def save_video(session: AsyncSession, video: Video, *, now: datetime) -> None:
    """Keeps the metadata of a video; what is not known this time does not wipe out what was."""
    if video.id is None:
        return
    known = {
        "title": video.title,
        "channel": video.channel,
        "duration_ms": video.duration_ms,
        "thumbnail_url": video.thumbnail_url,
    }
    fresh = {name: value for name, value in known.items() if value is not None}
    always = {"is_live": video.is_live, "chapters": [asdict(one) for one in video.chapters], "fetched_at": now}
    statement = insert(VideoRow).values(id=video.id, **known, **always)
    await session.execute(statement.on_conflict_do_update(index_elements=[VideoRow.id], set_={**fresh, **always}))


async def find_video(session: AsyncSession, video_id: str) -> Video | None:
    row = await session.get(VideoRow, video_id)
    if row is None:
        return None
    return Video(
        id=row.id,
        title=row.title,
        channel=row.channel,
        duration_ms=row.duration_ms,
        thumbnail_url=row.thumbnail_url,
        is_live=row.is_live,
        chapters=tuple(VideoChapter(**chapter) for chapter in row.chapters),
    )


async def save_captions(
    session: AsyncSession, video_id: str, languages: tuple[str, ...], transcript_id: UUID, *, now: datetime
) -> None:
    """Remembers which words this video gave for this wish for languages."""
    values = {"transcript_id": transcript_id, "fetched_at": now}
    statement = insert(VideoCaptionsRow).values(video_id=video_id, languages=_wish(languages), **values)
    await session.execute(
        statement.on_conflict_do_update(
            index_elements=[VideoCaptionsRow.video_id, VideoCaptionsRow.languages], set_=values
        )
    )


async def find_captions(
    session: AsyncSession, video_id: str, languages: tuple[str, ...], *, since: datetime
) -> UUID | None:
    """Id of the transcript fetched for this video and these languages after `since`: the ladder's cache rung."""
    return await session.scalar(
        select(VideoCaptionsRow.transcript_id).where(
            VideoCaptionsRow.video_id == video_id,
            VideoCaptionsRow.languages == _wish(languages),
            VideoCaptionsRow.fetched_at > since,
        )
    )


def _wish(languages: tuple[str, ...]) -> str:
    return ",".join(languages)
