"""What language models and transcribers cost: one dated table, each price with where it was read.

Money is whole micro-dollars: $0.15 a million tokens is 150,000 micro-dollars a million tokens. Standard tier, text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from decimal import Decimal, InvalidOperation

from core.domain.model import Usage

_MILLION = 1_000_000
# From GPT-5.4 on, a prompt above this many tokens makes the whole call dearer: input twice, output half as much again
# (the vendor's pages of these models: "prompts with more than 272,000 input tokens").
LONG_PROMPT_TOKENS = 272_000
_DATED = re.compile(r"-\d{4}-\d{2}-\d{2}$")


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """Micro-dollars a million tokens. `since` is the first day it is known to hold for, `source` where it was read.

    `cache_write_microusd` is what a prompt token costs that the vendor also writes to its cache: from GPT-5.6 on
    1.25 times the input price, before that the same. `is_guess` where the model stands in no table.
    """

    model: str
    input_microusd: int
    cached_microusd: int
    output_microusd: int
    cache_write_microusd: int
    source: str
    since: date
    is_long_dearer: bool = False
    is_guess: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class AudioPrice:
    """Micro-dollars a minute of audio."""

    model: str
    minute_microusd: int
    source: str
    is_guess: bool = False


def price_of(model: str, *, on: date, own: str | None = None) -> Price:
    """The price of a model on a day. `own` is OPENAI_PRICES, "input/cached/output" in $ a million tokens, and wins.

    A model that stands in no table is booked at the dearest price of each kind, and says so. Raises ValueError where
    `own` cannot be read.
    """
    if own:
        return _own_price(model, own)
    base = base_model(model)
    known = [price for price in _PRICES if price.model == base]
    if not known:
        return _dearest(model)
    return max((price for price in known if price.since <= on), key=lambda price: price.since, default=known[0])


def cost_microusd(price: Price, usage: Usage) -> int:
    """What a call cost, rounded up to a whole micro-dollar. An estimated prompt counts as one written to the cache."""
    cached = min(max(usage.cached_tokens, 0), usage.prompt_tokens)
    fresh = usage.prompt_tokens - cached
    written = fresh if usage.is_estimate else min(max(usage.cache_write_tokens, 0), fresh)
    prompt = (
        (fresh - written) * price.input_microusd + cached * price.cached_microusd + written * price.cache_write_microusd
    )
    answer = usage.completion_tokens * price.output_microusd
    if price.is_long_dearer and usage.prompt_tokens > LONG_PROMPT_TOKENS:
        # One and a half times, in whole numbers.
        prompt, answer = prompt * 2, -(-answer * 3 // 2)
    return -(-(prompt + answer) // _MILLION)


def audio_price_of(model: str, *, own: str | None = None) -> AudioPrice:
    """The price of a transcriber; free where `own` (OPENAI_PRICES) says that the endpoint is. ValueError as above."""
    if own and _parsed(own) == (0, 0, 0):
        return AudioPrice(model=model, minute_microusd=0, source="OPENAI_PRICES")
    base = base_model(model)
    known = next((price for price in _AUDIO_PRICES if price.model == base), None)
    if known is not None:
        return known
    dearest = max(_AUDIO_PRICES, key=lambda price: price.minute_microusd)
    return AudioPrice(
        model=model, minute_microusd=dearest.minute_microusd, source=f"unknown: as {dearest.model}", is_guess=True
    )


def audio_cost_microusd(price: AudioPrice, duration_ms: int) -> int:
    """What so much audio costs, rounded up to a whole micro-dollar."""
    return -(-duration_ms * price.minute_microusd // 60_000)


def base_model(model: str) -> str:
    """The name that prices stand under: without a date ("gpt-4o-mini-2024-07-18") and without a router's prefix."""
    return _DATED.sub("", model.strip().removeprefix("openai/"))


def _own_price(model: str, own: str) -> Price:
    prompt, cached, answer = _parsed(own)
    return Price(
        model=model, input_microusd=prompt, cached_microusd=cached, output_microusd=answer,
        cache_write_microusd=prompt, source="OPENAI_PRICES", since=date.min,
    )  # fmt: skip


def _parsed(own: str) -> tuple[int, int, int]:
    try:
        prompt, cached, answer = (int(Decimal(part.strip()) * _MILLION) for part in own.split("/"))
    except (InvalidOperation, ValueError, OverflowError):
        raise _unreadable(own) from None
    if min(prompt, cached, answer) < 0:
        raise _unreadable(own)
    return prompt, cached, answer


def _unreadable(own: str) -> ValueError:
    return ValueError(f'OPENAI_PRICES is "{own}": write input/cached/output in $ a million tokens, as 0.15/0.075/0.60')


def _dearest(model: str) -> Price:
    return Price(
        model=model,
        input_microusd=max(price.input_microusd for price in _PRICES),
        cached_microusd=max(price.cached_microusd for price in _PRICES),
        output_microusd=max(price.output_microusd for price in _PRICES),
        cache_write_microusd=max(price.cache_write_microusd for price in _PRICES),
        source="unknown: the dearest of the table",
        since=date.min,
        is_long_dearer=True,
        is_guess=True,
    )


def _listed(
    model: str, prompt: str, cached: str, answer: str, *, since: date, source: str, written: str | None = None,
    is_long_dearer: bool = False,
) -> Price:  # fmt: skip
    """A line of the table, in $ a million tokens as vendors write it."""
    return Price(
        model=model, input_microusd=_microusd(prompt), cached_microusd=_microusd(cached),
        output_microusd=_microusd(answer), cache_write_microusd=_microusd(written or prompt), source=source,
        since=since, is_long_dearer=is_long_dearer,
    )  # fmt: skip


def _microusd(usd: str) -> int:
    return int(Decimal(usd) * _MILLION)


# Where the prices were read, all on 28 November 2026. The vendor's page is developers.openai.com/api/docs/pricing.
_PAGE_NOVEMBER = "the vendor's pricing page of 2026-11-05, by API Evangelist's post of 2026-11-06"
_PAGE_MAY = "the vendor's pricing page of 2026-05-04, by api-evangelist/openai plans/openai-plans-pricing.yml"
_LIST = "outl1ne/openai-pricing pricing.json, which copies the vendor's page"
_COPILOT = "github/docs data/tables/copilot/models-and-pricing.yml"
_MODEL_PAGE = "developers.openai.com/api/docs/models/"
_MAY = date(2026, 5, 4)
_LAUNCH = date(2026, 7, 9)
_CUT = date(2026, 7, 30)

# Models that answer chat completions and can still be called; those with a date of retirement say so.
_PRICES: tuple[Price, ...] = (
    # Retired on 14 January 2027 (developers.openai.com/api/docs/deprecations).
    _listed("gpt-4o-mini", "0.15", "0.075", "0.60", since=date(2024, 7, 18), source=_PAGE_NOVEMBER),
    _listed("gpt-4o", "2.50", "1.25", "10", since=date(2024, 10, 2), source=_LIST),
    _listed("gpt-4.1", "2", "0.50", "8", since=date(2025, 4, 14), source=_LIST),
    _listed("gpt-4.1-mini", "0.40", "0.10", "1.60", since=date(2025, 4, 14), source=_LIST),
    # Retired on 11 December 2026.
    _listed("gpt-5", "1.25", "0.125", "10", since=date(2025, 8, 7), source=_LIST),
    _listed("gpt-5-mini", "0.25", "0.025", "2", since=date(2025, 8, 7), source=_MODEL_PAGE + "gpt-5-mini"),
    _listed("gpt-5-nano", "0.05", "0.005", "0.40", since=date(2025, 8, 7), source=_MODEL_PAGE + "gpt-5-nano"),
    _listed("gpt-5.2", "1.75", "0.175", "14", since=_MAY, source=_COPILOT),
    _listed("gpt-5.4", "2.50", "0.25", "15", since=_MAY, source=_PAGE_MAY, is_long_dearer=True),
    _listed("gpt-5.4-mini", "0.75", "0.075", "4.50", since=_MAY, source=_PAGE_MAY),
    _listed("gpt-5.4-nano", "0.20", "0.02", "1.25", since=_MAY, source=_PAGE_MAY),
    _listed("gpt-5.5", "5", "0.50", "30", since=_MAY, source=_PAGE_MAY, is_long_dearer=True),
    _listed("gpt-5.6-sol", "4", "0.40", "20", written="5", since=_LAUNCH, source=_MODEL_PAGE + "gpt-5.6-sol",
            is_long_dearer=True),
    _listed("gpt-5.6-terra", "2.50", "0.25", "15", written="3.125", since=_LAUNCH, source=_MODEL_PAGE + "gpt-5.6-terra",
            is_long_dearer=True),
    _listed("gpt-5.6-terra", "2", "0.20", "12", written="2.50", since=_CUT, source=_MODEL_PAGE + "gpt-5.6-terra",
            is_long_dearer=True),
    _listed("gpt-5.6-luna", "1", "0.10", "6", written="1.25", since=_LAUNCH, source=_MODEL_PAGE + "gpt-5.6-luna",
            is_long_dearer=True),
    _listed("gpt-5.6-luna", "0.20", "0.02", "1.20", written="0.25", since=_CUT, source=_MODEL_PAGE + "gpt-5.6-luna",
            is_long_dearer=True),
    _listed("gpt-6-astra", "10", "1", "50", written="12.50", since=date(2026, 9, 3), source=_MODEL_PAGE + "gpt-6-astra",
            is_long_dearer=True),
    _listed("gpt-6-sol", "2", "0.20", "10", written="2.50", since=date(2026, 9, 22), source=_MODEL_PAGE + "gpt-6-sol",
            is_long_dearer=True),
    _listed("gpt-6-luna", "0.10", "0.01", "0.50", written="0.125", since=date(2026, 9, 22),
            source=_MODEL_PAGE + "gpt-6-luna", is_long_dearer=True),
    _listed("gpt-6.1-sol", "2", "0.10", "10", written="2.50", since=date(2026, 9, 30),
            source=_MODEL_PAGE + "gpt-6.1-sol", is_long_dearer=True),
    _listed("gpt-6.1-terra", "1", "0.05", "5", written="1.25", since=date(2026, 10, 26),
            source=_MODEL_PAGE + "gpt-6.1-terra", is_long_dearer=True),
)  # fmt: skip

# The first three are retired on 26 February 2027. Those of gpt-4o are billed by token; a minute is the estimate that
# the pricing page gives.
_AUDIO_PRICES: tuple[AudioPrice, ...] = (
    AudioPrice(model="whisper-1", minute_microusd=6_000, source=_MODEL_PAGE + "whisper-1"),
    AudioPrice(model="gpt-4o-transcribe", minute_microusd=6_000, source=_MODEL_PAGE + "gpt-4o-transcribe"),
    AudioPrice(model="gpt-4o-mini-transcribe", minute_microusd=3_000, source=_MODEL_PAGE + "gpt-4o-mini-transcribe"),
    AudioPrice(model="gpt-transcribe", minute_microusd=4_500, source=_MODEL_PAGE + "gpt-transcribe"),
    AudioPrice(
        model="gpt-4o-transcribe-diarize", minute_microusd=6_000, source=_MODEL_PAGE + "gpt-4o-transcribe-diarize"
    ),
)
