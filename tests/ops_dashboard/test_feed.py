"""One look-out for all pages: it looks while somebody looks, and no longer."""

from __future__ import annotations

import asyncio

from core.domain.permissions import Role
from core.errors import Unavailable
from core.services.operations.views import Freshness
from ops_dashboard.feed import Feed
from tests.ops_dashboard.conftest import Desktop, FakeFigures
from tests.ops_dashboard.test_panels import is_settled, until


async def test_it_looks_from_the_first_viewer_to_the_last(desktop: Desktop) -> None:
    assert desktop.feed.viewers == 0
    await desktop.sign_in(Role.OPERATOR)
    first = await desktop.user.open("/ops")
    await until(lambda: is_settled(desktop))
    await until(lambda: desktop.figures.asked.count("freshness") == 1)
    second = await desktop.user.open("/ops/usage")
    await until(lambda: desktop.feed.viewers == 2)
    first.delete()
    assert desktop.feed.viewers == 1
    second.delete()
    assert desktop.feed.viewers == 0
    assert desktop.figures.asked.count("freshness") == 1
    assert (desktop.feed.looked.callbacks, desktop.feed.closed.callbacks) == ([], [])


async def test_panels_are_read_again_when_a_minute_has_closed_and_not_before(desktop: Desktop) -> None:
    await desktop.sign_in()
    await desktop.user.open("/ops")
    await until(lambda: is_settled(desktop))
    await desktop.feed.look()
    desktop.clock.forward(seconds=59)
    await desktop.feed.look()
    assert desktop.figures.asked.count("overview") == 1
    desktop.clock.forward(seconds=1)
    await desktop.feed.look()
    await until(lambda: desktop.figures.asked.count("overview") == 2)


async def test_a_range_that_has_ended_is_not_read_again(desktop: Desktop) -> None:
    await desktop.sign_in()
    await desktop.user.open("/ops?from=2026-11-20T00:00&to=2026-11-21T00:00")
    await until(lambda: is_settled(desktop))
    await desktop.feed.look()
    desktop.clock.forward(minutes=1)
    await desktop.feed.look()
    await asyncio.sleep(0.05)
    assert desktop.figures.asked.count("overview") == 1


async def test_whoever_comes_after_a_while_is_read_for_once(desktop: Desktop) -> None:
    await desktop.sign_in()
    first = await desktop.user.open("/ops")
    await until(lambda: is_settled(desktop) and desktop.figures.asked.count("freshness") == 1)
    first.delete()
    desktop.clock.forward(minutes=5)
    await desktop.user.open("/ops")
    await until(lambda: is_settled(desktop) and desktop.figures.asked.count("freshness") == 2)
    await asyncio.sleep(0.05)
    assert desktop.figures.asked.count("overview") == 2


async def test_a_database_that_hangs_is_told_of_before_it_answers(desktop: Desktop) -> None:
    answer = asyncio.Event()

    class Hanging(FakeFigures):
        async def freshness(self) -> Freshness:
            await answer.wait()
            return await super().freshness()

    feed = Feed(Hanging(), desktop.clock, patience_s=0.01)
    looking = asyncio.create_task(feed.look())
    await until(lambda: not feed.is_reachable)
    answer.set()
    await looking
    assert feed.is_reachable
    assert feed.freshness is not None


async def test_a_look_that_fails_is_shown_and_the_next_one_is_taken(desktop: Desktop) -> None:
    desktop.figures.failure = Unavailable("away")
    await desktop.feed.look()
    assert not desktop.feed.is_reachable
    desktop.figures.failure = RuntimeError("a bug")
    await desktop.feed.look()
    assert not desktop.feed.is_reachable
    desktop.figures.failure = None
    await desktop.feed.look()
    assert desktop.feed.is_reachable
    assert desktop.feed.freshness == desktop.figures.fresh
