"""What a panel is: where it stands in the rail, what one must be allowed to do to open it, and how it is built."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from core.bootstrap import Services
from core.domain.permissions import Action
from ops_dashboard.address import Address
from ops_dashboard.feed import Feed
from pages.guards import Desk

# A handler that `Desk.acting` made; parts that attach one to their elements take it under this name.
Guarded = Callable[..., Awaitable[None]]


class Group(StrEnum):
    """Headings of the rail, in its order; the first has none."""

    WATCH = ""
    MAINTAIN = "Maintain"


class Body(Protocol):
    """What a panel shows beneath the bar. It is built with skeletons; nothing is loaded before `show`."""

    async def show(self, address: Address) -> None:
        """Loads and draws what the address asks for: once the socket stands, and at each change of the address."""

    async def refresh(self) -> None:
        """A minute has closed: the same again with new figures, in place."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a panel is given. Links to another state or panel are plain `<a href>`: ops.js follows them in place."""

    services: Services
    desk: Desk
    feed: Feed
    address: Address


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One panel. `slug` is its path under /ops, "" for /ops itself. `note` stands in the bar where no range is chosen.

    `heading` gives what stands above the title and the title itself, where the address changes them.
    """

    slug: str
    title: str
    group: Group
    action: Action
    build: Callable[[Surroundings], Body]
    has_range: bool = True
    note: str = ""
    heading: Callable[[Address], tuple[str, str]] | None = None

    @property
    def path(self) -> str:
        return f"/ops/{self.slug}" if self.slug else "/ops"
