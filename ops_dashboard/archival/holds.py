"""Legal holds: what no policy may take, who asked for it and why, and the way to place and release one."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from nicegui import ui

from core.domain.archival import Hold, HoldSubject
from core.domain.permissions import Action
from ops_dashboard.archival.room import Room
from ops_dashboard.components.sheet import cell, sheet
from pages.components.elements import box, text

_COLUMNS = (("Held", ""), ("Reason", ""), ("Placed", ""), ("", "act"))
_KINDS = {HoldSubject.SUMMARY.value: "A summary", HoldSubject.USER.value: "All of a person's"}


class Holds:
    """The table of holds, and the form above it."""

    def __init__(self, room: Room) -> None:
        self._room = room
        # The page looks once a second while something moves: what did not change stays under the hand.
        self._shown: list[tuple[Hold, str]] | None = None
        text("h2", "Legal holds", "sub-title")
        with box("section", "panel board-card flush", aria_label="Legal holds"):
            self._form()
            self._place = box("div")

    def show(self, holds: Sequence[Hold]) -> None:
        wanted = [(hold, self._placed(hold)) for hold in holds]
        if wanted == self._shown:
            return
        self._shown = wanted
        self._place.clear()
        with self._place:
            if not holds:
                text("p", "Nothing is held. What is held stays, whatever its age, until it is released.", "void")
                return
            with sheet("Legal holds", _COLUMNS):
                for hold in holds:
                    self._row(hold)

    def _row(self, hold: Hold) -> None:
        room = self._room
        with box("tr"):
            with box("th", scope="row"):
                text("small", _KINDS[hold.subject_kind])
                text("code", hold.subject_id)
            cell(hold.reason, "long")
            cell(self._placed(hold), title=room.exact(hold.placed_at))
            with box("td", "act"):
                release = room.desk.acting(
                    Action.RELEASE_HOLD, partial(self._release, hold), name="archival.release_hold"
                )
                text(
                    "button", "Release", "btn compact ghost", type="button", aria_label=f"Release {hold.subject_id}"
                ).on("click", release)

    def _placed(self, hold: Hold) -> str:
        return f"{self._room.since(hold.placed_at)}, {self._room.who(hold.placed_by)}"

    def _form(self) -> None:
        place = self._room.desk.acting(Action.HOLD, self._place_hold, name="archival.hold")
        with box("div", "hold-form"):
            self._kind = ui.select(_KINDS, value=HoldSubject.SUMMARY.value).props(
                'outlined dense aria-label="What to hold"'
            )
            self._subject = ui.input(placeholder="Its id").props('outlined dense aria-label="Id of what to hold"')
            self._reason = ui.input(placeholder="Reason").props('outlined dense aria-label="Reason"')
            for field in (self._kind, self._subject, self._reason):
                field.classes("again")
            self._reason.on("keydown.enter", place)
            text("button", "Hold", "btn compact", type="button").on("click", place)

    async def _place_hold(self, *_event: object) -> None:
        room = self._room
        kind = HoldSubject(str(self._kind.value))
        await room.archival.holds.place(
            kind, str(self._subject.value or ""), reason=str(self._reason.value or ""), actor=room.me
        )
        self._subject.set_value("")
        self._reason.set_value("")
        await room.refresh()

    async def _release(self, hold: Hold, *_event: object) -> None:
        room = self._room
        try:
            await room.archival.holds.release(HoldSubject(hold.subject_kind), hold.subject_id, actor=room.me)
        finally:
            await room.refresh()
