from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.words import content_stems, located_tokens, number_strings, stem, tokens


def test_words_keep_their_apostrophes_and_lose_their_capitals() -> None:
    assert tokens("It’s a Model's test, don't PANIC!") == ["it's", "a", "model's", "test", "don't", "panic"]


def test_french_elisions_are_two_words() -> None:
    assert tokens("L'idée d'aujourd'hui") == ["l", "idée", "d", "aujourd'hui"]


def test_scripts_without_spaces_become_units_that_repeat() -> None:
    assert tokens("机器学习") == ["机器", "器学", "学习"]
    assert tokens("モデルの学習") == ["モデル", "の", "学習"]


def test_words_with_vowel_marks_stay_whole() -> None:
    assert tokens("हिन्दी भाषा") == ["हिन्दी", "भाषा"]


@given(st.text(max_size=200))
def test_every_token_is_found_at_its_offset(text: str) -> None:
    for form, start in located_tokens(text):
        original = text[start : start + len(form)]
        assert len(original) == len(form)
        assert original.lower().replace("’", "'").replace("ʼ", "'")[:1] == form[:1] or not original.isascii()


@pytest.mark.parametrize(
    ("forms", "language"),
    [
        ("organize organizes organized organizing organization organizations", "en"),
        ("relate relates related relating relation relations", "en"),
        ("study studies studied", "en"),
        ("run runs running", "en"),
        ("model models model's", "en"),
        ("модель модели моделей моделями", "ru"),
        ("donner donnez donné donnée donnent", "fr"),
    ],
)
def test_forms_of_one_word_share_a_stem(forms: str, language: str) -> None:
    assert len({stem(form, language) for form in forms.split()}) == 1


@pytest.mark.parametrize(("left", "right"), [("news", "new"), ("organ", "organize"), ("ring", "red"), ("thing", "the")])
def test_different_words_keep_different_stems(left: str, right: str) -> None:
    assert stem(left, "en") != stem(right, "en")


def test_a_language_without_rules_is_left_alone() -> None:
    assert stem("kirjoissa", "fi") == "kirjoissa"
    assert stem("running", None) == "running"


def test_content_stems_leave_out_talk() -> None:
    found = content_stems("So, um, you know, the transformers are really translating sentences", "en")
    assert found == ["transformer", "translat", "sentenc"]


def test_numbers_have_one_plain_form() -> None:
    assert number_strings("1,000 people, 3,5 % and 2.75 of 1000; 007 at 12:30") == {
        "1000", "3.5", "2.75", "007", "12", "30",
    }  # fmt: skip
    assert number_strings("no digits") == frozenset()
    assert number_strings("١٢٣") == {"123"}
