"""Archival: rows go into a checked file before they are deleted, by button, and can be put back for thirty days."""

from __future__ import annotations

from collections.abc import Sequence

from nicegui import Client, ui

from core.domain.archival import ArchiveFile, ArchiveState, Hold, Policy, PolicyState
from core.domain.permissions import Action
from core.errors import AppError
from ops_dashboard.address import Address
from ops_dashboard.archival.files import Files
from ops_dashboard.archival.holds import Holds
from ops_dashboard.archival.plan import Plan
from ops_dashboard.archival.policies import Policies
from ops_dashboard.archival.room import Room
from ops_dashboard.archival.under_way import UnderWay
from ops_dashboard.panels.definition import Group, Panel, Surroundings
from ops_dashboard.words import Clock
from pages.components.elements import box, text

# While something is under way it is looked at so often.
_LOOK_S = 1.0


class ArchivalBody:
    """What is due, what is under way and what was put away on the left; the plan of one action on the right."""

    def __init__(self, surroundings: Surroundings) -> None:
        services = surroundings.services
        self._room = Room(
            archival=services.archival,
            audit=services.audit,
            desk=surroundings.desk,
            now=surroundings.feed.now,
            clock=Clock(surroundings.address.zone),
            refresh=self._read,
        )
        self._states: Sequence[PolicyState] = ()
        self._look = surroundings.desk.acting(Action.SEE_MAINTENANCE, self._read, name="archival.look")
        with box("div", "split-plan", aria_busy="true") as self._whole:
            with box("div", "lists"):
                self._trouble = box("div", "trouble", role="alert")
                self._policies = Policies(self._room, self._preview)
                self._under_way = UnderWay(self._room)
                self._files = Files(self._room, self._preview_restore)
                self._holds = Holds(self._room)
            self._plan = Plan(self._room)
            self._timer_place = box("div", "unseen")
        self._client: Client = self._whole.client

    async def show(self, address: Address) -> None:
        self._room.clock = Clock(address.zone)
        await self._read()

    async def refresh(self) -> None:
        await self._read()

    async def _read(self) -> None:
        """Everything but the plan, which stays as it was looked at."""
        archival = self._room.archival
        try:
            states, files, holds = await archival.policies(), await archival.archives(), await archival.holds.listed()
            self._room.people = await self._room.audit.people(_actors(states, files, holds))
        except AppError as error:
            self._complain(error.message)
            return
        if self._client.is_deleted:
            return
        self._states = states
        self._whole.props["aria-busy"] = "false"
        self._trouble.clear()
        self._policies.show(states, self._plan.chosen)
        self._under_way.show(states)
        self._files.show(files)
        self._holds.show(holds)
        self._keep_looking()

    def _keep_looking(self) -> None:
        """Once more in a second, while something moves. Whoever may no longer look is told so once."""
        self._timer_place.clear()
        moving = {ArchiveState.QUEUED, ArchiveState.RUNNING}
        if any(state.open_run is not None and state.open_run.state in moving for state in self._states):
            with self._timer_place:
                ui.timer(_LOOK_S, self._look, once=True)

    async def _preview(self, policy: Policy) -> None:
        state = next((each for each in self._states if each.policy is policy), None)
        await self._plan.preview(policy, state)
        self._policies.show(self._states, self._plan.chosen)

    async def _preview_restore(self, file: ArchiveFile) -> None:
        await self._plan.preview_restore(file)
        self._policies.show(self._states, None)

    def _complain(self, message: str) -> None:
        self._whole.props["aria-busy"] = "false"
        self._trouble.clear()
        with self._trouble, box("div", "panel error"):
            text("h2", "What can be archived could not be read")
            text("p", message, "muted")
            text("button", "Try again", "btn compact", type="button").on("click", self._look)


def _actors(states: Sequence[PolicyState], files: Sequence[ArchiveFile], holds: Sequence[Hold]) -> set[str]:
    runs = [run for state in states for run in (state.last, state.open_run) if run is not None]
    runs += [file.run for file in files]
    approvers = {run.approved_by for run in runs if run.approved_by}
    return {run.actor for run in runs} | approvers | {hold.placed_by for hold in holds}


PANEL = Panel(
    slug="archival",
    title="Archival",
    group=Group.MAINTAIN,
    action=Action.SEE_MAINTENANCE,
    build=ArchivalBody,
    has_range=False,
    note="Rows are written to a checked archive before they are deleted, and can be put back for 30 days.",
)
