from __future__ import annotations

import json
import time
from datetime import date

import pytest

from core.domain.model import Usage
from core.domain.prices import cost_microusd, price_of
from core.domain.summary import Length
from core.summarizing.model.estimating import estimate
from tests.summarizing.model.talks import Made, make, options, talk
from tests.world.model_server import count_tokens
from tests.world.reading_model import ReadingModel

PRICE = price_of("gpt-4o-mini", on=date(2026, 11, 29))


def billed(made: Made) -> tuple[int, int, int]:
    """(micro-dollars, prompt tokens, completion tokens) as the stand-in's endpoint counts them."""
    reader, seen = ReadingModel(), set[str]()
    cost = prompt = written = 0
    for request, _call in made.caller.asked:
        prefix = json.dumps(request.schema) + request.system
        fixed = count_tokens(prefix)
        usage = Usage(
            prompt_tokens=fixed + count_tokens(request.user),
            cached_tokens=fixed - fixed % 128 if prefix in seen and fixed >= 1_024 else 0,
            completion_tokens=count_tokens(json.dumps(reader.reply(request.system, request.user))),
        )
        seen.add(prefix)
        cost += cost_microusd(PRICE, usage)
        prompt += usage.prompt_tokens
        written += usage.completion_tokens
    return cost, prompt, written


@pytest.mark.parametrize("length", Length)
@pytest.mark.parametrize("minutes", [10, 60, pytest.param(180, marks=pytest.mark.slow)])
def test_the_estimate_is_within_15_per_cent_of_the_stand_ins_bill(minutes: int, length: Length) -> None:
    transcript = talk(minutes)
    chosen = options(length)
    told = estimate(transcript, chosen, map_price=PRICE, reduce_price=PRICE)
    made = make(transcript, chosen=chosen)
    cost, prompt, written = billed(made)
    assert told.microusd == pytest.approx(cost, rel=0.15), (told, cost, prompt, written, len(made.caller.asked))


def test_an_estimate_of_ten_hours_is_quick_and_free_where_the_endpoint_is() -> None:
    transcript = talk(600)
    began = time.monotonic()
    told = estimate(
        transcript, options(), map_price=price_of("local", on=date(2026, 11, 29), own="0/0/0"),
        reduce_price=price_of("local", on=date(2026, 11, 29), own="0/0/0"),
    )  # fmt: skip
    assert told.microusd == 0
    assert told.calls > 10
    assert time.monotonic() - began < 5
