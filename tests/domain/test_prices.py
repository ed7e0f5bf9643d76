from __future__ import annotations

from datetime import date, timedelta

import pytest

from core.domain import prices
from core.domain.model import Usage
from core.domain.prices import audio_cost_microusd, audio_price_of, base_model, cost_microusd, price_of

TODAY = date(2026, 11, 29)


def usage(prompt: int = 0, cached: int = 0, completion: int = 0, **more: int) -> Usage:
    return Usage(prompt_tokens=prompt, cached_tokens=cached, completion_tokens=completion, **more)


def test_the_default_model_costs_what_its_vendor_says() -> None:
    price = price_of("gpt-4o-mini", on=TODAY)
    assert (price.input_microusd, price.cached_microusd, price.output_microusd) == (150_000, 75_000, 600_000)
    assert not price.is_guess
    assert price.source


def test_a_bill_adds_fresh_cached_and_written_tokens() -> None:
    price = price_of("gpt-4o-mini", on=TODAY)
    # 8,000 fresh + 4,000 cached + 345 written: 1,200 + 300 + 207 micro-dollars.
    assert cost_microusd(price, usage(prompt=12_000, cached=4_000, completion=345)) == 1_707


def test_a_bill_is_rounded_up_to_a_whole_micro_dollar() -> None:
    price = price_of("gpt-4o-mini", on=TODAY)
    assert cost_microusd(price, usage(prompt=1)) == 1
    assert cost_microusd(price, usage()) == 0


def test_more_cached_tokens_than_prompt_tokens_never_make_a_bill_negative() -> None:
    price = price_of("gpt-4o-mini", on=TODAY)
    assert cost_microusd(price, usage(prompt=100, cached=1_000)) == 8


def test_tokens_written_to_the_cache_cost_a_quarter_more_where_the_vendor_takes_that() -> None:
    price = price_of("gpt-6-luna", on=TODAY)
    assert cost_microusd(price, usage(prompt=10_000)) == 1_000
    assert cost_microusd(price, usage(prompt=10_000, cache_write_tokens=10_000)) == 1_250
    estimated = Usage(prompt_tokens=10_000, cached_tokens=0, completion_tokens=0, is_estimate=True)
    assert cost_microusd(price, estimated) == 1_250


def test_a_very_long_prompt_makes_the_whole_call_dearer_where_the_vendor_says_so() -> None:
    price = price_of("gpt-6-luna", on=TODAY)
    at, above = usage(prompt=272_000, completion=1_000), usage(prompt=272_001, completion=1_000)
    assert cost_microusd(price, at) == 27_200 + 500
    assert cost_microusd(price, above) == 54_401 + 750


@pytest.mark.parametrize(("name", "base"), [
    ("gpt-4o-mini-2024-07-18", "gpt-4o-mini"), ("openai/gpt-4o-mini", "gpt-4o-mini"), (" gpt-4o ", "gpt-4o"),
    ("gpt-5.4-mini", "gpt-5.4-mini"), ("llama-3.3-70b", "llama-3.3-70b"),
])  # fmt: skip
def test_a_dated_name_is_priced_as_its_model(name: str, base: str) -> None:
    assert base_model(name) == base


def test_a_price_that_changed_is_taken_as_of_the_day() -> None:
    before, after = (price_of("gpt-5.6-luna", on=day) for day in (date(2026, 7, 29), date(2026, 7, 30)))
    assert (before.output_microusd, after.output_microusd) == (6_000_000, 1_200_000)
    assert price_of("gpt-5.6-luna", on=date(2020, 1, 1)) == before


def test_an_unknown_model_is_booked_at_the_dearest_price_and_says_so() -> None:
    guess = price_of("some-new-model", on=TODAY)
    assert guess.is_guess
    known = [price_of(price.model, on=TODAY) for price in prices._PRICES]
    assert guess.output_microusd == max(price.output_microusd for price in known) == 50_000_000
    assert guess.input_microusd == max(price.input_microusd for price in known)


def test_prices_of_ones_own_win_over_the_table() -> None:
    price = price_of("gpt-4o-mini", on=TODAY, own="0/0/0")
    assert cost_microusd(price, usage(prompt=1_000_000, completion=1_000_000)) == 0
    own = price_of("any", on=TODAY, own=" 0.5 / 0.05 / 1.25 ")
    assert (own.input_microusd, own.cached_microusd, own.output_microusd) == (500_000, 50_000, 1_250_000)
    assert not own.is_guess


@pytest.mark.parametrize("own", ["free", "1/2", "1/2/3/4", "1/-2/3", "1//3", "nan/1/1", "1/inf/1"])
def test_prices_of_ones_own_that_cannot_be_read_name_the_setting(own: str) -> None:
    with pytest.raises(ValueError, match="OPENAI_PRICES"):
        price_of("gpt-4o-mini", on=TODAY, own=own)


def test_every_price_has_a_source_and_is_in_order() -> None:
    for price in prices._PRICES:
        assert price.source
        assert price.since <= TODAY + timedelta(days=1)
        assert price.cached_microusd <= price.input_microusd <= price.cache_write_microusd < price.output_microusd
    assert len({(price.model, price.since) for price in prices._PRICES}) == len(prices._PRICES)


def test_audio_is_paid_by_the_minute_and_rounded_up() -> None:
    price = audio_price_of("whisper-1")
    assert audio_cost_microusd(price, 60_000) == 6_000
    assert audio_cost_microusd(price, 1) == 1
    assert audio_cost_microusd(price, 0) == 0
    assert audio_price_of("gpt-4o-mini-transcribe-2025-12-15").minute_microusd == 3_000


def test_an_unknown_transcriber_is_booked_at_the_dearest_and_a_free_endpoint_at_nothing() -> None:
    assert audio_price_of("some-new-ears").is_guess
    assert audio_price_of("some-new-ears").minute_microusd == 6_000
    assert audio_price_of("whisper-1", own="0/0/0").minute_microusd == 0
    assert audio_price_of("whisper-1", own="1/1/1").minute_microusd == 6_000
