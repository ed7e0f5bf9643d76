"""Which passwords are refused, and that nothing else is asked of them."""

from __future__ import annotations

import pytest

from core.domain.account import PasswordRefused
from core.domain.passwords import check_password, most_used_passwords, normal_password

EMAIL = "Ann.Lee@Example.org"


@pytest.mark.parametrize("password", ["a" * 4 + "bcd9", "лес и река", "a b c d e", "x" * 255 + "y", "Pa$$ wörter"])
def test_any_eight_characters_will_do(password: str) -> None:
    check_password(password, email=EMAIL)


@pytest.mark.parametrize(
    ("password", "why"),
    [
        ("", "8 characters or more"),
        ("seven77", "8 characters or more"),
        ("xy" * 129, "256 characters at most"),
        ("PassWord123", "tried first"),
        ("qwertyuiop", "tried first"),
        ("zzzzzzzzzz", "tried first"),
        (" " * 12, "tried first"),
        ("ann.lee@example.org", "your e-mail address"),
        ("ANN.LEE@EXAMPLE.ORG", "your e-mail address"),
    ],
)
def test_what_would_protect_nothing_is_refused_with_the_reason(password: str, why: str) -> None:
    with pytest.raises(PasswordRefused, match=why):
        check_password(password, email=EMAIL)


def test_the_part_before_the_at_sign_is_no_password_either() -> None:
    with pytest.raises(PasswordRefused):
        check_password("annabella", email="Annabella@example.org")


def test_the_list_holds_only_what_the_length_does_not_refuse_already() -> None:
    assert len(most_used_passwords()) >= 200
    assert all(len(word) >= 8 and word == word.casefold() for word in most_used_passwords())


def test_the_same_letters_from_two_keyboards_are_one_password() -> None:
    assert normal_password("cafe\u0301 au lait") == normal_password("caf\u00e9 au lait")
