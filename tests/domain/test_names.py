"""Which words of a line are names, and where they count as said."""

from __future__ import annotations

import pytest

from core.domain.languages import stop_words
from core.domain.names import SpokenForms, missing_names
from core.domain.words import located_tokens

TALK = (
    "So today Daniel Thompson talks about the new release of Tauri.",
    "I think Tauri and the type script people, they use machine learning.",
    "In America the apple is red, and the apple is green.",
    "We met José at the U.S.A. office of Amazon Web Services, not Apple.",
)
CAPTIONS = tuple(line.lower().replace(".", "").replace(",", "") for line in TALK)


def missing(
    text: str, lines: tuple[str, ...] = TALK, *, at: tuple[int, int] | None = None, language: str = "en",
    speaker: str = "", is_translated: bool = False,
) -> tuple[str, ...]:  # fmt: skip
    spoken = SpokenForms()
    for line in lines:
        spoken.add(line, located_tokens(line), speaker or None)
    return missing_names(
        text, [at or (0, len(spoken.forms))], frozenset(speaker.lower().split()), spoken, stops=stop_words(language),
        written_in=language, is_translated=is_translated,
    )  # fmt: skip


@pytest.mark.parametrize("lines", [TALK, CAPTIONS])
@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("It is about Tauri.", ()),
        ("It is about Electron.", ("Electron",)),
        ("Yesterday Daniel Thompson spoke.", ()),
        ("Yesterday Daniel Smith spoke.", ("Daniel Smith",)),
        ("They use TypeScript.", ()),
        ("It is the American way of ML.", ()),
        ("They know AWS and the USA and Jose.", ()),
        ("They use AWZ.", ("AWZ",)),
        ("It is the Tauris' own, Daniel's.", ()),
        ("We heard of Tawri.", ()),
        ("Electron is no name at the beginning", ()),
        ("Smith says that it is new.", ("Smith",)),
    ],
)
def test_a_name_must_be_said(lines: tuple[str, ...], text: str, names: tuple[str, ...]) -> None:
    assert missing(text, lines) == names


def test_it_must_be_said_in_the_window() -> None:
    assert missing("It is about Tauri.", at=(11, 40)) == ()
    assert missing("It is about José.", at=(0, 12)) == ("José",)
    assert (
        missing("Here Daniel Thompson speaks.", ("Daniel Thompson is here", "and so Daniel says no"), at=(4, 9)) == ()
    )


def test_a_name_that_is_said_elsewhere_is_not_taken_for_one_misheard() -> None:
    lines = ("the tool is called Tauri", "and not Tauro, no")
    assert missing("It is about Tauro.", lines, at=(0, 5)) == ("Tauro",)


def test_a_name_in_the_very_place_of_another_is_missing() -> None:
    spoken = SpokenForms()
    for line in TALK:
        spoken.add(line, located_tokens(line), None)
    window = (0, len(spoken.forms))

    def swapped(text: str, quote: str) -> tuple[str, ...]:
        return missing_names(
            text, [window], frozenset(), spoken, stops=stop_words("en"), written_in="en", quotes=[quote]
        )

    assert swapped("It is about the release of Amazon.", TALK[0]) == ()
    assert swapped("It is the new release of Daniel.", "the new release of Tauri.") == ()
    assert swapped("Here José talks of it.", "Here Daniel talks of it.") == ("José",)
    assert swapped("He will tell Amazon that it ships.", "We tell Tauri that it ships.") == ("Amazon",)


def test_what_the_transcript_writes_small_is_no_name() -> None:
    assert missing("He grows the Release of a Red Apple.") == ()
    assert missing("He grows the Release of a Red Pear.") == ("Pear",)


def test_who_speaks_need_not_be_named() -> None:
    assert missing("There Jerod Santo agrees.", speaker="Jerod Santo") == ()


def test_headings_in_capitals_tell_nothing() -> None:
    assert missing("How Builders Choose Frameworks Today") == ()


def test_german_nouns_are_no_names_but_two_in_a_row_are() -> None:
    lines = ("Heute spricht Angela Merkel über die Krise in Europa.",)
    assert missing("Sie nennt die Lage und den Ausweg.", lines, language="de") == ()
    assert missing("Hier spricht Helmut Kohl.", lines, language="de") == ("Helmut Kohl",)


def test_in_translation_names_of_days_and_other_scripts_are_left_out() -> None:
    german = ("Am Montag war ich mit Merkel in Berlin und das war gut.",)
    assert missing("On Monday in Berlin they met.", german, is_translated=True) == ()
    assert missing("In Hamburg they met on Monday.", german, is_translated=True) == ("Hamburg",)
    assert missing("So Merkel spoke.", ("今天默克尔在柏林讲话",), is_translated=True) == ()


def test_scripts_without_capitals_have_no_names_to_miss() -> None:
    assert missing("默克尔在柏林", ("今天讲话",), language="zh") == ()


def test_german_nouns_side_by_side_or_linked_by_an_article_are_no_names() -> None:
    said = ("Wir sprechen über die Bedeutung der Zerlegung von Wörtern.",)
    text = "Es geht um den Sinn der Wörter und das Zerlegen der Sätze in Stücke."
    assert missing(text, said, language="de") == ()
    assert missing("Es spricht Hans von Bülow.", said, language="de") == ("Hans Bülow",)
