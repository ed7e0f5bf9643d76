"""Audit log: who did what, to what, when; and whether every line is still as it was written."""

from __future__ import annotations

import json
from collections.abc import Mapping

from nicegui import Client, ui

from core.domain.archival import AuditEntry
from core.domain.audit import AuditCheck, AuditFilter
from core.domain.permissions import Action
from core.errors import AppError
from ops_dashboard.address import Address
from ops_dashboard.components.sheet import cell, sheet
from ops_dashboard.panels.definition import Group, Panel, Surroundings
from ops_dashboard.templating import render
from ops_dashboard.words import Clock, counted
from pages.components.elements import box, markup, text

_COLUMNS = (("Who", ""), ("What", ""), ("To what", ""), ("Detail", ""))
_PAGE_ROWS = 50
_ANY = ""
_NONE_YET = "Nothing was done yet. Whatever an admin, the schedule or the command line does will stand here."
_NONE_LIKE_THAT = "No line like that. Choose everything, or look for fewer letters of a name."


class AuditBody:
    """The chain's state above, the lines below, newest first."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._audit = surroundings.services.audit
        self._clock = Clock(surroundings.address.zone)
        self._entries: list[AuditEntry] = []
        self._people: Mapping[str, str] = {}
        self._has_more = False
        self._turn = 0
        desk = surroundings.desk
        self._see = desk.acting(Action.SEE_AUDIT_LOG, self._read, name="audit.filter")
        self._older = desk.acting(Action.SEE_AUDIT_LOG, self._read_older, name="audit.older")
        verify = desk.acting(Action.SEE_AUDIT_LOG, self._check, name="audit.verify")
        with box(
            "section", "panel board-card flush audit-log", aria_label="Audit log", aria_busy="true"
        ) as self._whole:
            with box("div", "audit-bar"):
                self._action = ui.select({_ANY: "Everything"}, value=_ANY).props(
                    'outlined dense aria-label="Kind of act"'
                )
                self._words = ui.input(placeholder="Find in who, what, to what").props(
                    'outlined dense clearable aria-label="Find in the log"'
                )
                for field in (self._action, self._words):
                    field.classes("again")
                self._action.on("update:model-value", self._see)
                self._words.on("keydown.enter", self._see).on("clear", self._see)
                self._state = text("span", "Checking the chain", "state", role="status")
                text("button", "Verify again", "btn compact ghost", type="button").on("click", verify)
            self._trouble = box("div", "trouble", role="alert")
            self._place = box("div")
            with self._place:
                markup(render("bones.html.jinja", kind="list"))
        self._client: Client = self._whole.client

    async def show(self, address: Address) -> None:
        self._clock = Clock(address.zone)
        try:
            actions = await self._audit.actions()
        except AppError as error:
            self._complain(error.message)
            return
        self._action.set_options({_ANY: "Everything"} | {action: action_words(action) for action in actions})
        await self._read()
        await self._check()

    async def refresh(self) -> None:
        """New lines come in at the top; whoever has gone back in the log is left where they are."""
        if len(self._entries) <= _PAGE_ROWS:
            await self._read()

    async def _read(self, *_event: object) -> None:
        await self._read_on([])

    async def _read_older(self, *_event: object) -> None:
        await self._read_on(self._entries)

    async def _read_on(self, above: list[AuditEntry]) -> None:
        """The lines beneath those above, newest first. A later call overtakes an earlier one."""
        self._turn += 1
        turn = self._turn
        before = above[-1].id if above else None
        try:
            found = await self._audit.listed(self._only(), before_id=before, limit=_PAGE_ROWS + 1)
            people = await self._audit.people(entry.actor for entry in found)
        except AppError as error:
            self._complain(error.message)
            return
        if turn != self._turn or self._client.is_deleted:
            return
        self._people = {**self._people, **people}
        self._has_more = len(found) > _PAGE_ROWS
        self._entries = [*above, *found[:_PAGE_ROWS]]
        self._draw()

    def _only(self) -> AuditFilter:
        action = str(self._action.value or "")
        return AuditFilter(actions=(action,) if action else (), words=str(self._words.value or ""))

    async def _check(self, *_event: object) -> None:
        try:
            words, tone, title = chain_words(await self._audit.check())
        except AppError as error:
            words, tone, title = "The chain could not be read", "warn", error.message
        if not self._client.is_deleted:
            self._state.set_text(words)
            self._state.classes(replace=f"state {tone}")
            self._state.props["title"] = title

    def _draw(self) -> None:
        self._whole.props["aria-busy"] = "false"
        self._trouble.clear()
        self._place.clear()
        with self._place:
            if not self._entries:
                text("p", _NONE_LIKE_THAT if self._only() != AuditFilter() else _NONE_YET, "void")
                return
            with sheet("Audit log", ((f"When ({self._clock.name})", ""), *_COLUMNS)):
                for entry in self._entries:
                    self._row(entry)
            if self._has_more:
                with box("div", "actions-row"):
                    text("button", "Older", "btn compact", type="button").on("click", self._older)

    def _row(self, entry: AuditEntry) -> None:
        with box("tr"):
            stamp = f"{self._clock.local(entry.at):%Y-%m-%d %H:%M:%S}"
            cell(stamp, "when", title=f"Line {entry.id}, hash {entry.hash}")
            cell(self._people.get(entry.actor, entry.actor), "long")
            cell(action_words(entry.action), "num")
            cell(entry.subject, "long")
            cell(detail_words(entry.detail), "long detail")

    def _complain(self, message: str) -> None:
        self._whole.props["aria-busy"] = "false"
        self._trouble.clear()
        with self._trouble, box("div", "panel error"):
            text("h2", "The audit log could not be read")
            text("p", message, "muted")
            text("button", "Try again", "btn compact", type="button").on("click", self._see)


def action_words(action: str) -> str:
    """ "archive.stop_asked" as people say it: "archive: stop asked"."""
    subject, _, act = action.partition(".")
    return f"{subject}: {act.replace('_', ' ')}" if act else action


def detail_words(detail: Mapping[str, object]) -> str:
    """ "rows 4,118, file …": each pair, short."""
    return ", ".join(f"{key} {_value(value)}" for key, value in detail.items())


def _value(value: object) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return value if isinstance(value, str) else json.dumps(value)


def chain_words(check: AuditCheck) -> tuple[str, str, str]:
    """What is said of the chain: words, tone, and the exact title."""
    if check.is_intact:
        return f"Chain verified: {counted(check.lines, 'line', 'lines')}", "ok", f"Head {check.head_hash}"
    return f"Chain broken at line {check.broken_id}", "bad", f"{check.reason}; {check.lines} lines before it are intact"


PANEL = Panel(
    slug="audit",
    title="Audit log",
    group=Group.MAINTAIN,
    action=Action.SEE_AUDIT_LOG,
    build=AuditBody,
    has_range=False,
    note="Lines are only ever added. Each one's hash covers the line before it.",
)
