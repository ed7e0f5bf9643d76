"""The page of a summary by a language model, as a simulated visitor sees it: writing, waiting, stopped, taken over."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime

import pytest
from nicegui.testing import User

from core.domain.document import SummaryDocument
from core.domain.model import ModelFailure
from core.domain.run import RunState
from core.errors import Unavailable
from tests.factories.rich_summary import offline_document, rich_document, started_document
from tests.factories.scenes import failed, moment, next_of, waiting
from tests.fakes import FakeSummaries

_LATER = datetime(2026, 11, 23, 14, 32, tzinfo=UTC)


async def _open(visitor: User, summaries: FakeSummaries, state: RunState, shown: SummaryDocument) -> uuid.UUID:
    """A summary of this visitor in this state, with its page open."""
    await visitor.http_client.post("/summarize", data={"address": "https://youtu.be/okTalk-0000"})
    (made,) = summaries.kept
    summaries.show(made, state, shown)
    await visitor.open(f"/summaries/{made}")
    return made


async def test_chapters_appear_as_they_are_finished_and_money_runs(visitor: User, summaries: FakeSummaries) -> None:
    made = await _open(visitor, summaries, RunState.RUNNING, moment(started_document(0), 0.4))
    await visitor.should_see("about $0.013")
    await visitor.should_see("Stop")
    summaries.show(made, RunState.RUNNING, moment(started_document(1), 0.5))
    await visitor.should_see("1 chapter is finished")
    await visitor.should_see("What the course covers")
    summaries.show(made, RunState.RUNNING, moment(started_document(3), 0.6))
    await visitor.should_see("3 chapters are finished")
    await visitor.should_see("$0.0052 of about $0.013")
    await visitor.should_see("Stop and keep what is done")


async def test_what_was_tried_is_told_with_proper_names_while_it_is_written(
    visitor: User, summaries: FakeSummaries
) -> None:
    await _open(visitor, summaries, RunState.RUNNING, moment(started_document(1), 0.5))
    for words in ("Captions from YouTube by way of a proxy", "YouTube is limiting our server.", "Not configured"):
        await visitor.should_see(words)


async def test_waiting_says_why_until_when_and_offers_the_offline_summary(
    visitor: User, summaries: FakeSummaries
) -> None:
    made = await _open(visitor, summaries, RunState.QUEUED, waiting(moment(started_document(2), 0.5), until=_LATER))
    await visitor.should_see("Waiting for the language model")
    await visitor.should_see("takes no more requests for the moment")
    await visitor.should_see("14:32 UTC")
    visitor.find("Take the offline summary now").click()
    await visitor.should_see("The language model’s summary will take its place")
    assert summaries.kept[made].state.state is RunState.DONE


async def test_waiting_that_is_over_leaves_no_notice(visitor: User, summaries: FakeSummaries) -> None:
    made = await _open(visitor, summaries, RunState.QUEUED, waiting(moment(started_document(1), 0.5), until=_LATER))
    await visitor.should_see("Waiting for the language model")
    summaries.show(made, RunState.RUNNING, moment(started_document(1), 0.5))
    await visitor.should_not_see("Waiting for the language model")


async def test_the_models_summary_is_offered_and_never_taken_from_under_a_reader(
    visitor: User, summaries: FakeSummaries
) -> None:
    made = await _open(visitor, summaries, RunState.DONE, next_of(offline_document()))
    await visitor.should_see("It is being written. This one can be read meanwhile.")
    busy = next_of(offline_document(), message="The language model is busy.")
    summaries.show(made, RunState.DONE, busy)
    await visitor.should_see("The language model is busy.")
    summaries.show(made, RunState.DONE, rich_document())
    await visitor.should_see("The language model’s summary is ready")
    await visitor.should_not_see("Debunked assumptions")
    visitor.find("Show it").click()
    await visitor.should_see("Debunked assumptions")
    await visitor.should_not_see("is ready")


async def test_a_models_summary_that_did_not_come_is_said_and_the_offline_one_stays(
    visitor: User, summaries: FakeSummaries
) -> None:
    shown = next_of(offline_document(), "failed", "The language model declined to write about this video.")
    await _open(visitor, summaries, RunState.DONE, shown)
    await visitor.should_see("The language model’s summary did not come")
    await visitor.should_see("declined to write")
    await visitor.should_see("What the course covers")


async def test_a_stopped_summary_keeps_its_finished_chapters_and_says_that_it_is_a_part(
    visitor: User, summaries: FakeSummaries
) -> None:
    made = await _open(visitor, summaries, RunState.RUNNING, moment(started_document(3), 0.6))
    summaries.show(made, RunState.CANCELLED, moment(started_document(3), 0.6))
    await visitor.should_see("You stopped this summary")
    await visitor.should_see("3 chapters are finished and stay. The rest of the video is not in this summary.")
    await visitor.should_see("The pipeline function")
    visitor.find("Go on").click()
    await visitor.should_not_see("You stopped this summary")
    assert summaries.kept[made].state.state is RunState.QUEUED


async def test_a_cap_keeps_what_is_finished_and_offers_the_offline_summary(
    visitor: User, summaries: FakeSummaries
) -> None:
    await _open(visitor, summaries, RunState.FAILED, failed(started_document(2), "cost_cap_reached"))
    await visitor.should_see("This summary has cost as much as one may")
    await visitor.should_see("2 chapters are finished and stay")
    await visitor.should_see("Take the offline summary")
    await visitor.should_not_see("Try again")


@pytest.mark.parametrize("failure", ModelFailure)
async def test_every_failure_of_the_model_offers_the_offline_summary_instead_of_a_file(
    visitor: User, summaries: FakeSummaries, failure: ModelFailure
) -> None:
    await _open(visitor, summaries, RunState.FAILED, failed(started_document(0), failure.value))
    await visitor.should_see("Not summarised · nothing was counted")
    await visitor.should_see("Take the offline summary")
    await visitor.should_not_see("Drop its caption file here")


async def test_an_offline_summary_that_cannot_be_had_says_why_and_the_page_stays(
    visitor: User, summaries: FakeSummaries, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_anything: object) -> None:
        raise Unavailable("The database is away.")

    await _open(visitor, summaries, RunState.FAILED, failed(started_document(0), "model_refused"))
    monkeypatch.setattr(summaries, "take_offline", fail)
    visitor.find("Take the offline summary").click()
    await visitor.should_see("The database is away.")
    await visitor.should_see("Take the offline summary")


async def test_the_tab_in_the_address_is_the_one_that_is_open(visitor: User, summaries: FakeSummaries) -> None:
    made = await _open(visitor, summaries, RunState.DONE, rich_document())
    for asked, shown in (("?tab=learning", "learning"), ("?tab=nonsense", "summary"), ("", "summary")):
        answer = await visitor.http_client.get(f"/summaries/{made}{asked}")
        assert f'id=\\"tab-{shown}\\" aria-controls=\\"panel-{shown}\\" aria-selected=\\"true\\"' in answer.text
