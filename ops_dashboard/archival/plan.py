"""Beside the list: what would be done, in full, and the number to type before it is."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from nicegui import ui

from core.domain.archival import (
    KEPT_FOR,
    ArchiveFile,
    ArchivePreview,
    ArchiveRun,
    ArchiveState,
    Dependent,
    Policy,
    PolicyState,
    RestorePreview,
)
from core.domain.permissions import Action
from core.errors import InvalidInput
from ops_dashboard.archival.room import Room, about
from ops_dashboard.words import counted, size, whole
from pages.components.elements import box, text

_TABLE_WORDS = {
    "runs": ("run", "runs"), "summary_versions": ("version", "versions"), "transcripts": ("transcript", "transcripts"),
}  # fmt: skip
Confirm = Callable[[int], Awaitable[ArchiveRun]]


class Plan:
    """Shows one preview at a time. `chosen` is the policy whose plan stands here."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._confirm: Confirm | None = None
        self.chosen: Policy | None = None
        self._place = box("aside", "panel plan", aria_label="What would be done", aria_live="polite")
        self.close()

    def close(self, note: str = "") -> None:
        """Nothing is planned."""
        self.chosen, self._confirm = None, None
        self._place.clear()
        with self._place, box("div", "nothing-planned"):
            text("h2", note or "Nothing is planned")
            text("p", "Preview shows what would go, how much of it, and what stays. Looking changes nothing.", "muted")

    async def preview(self, policy: Policy, state: PolicyState | None) -> None:
        """Looks at what an archival would do now, and shows it."""
        seen = await self._room.archival.preview(policy, self._room.me)
        self.chosen = policy
        self._place.clear()
        with self._place:
            self._archive(seen, state)
        self._come_into_view()

    async def preview_restore(self, file: ArchiveFile) -> None:
        """Looks at what putting this archive back would do, and shows it."""
        seen = await self._room.archival.restoring.preview(file.run.id, self._room.me)
        self.chosen = None
        self._place.clear()
        with self._place:
            self._restore(seen, file)
        self._come_into_view()

    def _archive(self, seen: ArchivePreview, state: PolicyState | None) -> None:
        room = self._room
        text("h2", f"Archive {seen.title.lower()}")
        text("p", f"Frozen at {room.exact(room.now())}. Nothing was changed yet.", "muted")
        _facts(self._archive_facts(seen))
        text("pre", seen.sql)
        with box("ul", "checks"):
            for words, tone in self._checks(seen, state):
                text("li", words, f"state {tone}")
        if seen.needs_second_admin:
            text("p", "This much is not for one person alone: it begins once another admin agrees.", "second")
        verb = "Propose to archive" if seen.needs_second_admin else "Archive"
        self._form(seen.rows, "archive", f"{verb} {counted(seen.rows, 'row', 'rows')}", Action.ARCHIVE)

        async def confirm(typed: int) -> ArchiveRun:
            return await room.archival.start(seen.policy, seen.token, typed, room.me)

        self._confirm = confirm

    def _archive_facts(self, seen: ArchivePreview) -> list[tuple[str, str]]:
        clock = self._room.clock
        facts = [("Rows", f"{whole(seen.rows)} of {whole(seen.table_rows)} in the table, {size(seen.bytes)}")]
        if seen.dependents:
            facts.append(("Copied along", ", ".join(_dependent(each) for each in seen.dependents)))
        kept = ", ".join(f"{whole(count)} {reason}" for reason, count in seen.kept_back)
        facts.append(("Kept back", kept or "nothing"))
        if seen.oldest and seen.newest:
            facts.append(("Oldest, newest", f"{clock.stamp(seen.oldest)} to {clock.stamp(seen.newest)}"))
        batches = counted(seen.slices, "batch", "batches")
        facts.append(("Time", f"{about(seen.expected_s)} in {batches}, yields to users"))
        return facts

    def _checks(self, seen: ArchivePreview, state: PolicyState | None) -> list[tuple[str, str]]:
        has_room = seen.free_bytes > 2 * seen.bytes
        until = self._room.date(self._room.now() + KEPT_FOR)
        open_run = state.open_run if state else None
        return [
            (f"Archive folder: {size(seen.free_bytes)} free", "ok" if has_room else "bad"),
            (f"Can be put back until {until}", "ok"),
            ("Nobody else is running this", "ok")
            if open_run is None
            else (f"{self._room.who(open_run.actor)} runs this already", "warn"),
        ]

    def _restore(self, seen: RestorePreview, file: ArchiveFile) -> None:
        room = self._room
        text("h2", f"Restore {seen.title.lower()}")
        text("p", f"Archived at {room.exact(file.run.created_at)}. Nothing was changed yet.", "muted")
        facts = [
            ("Rows", f"{whole(seen.rows)} in {seen.file}"),
            ("There already", f"{whole(seen.existing)}, which stay as they are" if seen.existing else "none"),
            ("Comes back", counted(seen.rows - seen.existing, "row", "rows")),
        ]
        _facts(facts)
        text("p", "What is put back is still past its time: the schedule takes it again unless it is held.", "muted")
        self._form(seen.rows, "restore", f"Restore {counted(seen.rows, 'row', 'rows')}", Action.RESTORE_ARCHIVE)

        async def confirm(typed: int) -> ArchiveRun:
            return await room.archival.restoring.start(file.run.id, seen.token, typed, room.me)

        self._confirm = confirm

    def _form(self, rows: int, verb: str, words: str, action: Action) -> None:
        desk = self._room.desk
        asked = f"Type {rows} to {verb} these rows"
        with box("label", "type-label", aria_hidden="true"):
            text("span", "Type ")
            text("b", str(rows))
            text("span", f" to {verb} these rows")
        name = "archival.start" if action is Action.ARCHIVE else "archival.restore"
        go = desk.acting(action, self._try, name=name)
        self._field = ui.input().props(f'outlined dense inputmode="numeric" aria-label="{asked}"')
        self._field.classes("again typed").on("keydown.enter", go)
        self._wrong = text("p", "", "field-wrong", role="alert")
        with box("div", "plan-actions"):
            text("button", words, "btn primary", type="button").on("click", go)
            leave = desk.acting(Action.PREVIEW_ARCHIVAL, self._leave, name="archival.leave")
            text("button", "Not now", "btn ghost", type="button").on("click", leave)

    async def _try(self, *_event: object) -> None:
        """Begins what stands here, if the number is right."""
        if self._confirm is None:
            return
        typed = str(self._field.value or "").replace(",", "").replace(" ", "").strip()
        try:
            run = await self._confirm(int(typed) if typed.isdecimal() else -1)
        except InvalidInput as error:
            self._wrong.set_text(error.message)
            return
        self.close("It waits for another admin" if run.state is ArchiveState.PROPOSED else "It has begun")
        await self._room.refresh()

    async def _leave(self, *_event: object) -> None:
        self.close()
        await self._room.refresh()

    def _come_into_view(self) -> None:
        """On a narrow screen the plan stands beneath the list."""
        self._place.run_method("scrollIntoView", {"block": "nearest", "behavior": "smooth"})


def _dependent(each: Dependent) -> str:
    one, many = _TABLE_WORDS.get(each.table, (each.table, each.table))
    return counted(each.rows, one, many)


def _facts(facts: Sequence[tuple[str, str]]) -> None:
    with box("dl"):
        for name, value in facts:
            text("dt", name)
            text("dd", value)
