"""Recordings that people hand in: stored with their run, listened to by a worker, gone once their words are stored."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from core.bootstrap import Services
from core.config import Settings
from core.domain.library import MediaRequest, SummaryOptions
from core.domain.run import RunState
from core.domain.summary import EngineName
from core.errors import InvalidInput, TooLarge
from tests.factories.applications import ANN, BOB, final_state, services_on, settings_for, worker_on
from tests.world import speech
from tests.world.speech import SpeechServer, Talk, make_talk, speech_server

OFFLINE = SummaryOptions(engine=EngineName.OFFLINE)


@pytest.fixture(autouse=True)
def programs() -> None:
    speech.require()


@pytest.fixture
def talk(tmp_path: Path) -> Talk:
    return make_talk(tmp_path / "Floods.wav", sentences=5)


@pytest.fixture
def server() -> Iterator[SpeechServer]:
    with speech_server() as server:
        yield server


@pytest.fixture
def settings(tmp_path: Path, server: SpeechServer) -> Settings:
    return settings_for(tmp_path, openai_api_key="a key for tests", openai_base_url=server.base_url)


async def uploads(services: Services) -> int:
    async with services.database.read() as session:
        return int(await session.scalar(text("SELECT count(*) FROM uploads")))


def recording(talk: Talk, **changes: object) -> MediaRequest:
    """Its file is closed with the garbage, as the form's would be closed with the form."""
    file = talk.path.open("rb")
    size = talk.path.stat().st_size
    return MediaRequest(file=file, size_bytes=size, filename=talk.path.name, options=OFFLINE, **changes)


async def test_a_recording_becomes_a_summary_with_the_times_at_which_it_was_said(
    services: Services, settings: Settings, database_url: str, talk: Talk, server: SpeechServer
) -> None:
    asked = recording(talk)
    with asked.file:
        summary_id = await services.summaries.submit(asked, ANN)
    assert await uploads(services) == 1
    async with worker_on(database_url, settings):
        state = await final_state(services, summary_id)
    assert state.state is RunState.DONE, state.document.get("failure")
    assert (state.document["video"]["title"], state.document["transcript"]["source"]) == ("Floods", "speech")
    words = (await services.summaries.transcript(summary_id, ANN)).transcript
    starts = [segment.start_ms for segment in words.segments]
    assert all(min(abs(start - said.start_ms) for start in starts) <= 500 for said in talk.said)
    assert await uploads(services) == 0
    async with services.database.read() as session:
        paid = (await session.execute(text("SELECT model, cost_microusd FROM model_calls"))).all()
    assert paid
    assert all(row.model == "whisper-1" and row.cost_microusd > 0 for row in paid)


async def test_the_same_recording_is_listened_to_once(
    services: Services, settings: Settings, database_url: str, talk: Talk, server: SpeechServer
) -> None:
    async with worker_on(database_url, settings):
        for owner in (ANN, BOB):
            asked = recording(talk)
            with asked.file:
                summary_id = await services.summaries.submit(asked, owner)
            assert (await final_state(services, summary_id, owner)).state is RunState.DONE
    assert len(server.uploads) == 1


async def test_a_service_that_does_not_listen_says_so_and_stores_nothing(
    tmp_path: Path, database_url: str, talk: Talk
) -> None:
    async with services_on(database_url, settings_for(tmp_path)) as services:
        assert services.summaries.menu.recording_mb is None
        asked = recording(talk)
        with asked.file, pytest.raises(InvalidInput, match="does not listen"):
            await services.summaries.submit(asked, ANN)
        assert await uploads(services) == 0


async def test_what_is_no_recording_or_too_large_is_refused_and_nothing_is_stored(
    services: Services, settings: Settings, tmp_path: Path
) -> None:
    path = tmp_path / "notes.mp3"
    path.write_bytes(b"#EXTM3U\nhttp://127.0.0.1/secret\n")
    with path.open("rb") as file, pytest.raises(InvalidInput, match="no recording"):
        await services.summaries.submit(MediaRequest(file=file, size_bytes=31, filename="notes.mp3"), ANN)
    size = (settings.upload_longest_mb + 1) * 1024 * 1024
    with path.open("rb") as file, pytest.raises(TooLarge, match="500 MB are the most"):
        await services.summaries.submit(MediaRequest(file=file, size_bytes=size, filename="notes.mp3"), ANN)
    assert await uploads(services) == 0
