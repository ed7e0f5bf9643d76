"""A line that denies what was said is caught, in eleven languages; much that is negated in speech is no denial."""

from __future__ import annotations

import pytest

from core.domain.languages import stop_words
from core.domain.negation import is_opposite
from core.domain.words import stem


def opposite(text: str, said: str, language: str = "en") -> bool:
    return is_opposite(text, [said], language, key_of=lambda word: stem(word, language), stops=stop_words(language))


@pytest.mark.parametrize(
    ("language", "yes", "no"),
    [
        ("en", "You need a graphics card for training.", "You do not need a graphics card for training."),
        ("en", "The library works with older browsers.", "The library never works with older browsers."),
        ("en", "The cache helps the server.", "The cache can't help the server."),
        ("en", "The team ships with tests.", "The team ships without tests."),
        ("de", "Man braucht eine Grafikkarte dafür.", "Man braucht keine Grafikkarte dafür."),
        ("de", "Ich empfehle die Bibliothek.", "Ich empfehle die Bibliothek nicht."),
        ("nl", "Je gebruikt een grafische kaart.", "Je gebruikt geen grafische kaart."),
        ("fr", "Il faut une carte graphique.", "Il ne faut pas une carte graphique."),
        ("es", "El modelo usa memoria compartida.", "El modelo no usa memoria compartida."),
        ("it", "Il modello usa memoria condivisa.", "Il modello non usa memoria condivisa."),
        ("pt", "O modelo usa memória partilhada.", "O modelo não usa memória partilhada."),
        ("ru", "Модель использует память сервера.", "Модель не использует память сервера."),
        ("uk", "Модель використовує пам'ять сервера.", "Модель не використовує пам'ять сервера."),
        ("pl", "Model używa pamięci serwera.", "Model nie używa pamięci serwera."),
        ("sv", "Modellen använder serverns minne.", "Modellen använder inte serverns minne."),
    ],
)
def test_a_denial_and_its_opposite(language: str, yes: str, no: str) -> None:
    assert opposite(yes, no, language)
    assert opposite(no, yes, language)
    assert not opposite(yes, yes, language)
    assert not opposite(no, no, language)
    assert not opposite(no, no.lower().replace(".", ""), language)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("A graphics card is not needed.", "So you don't need a graphics card at all."),
        ("The model cannot read images.", "It's impossible for the model to read images."),
        ("You need a graphics card.", "Don't you need a graphics card?"),
        (
            "The portion of the backchannel won't effect it.",
            "The portion of the of the backchannel won't won't effect it.",
        ),
        ("It was never ever listed.", "Because it was never never ever listed somewhere."),
        (
            "With respect to the use of delta or no, with respect to the size of the layer.",
            "With respect to the use of delta or no, uh with respect to the size of the layer.",
        ),
        ("You need a graphics card.", "People say you don't need a graphics card."),
        ("It runs on the server.", "You don't need a card, it runs on the server."),
        ("It runs on the server.", "you don't need a card because it runs on the server"),
        ("The parser is fast and small.", "I don't know, the parser is fast and small."),
        ("The parser is fast and small.", "No, no, no. The parser is not only fast but small."),
        ("The model fits in memory.", "It's not that the model doesn't fit in memory."),
        ("The parser handles comments.", "The tokenizer does not handle strings."),
    ],
)
def test_no_false_alarm(text: str, said: str) -> None:
    assert not opposite(text, said)


def test_a_language_without_rules_is_left_alone() -> None:
    assert not is_opposite("我不去学校", ["我去学校"], "zh", key_of=str, stops=frozenset())


def test_a_line_of_the_speakers_own_words_is_no_opposite_unless_a_negation_was_left_out() -> None:
    said = "Well, no, it never reads uh the whole file, not at once, no, and that is, uh, not a fault."
    assert not opposite("No, it never reads the whole file, not at once, no, and that is not a fault.", said)
    assert opposite("It reads the whole file.", "It never, uh, reads the whole file.")
