from __future__ import annotations

import pytest

from core.domain.transcript import Transcript
from core.summarizing.phrases import capitalise
from core.summarizing.sentences import Sentence, split_sentences
from core.summarizing.titles import chapter_titles
from tests.transcripts import timed, untimed


def chapters(*texts: list[str]) -> list[list[Sentence]]:
    return [split_sentences(timed(*lines)) for lines in texts]


def sentences_of(transcript: Transcript) -> list[Sentence]:
    return split_sentences(transcript)


ATOMS = ["We meet electrons in every atom.", "The atom holds its electrons by charge.", "So electrons leave the atom."]
LOVELACE = [
    "Then Ada Lovelace wrote the first program.",
    "Nobody believed Ada Lovelace at first.",
    "But the program of Ada Lovelace was right.",
]
MASS = ["Look at the center of mass.", "The center of mass moves.", "It is the center of mass again."]


def test_a_title_is_what_is_said_here_and_not_elsewhere() -> None:
    atoms, program = chapter_titles(chapters(ATOMS, LOVELACE), "en")
    assert atoms in {"Electrons & atom", "Atom & electrons"}
    assert program.startswith("Ada Lovelace")


def test_two_nouns_joined_by_of_stay_together() -> None:
    assert chapter_titles(chapters(MASS, ATOMS), "en")[0].startswith("Center of mass")


def test_lower_case_captions_get_a_capital_at_the_start_only() -> None:
    lower = [[line.lower().rstrip(".") for line in lines] for lines in (ATOMS, LOVELACE)]
    assert chapter_titles(chapters(*lower), "en")[1].startswith("Ada lovelace")


def test_numbers_and_empty_verbs_name_nothing() -> None:
    lines = [
        "Three thousand people expect this.",
        "We expect two thousand.",
        "They expect and gave seven solar panels.",
    ]
    title = chapter_titles(chapters(lines, ATOMS), "en")[0].lower()
    assert "solar panels" in title
    assert not {"three", "two", "thousand", "seven", "expect", "gave"} & set(title.split())


def test_singular_and_plural_are_one_word() -> None:
    lines = ["A token is small.", "Some tokens are long.", "The token and the tokens.", "A lamp and a lamp."]
    title = chapter_titles(chapters(lines, ATOMS), "en")[0].lower()
    assert title.count("token") == 1


def test_hyphenated_words_are_not_cut() -> None:
    lines = [
        "We do pre-tokenization first.",
        "Then pre-tokenization ends.",
        "The pre-tokenization of Objective-C code.",
    ]
    title = chapter_titles(chapters(lines, ATOMS), "en")[0]
    assert title.startswith("Pre-tokenization")
    assert "Pre &" not in title


def test_chapters_that_say_the_same_have_titles_of_their_own() -> None:
    titles = chapter_titles(chapters(ATOMS, ATOMS, ATOMS), "en")
    assert len({title.lower() for title in titles}) == 3
    assert all(titles)


def test_only_a_chapter_without_meaning_is_called_a_part() -> None:
    nothing = ["Yeah, so, okay.", "And then we go, you know."]
    assert chapter_titles(chapters(ATOMS, nothing), "en")[1] == "Part 2"


def test_chinese_titles_are_characters_of_the_text() -> None:
    first = sentences_of(timed("机器学习很有意思。", "机器学习需要数据。", "机器学习改变世界。", language="zh"))
    second = sentences_of(timed("天气预报说明天下雨。", "天气预报不准确。", language="zh"))
    titles = chapter_titles([first, second], "zh")
    assert titles[0].startswith("机器学习")
    assert "天气" in titles[1]


def test_a_language_without_lists_still_has_titles() -> None:
    lines = ["qorvat milen ta sutrano", "ta qorvat se milen", "sutrano ta qorvat milen"] * 8
    titles = chapter_titles([split_sentences(untimed(*lines, language="xx"))], None)
    assert titles[0]
    assert titles[0] != "Part 1"


@pytest.mark.parametrize(("text", "title"), [("iPhone sales", "iPhone sales"), ("écoles", "Écoles"), ("", "")])
def test_a_title_begins_with_a_capital_unless_the_word_has_its_own(text: str, title: str) -> None:
    assert capitalise(text) == title
