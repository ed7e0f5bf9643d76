from __future__ import annotations

import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.model import Usage
from core.domain.tokens import ENVELOPE_TOKENS, SCRIPT_RULES, Script, TokenGauge, size_of
from tests.conftest import SHARED

# Tokens that gpt-tokenizer 4.0.0 counted for the words of these captions: o200k (gpt-4o and later), cl100k, r50k.
COUNTED = {
    "en": (33_458, 33_880, 37_380),
    "fr": (37_994, 43_839, 59_936),
    "ru": (5_307, 8_812, 21_926),
    "zh-CN": (63_439, 76_139, 125_708),
}
TALK = "So the model never writes a time, it only says which of the numbered lines it means. " * 100


def reported(prompt_tokens: int) -> Usage:
    return Usage(prompt_tokens=prompt_tokens, cached_tokens=0, completion_tokens=5)


def words_of(language: str) -> str:
    folder = SHARED / "fixtures" / "captions" / "hf-course" / language
    if not folder.exists():
        pytest.skip(f"the captions of the course ({language}) are missing: they are no part of the project")
    lines = (
        line for file in sorted(folder.glob("*")) for line in file.read_text("utf-8", errors="replace").split("\n")
    )
    return "\n".join(line for line in lines if line.strip() and "-->" not in line and not re.fullmatch(r"\d+\s*", line))


@pytest.mark.parametrize("language", COUNTED)
def test_real_speech_is_never_above_the_bound_and_within_an_eighth_of_the_estimate(language: str) -> None:
    text, gauge = words_of(language), TokenGauge()
    o200k, *others = COUNTED[language]
    assert max(o200k, *others) < gauge.bound(text)
    assert abs(gauge.estimate(text) / o200k - 1) < 0.125


@pytest.mark.parametrize("language", COUNTED)
@pytest.mark.parametrize("vocabulary", range(3))
def test_after_three_reports_the_bound_is_nearer_and_the_estimate_right(language: str, vocabulary: int) -> None:
    text = words_of(language)
    counted, gauge = COUNTED[language][vocabulary], TokenGauge()
    for _ in range(3):
        gauge = gauge.after(text, reported(counted))
    assert counted < gauge.bound(text) <= min(counted * 1.4, TokenGauge().bound(text))
    assert abs(gauge.estimate(text) / counted - 1) < 0.01


@given(st.text(max_size=300))
def test_no_text_is_bounded_above_its_bytes(text: str) -> None:
    size = size_of(text)
    assert size.bytes == len(text.encode())
    assert TokenGauge().bound_of_piece(text) <= size.bytes
    assert TokenGauge().estimate(text) <= TokenGauge().bound(text)


@given(st.lists(st.text(max_size=40), max_size=8))
def test_the_bounds_of_pieces_may_be_summed(pieces: list[str]) -> None:
    gauge = TokenGauge()
    assert sum(gauge.bound_of_piece(piece) for piece in pieces) + ENVELOPE_TOKENS >= gauge.bound("".join(pieces))


@pytest.mark.parametrize(("text", "script"), [
    ("plain words", Script.LATIN), ("été", Script.LATIN_ACCENTED), ("Καλημέρα", Script.GREEK_HEBREW),
    ("שלום", Script.GREEK_HEBREW), ("Привет", Script.CYRILLIC), ("مرحبا", Script.ARABIC), ("नमस्ते", Script.INDIC),
    ("สวัสดี", Script.INDIC), ("你好", Script.CJK), ("こんにちは", Script.CJK), ("안녕", Script.HANGUL),
    ("Բարև", Script.OTHER), ("😀", Script.OTHER), ("Tiếng", Script.LATIN), ("\ud800", Script.OTHER),
    ("", Script.LATIN), ("12:30", Script.LATIN),
])  # fmt: skip
def test_a_text_is_known_by_its_script(text: str, script: Script) -> None:
    assert size_of(text).main_script is script


def test_digits_and_marks_count_as_what_they_are() -> None:
    size = size_of("[12] a\n")
    assert size.bytes_of == {Script.MARK: 3, Script.DIGIT: 2, Script.LATIN: 2}
    assert (size + size).bytes_of[Script.DIGIT] == 4


def test_every_script_has_a_rule_that_stays_within_a_token_a_byte() -> None:
    assert set(SCRIPT_RULES) == set(Script)
    assert all(0 < rule.usual < rule.most <= 1 for rule in SCRIPT_RULES.values())


def test_what_tells_nothing_teaches_nothing() -> None:
    gauge = TokenGauge()
    estimated = Usage(prompt_tokens=9, cached_tokens=0, completion_tokens=0, is_estimate=True)
    assert gauge.after(TALK, None) is gauge
    assert gauge.after(TALK, estimated) is gauge
    assert gauge.after(TALK, reported(0)) is gauge
    assert gauge.after("short", reported(2)) is gauge


def test_the_worst_sighting_counts_whatever_comes_after() -> None:
    gauge = TokenGauge().after(TALK, reported(3_000))
    dense = gauge.bound(TALK)
    for _ in range(2):
        gauge = gauge.after(TALK, reported(1_800))
    assert gauge.bound(TALK) >= min(dense, 3_000)
    for _ in range(10):
        gauge = gauge.after(TALK, reported(1_800))
    assert gauge.bound(TALK) > 3_000


def test_an_endpoint_that_reports_next_to_nothing_is_not_believed() -> None:
    gauge = TokenGauge().after(TALK, reported(1))
    assert gauge.bound(TALK) > TokenGauge().estimate(TALK) * 0.75


def test_an_endpoint_whose_tokens_are_smaller_than_bytes_allow_is_given_more_room() -> None:
    over = TokenGauge().bound(TALK) * 2
    gauge = TokenGauge().after(TALK, reported(over))
    assert gauge.bound(TALK) > over


def test_what_was_learned_of_one_script_does_not_touch_another() -> None:
    gauge = TokenGauge().after(TALK, reported(1_800))
    assert gauge.bound("Привет мир " * 50) == TokenGauge().bound("Привет мир " * 50)


def test_a_gauge_survives_being_kept_as_json() -> None:
    gauge = TokenGauge().after(TALK, reported(1_800)).after("Привет мир " * 200, reported(900))
    assert TokenGauge.from_json(json.loads(json.dumps(gauge.to_json()))) == gauge


@pytest.mark.parametrize("kept", [
    {}, {"klingon": [1, 0.5, 10, 9.0]}, {"latin": [1, 0.5, 10]}, {"latin": "x"}, {"latin": [1, "a", 10, 9.0]},
    {"latin": [0, 0.5, 10, 9.0]}, {"latin": [1, float("nan"), 10, 9.0]},
])  # fmt: skip
def test_a_kept_gauge_that_cannot_be_read_is_learned_anew(kept: dict[str, object]) -> None:
    assert TokenGauge.from_json(kept) == TokenGauge()
