"""Planted falsehoods on a small sample of our own, and on meetings kept for choosing where they are there."""

from __future__ import annotations

import random

import pytest

from core.scorecard.data import Recording, read_recordings
from core.scorecard.falsehoods import as_spoken_captions, score_falsehoods
from core.scorecard.paraphrase import in_words, paraphrase
from core.scorecard.planting import Kind, known_names, plant, prepare
from tests.conftest import SHARED
from tests.transcripts import timed

NAMES = ["Alvarez", "Bergmann", "Castellan", "Dubois", "Eriksen", "Fontaine", "Grigori", "Hartono"]
SYLLABLES = ["ba", "ko", "mi", "ter", "lun", "dra", "vo", "sen", "pil", "gar", "no", "fex"]
VERBS = ("is not painted", "is painted", "cannot be moved", "will be sold", "was never repaired", "has rusted")


def recording(seed: str) -> Recording:
    """Eight minutes in which each sentence tells somebody of things of its own, a count, and what is or is not so."""
    chance = random.Random(seed)
    lines = []
    for number in range(60):
        one, two, three, four = ("".join(chance.choices(SYLLABLES, k=3)) + "s" for _ in range(4))
        lines.append(
            f"And so I told {chance.choice(NAMES)} about the {one} where {20 + number * 3} old {two}"
            f" {chance.choice(VERBS)}, you know, near the {three} {('when', 'because')[number % 2]} the {four} arrive."
        )
    return Recording(id=seed, transcript=timed(*lines, seconds=8), reference="Alvarez sold it.", boundaries=None)


SAMPLE = [recording("one"), recording("two")]


def test_falsehoods_are_caught_and_true_lines_are_left_alone() -> None:
    scores = score_falsehoods(SAMPLE, most=10)
    for style in ("punctuated", "captions"):
        kinds = scores["planted"][style]
        assert [kinds[kind]["cases"] for kind in Kind] == [20] * 5
        assert all(kinds[kind]["caught"] >= 80 for kind in Kind)
        assert kinds["all"]["caught"] >= 90
        assert kinds["all"]["flagged"] <= 5
    assert scores["human"] == {"punctuated": 0, "captions": 0}


def test_the_same_recordings_give_the_same_cases() -> None:
    first, second = ([plant(ground, 5, random.Random(1)) for ground in prepare(SAMPLE)] for _ in range(2))
    assert first == second


def test_each_falsehood_differs_from_its_true_line_in_one_thing() -> None:
    for planted in plant(prepare(SAMPLE)[0], 8, random.Random(1)):
        true, false = planted.true, planted.false
        is_quote_changed = planted.kind in {Kind.WRONG_PLACE, Kind.INVENTED_QUOTE}
        assert (true.text == false.text) is is_quote_changed
        assert (true.quote == false.quote) is not is_quote_changed


def test_a_paraphrase_is_the_third_person_without_fillers() -> None:
    said = "And so, you know, I'm told that we can't leave."
    lines = {paraphrase(said, frozenset(), random.Random(seed)) for seed in range(20)}
    assert "It is said that the speaker is told that they cannot leave." in lines
    assert len(lines) > 3


def test_names_are_the_words_with_a_capital_everywhere() -> None:
    assert known_names(SAMPLE[0].transcript) <= set(NAMES)
    assert in_words(47) == "forty-seven"


def test_captions_keep_decimals_and_part_other_words() -> None:
    captions = as_spoken_captions(timed("Swift 6.0, use-after-free, Apache 2/MIT."))
    assert " ".join(segment.text for segment in captions.segments) == "swift 6.0 use after free apache 2 mit"


@pytest.mark.slow
def test_on_meetings_nine_falsehoods_in_ten_are_caught_and_true_lines_in_twenty_left() -> None:
    path = SHARED / "bench" / "qmsum_val.jsonl.gz"
    if not path.exists():
        pytest.skip("the benchmark file qmsum_val.jsonl.gz is missing beside the project")
    for kinds in score_falsehoods(read_recordings(path)[:12])["planted"].values():
        assert kinds["all"]["cases"] >= 200
        assert kinds["all"]["caught"] >= 90
        assert kinds["all"]["flagged"] <= 5
