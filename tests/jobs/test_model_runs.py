"""Runs of the language model's engine, from the request to the document, against a stand-in that reads the prompts."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest
from sqlalchemy import text

from core.bootstrap import Services
from core.config import Settings
from core.domain.captions.rendering import to_srt
from core.domain.library import CaptionsRequest, SummaryOptions, SummaryState
from core.domain.run import RunState
from core.domain.summary import EngineName, Length
from core.errors import Conflict, InvalidInput
from tests.factories.applications import (
    ANN,
    BOB,
    engine_processes,
    final_state,
    services_on,
    settings_for,
    state_where,
    until,
    worker_on,
    worker_process,
)
from tests.summarizing.model import talks
from tests.world.model_server import Fault, Rules
from tests.world.reading_model import ReadingModel

# Dollars a million tokens: input, cached, output.
PRICES = "1/0.5/4"
LONG_MINUTES = 90


@pytest.fixture
def model() -> Iterator[ReadingModel]:
    with ReadingModel() as model:
        yield model


def model_settings(folder: Path, model: ReadingModel, **changes: object) -> Settings:
    return settings_for(
        folder,
        openai_api_key="a key for tests",
        openai_base_url=model.base_url,
        openai_prices=PRICES,
        vendor_pause_s=0.4,
        **changes,
    )


@pytest.fixture
def settings(tmp_path: Path, model: ReadingModel) -> Settings:
    return model_settings(tmp_path, model)


def talk(minutes: int = 12, **options: object) -> CaptionsRequest:
    """A talk of so many minutes, as a caption file."""
    content = to_srt(talks.talk(minutes).segments).encode()
    return CaptionsRequest(content=content, filename="talk.srt", options=SummaryOptions(**options))


async def booked(services: Services) -> int:
    """Micro-dollars in the ledger."""
    async with services.database.read() as session:
        return int(
            await session.scalar(
                text("SELECT coalesce(sum(coalesce(cost_microusd, reserved_microusd)), 0) FROM model_calls")
            )
        )


def billed(model: ReadingModel) -> int:
    """Micro-dollars that the stand-in's own count of tokens comes to, each call rounded up."""
    return sum(
        -(-((prompt - cached) * 1_000_000 + cached * 500_000 + answer * 4_000_000) // 1_000_000)
        for prompt, cached, answer in (asked.tokens for asked in model.journal)
    )


async def test_a_talk_becomes_a_summary_by_the_model_with_a_receipt(
    services: Services, settings: Settings, database_url: str, model: ReadingModel
) -> None:
    summary_id = await services.summaries.submit(talk(), ANN)
    async with worker_on(database_url, settings):
        state = await final_state(services, summary_id)
    document = state.document
    assert state.state is RunState.DONE, document.get("failure")
    assert (document["engine"], document["model"]) == ("openai", "gpt-4o-mini")
    assert document["versions"]["prompt"]
    assert set(document["parts"]) >= {"concepts", "flashcards", "quiz", "glossary", "playbooks", "ideas"}
    lines = [*document["tldr"], *document["key_moments"], *(p for c in document["chapters"] for p in c["points"])]
    assert all(line["supported"] and line["evidence"] for line in lines)
    assert document["cost_microusd"] == await booked(services) == billed(model) > 0
    assert document["receipt"]["calls"] == len(model.journal)
    assert document["receipt"]["prompt_tokens"] == sum(asked.tokens[0] for asked in model.journal)
    assert not document["receipt"]["is_estimate"]
    assert abs(document["estimate_microusd"] - billed(model)) <= 0.15 * billed(model)


async def test_twenty_people_who_ask_at_once_cause_one_run_and_get_twenty_summaries(
    services: Services, settings: Settings, database_url: str, model: ReadingModel
) -> None:
    people = [ANN, BOB] * 10
    async with worker_on(database_url, settings):
        ids = await asyncio.gather(*(services.summaries.submit(talk(), owner) for owner in people))
        states = [await final_state(services, each, owner) for each, owner in zip(ids, people, strict=True)]
    assert len(set(ids)) == 20
    assert {state.state for state in states} == {RunState.DONE}
    async with services.database.read() as session:
        assert await session.scalar(text("SELECT count(*) FROM runs")) == 1
    asked = len(model.journal)
    again = await services.summaries.submit(talk(), BOB)
    served = await services.summaries.get(again, BOB)
    assert (served.state, served.document["cost_microusd"]) == (RunState.DONE, 0)
    assert len(model.journal) == asked


async def test_other_options_are_another_run(services: Services, settings: Settings, model: ReadingModel) -> None:
    asked = [
        talk(),
        talk(length=Length.BRIEF),
        talk(language="de"),
        talk(engine=EngineName.OFFLINE),
        talk(engine=EngineName.OFFLINE, length=Length.DEEP),
    ]
    for request in asked:
        await services.summaries.submit(request, ANN)
    async with services.database.read() as session:
        engines = [row.engine for row in await session.execute(text("SELECT engine FROM runs"))]
    # The offline engine has no choice of length, so the last two are one.
    assert sorted(engines) == ["offline", "openai", "openai", "openai"]


async def test_without_a_key_the_model_is_refused_and_the_offline_engine_is_the_default(
    tmp_path: Path, database_url: str
) -> None:
    async with services_on(database_url, settings_for(tmp_path)) as services:
        assert services.summaries.menu.engines == (EngineName.OFFLINE,)
        with pytest.raises(InvalidInput, match="no language model"):
            await services.summaries.submit(talk(engine=EngineName.OPENAI), ANN)


async def partial_state(services: Services, summary_id: UUID) -> SummaryState:
    """The summary once its first chapters are there."""
    return await state_where(services, summary_id, lambda state: bool(state.document.get("is_partial")))


async def test_chapters_appear_as_they_are_finished_and_stay_when_the_run_is_cancelled(
    services: Services, tmp_path: Path, database_url: str, model: ReadingModel
) -> None:
    model.rules.delay_s = 0.3
    settings = model_settings(tmp_path, model, openai_concurrency=1)
    summary_id = await services.summaries.submit(talk(LONG_MINUTES), ANN)
    async with worker_on(database_url, settings):
        early = await partial_state(services, summary_id)
        assert early.document["chapters"]
        assert all(point["supported"] for chapter in early.document["chapters"] for point in chapter["points"])
        seen = len(model.journal)
        await until(lambda: len(model.journal) > seen)
        await services.summaries.cancel(summary_id, ANN)
        await until(lambda: not engine_processes(os.getpid()), within_s=5)
        asked = len(model.journal)
        await until_receipt(services, summary_id)
        kept = await services.summaries.get(summary_id, ANN)
        assert kept.state is RunState.CANCELLED
        assert len(kept.document["chapters"]) >= len(early.document["chapters"])
        first = {number for call in model.calls if call.kind == "map" for number in call.segments}
        model.rules.delay_s = 0.0
        await services.summaries.retry(summary_id, ANN)
        done = await final_state(services, summary_id)
    assert done.state is RunState.DONE
    last = [call for call in model.calls[:asked] if call.kind == "map"][-1]
    answered = first - set(last.segments)
    later = {number for call in model.calls[asked:] if call.kind == "map" for number in call.segments}
    assert not answered & later, "a finished part was asked for again"


async def until_receipt(services: Services, summary_id: UUID) -> None:
    """Returns once the receipt of the summary is the whole ledger: also of the call that was cut off."""
    async with asyncio.timeout(10):
        while (await services.summaries.get(summary_id, ANN)).document["cost_microusd"] != await booked(services):  # noqa: ASYNC110  # rows ring no bell
            await asyncio.sleep(0.05)


async def test_a_killed_worker_loses_no_finished_part(
    services: Services, tmp_path: Path, database_url: str, model: ReadingModel
) -> None:
    model.rules.delay_s = 0.3
    env = {
        "OPENAI_API_KEY": "a key for tests",
        "OPENAI_BASE_URL": model.base_url,
        "OPENAI_PRICES": PRICES,
        "OPENAI_CONCURRENCY": "1",
    }
    summary_id = await services.summaries.submit(talk(LONG_MINUTES), ANN)
    with worker_process(database_url, tmp_path, env) as worker:
        await partial_state(services, summary_id)
        model.rules.delay_s = 30.0
        seen = len(model.journal)
        await until(lambda: len(model.journal) > seen)
        worker.signal(signal.SIGKILL)
    model.rules.delay_s = 0.0
    before = list(model.calls)
    settings = model_settings(tmp_path, model, openai_concurrency=1)
    async with worker_on(database_url, settings):
        done = await final_state(services, summary_id, within_s=120)
    assert done.state is RunState.DONE
    # The last chunk that was asked for may have died with the worker.
    maps = [call for call in before if call.kind == "map"]
    finished = {number for call in maps[:-1] for number in call.segments}
    later = {number for call in model.calls[len(before) :] if call.kind == "map" for number in call.segments}
    assert finished
    assert not finished & later
    # The call that died with its worker stays booked at the most it could cost.
    assert await booked(services) >= billed(model) - 1
    assert done.document["receipt"]["is_estimate"]


async def test_a_run_waits_for_a_model_that_is_away_and_goes_on_by_itself(
    services: Services, settings: Settings, database_url: str, model: ReadingModel
) -> None:
    model.rules.faults[1] = Fault.NO_QUOTA
    summary_id = await services.summaries.submit(talk(), ANN)
    async with worker_on(database_url, settings):
        waiting = await state_where(services, summary_id, lambda state: "waiting" in state.document)
        assert waiting.state is RunState.QUEUED
        assert waiting.document["waiting"]["code"] == "model_quota_exhausted"
        assert "goes on by itself" in waiting.document["waiting"]["message"]
        done = await final_state(services, summary_id, within_s=120)
    assert done.state is RunState.DONE
    assert "waiting" not in done.document


async def test_the_offline_summary_is_taken_at_once_and_replaced_when_the_model_is_back(
    services: Services, settings: Settings, database_url: str, model: ReadingModel
) -> None:
    model.rules.faults.update(dict.fromkeys(range(1, 30), Fault.NO_QUOTA))
    summary_id = await services.summaries.submit(talk(), ANN)
    async with worker_on(database_url, settings):
        await state_where(services, summary_id, lambda state: "waiting" in state.document)
        await services.summaries.take_offline(summary_id, ANN)
        offline = await state_where(services, summary_id, lambda state: bool(state.document["tldr"]))
        assert (offline.state, offline.document["engine"]) == (RunState.DONE, "offline")
        assert offline.document["next"]["engine"] == "openai"
        with pytest.raises(Conflict):
            await services.summaries.take_offline(summary_id, ANN)
        model.rules.faults.clear()
        states = [state async for state in services.summaries.watch(summary_id, ANN)]
    last = states[-1].document
    assert (last["engine"], last.get("next")) == ("openai", None)
    assert len((await services.summaries.list_page(ANN)).items) == 1


async def test_a_summary_that_awaits_the_model_can_give_it_up_or_be_deleted(
    services: Services, settings: Settings, database_url: str, model: ReadingModel
) -> None:
    model.rules.faults.update(dict.fromkeys(range(1, 60), Fault.NO_QUOTA))
    ids = [await services.summaries.submit(talk(minutes), ANN) for minutes in (10, 11)]
    async with worker_on(database_url, settings):
        for each in ids:
            await state_where(services, each, lambda state: "waiting" in state.document)
            await services.summaries.take_offline(each, ANN)
            await state_where(services, each, lambda state: bool(state.document["tldr"]))
        await services.summaries.cancel(ids[0], ANN)
        await services.summaries.delete(ids[1], ANN)
        kept = await services.summaries.get(ids[0], ANN)
    assert (kept.state, kept.document["engine"], kept.document.get("next")) == (RunState.DONE, "offline", None)
    async with services.database.read() as session:
        states = {row.state for row in await session.execute(text("SELECT state FROM runs WHERE engine = 'openai'"))}
    assert states == {"cancelled"}


async def test_a_job_stops_before_it_can_pass_its_cap_and_keeps_what_is_finished(
    services: Services, tmp_path: Path, database_url: str, model: ReadingModel
) -> None:
    cap_usd = 0.15
    settings = model_settings(tmp_path, model, job_cap_usd=cap_usd, openai_concurrency=1)
    summary_id = await services.summaries.submit(talk(LONG_MINUTES), ANN)
    async with worker_on(database_url, settings):
        state = await final_state(services, summary_id)
    assert state.document["failure"]["code"] == "cost_cap_reached"
    assert "$0.15" in state.document["failure"]["message"]
    assert 0 < await booked(services) <= cap_usd * 1_000_000
    assert state.document["chapters"]


async def test_ten_jobs_at_once_never_pass_the_cap_of_the_day(
    services: Services, tmp_path: Path, database_url: str, model: ReadingModel
) -> None:
    cap_usd = 0.6
    settings = model_settings(tmp_path, model, day_cap_usd=cap_usd, user_day_cap_usd=100, worker_concurrency=10)
    ids = [await services.summaries.submit(talk(minutes), ANN) for minutes in range(5, 15)]
    async with worker_on(database_url, settings):
        states = [await final_state(services, each, within_s=180) for each in ids]
    codes = {state.document["failure"]["code"] for state in states if state.state is RunState.FAILED}
    assert codes == {"cost_cap_reached"}
    assert billed(model) <= await booked(services) <= cap_usd * 1_000_000


@pytest.mark.parametrize(
    ("fault", "code"),
    [(Fault.REFUSED, "model_refused"), (Fault.EMPTY, "model_answer_empty")],
)
async def test_what_no_waiting_can_mend_ends_the_run_with_a_next_step(
    services: Services, settings: Settings, database_url: str, model: ReadingModel, fault: Fault, code: str
) -> None:
    model.rules.faults.update(dict.fromkeys(range(1, 60), fault))
    summary_id = await services.summaries.submit(talk(5), ANN)
    async with worker_on(database_url, settings):
        state = await final_state(services, summary_id, within_s=120)
    assert (state.state, state.document["failure"]["code"]) == (RunState.FAILED, code)
    assert state.document["failure"]["next_step"] in {"take_offline", "try_again"}


async def test_an_endpoint_that_knows_no_schemas_is_asked_another_way_and_remembered(
    services: Services, tmp_path: Path, database_url: str
) -> None:
    with ReadingModel(rules=Rules(forms=frozenset({"json_object", "text"}))) as model:
        settings = model_settings(tmp_path, model)
        async with services_on(database_url, settings) as services, worker_on(database_url, settings):
            first = await final_state(services, await services.summaries.submit(talk(5), ANN))
            asked = len(model.journal)
            second = await final_state(services, await services.summaries.submit(talk(6), ANN))
        assert {first.state, second.state} == {RunState.DONE}
        assert {call.form for call in model.journal[asked:]} == {"json_object"}
