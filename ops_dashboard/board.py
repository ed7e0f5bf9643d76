"""A panel's body made of parts: each loads by itself, shows what became of it, and is updated in place."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import partial

from nicegui import Client, ui
from nicegui.element import Element

from core.domain.permissions import Action
from core.errors import AppError
from core.logging import EventLog
from ops_dashboard.address import Address
from ops_dashboard.blocks import Block, Part, Row, Rows
from ops_dashboard.charts import Chart
from ops_dashboard.components.chart import ChartCard
from ops_dashboard.panels.definition import Guarded, Surroundings
from pages.components.elements import box, markup, text

_log = EventLog(__name__)
_BROKEN = "Something went wrong on our side. It was noted; try again in a moment."

Plan = Callable[[Address], Sequence[Part]]


class Board:
    """The parts that an address asks for, in a grid of two columns. `name` starts the names of its handlers."""

    def __init__(self, name: str, surroundings: Surroundings, plan: Plan) -> None:
        self._now = surroundings.feed.now
        self._plan = plan
        self._address = surroundings.address
        self._room = box("div", "board")
        self._parts: dict[str, _PartView] = {}
        self._try_again = surroundings.desk.acting(Action.SEE_OPERATIONS, self._retry, name=f"{name}.retry")
        self._arrange(plan(surroundings.address))

    async def show(self, address: Address) -> None:
        self._address = address
        self._arrange(self._plan(address))
        await asyncio.gather(*(part.load() for part in self._parts.values()))

    async def refresh(self) -> None:
        """Ranges that have ended hold nothing new: they are left alone."""
        end = self._address.end
        if end is None or end > self._now() - timedelta(minutes=2):
            await self.show(self._address)

    def _arrange(self, parts: Sequence[Part]) -> None:
        """Keeps the parts that stay; where others come or go, the grid is laid out anew."""
        if [part.key for part in parts] == list(self._parts):
            for part in parts:
                self._parts[part.key].become(part)
            return
        self._room.clear()
        with self._room:
            self._parts = {part.key: _PartView(part, self._try_again) for part in parts}

    async def _retry(self) -> None:
        """Whatever failed, all of it: what stood in the way of one stood in the way of the others."""
        await asyncio.gather(*(part.load() for part in self._parts.values() if part.has_failed))


class _PartView:
    """One part on the page."""

    def __init__(self, part: Part, try_again: Guarded) -> None:
        self._part = part
        self._try_again = try_again
        self.has_failed = False
        self._turn = 0
        self._has_content = False
        self._room = box("div", f"part {part.classes}", aria_busy="true")
        self._client: Client = self._room.client
        self._stack = _Stack()
        with self._room:
            self._note = box("div", "trouble", role="alert")
            self._note.set_visibility(False)
            self._rows = box("div", "rows")
        with self._rows:
            self._stack.show(part.bones)

    def become(self, part: Part) -> None:
        self._part = part

    async def load(self) -> None:
        """Loads and draws, or says why not. A later call overtakes an earlier one."""
        self._turn += 1
        turn = self._turn
        self._set_busy(is_busy=True)
        try:
            rows = await self._part.load()
        except AppError as error:
            self._finish(turn, partial(self._complain, error.message))
        except Exception as error:  # the other parts of the page go on
            _log.exception("operations.panel", error, part=self._part.key)
            self._finish(turn, partial(self._complain, _BROKEN))
        else:
            self._finish(turn, partial(self._draw, rows))

    def _finish(self, turn: int, draw: Callable[[], None]) -> None:
        if turn != self._turn or self._room.is_deleted or self._client.is_deleted:
            return
        draw()
        self._set_busy(is_busy=False)

    def _draw(self, rows: Rows) -> None:
        self._note.clear()
        self._note.set_visibility(False)
        with self._rows:
            self._stack.show(rows)
        self._has_content = True
        self.has_failed = False

    def _complain(self, message: str) -> None:
        """Figures that are there stay there, with the word that they are old."""
        if not self._has_content:
            self._rows.clear()
            self._stack = _Stack()
        self.has_failed = True
        self._note.clear()
        with self._note, box("div", "panel error"):
            text("h2", f"{self._part.what} could not be {'brought up to date' if self._has_content else 'read'}")
            text("p", message, "muted")
            text("button", "Try again", "btn compact", type="button").on("click", self._try_again)
        self._note.set_visibility(True)

    def _set_busy(self, *, is_busy: bool) -> None:
        if not self._room.is_deleted:
            self._room.props["aria-busy"] = "true" if is_busy else "false"


class _Stack:
    """Rows as elements. New rows of the same shape change what is there; others take its place."""

    def __init__(self) -> None:
        self._rows: list[tuple[tuple[str, ...], Element, list[ChartCard | ui.html]]] = []

    def show(self, rows: Rows) -> None:
        shapes = [row.shape for row in rows]
        if shapes != [shape for shape, _, _ in self._rows]:
            for _, element, _ in self._rows:
                element.delete()
            self._rows = [self._build(row) for row in rows]
            return
        for row, (_, _, elements) in zip(rows, self._rows, strict=True):
            for block, element in zip(row.blocks, elements, strict=True):
                _update(block, element)

    def _build(self, row: Row) -> tuple[tuple[str, ...], Element, list[ChartCard | ui.html]]:
        with box("div", row.classes) as element:
            return row.shape, element, [_make(block) for block in row.blocks]


def _make(block: Block) -> ChartCard | ui.html:
    return ChartCard(block) if isinstance(block, Chart) else markup(block.html, block.classes)


def _update(block: Block, element: ChartCard | ui.html) -> None:
    if isinstance(block, Chart) and isinstance(element, ChartCard):
        element.show(block)
    elif not isinstance(block, Chart) and isinstance(element, ui.html):
        element.classes(replace=block.classes)
        if element.content != block.html:
            element.set_content(block.html)
