"""The life of one piece of work: its states, its stages, and the only allowed moves between states."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class RunState(StrEnum):
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def is_final(self) -> bool:
        return self in {RunState.DONE, RunState.FAILED, RunState.CANCELLED}


_ALLOWED = {
    RunState.QUEUED: {RunState.QUEUED, RunState.RUNNING, RunState.CANCELLED, RunState.FAILED},
    RunState.RUNNING: {RunState.RUNNING, RunState.QUEUED, RunState.DONE, RunState.FAILED, RunState.CANCELLED},
}
OPEN_STATES = tuple(state.value for state in RunState if not state.is_final)


def states_before(to: RunState) -> tuple[str, ...]:
    """Values of the states from which a run may become `to`: every write of a state names them in its WHERE.

    RUNNING to RUNNING is a take-over, QUEUED to QUEUED a job that was lost before anybody took it.
    """
    return tuple(state.value for state in RunState if to in _ALLOWED.get(state, set()))


class Stage(StrEnum):
    """What is being done, in order. The words a person reads live with the pages."""

    QUEUED = "queued"
    FETCHING = "fetching_captions"
    READING = "reading"
    CHAPTERS = "chapters"
    WRITING = "writing"
    CHECKING = "checking"
    DONE = "done"


# Share of the whole work that is behind once a stage begins (measured on the two-hour transcript, rounded).
STAGE_START_RATIO = {
    Stage.QUEUED: 0.0,
    Stage.FETCHING: 0.02,
    Stage.READING: 0.40,
    Stage.CHAPTERS: 0.55,
    Stage.WRITING: 0.75,
    Stage.CHECKING: 0.92,
    Stage.DONE: 1.0,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class StageReport:
    """One line of progress as the work itself reports it: a stage was entered, or its detail or share changed.

    `share` is 0..1 of this stage alone; `detail` a short phrase for people ("11,830 words in 10 chapters").
    """

    stage: Stage
    share: float = 0.0
    detail: str = ""


class RungOutcome(StrEnum):
    OK = "ok"
    FAILED = "failed"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class RungAttempt:
    """One rung of the transcript ladder, what came of it and how long it took."""

    rung: str
    outcome: RungOutcome
    code: str | None
    message: str
    duration_ms: int | None
