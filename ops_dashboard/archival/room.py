"""What the parts of the archival panel share: the service, who is looking, and how a moment or a person is written."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.services.archival import Archival
from core.services.audit import AuditLog
from ops_dashboard.words import Clock, initials
from pages.guards import Desk

Refresh = Callable[[], Awaitable[None]]
_WORDS = {"schedule": "the schedule"}


@dataclass(slots=True, kw_only=True)
class Room:
    """One open page. `refresh` reads and draws everything again; `people` are the addresses of the accounts shown."""

    archival: Archival
    audit: AuditLog
    desk: Desk
    now: Callable[[], datetime]
    clock: Clock
    refresh: Refresh
    people: Mapping[str, str] = field(default_factory=dict)

    @property
    def me(self) -> str:
        """The actor of whoever looks at this page."""
        return f"account:{self.desk.signed_in.account.id}"

    def who(self, actor: str) -> str:
        """ "MK", "the schedule", "root at the command line"."""
        if actor == self.me:
            return "you"
        if actor in self.people:
            return initials(self.people[actor])
        if actor.startswith("cli:"):
            return f"{actor.removeprefix('cli:')} at the command line"
        return _WORDS.get(actor, "somebody whose account is gone")

    def since(self, at: datetime) -> str:
        """ "14:41" of today, "yesterday", or the day."""
        days = (self.clock.local(self.now()).date() - self.clock.local(at).date()).days
        if days == 0:
            return self.clock.time(at)
        return "yesterday" if days == 1 else self.date(at)

    def date(self, at: datetime | None) -> str:
        return "–" if at is None else f"{self.clock.local(at):%Y-%m-%d}"

    def exact(self, at: datetime) -> str:
        return f"{self.clock.local(at):%Y-%m-%d %H:%M} {self.clock.name}"


def about(seconds: float) -> str:
    """ "about 4 s", "about 3 min", "a moment"."""
    if seconds < 1:
        return "a moment"
    if seconds < 90:
        return f"about {seconds:.0f} s"
    minutes = timedelta(seconds=seconds) / timedelta(minutes=1)
    return f"about {minutes:.0f} min" if minutes < 90 else f"about {minutes / 60:.1f} h"
