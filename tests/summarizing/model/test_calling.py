from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date

import pytest

from core.domain.model import AnswerForm, ModelAnswer, ModelFailed, ModelFailure, ModelRequest, Usage
from core.domain.prices import cost_microusd, price_of
from core.domain.tokens import TokenGauge
from core.summarizing.model.calling import Caller, CallStopped, Patience

SCHEMA: dict[str, object] = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "points": {"type": "array", "items": {"type": "integer", "enum": [0, 1, 2]}},
    },
    "required": ["title", "points"],
    "additionalProperties": False,
}
GOOD = {"title": "T", "points": [0, 2]}
PRICE = price_of("gpt-4o-mini", on=date(2026, 11, 29))
TOOK = Usage(prompt_tokens=1_000, cached_tokens=0, completion_tokens=50)
REQUEST = ModelRequest(
    model="gpt-4o-mini", system="Summarise.", user="So the model never writes a time. " * 100, schema_name="map",
    schema=SCHEMA, most_output_tokens=500, timeout_s=10.0,
)  # fmt: skip

Say = object


class ScriptedModel:
    """Gives its answers in order, the last one for ever: an object as JSON, text as it is, a failure by raising it."""

    def __init__(self, *answers: Say, usage: Usage | None = TOOK) -> None:
        self._answers = list(answers)
        self._usage = usage
        self.asked: list[ModelRequest] = []
        self._lock = threading.Lock()

    def complete(self, request: ModelRequest) -> ModelAnswer:
        with self._lock:
            self.asked.append(request)
            say = self._answers.pop(0) if len(self._answers) > 1 else self._answers[0]
        if isinstance(say, ModelFailure):
            raise ModelFailed(say)
        if isinstance(say, Exception):
            raise say
        return ModelAnswer(content=say if isinstance(say, str) else json.dumps(say), usage=self._usage)


@dataclass
class KeptPurse:
    """Gives leave until `left_microusd` is spent; keeps what was reserved and what was booked."""

    left_microusd: int = 10_000_000
    reserved: list[int] = field(default_factory=list)
    purposes: list[str] = field(default_factory=list)
    booked: dict[str, tuple[int, Usage]] = field(default_factory=dict)

    def reserve(self, most_microusd: int, *, model: str, purpose: str) -> str:
        if most_microusd > self.left_microusd:
            raise ModelFailed(ModelFailure.CAP_REACHED, reason="The job's cap is reached.")
        self.reserved.append(most_microusd)
        self.purposes.append(purpose)
        return str(len(self.reserved))

    def settle(self, reservation: str, cost_microusd: int, usage: Usage) -> None:
        assert reservation not in self.booked
        self.booked[reservation] = (cost_microusd, usage)

    @property
    def costs(self) -> list[int]:
        return [cost for cost, _usage in self.booked.values()]


class HeldStop:
    """Waits no time, and keeps how long it was asked to; stops when told, or after so many waits."""

    def __init__(self, *, after_waits: int | None = None) -> None:
        self.is_stopped = False
        self.waits: list[float] = []
        self._after_waits = after_waits

    def is_set(self) -> bool:
        return self.is_stopped

    def wait(self, timeout: float) -> bool:
        self.waits.append(timeout)
        return self._after_waits is not None and len(self.waits) >= self._after_waits


@dataclass
class Desk:
    model: ScriptedModel
    purse: KeptPurse
    stop: HeldStop
    caller: Caller

    def ask(self) -> dict[str, object]:
        return self.caller.ask(REQUEST)

    def failure(self) -> ModelFailure:
        with pytest.raises(ModelFailed) as caught:
            self.ask()
        return caught.value.failure


def desk(
    *answers: Say,
    usage: Usage | None = TOOK,
    form: AnswerForm = AnswerForm.STRICT_SCHEMA,
    purse: KeptPurse | None = None,
    stop: HeldStop | None = None,
    chance: Callable[[], float] = lambda: 0.5,
    tries: int = 4,
) -> Desk:
    model, purse, stop = ScriptedModel(*answers, usage=usage), purse or KeptPurse(), stop or HeldStop()
    caller = Caller(model, purse, price=PRICE, stop=stop, form=form, patience=Patience(tries=tries), chance=chance)
    return Desk(model=model, purse=purse, stop=stop, caller=caller)


def limited(wait_s: float) -> ModelFailed:
    return ModelFailed(ModelFailure.RATE_LIMITED, retry_after_s=wait_s)


def test_a_good_answer_takes_one_call_and_is_paid_from_its_usage() -> None:
    asking = desk(GOOD)
    assert asking.ask() == GOOD
    assert asking.purse.costs == [cost_microusd(PRICE, TOOK)] == [180]
    assert asking.purse.purposes == ["map"]
    assert asking.stop.waits == []


def test_leave_is_asked_for_the_most_that_a_call_can_cost() -> None:
    asking = desk(GOOD)
    asking.ask()
    text = REQUEST.system + REQUEST.user + json.dumps(SCHEMA, separators=(",", ":"))
    most = Usage(prompt_tokens=TokenGauge().bound(text), cached_tokens=0, completion_tokens=500)
    assert asking.purse.reserved == [cost_microusd(PRICE, most)]


def test_without_leave_nothing_is_sent() -> None:
    asking = desk(GOOD, purse=KeptPurse(left_microusd=10))
    assert asking.failure() is ModelFailure.CAP_REACHED
    assert asking.model.asked == []


def test_a_cap_that_was_reached_is_asked_again_since_others_may_have_settled() -> None:
    asking = desk(GOOD, purse=KeptPurse(left_microusd=10))
    assert asking.failure() is ModelFailure.CAP_REACHED
    asking.purse.left_microusd = 1_000_000
    assert asking.ask() == GOOD


def test_without_usage_the_bill_is_an_estimate_and_says_so() -> None:
    asking = desk(GOOD, usage=None)
    asking.ask()
    [(cost, usage)] = asking.purse.booked.values()
    assert usage.is_estimate
    assert 0 < cost < asking.purse.reserved[0]


@pytest.mark.parametrize("failure", [ModelFailure.TIMED_OUT, ModelFailure.CUT, ModelFailure.MALFORMED])
def test_a_call_that_may_be_billed_all_the_same_books_all_the_room_it_had(failure: ModelFailure) -> None:
    asking = desk(failure, GOOD)
    assert asking.ask() == GOOD
    (cost, usage), (_cost, real) = asking.purse.booked.values()
    assert usage.is_estimate
    assert usage.completion_tokens == 500
    assert cost > 300
    assert real == TOOK


@pytest.mark.parametrize("failure", [ModelFailure.RATE_LIMITED, ModelFailure.SERVER_ERROR, ModelFailure.UNREACHABLE])
def test_a_call_that_nobody_bills_books_nothing_and_is_tried_again(failure: ModelFailure) -> None:
    asking = desk(failure, failure, GOOD)
    assert asking.ask() == GOOD
    assert asking.purse.costs == [0, 0, 180]


def test_a_failure_that_tells_its_usage_is_booked_at_that() -> None:
    asking = desk(ModelFailed(ModelFailure.TOO_LONG, usage=TOOK))
    assert asking.failure() is ModelFailure.TOO_LONG
    assert asking.purse.costs == [180]


def test_a_bug_of_the_adapter_leaves_the_reservation_standing() -> None:
    asking = desk(ZeroDivisionError())
    with pytest.raises(ZeroDivisionError):
        asking.ask()
    assert (len(asking.purse.reserved), asking.purse.booked) == (1, {})


def test_tries_are_bounded_and_pauses_grow() -> None:
    asking = desk(ModelFailure.SERVER_ERROR, tries=5)
    assert asking.failure() is ModelFailure.SERVER_ERROR
    assert len(asking.model.asked) == 5
    assert asking.stop.waits == [1.0, 2.0, 4.0, 8.0]


def test_pauses_are_spread_by_chance() -> None:
    early, late = desk(ModelFailure.SERVER_ERROR, GOOD, chance=lambda: 0.0), desk(
        ModelFailure.SERVER_ERROR, GOOD, chance=lambda: 1.0
    )  # fmt: skip
    early.ask(), late.ask()
    assert (early.stop.waits, late.stop.waits) == ([0.75], [1.25])


def test_a_vendor_that_names_a_wait_is_given_it() -> None:
    asking = desk(limited(7.0), limited(0.2), GOOD)
    assert asking.ask() == GOOD
    assert asking.stop.waits == [7.0, 2.0]


def test_a_vendor_that_names_a_long_wait_is_left_to_the_queue() -> None:
    asking = desk(limited(600.0))
    with pytest.raises(ModelFailed) as caught:
        asking.ask()
    assert caught.value.retry_after_s == 600.0
    assert (len(asking.model.asked), asking.stop.waits) == (1, [])


@pytest.mark.parametrize("failure", [
    ModelFailure.REFUSED, ModelFailure.FILTERED, ModelFailure.TOO_LONG, ModelFailure.CONTEXT_TOO_LONG,
    ModelFailure.QUOTA_EXHAUSTED, ModelFailure.KEY_REFUSED, ModelFailure.UNKNOWN_MODEL, ModelFailure.REQUEST_REFUSED,
])  # fmt: skip
def test_what_no_second_try_can_help_is_tried_once(failure: ModelFailure) -> None:
    asking = desk(failure)
    assert asking.failure() is failure
    assert (len(asking.model.asked), asking.stop.waits) == (1, [])


def test_after_credit_is_gone_no_other_call_is_sent() -> None:
    asking = desk(ModelFailure.QUOTA_EXHAUSTED, GOOD)
    assert asking.failure() is asking.failure() is ModelFailure.QUOTA_EXHAUSTED
    assert len(asking.model.asked) == 1


def test_a_form_that_is_refused_is_stepped_down_from_once_and_for_all() -> None:
    asking = desk(ModelFailure.FORM_REFUSED, ModelFailure.FORM_REFUSED, GOOD)
    assert asking.ask() == GOOD
    assert asking.ask() == GOOD
    forms = [request.form for request in asking.model.asked]
    assert forms == [AnswerForm.STRICT_SCHEMA, AnswerForm.JSON_OBJECT, AnswerForm.PLAIN, AnswerForm.PLAIN]
    assert asking.caller.form is AnswerForm.PLAIN
    assert asking.stop.waits == []
    assert ["JSON Schema" in request.system for request in asking.model.asked] == [False, True, True, True]


def test_an_endpoint_that_refuses_every_form_is_told_as_such() -> None:
    asking = desk(ModelFailure.FORM_REFUSED)
    assert asking.failure() is ModelFailure.FORM_REFUSED
    assert len(asking.model.asked) == 3


def test_what_was_learned_before_is_used_at_once() -> None:
    asking = desk(GOOD, form=AnswerForm.JSON_OBJECT)
    asking.ask()
    assert asking.model.asked[0].form is AnswerForm.JSON_OBJECT
    assert '"required":["title","points"]' in asking.model.asked[0].system


def test_an_answer_in_a_fence_is_an_answer() -> None:
    assert desk(f"Here you are:\n```json\n{json.dumps(GOOD)}\n```", form=AnswerForm.PLAIN).ask() == GOOD


def test_an_answer_that_does_not_fit_is_sent_back_with_what_is_wrong() -> None:
    asking = desk({"title": "T", "points": [0, 9]}, GOOD)
    assert asking.ask() == GOOD
    second = asking.model.asked[1]
    assert second.user.startswith(REQUEST.user)
    assert "points[1]: it is none of the values that are allowed" in second.user
    assert '"points": [0, 9]' in second.user
    assert asking.purse.costs == [180, 180]
    assert asking.caller.form is AnswerForm.STRICT_SCHEMA


def test_a_strict_form_that_is_ignored_is_given_up_for_one_that_shows_the_schema() -> None:
    asking = desk("Sure! The video is about models.", GOOD)
    assert asking.ask() == GOOD
    assert asking.caller.form is AnswerForm.JSON_OBJECT
    assert "JSON Schema" in asking.model.asked[1].system


def test_items_that_fit_are_kept_where_the_repair_fails() -> None:
    first, second = {"title": "T", "points": [0, 1, 9]}, {"title": "T", "points": [9, 2]}
    assert desk(first, second).ask() == {"title": "T", "points": [0, 1]}


def test_items_that_fit_are_kept_where_the_repair_cannot_even_be_asked_for() -> None:
    first = {"title": "T", "points": [0, 9]}
    assert desk(first, ModelFailure.CONTEXT_TOO_LONG).ask() == {"title": "T", "points": [0]}


@pytest.mark.parametrize("second", ["not JSON", {"title": 7}, {"title": "T", "points": [9]}])
def test_an_answer_of_which_nothing_fits_twice_is_unusable(second: Say) -> None:
    asking = desk({"title": "T", "points": [7]}, second)
    assert asking.failure() is ModelFailure.UNUSABLE
    assert len(asking.model.asked) == 2


def test_a_failed_repair_of_nothing_is_told_as_its_own_failure() -> None:
    assert desk("not JSON", ModelFailure.FILTERED).failure() is ModelFailure.FILTERED


def test_an_answer_may_be_empty_where_it_fits() -> None:
    nothing: dict[str, object] = {"title": "", "points": []}
    assert desk(nothing).ask() == nothing


def test_a_job_that_is_cancelled_asks_and_waits_no_more() -> None:
    asking = desk(GOOD)
    asking.stop.is_stopped = True
    with pytest.raises(CallStopped):
        asking.ask()
    assert (asking.model.asked, asking.purse.reserved) == ([], [])
    waiting = desk(ModelFailure.SERVER_ERROR, GOOD, stop=HeldStop(after_waits=1))
    with pytest.raises(CallStopped):
        waiting.ask()
    assert len(waiting.model.asked) == 1


def test_what_the_endpoint_reports_brings_later_bounds_nearer() -> None:
    asking = desk(GOOD)
    for _ in range(3):
        asking.ask()
    first, *_, last = asking.purse.reserved
    assert last < first
    assert asking.caller.gauge.seen


def test_many_threads_share_what_one_of_them_learns() -> None:
    class Picky(ScriptedModel):
        def complete(self, request: ModelRequest) -> ModelAnswer:
            if request.form is not AnswerForm.PLAIN:
                with self._lock:
                    self.asked.append(request)
                raise ModelFailed(ModelFailure.FORM_REFUSED)
            return super().complete(request)

    model, purse = Picky(GOOD), KeptPurse()
    caller = Caller(model, purse, price=PRICE, stop=HeldStop())
    answers = _in_threads(8, lambda: caller.ask(REQUEST))
    assert answers == [GOOD] * 8
    assert caller.form is AnswerForm.PLAIN
    assert len(purse.booked) == len(model.asked)


def _in_threads(count: int, work: Callable[[], object]) -> list[object]:
    results: list[object] = []
    threads = [threading.Thread(target=lambda: results.append(work())) for _ in range(count)]
    _each(threads, threading.Thread.start)
    _each(threads, threading.Thread.join)
    return results


def _each(threads: Iterable[threading.Thread], act: Callable[[threading.Thread], None]) -> None:
    for thread in threads:
        act(thread)
