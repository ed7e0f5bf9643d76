"""What a new password has to be: long enough, not one of those that are tried first, and not the address itself.

No rules of composition, and pasting is allowed (NIST SP 800-63B, 3.1.1.2).
"""

from __future__ import annotations

import unicodedata
from functools import cache
from pathlib import Path

from core.domain.account import PasswordRefused

SHORTEST_CHARS = 8
LONGEST_CHARS = 256
_COMMON = Path(__file__).with_name("common_passwords.txt")


def normal_password(password: str) -> str:
    """The password as it is hashed: the same letters typed on two keyboards are the same password."""
    return unicodedata.normalize("NFKC", password)


def check_password(password: str, *, email: str) -> None:
    """Raises PasswordRefused, in words that say what to do."""
    given = normal_password(password)
    if len(given) < SHORTEST_CHARS:
        raise PasswordRefused(f"Take {SHORTEST_CHARS} characters or more. A few words in a row are good.")
    if len(given) > LONGEST_CHARS:
        raise PasswordRefused(f"Take {LONGEST_CHARS} characters at most.")
    folded = given.casefold().strip()
    if folded in {email.casefold(), email.casefold().partition("@")[0]}:
        raise PasswordRefused("This is your e-mail address. Take something that nobody can guess from it.")
    if folded in most_used_passwords() or len(set(folded)) <= 1:
        raise PasswordRefused("This is one of the passwords that are tried first. Take another.")


@cache
def most_used_passwords() -> frozenset[str]:
    """What is guessed first, in small letters; nothing under eight characters, which the length refuses already."""
    return frozenset(_COMMON.read_text("utf-8").split())
