"""How far a run is: the list of its stages with their real seconds, and the share of the whole work that is behind."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from core.domain.document import StageDocument
from core.domain.run import STAGE_START_RATIO, Stage, StageReport

STAGES = tuple(Stage)
# Words that a person supplied are read before the run begins: there is nothing to fetch.
STAGES_WITHOUT_FETCHING = tuple(stage for stage in Stage if stage is not Stage.FETCHING)


class StageState(StrEnum):
    WAITING = "waiting"
    NOW = "now"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A moment of a run: `ratio` 0..1 of all its work, `stages` in order with the seconds each took so far."""

    stage: Stage
    ratio: float
    stages: tuple[StageDocument, ...]


def first_progress(*, has_words: bool) -> Progress:
    """What is shown before any worker took the run."""
    return _progress(_stages_of(has_words=has_words), Stage.QUEUED, 0.0, {Stage.QUEUED: 0.0}, {})


class ProgressTracker:
    """Turns reports into moments.

    `queued_s` is the wait so far; `now_s` a monotonic clock; `earlier` the stages as they were last written: what a
    former attempt waited and fetched stays on the record.
    """

    def __init__(
        self, *, has_words: bool, queued_s: float, now_s: Callable[[], float], earlier: Sequence[StageDocument] = ()
    ) -> None:
        self._stages = _stages_of(has_words=has_words)
        self._now_s = now_s
        self._stage = Stage.QUEUED
        self._share = 0.0
        behind = {row["name"]: row for row in earlier if row["state"] == StageState.DONE and row["seconds"] is not None}
        waited = behind.get(Stage.QUEUED)
        self._entered_s = now_s() - ((waited and waited["seconds"]) or queued_s)
        fetched = behind.get(Stage.FETCHING)
        self._seconds = {Stage.FETCHING: fetched["seconds"] or 0.0} if fetched else {}
        self._details = {Stage.FETCHING: fetched["detail"]} if fetched else {}

    def take(self, report: StageReport) -> bool:
        """True where the report entered a new stage. A report on a stage that is behind changes nothing."""
        place, new_place = STAGES.index(self._stage), STAGES.index(report.stage)
        if new_place < place:
            return False
        if new_place > place:
            self._enter(report.stage)
        self._share = min(max(report.share, 0.0), 1.0)
        if report.detail:
            self._details[report.stage] = report.detail
        return new_place > place

    def moment(self) -> Progress:
        """The present moment."""
        seconds = {**self._seconds, self._stage: self._now_s() - self._entered_s}
        return _progress(self._stages, self._stage, self._share, seconds, self._details)

    def _enter(self, stage: Stage) -> None:
        now_s = self._now_s()
        self._seconds[self._stage] = now_s - self._entered_s
        self._stage, self._entered_s, self._share = stage, now_s, 0.0


def _stages_of(*, has_words: bool) -> tuple[Stage, ...]:
    return STAGES_WITHOUT_FETCHING if has_words else STAGES


def _progress(
    stages: tuple[Stage, ...],
    stage: Stage,
    share: float,
    seconds: dict[Stage, float],
    details: dict[Stage, str],
) -> Progress:
    rows = tuple(_row(each, stage, seconds, details) for each in stages)
    return Progress(stage=stage, ratio=_ratio(stages, stage, share), stages=rows)


def _row(each: Stage, present: Stage, seconds: dict[Stage, float], details: dict[Stage, str]) -> StageDocument:
    is_behind = STAGES.index(each) < STAGES.index(present) or present is Stage.DONE
    state = StageState.NOW if each is present else StageState.WAITING
    took_s = seconds.get(each)
    return {
        "name": each.value,
        "state": (StageState.DONE if is_behind else state).value,
        "seconds": None if took_s is None or each is Stage.DONE else round(took_s, 2),
        "detail": details.get(each, ""),
    }


def _ratio(stages: tuple[Stage, ...], stage: Stage, share: float) -> float:
    """Share 0..1 of the work, linear inside a stage; without fetching the rest is stretched over the whole."""
    behind = STAGE_START_RATIO[Stage.READING] if Stage.FETCHING not in stages else 0.0
    start = STAGE_START_RATIO[stage]
    end = 1.0 if stage is Stage.DONE else STAGE_START_RATIO[STAGES[STAGES.index(stage) + 1]]
    return round(max(0.0, (start + share * (end - start) - behind) / (1.0 - behind)), 4)
