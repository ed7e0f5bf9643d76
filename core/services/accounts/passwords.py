"""Hashing that never holds up the event loop, and takes as long where there is nothing to compare with."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TypeVar

from core.domain.passwords import LONGEST_CHARS, normal_password
from core.errors import Unavailable
from core.ports import PasswordHasher

# Each takes a core and 64 MB for a while: two at once leave the rest to everybody else.
_AT_ONCE = 2
_MOST_WAITING = 100
_T = TypeVar("_T")


class Passwords:
    """Belongs to the event loop that uses it first."""

    def __init__(self, hasher: PasswordHasher) -> None:
        self._hasher = hasher
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._waiting = 0
        self._nobodys: str | None = None

    async def hash(self, password: str) -> str:
        """Raises Unavailable where too many wait already."""
        return await self._in_thread(lambda: self._hasher.hash(normal_password(password)))

    async def is_right(self, password: str, password_hash: str | None) -> bool:
        """Whether the password fits; without a hash it is compared with one that fits nothing, in the same time.

        Raises Unavailable where too many wait already.
        """
        # Asked for in either case: the first time takes longer for everybody.
        nobodys = await self._hash_of_nobody()
        compared = password_hash or nobodys
        given = normal_password(password)[: LONGEST_CHARS + 1]
        fits = await self._in_thread(lambda: self._hasher.verify(given, compared))
        return fits and password_hash is not None

    def is_outdated(self, password_hash: str) -> bool:
        return self._hasher.is_outdated(password_hash)

    async def _hash_of_nobody(self) -> str:
        if self._nobodys is None:
            self._nobodys = await self.hash("nobody has this password")
        return self._nobodys

    async def _in_thread(self, work: Callable[[], _T]) -> _T:
        if self._waiting >= _MOST_WAITING:
            raise Unavailable("Very many people are signing in at this moment. Try again in a minute.")
        self._waiting += 1
        try:
            async with self._slots:
                return await asyncio.to_thread(work)
        finally:
            self._waiting -= 1
