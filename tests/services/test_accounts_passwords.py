"""Hashing beside the event loop, at most two at once, and by the real hasher."""

from __future__ import annotations

import asyncio
import threading

import pytest

from core.domain.passwords import check_password
from core.errors import Unavailable
from core.integrations.argon2 import Argon2
from core.services.accounts.passwords import Passwords
from tests.factories.accounts import CountingHasher


class SlowHasher(CountingHasher):
    """Waits until it is let go, and counts how many do so at once."""

    def __init__(self) -> None:
        super().__init__()
        self.let_go = threading.Event()
        self.at_once = 0
        self.most_at_once = 0
        self._lock = threading.Lock()

    def hash(self, password: str) -> str:
        with self._lock:
            self.at_once += 1
            self.most_at_once = max(self.most_at_once, self.at_once)
        self.let_go.wait(5)
        with self._lock:
            self.at_once -= 1
        return super().hash(password)


async def test_two_are_hashed_at_once_and_the_loop_goes_on_meanwhile() -> None:
    hasher = SlowHasher()
    passwords = Passwords(hasher)
    hashing = [asyncio.create_task(passwords.hash(f"password {n}")) for n in range(6)]
    async with asyncio.timeout(5):
        while hasher.at_once < 2:  # noqa: ASYNC110  # a thread's counter tells nobody
            await asyncio.sleep(0.001)
    assert not any(task.done() for task in hashing)
    hasher.let_go.set()
    assert len(set(await asyncio.gather(*hashing))) == 6
    assert hasher.most_at_once == 2


async def test_a_flood_is_turned_away_instead_of_filling_the_memory() -> None:
    hasher = SlowHasher()
    passwords = Passwords(hasher)
    hashing = [asyncio.create_task(passwords.hash(f"password {n}")) for n in range(100)]
    await asyncio.sleep(0)
    with pytest.raises(Unavailable):
        await passwords.hash("one too many")
    hasher.let_go.set()
    await asyncio.gather(*hashing)
    assert await passwords.hash("later") == "hash of later"


async def test_nobodys_password_is_never_right() -> None:
    passwords = Passwords(CountingHasher())
    assert not await passwords.is_right("nobody has this password", None)
    assert not await passwords.is_right("", None)


async def test_the_real_hash_is_argon2id_salted_and_fits_only_its_password() -> None:
    passwords = Passwords(Argon2())
    first, second = await passwords.hash("caf\u00e9 au lait"), await passwords.hash("caf\u00e9 au lait")
    assert first.startswith("$argon2id$v=19$m=65536,t=3,")
    assert first != second
    assert await passwords.is_right("cafe\u0301 au lait", first)
    assert not await passwords.is_right("cafe au lait", first)
    assert not passwords.is_outdated(first)
    assert passwords.is_outdated("$argon2id$v=19$m=8192,t=1,p=1$c2FsdHNhbHQ$aGFzaGhhc2hoYXNoaGFzaA")


async def test_a_long_password_fits_however_its_letters_were_typed() -> None:
    passwords = Passwords(CountingHasher())
    typed = "e\u0301a" * 100  # 300 characters that are 200 letters
    check_password(typed, email="ann@example.org")
    assert await passwords.is_right(typed, await passwords.hash(typed))


async def test_what_is_no_hash_fits_nothing() -> None:
    assert not await Passwords(Argon2()).is_right("password", "nonsense")
