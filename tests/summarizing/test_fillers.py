from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.words import tokens
from core.summarizing.fillers import strip_fillers

TALK = ("so", "um", "the", "you", "know", "like", "right", "model", "is", "i", "mean", "and", "kind", "of")


@pytest.mark.parametrize(
    ("said", "line"),
    [
        ("Um, so so it definitely had that as a concept.", "It definitely had that as a concept."),
        ("So you know, uh the the middle button is for the menu, right?", "The middle button is for the menu?"),
        ("I think that the model is too large.", "The model is too large."),
        ("And so, that's the kind of thing we like.", "That's the kind of thing we like."),
        ("We had had enough.", "We had had enough."),
        ("okay so um i think we should we should go", "we should go"),
        ("- So, I mean, the encoder, and so on", "The encoder"),
        ("Right angles matter here.", "Right angles matter here."),
        ("Yeah.", "Yeah."),
        ("Is is it red?", "Is it red?"),
        ("It was sold in in twenty twenty for ten ten euros.", "It was sold in twenty twenty for ten ten euros."),
    ],
)
def test_talk_becomes_a_line(said: str, line: str) -> None:
    assert strip_fillers(said, "en") == line


def test_other_languages_lose_their_own_fillers() -> None:
    assert strip_fillers("Итак, ну, давайте поговорим, как бы, о моделях.", "ru") == "Давайте поговорим о моделях."
    assert strip_fillers("Alors, euh, le modèle est prêt, hein ?", "fr") == "Le modèle est prêt ?"


def test_english_rules_leave_other_languages_alone() -> None:
    assert strip_fillers("So ist das Modell um zwei Uhr fertig.", "de") == "Ist das Modell um zwei Uhr fertig."
    assert strip_fillers("Er ist um zehn da.", "de") == "Er ist um zehn da."
    assert strip_fillers("Well, ok.", "fi") == "Well, ok."


@given(
    st.lists(
        st.sampled_from([*TALK, "-", ",", ".", "?"]),
        max_size=15,
    )
)
def test_a_line_is_made_of_the_words_said_in_their_order(words: list[str]) -> None:
    said = " ".join(words)
    rest = iter(tokens(said))
    assert all(word in rest for word in tokens(strip_fillers(said, "en")))


@given(st.lists(st.sampled_from(TALK), min_size=1, max_size=12))
def test_stripping_twice_changes_no_more(words: list[str]) -> None:
    once = strip_fillers(" ".join(words), "en")
    assert strip_fillers(once, "en") == once
