from __future__ import annotations

from datetime import UTC, datetime

from core.db.database import Database
from core.db.queries.transcripts import find_video, save_video
from core.domain.run import RunState
from core.domain.video import Video, VideoChapter
from core.errors import NextStep
from core.jobs.messages import WorkFailed, decode_event, encode_event

NOW = datetime(2026, 11, 1, tzinfo=UTC)
VIDEO = Video(
    id="okTalk-0000",
    title="The sea",
    duration_ms=600_000,
    chapters=(VideoChapter(start_ms=0, title="Intro"), VideoChapter(start_ms=60_000, title="Ships & crews")),
)


async def test_a_videos_own_chapters_are_kept(database: Database) -> None:
    async with database.transaction() as session:
        await save_video(session, VIDEO, now=NOW)
    async with database.read() as session:
        assert await find_video(session, "okTalk-0000") == VIDEO


def test_a_videos_own_chapters_cross_to_the_worker_whole() -> None:
    failed = WorkFailed(
        failure={
            "code": RunState.FAILED.value,
            "message": "No.",
            "next_step": NextStep.NONE.value,
            "retryable": False,
            "detail": {},
        },
        video=VIDEO,
    )
    assert decode_event(encode_event(failed)) == failed
