"""The purse of a command line: it spends up to its cap and adds up what was spent."""

from __future__ import annotations

import pytest

from core.cli.model import OwnPurse
from core.domain.model import ModelFailed, ModelFailure, Usage


def _usage(*, is_estimate: bool = False) -> Usage:
    return Usage(prompt_tokens=100, cached_tokens=40, completion_tokens=10, is_estimate=is_estimate)


def test_what_is_reserved_counts_until_it_is_settled() -> None:
    purse = OwnPurse(cap_microusd=1_000)
    first = purse.reserve(700, model="m", purpose="map")
    with pytest.raises(ModelFailed) as refused:
        purse.reserve(400, model="m", purpose="map")
    assert refused.value.failure is ModelFailure.CAP_REACHED
    assert "$0.00" in refused.value.message
    purse.settle(first, 300, _usage())
    purse.settle(purse.reserve(400, model="m", purpose="map"), 390, _usage(is_estimate=True))
    assert purse.spent_microusd == 690
    with pytest.raises(ModelFailed):
        purse.reserve(311, model="m", purpose="reduce")


def test_the_receipt_adds_up_all_calls() -> None:
    purse = OwnPurse(cap_microusd=1_000)
    for is_estimate in (False, True):
        purse.settle(purse.reserve(10, model="m", purpose="map"), 5, _usage(is_estimate=is_estimate))
    assert purse.receipt() == {
        "calls": 2, "prompt_tokens": 200, "cached_tokens": 80, "completion_tokens": 20, "is_estimate": True,
    }  # fmt: skip
