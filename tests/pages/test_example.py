"""The landing page shows a real example."""

from __future__ import annotations

import pytest

from pages.example import load_example
from pages.landing import FACTS
from tests.pages.write_example import example_of_today


def test_the_stored_example_is_what_the_engine_says_today() -> None:
    again = "the engine has changed: run `uv run python -m tests.pages.write_example`"
    assert load_example() == example_of_today(), again


def test_every_line_of_the_example_stands_beside_exactly_one_quote() -> None:
    example = load_example()
    assert len(example["lines"]) == 4
    for line in example["lines"]:
        assert [said["is_evidence"] for said in line["said"]].count(True) == 1


@pytest.mark.parametrize("word", ["GPT", "audio", "MP3", "free", "pricing"])
def test_the_landing_page_promises_nothing_that_is_not_there(word: str) -> None:
    assert all(word.lower() not in f"{fact.figure} {fact.text}".lower() for fact in FACTS)
