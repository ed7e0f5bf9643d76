"""Money and tokens as people read them."""

from __future__ import annotations

import pytest

from core.domain.document import SummaryDocument
from pages.receipt import about_dollars, cost_phrase, dollars, meter, receipt_of
from tests.factories.rich_summary import offline_document, rich_document, started_document


@pytest.mark.parametrize(
    ("microusd", "said"),
    [
        (0, "$0"), (1, "$0.000001"), (431, "$0.000431"), (4_000, "$0.004"), (12_340, "$0.0123"), (99_950, "$0.10"),
        (120_000, "$0.12"), (999_999, "$1.00"), (1_250_000, "$1.25"), (12_345_678, "$12.35"),
        (1_234_567_890, "$1,234.57"),
    ],
)  # fmt: skip
def test_small_amounts_keep_enough_digits_to_tell_them_apart(microusd: int, said: str) -> None:
    assert dollars(microusd) == said


def test_an_estimate_claims_no_more_than_it_knows() -> None:
    assert about_dollars(12_940) == "about $0.013"
    assert about_dollars(10_100) == "about $0.01"


def test_the_meter_runs_from_the_estimate_to_what_was_spent() -> None:
    assert meter(started_document(0)) == "about $0.013"
    assert meter(started_document(3)) == "$0.0052 of about $0.013"
    assert meter(offline_document()) == ""


def test_the_receipt_names_who_was_asked_and_what_it_took() -> None:
    receipt = dict(receipt_of(rich_document()))
    assert receipt["Model"] == "gpt-4o-mini"
    assert receipt["Prompt"] == "version 3"
    assert receipt["Cost"] == "$0.0123 (about $0.013 was expected)"
    assert receipt["Read"] == "61,204 tokens, 18,432 of them from the cache"
    assert receipt["Written"] == "7,906 tokens in 9 calls"


def test_the_offline_engine_cost_nothing() -> None:
    assert dict(receipt_of(offline_document()))["Cost"] == "Cost nothing"


def test_what_a_vendor_never_told_is_called_an_estimate() -> None:
    document: SummaryDocument = {**rich_document()}
    document["receipt"] = {**document["receipt"], "is_estimate": True}
    assert cost_phrase(document) == "$0.0123, estimated"
