"""The adapter and the layer that calls it, against two servers that nobody here wrote: every failure and its cost."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import cast

import pytest

from core.domain.model import AnswerForm, ModelFailed, ModelFailure, ModelRequest, Usage
from core.domain.prices import price_of
from core.integrations.openai_chat import OpenAiModel
from core.summarizing.model.calling import Caller, Patience
from tests.world import llmock as llmock_world
from tests.world.aimock import Aimock
from tests.world.llmock import Llmock

SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {"title": {"type": "string"}, "points": {"type": "array", "items": {"type": "integer"}}},
    "required": ["title", "points"],
    "additionalProperties": False,
}
GOOD = {"title": "T", "points": [0, 2]}
F = ModelFailure


def request(user: str = "Summarise the talk, please.", *, timeout_s: float = 5.0) -> ModelRequest:
    return ModelRequest(
        model="gpt-4o-mini", system="You summarise talks.", user=user, schema_name="map", schema=SCHEMA,
        most_output_tokens=400, timeout_s=timeout_s,
    )  # fmt: skip


@dataclass
class CountedPurse:
    costs: list[int] = field(default_factory=list)
    usages: list[Usage] = field(default_factory=list)

    def reserve(self, most_microusd: int, *, model: str, purpose: str) -> str:
        return "r"

    def settle(self, reservation: str, cost_microusd: int, usage: Usage) -> None:
        self.costs.append(cost_microusd)
        self.usages.append(usage)


def caller_for(base_url: str, purse: CountedPurse | None = None, form: AnswerForm = AnswerForm.STRICT_SCHEMA) -> Caller:
    return Caller(
        OpenAiModel(api_key="k", base_url=base_url),
        purse or CountedPurse(),
        price=price_of("gpt-4o-mini", on=date(2026, 11, 29)),
        stop=threading.Event(),
        form=form,
        patience=Patience(tries=4, first_wait_s=0.08, longest_wait_s=5.0),
    )


def failure_at(base_url: str, asked: ModelRequest) -> ModelFailed:
    with pytest.raises(ModelFailed) as caught:
        OpenAiModel(api_key="k", base_url=base_url).complete(asked)
    return caught.value


@pytest.fixture(autouse=True)
def without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture(autouse=True, scope="module")
def loaded_library() -> None:
    """The library takes two seconds to load, which no test of time should measure."""
    assert OpenAiModel(api_key="k", base_url="http://127.0.0.1:1/v1")._loaded().client.chat.completions


def fault(kind: str, **more: object) -> dict[str, object]:
    return {"type": "stream_fault", "kind": kind, "after_chunks": 2, **more}


@pytest.mark.parametrize(("behaviour", "failure"), [
    ({"type": "fail", "status": 400}, F.REQUEST_REFUSED),
    ({"type": "fail", "status": 401}, F.KEY_REFUSED),
    ({"type": "fail", "status": 402}, F.QUOTA_EXHAUSTED),
    ({"type": "fail", "status": 403}, F.KEY_REFUSED),
    ({"type": "fail", "status": 404, "message": "The model does not exist", "code": "model_not_found"},
     F.UNKNOWN_MODEL),
    ({"type": "fail", "status": 400, "code": "context_length_exceeded"}, F.CONTEXT_TOO_LONG),
    ({"type": "fail", "status": 400, "message": "Invalid parameter: 'response_format'"}, F.FORM_REFUSED),
    ({"type": "fail", "status": 429}, F.RATE_LIMITED),
    ({"type": "fail", "status": 429, "code": "insufficient_quota"}, F.QUOTA_EXHAUSTED),
    ({"type": "fail", "status": 500}, F.SERVER_ERROR),
    ({"type": "fail", "status": 503}, F.SERVER_ERROR),
    (fault("disconnect"), F.CUT),
    (fault("truncate"), F.CUT),
    (fault("malformed"), F.MALFORMED),
    ({"type": "reply", "text": "cut in the mid", "finish_reason": "length"}, F.TOO_LONG),
    ({"type": "reply", "text": "stopped", "finish_reason": "content_filter"}, F.FILTERED),
    ({"type": "reply", "text": ""}, F.EMPTY),
])  # fmt: skip
def test_every_way_to_fail_ends_in_its_own_failure_after_one_request(
    llmock: Llmock, behaviour: dict[str, object], failure: ModelFailure
) -> None:
    llmock.expect(behaviour)
    assert failure_at(llmock.base_url, request()).failure is failure
    assert len(llmock.requests()) == 1


@pytest.mark.parametrize("behaviour", [
    {"type": "delay", "seconds": 3}, {"type": "slow_first_token", "seconds": 3}, fault("stall", stall_seconds=3),
])  # fmt: skip
def test_an_endpoint_that_is_slow_anywhere_is_given_up_at_the_deadline(
    llmock: Llmock, behaviour: dict[str, object]
) -> None:
    llmock.expect(behaviour)
    began_s = time.monotonic()
    assert failure_at(llmock.base_url, request(timeout_s=0.6)).failure is F.TIMED_OUT
    assert time.monotonic() - began_s < 1.5


@pytest.mark.parametrize("behaviour", [
    {"type": "fail", "status": 429, "retry_after": 0.4, "times": 2},
    {"type": "fail", "status": 500, "times": 2},
    {"type": "fail", "status": 503, "retry_after": 0.3, "times": 1},
    fault("disconnect", times=2), fault("truncate", times=2), fault("malformed", times=2),
])  # fmt: skip
def test_a_passing_failure_is_tried_again_as_the_server_itself_would_have_it(
    llmock: Llmock, behaviour: dict[str, object]
) -> None:
    llmock.expect(behaviour)
    answer = caller_for(llmock.base_url).ask(request())
    assert set(answer) == {"title", "points"}
    assert len(llmock.requests()) == 1 + cast("int", behaviour["times"])
    # A stream short enough to be sent whole before we hang up: to the server it looks as if it had been read.
    excused = {"malformed_chunk_ignored"} if behaviour.get("kind") == "malformed" else set()
    assert set(llmock.findings()) <= excused


def test_a_stalled_stream_is_tried_again_after_its_deadline(llmock: Llmock) -> None:
    llmock.expect(fault("stall", stall_seconds=3))
    purse = CountedPurse()
    assert caller_for(llmock.base_url, purse).ask(request(timeout_s=0.6))
    assert [usage.is_estimate for usage in purse.usages] == [True, False]
    assert llmock.findings() == []


@pytest.mark.parametrize("behaviour", [
    {"type": "fail", "status": 503, "times": None}, {"type": "fail", "status": 429, "retry_after": 0.1, "times": None},
    fault("truncate", times=None), fault("disconnect", times=None),
])  # fmt: skip
def test_an_outage_ends_in_a_failure_and_in_no_storm(llmock: Llmock, behaviour: dict[str, object]) -> None:
    llmock.expect(behaviour)
    with pytest.raises(ModelFailed) as caught:
        caller_for(llmock.base_url).ask(request())
    assert caught.value.rule.waits
    assert len(llmock.requests()) == 4
    # The last of four truncated streams was not taken either: the call failed. The server can't see that.
    assert set(llmock.findings()) <= {"truncated_stream_accepted"}


@pytest.mark.parametrize("status", [400, 401, 403, 404, 422])
def test_what_no_retry_can_mend_is_sent_once(llmock: Llmock, status: int) -> None:
    llmock.expect({"type": "fail", "status": status, "times": None})
    with pytest.raises(ModelFailed):
        caller_for(llmock.base_url).ask(request())
    assert len(llmock.requests()) == 1
    assert llmock.findings() == []


def test_twenty_parallel_calls_are_all_answered(llmock: Llmock) -> None:
    caller, answers = caller_for(llmock.base_url), list[dict[str, object]]()
    _at_once([lambda n=n: answers.append(caller.ask(request(f"Part {n}"))) for n in range(20)])
    assert len(answers) == 20
    assert llmock.findings() == []


@pytest.mark.slow
def test_a_real_quota_is_kept_to_by_waiting_as_long_as_is_asked() -> None:
    llmock_world.require()
    with Llmock("--rpm", "30") as llmock:
        caller, answers = caller_for(llmock.base_url), list[dict[str, object]]()
        _at_once([lambda n=n: answers.append(caller.ask(request(f"Part {n}"))) for n in range(32)])
        refused = [each for each in llmock.requests() if each["status"] == 429]
        assert len(answers) == 32
        assert refused
        assert llmock.findings() == []


def _at_once(works: list[Callable[[], None]]) -> None:
    threads = [threading.Thread(target=work) for work in works]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)


def canned(content: object, **more: object) -> dict[str, object]:
    return {"content": content if isinstance(content, str) else json.dumps(content), **more}


TOOK = {"prompt_tokens": 12_000, "completion_tokens": 345, "total_tokens": 12_345}


def test_a_bill_is_made_of_what_the_endpoint_says_it_took(aimock: Aimock) -> None:
    aimock.answer("talk", canned(GOOD, usage=TOOK))
    purse = CountedPurse()
    assert caller_for(aimock.base_url, purse).ask(request()) == GOOD
    # 12,000 × $0.15 and 345 × $0.60 a million.
    assert purse.costs == [1_800 + 207]
    assert not purse.usages[0].is_estimate


def test_credit_that_is_used_up_is_asked_for_once(aimock: Aimock) -> None:
    error = {"message": "You exceeded your current quota", "type": "insufficient_quota", "code": "insufficient_quota"}
    aimock.answer("talk", {"error": error, "status": 429})
    purse = CountedPurse()
    with pytest.raises(ModelFailed) as caught:
        caller_for(aimock.base_url, purse).ask(request())
    assert caught.value.failure is F.QUOTA_EXHAUSTED
    assert len(aimock.bodies()) == 1
    assert purse.costs == [0]


def test_an_endpoint_without_strict_schemas_is_asked_in_the_next_form_and_stays_there(aimock: Aimock) -> None:
    error = {"message": "response_format json_schema is not supported", "type": "invalid_request_error"}
    aimock.answer("talk", {"error": error, "status": 400}, responseFormat="json_schema")
    aimock.answer("talk", canned(GOOD), responseFormat="json_object")
    caller = caller_for(aimock.base_url)
    assert [caller.ask(request()), caller.ask(request())] == [GOOD, GOOD]
    assert [body["response_format"] for body in aimock.bodies()[1:]] == [{"type": "json_object"}] * 2
    assert caller.form is AnswerForm.JSON_OBJECT


def test_an_answer_that_does_not_fit_is_put_right_by_one_more_call(aimock: Aimock) -> None:
    aimock.answer("Your earlier answer cannot be used", canned(GOOD, usage=TOOK))
    aimock.answer("talk", canned({"title": "T", "points": [0, "two"]}, usage=TOOK))
    purse = CountedPurse()
    assert caller_for(aimock.base_url, purse).ask(request()) == GOOD
    assert len(purse.costs) == 2


def test_an_answer_in_a_fence_is_read_where_nothing_better_is_to_be_had(aimock: Aimock) -> None:
    aimock.answer("talk", canned(f"Here it is:\n```json\n{json.dumps(GOOD)}\n```\n"))
    assert caller_for(aimock.base_url, form=AnswerForm.PLAIN).ask(request()) == GOOD
    assert "response_format" not in aimock.bodies()[0]


def test_an_answer_that_ran_out_of_room_is_told_with_what_it_took(aimock: Aimock) -> None:
    aimock.answer("talk", canned('{"title": "T', finishReason="length", usage=TOOK))
    failed = failure_at(aimock.base_url, request())
    assert failed.failure is F.TOO_LONG
    assert failed.usage == Usage(prompt_tokens=12_000, cached_tokens=0, completion_tokens=345)


@pytest.mark.parametrize(("rates", "failures"), [
    ({"dropRate": 1.0}, {F.SERVER_ERROR}), ({"malformedRate": 1.0}, {F.MALFORMED}),
    ({"disconnectRate": 1.0}, {F.UNREACHABLE, F.CUT}), ({"rateLimitRate": 1.0}, {F.RATE_LIMITED}),
])  # fmt: skip
def test_chaos_is_told_for_what_it_is(aimock: Aimock, rates: dict[str, float], failures: set[ModelFailure]) -> None:
    aimock.answer("talk", canned(GOOD))
    aimock.chaos(**rates)
    assert failure_at(aimock.base_url, request()).failure in failures
