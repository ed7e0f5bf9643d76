"""Passwords by argon2id, with the library's parameters (RFC 9106, second recommendation: 64 MiB, 3 passes)."""

from __future__ import annotations

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError
from pwdlib.hashers.argon2 import Argon2Hasher


class Argon2:
    """The port PasswordHasher. Other costs than the library's are for tests."""

    def __init__(self, hasher: Argon2Hasher | None = None) -> None:
        self._hasher = hasher or Argon2Hasher()
        self._passwords = PasswordHash((self._hasher,))

    def hash(self, password: str) -> str:
        return self._passwords.hash(password)

    def verify(self, password: str, password_hash: str) -> bool:
        try:
            return self._passwords.verify(password, password_hash)
        except UnknownHashError:
            return False

    def is_outdated(self, password_hash: str) -> bool:
        return self._hasher.check_needs_rehash(password_hash)
