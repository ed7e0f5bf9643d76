"""Numbers by their value, in the languages that are spelled out, and what is no number at all."""

from __future__ import annotations

import pytest

from core.domain.numerals import hits_in, numerals_in, said_values
from core.domain.words import located_tokens


def read(text: str, language: str = "en") -> list[tuple[tuple[str, ...], ...]]:
    return [numeral.readings for numeral in numerals_in(text, language)]


def heard(text: str, language: str = "en") -> set[str]:
    located = located_tokens(text)
    forms = [form for form, _start in located]
    return {value for value, _at in said_values(hits_in(text, located, 0, language), forms, language)}


@pytest.mark.parametrize(
    ("language", "text", "value"),
    [
        ("en", "1.5 million", "1500000"),
        ("en", "1,500,000", "1500000"),
        ("en", "one and a half million", "1500000"),
        ("en", "half a million", "500000"),
        ("en", "twenty-five", "25"),
        ("en", "two thousand and six", "2006"),
        ("en", "twenty oh six", "2006"),
        ("en", "nineteen eighty-four", "1984"),
        ("en", "five twelve", "512"),
        ("en", "three point one four", "3.14"),
        ("en", "two point five billion", "2500000000"),
        ("en", "three hundred and twenty-one thousand", "321000"),
        ("en", "three quarters", "0.75"),
        ("en", "twenty-first", "21"),
        ("en", "2.0", "2"),
        ("en", "1.2.3", "1.2.3"),
        ("de", "fünfundzwanzig", "25"),
        ("de", "zweitausendsechs", "2006"),
        ("de", "neunzehnhundertvierundachtzig", "1984"),
        ("de", "zwei Millionen dreihunderttausend", "2300000"),
        ("de", "anderthalb Millionen", "1500000"),
        ("de", "3,5", "3.5"),
        ("nl", "vijfentwintig", "25"),
        ("fr", "quatre-vingt-dix-neuf", "99"),
        ("fr", "soixante-quinze", "75"),
        ("fr", "vingt et un", "21"),
        ("fr", "mille neuf cent quatre-vingt-quatre", "1984"),
        ("fr", "un million et demi", "1500000"),
        ("es", "treinta y cinco", "35"),
        ("es", "mil novecientos ochenta y cuatro", "1984"),
        ("es", "doscientos mil", "200000"),
        ("pt", "mil novecentos e oitenta e quatro", "1984"),
        ("pt", "um milhão e meio", "1500000"),
        ("it", "millenovecentottantaquattro", "1984"),
        ("it", "duemilasei", "2006"),
        ("it", "ventuno", "21"),
    ],
)
def test_a_number_has_its_value_however_it_is_written(language: str, text: str, value: str) -> None:
    assert read(f"… {text} …", language)[0][0] == (value,)
    assert value in heard(text, language)


@pytest.mark.parametrize(
    ("text", "value"),
    [("$3k", "3000"), ("1990s", "90"), ("150万", "1500000"), ("1 500 000", "1500000"), ("10bn", "10000000000")],
)
def test_digits_may_mean_more_than_they_show(text: str, value: str) -> None:
    assert (value,) in read(text)[0]
    assert value in heard(text)


def test_a_list_of_numbers_is_not_one_number() -> None:
    assert read("20, 25 and 30") == [(("20",),), (("25", "30"),)]
    assert read("between one hundred and two hundred")[0] == (("100", "200"), ("102", "100"))


@pytest.mark.parametrize("text", ["one of them", "a second later", "half of it", "two of them", "the first time"])
def test_small_words_are_not_surely_numbers(text: str) -> None:
    assert not any(numeral.is_sure for numeral in numerals_in(text, "en"))


@pytest.mark.parametrize("text", ["two hours", "fifty", "7%", "a million", "one hundred", "three percent", "5 things"])
def test_these_surely_are(text: str) -> None:
    assert [numeral.is_sure for numeral in numerals_in(text, "en")] == [True]


def test_speech_is_heard_in_every_way_it_can_be_taken() -> None:
    assert {"20", "25", "2025"} <= heard("in twenty twenty five")
    assert {"100", "200", "102"} <= heard("one hundred and two hundred")


def test_a_point_beside_digits_is_no_decimal_one() -> None:
    assert read("a 10 point list") == [(("10",),)]
    assert read("at some point") == []


def test_languages_without_a_list_have_digits_only() -> None:
    assert read("yirmi beş ve 25", "tr") == [(("25",),)]
