"""What stands around every operators' page: the rail of panels, the bar with range and clock, and how fresh it is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from nicegui import ui

from core.domain.account import Account
from core.domain.period import PRESETS, Period
from core.domain.permissions import is_allowed
from core.services.operations.views import Freshness
from ops_dashboard.address import Address
from ops_dashboard.panels.definition import Group, Panel
from ops_dashboard.templating import render
from ops_dashboard.words import Clock, before_phrase, counted, initials
from pages import templating
from pages.assets import asset_url
from pages.components.elements import box, markup

PRESET_NAMES = {"1h": "1 h", "6h": "6 h", "24h": "24 h", "7d": "7 d", "30d": "30 d", "90d": "90 d"}
KEYS: tuple[tuple[str, str], ...] = (
    ("1 – 6", "Range: 1 h, 6 h, 24 h, 7 d, 30 d, 90 d"),
    ("C", "Compare with the period before"),
    ("U", "UTC or your own clock"),
    ("W", "Wall: large, without controls; Escape ends it"),
    ("← →", "In a chart: read it out, bin by bin"),
    ("?", "These keys"),
)
# Samples come every few seconds: a newest sum older than this means that recording or its database is behind.
_BEHIND_AFTER = timedelta(minutes=3)


def show_frame(panels: Sequence[Panel], panel: Panel, account: Account, release: str) -> None:
    """Head and rail, as plain HTML: they are there before Vue is."""
    ui.page_title(f"{panel.title} · Sightline operations")
    ui.add_head_html(templating.render("head.html.jinja"))
    ui.add_head_html(f'<link rel="stylesheet" href="{asset_url("ops.css")}">')
    ui.add_head_html(f'<script type="module" src="{asset_url("ops.js")}"></script>')
    allowed = [each for each in panels if is_allowed(account.role, each.action)]
    groups = [(group.value, [each for each in allowed if each.group is group]) for group in Group]
    who = f"{account.role.value} · {initials(account.email)}"
    ui.add_body_html(
        render(
            "frame.html.jinja",
            groups=[(name, entries) for name, entries in groups if entries],
            here=panel,
            who=who,
            release=release,
            keys=KEYS,
        )
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Choice:
    """One link of the bar."""

    text: str
    href: str
    is_on: bool
    key: str = ""


class Bar:
    """The top bar and the notes beneath it; drawn anew at each change of the address."""

    def __init__(self, panel: Panel, address: Address, now: datetime) -> None:
        self._panel = panel
        with box("header", "bar-top"):
            self._titles = markup("", "titles")
            with box("div", "live-room"):
                # Apart, or the word would be read out at each look.
                self._live, self._age = markup("", tag="span"), markup("", tag="span")
            self._controls = markup("", "controls")
        self._notes = markup("", "ops-notes")
        self._freshness: Freshness | None = None
        self.show(address, now)

    def show(self, address: Address, now: datetime) -> None:
        self._address = address
        above, title = self._panel.heading(address) if self._panel.heading else ("", self._panel.title)
        up = address.without_drill().href(self._panel.path)
        self._titles.set_content(render("titles.html.jinja", above=above, up=up, title=title, note=self._panel.note))
        if self._panel.has_range:
            self._controls.set_content(render("controls.html.jinja", **_controls(self._panel, address, now)))
        self._show_notes()

    def show_freshness(self, freshness: Freshness | None, *, is_reachable: bool) -> None:
        self._freshness = freshness
        if self._panel.has_range:
            tone, words, at = _live(freshness, self._address, is_reachable)
            self._live.set_content(render("live.html.jinja", tone=tone, text=words))
            self._age.set_content(render("age.html.jinja", at=at))
        self._show_notes()

    def _show_notes(self) -> None:
        is_demo = self._freshness is not None and self._freshness.is_demo
        self._notes.set_content(render("notes.html.jinja", problems=self._address.problems, is_demo=is_demo))


def _controls(panel: Panel, address: Address, now: datetime) -> dict[str, object]:
    clock, period = Clock(address.zone), address.period(now)

    def link(changed: Address) -> str:
        return changed.href(panel.path)

    ranges = [
        Choice(
            text=PRESET_NAMES[name],
            href=link(replace(address, range=name, start=None, end=None)),
            is_on=address.range == name,
            key=str(number),
        )
        for number, name in enumerate(PRESETS, start=1)
    ]
    return {
        "ranges": ranges,
        "custom": _between(period, clock, now) if address.start else "",
        "start": f"{clock.local(period.start):%Y-%m-%dT%H:%M}",
        "end": f"{clock.local(period.end):%Y-%m-%dT%H:%M}",
        "zone": clock.name,
        "compare": Choice(
            text=f"vs {before_phrase(address.length).removeprefix('the ')}",
            href=link(replace(address, is_compared=not address.is_compared)),
            is_on=address.is_compared,
        ),
        "utc": Choice(
            text="UTC" if address.zone == "UTC" else address.zone.rpartition("/")[2].replace("_", " "),
            href=link(replace(address, zone="UTC")),
            is_on=address.zone == "UTC",
        ),
        "wall": Choice(text="Wall", href=link(replace(address, is_wall=not address.is_wall)), is_on=address.is_wall),
    }


def _between(period: Period, clock: Clock, now: datetime) -> str:
    """ "23 Nov 14:00 – 24 Nov 09:30"; with the year where it is another one than now."""
    this_year = clock.local(now).year
    ends = [
        clock.stamp(at) if (year := clock.local(at).year) == this_year else f"{clock.day(at)} {year} {clock.time(at)}"
        for at in (period.start, period.end)
    ]
    return " – ".join(ends)


def _live(freshness: Freshness | None, address: Address, is_reachable: bool) -> tuple[str, str, str]:
    """Tone, words, and when it was found out where its age is to be counted."""
    if freshness is None:
        return ("", "Connecting", "") if is_reachable else ("bad", "No figures", "")
    if not is_reachable:
        return "bad", f"Stopped at {Clock(address.zone).time(freshness.read_at)}", ""
    lost = f" · {counted(freshness.dropped, 'event', 'events')} lost" if freshness.dropped else ""
    newest = freshness.newest
    if newest is not None and freshness.read_at - newest > _BEHIND_AFTER:
        text = f"Newest figures {Clock(address.zone).moment(newest, freshness.read_at)}{lost}"
        return "warn", text, ""
    return "warn" if lost else "ok", f"Live{lost}", freshness.read_at.isoformat()
