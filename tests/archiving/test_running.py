"""Patience with what passes by itself."""

from __future__ import annotations

import pytest

from core.archiving.running import Signals, with_patience
from core.errors import Unavailable


class Quiet(Signals):
    """Nobody asks for anything, and nobody waits."""

    def __init__(self) -> None:
        self.rests: list[float] = []

    async def check(self) -> None:
        return

    async def rest(self, seconds: float) -> None:
        self.rests.append(seconds)


async def test_a_database_that_is_still_away_when_the_state_is_read_again_is_waited_for() -> None:
    """It restarts: the slice is lost, then the look at what was committed of it, then it is back."""
    answers = iter([Unavailable("gone"), Unavailable("still gone"), None])
    done: list[str] = []

    async def act() -> bool:
        done.append("act")
        if len(done) == 1:
            raise next(answers)  # type: ignore[misc]
        return True

    async def undo() -> None:
        done.append("undo")
        if (error := next(answers)) is not None:
            raise error

    signals = Quiet()
    assert await with_patience(signals, act, undo)
    assert done == ["act", "undo", "undo", "act"]
    assert signals.rests == [0.25, 0.5]


async def test_patience_ends() -> None:
    async def act() -> bool:
        raise Unavailable("gone")

    async def undo() -> None:
        return

    signals = Quiet()
    with pytest.raises(Unavailable):
        await with_patience(signals, act, undo)
    assert len(signals.rests) == 7
