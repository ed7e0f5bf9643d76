"""The engine with its real caller and adapter, against the reading stand-in on this machine."""

from __future__ import annotations

import threading
from datetime import date

import pytest

from core.domain.model import AnswerForm, ModelFailed, ModelFailure, Usage
from core.domain.prices import price_of
from core.domain.summary import SummaryDraft
from core.domain.video import Video
from core.integrations.openai_chat import OpenAiModel
from core.summarizing.model.calling import Caller, Patience
from core.summarizing.model.checkpoints import FinishedPart
from core.summarizing.model.engine import ModelEngine
from core.summarizing.model.estimating import estimate
from tests.summarizing.model.talks import make, options, talk
from tests.world.model_server import Fault, Rules
from tests.world.reading_model import ReadingModel

PRICE = price_of("gpt-4o-mini", on=date(2026, 11, 29))


class CountingPurse:
    """Lets everything be spent up to `most_microusd`, and adds up."""

    def __init__(self, most_microusd: int = 10**9) -> None:
        self.most_microusd = most_microusd
        self.spent_microusd = 0
        self.usages: list[Usage] = []
        self._lock = threading.Lock()

    def reserve(self, most_microusd: int, *, model: str, purpose: str) -> str:
        if self.spent_microusd + most_microusd > self.most_microusd:
            raise ModelFailed(ModelFailure.CAP_REACHED, reason="This job may not cost more.")
        return purpose

    def settle(self, reservation: str, cost_microusd: int, usage: Usage) -> None:
        with self._lock:
            self.spent_microusd += cost_microusd
            self.usages.append(usage)


def caller_of(model: ReadingModel, purse: CountingPurse) -> Caller:
    adapter = OpenAiModel(api_key="sk-stand-in", base_url=model.base_url)
    patience = Patience(tries=3, first_wait_s=0.01, longest_wait_s=0.05)
    return Caller(adapter, purse, price=PRICE, stop=threading.Event(), patience=patience)


def summarise(
    model: ReadingModel,
    purse: CountingPurse,
    minutes: int = 60,
    finished: dict[str, dict[str, object]] | None = None,
    parts: list[FinishedPart] | None = None,
) -> tuple[SummaryDraft, Caller]:
    caller = caller_of(model, purse)
    kept: list[FinishedPart] = [] if parts is None else parts
    engine = ModelEngine(
        map_caller=caller, reduce_caller=caller, options=options(), finished=finished or {}, on_part=kept.append
    )
    return engine.summarize(talk(minutes), Video(title="A talk"), report=lambda _report: None), caller


def test_over_the_wire_the_summary_is_the_same_and_its_bill_is_near_the_estimate() -> None:
    purse = CountingPurse()
    with ReadingModel() as model:
        draft, _caller = summarise(model, purse)
        assert [call.kind for call in model.calls].count("map") == 3
    assert draft == make(talk(60)).whole
    told = estimate(talk(60), options(), map_price=PRICE, reduce_price=PRICE)
    assert purse.spent_microusd == pytest.approx(told.microusd, rel=0.15)


def test_the_vendors_cache_takes_the_fixed_part_of_the_prompt() -> None:
    purse = CountingPurse()
    with ReadingModel() as model:
        summarise(model, purse)
        maps = [call.asked for call in model.calls if call.kind == "map"]
    assert len({asked.system for asked in maps}) == 1
    assert sum(usage.cached_tokens > 1_000 for usage in purse.usages) >= 1


@pytest.mark.parametrize(
    ("forms", "form"),
    [({"json_object", "text"}, AnswerForm.JSON_OBJECT), ({"text"}, AnswerForm.PLAIN)],
)
def test_an_endpoint_without_strict_schemas_gives_the_same_summary(forms: set[str], form: AnswerForm) -> None:
    with ReadingModel(rules=Rules(forms=frozenset(forms))) as model:
        draft, caller = summarise(model, CountingPurse(), minutes=15)
    assert caller.form is form
    assert draft == make(talk(15)).whole


@pytest.mark.parametrize("fault", [Fault.SERVER_ERROR, Fault.RATE_LIMITED, Fault.CUT, Fault.EMPTY])
def test_a_fault_that_passes_changes_nothing(fault: Fault) -> None:
    with ReadingModel(faults={1: fault}) as model:
        draft, _caller = summarise(model, CountingPurse(), minutes=15)
    assert draft == make(talk(15)).whole


def test_an_answer_that_ends_too_early_is_asked_for_in_halves() -> None:
    with ReadingModel(faults={1: Fault.TOO_LONG}) as model:
        summarise(model, CountingPurse(), minutes=15)
        assert [call.kind for call in model.calls] == ["map", "map", "map", "reduce"]


def test_at_the_cap_what_is_finished_is_kept_and_the_rest_costs_nothing_more() -> None:
    parts: list[FinishedPart] = []
    purse = CountingPurse(most_microusd=18_000)
    with ReadingModel() as model:
        with pytest.raises(ModelFailed) as failed:
            summarise(model, purse, minutes=120, parts=parts)
        asked = len(model.journal)
    assert failed.value.failure is ModelFailure.CAP_REACHED
    assert purse.spent_microusd <= purse.most_microusd
    assert 0 < len(parts) == asked
    with ReadingModel() as model:
        draft, _caller = summarise(
            model, CountingPurse(), minutes=120, finished={part.key: part.body for part in parts}
        )
        assert len(model.of_kind("map")) == len(make(talk(120)).caller.of("map")) - asked
    assert draft.tldr
