"""The story of each simulated job is one that recording could have written: its parts follow each other and add up."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import pytest

from core.db.queries.standing import StandingSummary
from core.domain.document import AttemptDocument, StageDocument
from core.domain.ladder import RULES, lies_with_the_video
from core.domain.owner import ANONYMOUS_USER
from core.domain.run import RungAttempt, RungOutcome
from core.domain.telemetry import Kind, Outcome, Series
from core.jobs.run_record import _outcome_of
from core.seeding.columns import Rows
from core.seeding.failures import CODES, OF_CAPTIONS
from core.seeding.history import History
from core.seeding.plan import make_plan
from core.services.summary_figures import SummaryFigures, longest_part
from tests.fakes import FakeRecording
from tests.seeding.conftest import NOW

_STEPS = {Kind.SUBMIT, Kind.SUMMARY, Kind.CAUSE, Kind.STAGE, Kind.RUNG, Kind.CALL, Kind.API_REQUEST, Kind.PAGE_REQUEST}
# Times are kept in whole µs and lengths in single precision: of half an hour that leaves a tenth of a millisecond.
_EXACT_MS = 0.2


@dataclass(frozen=True, slots=True)
class _Step:
    """`end` in ms since the request began."""

    series: Series
    end: float
    took: float
    detail: str

    @property
    def start(self) -> float:
        return self.end - self.took

    @property
    def code(self) -> str:
        return str(json.loads(self.detail or "{}").get("code", ""))


class _Story:
    def __init__(self, steps: list[_Step]) -> None:
        self.steps = steps
        (self.summary,) = self.of(Kind.SUMMARY)

    def of(self, kind: Kind) -> list[_Step]:
        return sorted((step for step in self.steps if step.series.kind == kind), key=lambda step: step.end)

    def stage(self, name: str) -> _Step | None:
        return next((step for step in self.of(Kind.STAGE) if step.series.name == name), None)

    @property
    def outcome(self) -> str:
        return self.summary.series.outcome


@pytest.fixture(scope="module")
def stories() -> list[_Story]:
    """Every job of four busy days that was over when they ended."""
    history = History(make_plan(days=4, users=100, events=1_500_000, seed=1, now=NOW))
    found: dict[tuple[int, int], list[_Step]] = defaultdict(list)
    for stretch in history.stretches():
        for request, step in _steps(history, stretch.rows):
            found[request].append(step)
    return [_Story(steps) for steps in found.values() if any(step.series.kind == Kind.SUMMARY for step in steps)]


def _steps(history: History, rows: Rows) -> Iterator[tuple[tuple[int, int], _Step]]:
    known = {int(code): history.book.series(int(code)) for code in np.unique(rows.code)}
    columns = (rows.request, rows.code, rows.at_us, rows.value, rows.detail)
    for request, code, at_us, value, detail in zip(*(column.tolist() for column in columns), strict=True):
        if known[code].kind in _STEPS and request[0]:
            end_ms = at_us / 1_000 - (request[0] >> 16)
            yield tuple(request), _Step(known[code], end_ms, value, history.book.details[detail])


def test_rungs_begin_after_the_queue_and_all_parts_add_up(stories: list[_Story]) -> None:
    seen = 0
    for story in stories:
        if story.outcome in {Outcome.CANCELLED, Outcome.CACHED}:
            continue
        queued, fetching = story.stage("queued"), story.stage("fetching_captions")
        assert queued is not None
        end = queued.end
        for rung in story.of(Kind.RUNG):
            if rung.series.name != "cache":
                assert rung.start == pytest.approx(end, abs=_EXACT_MS)
                end, seen = rung.end, seen + 1
        if fetching is not None and story.of(Kind.RUNG)[0].series.name != "cache":
            assert fetching.end == pytest.approx(end, abs=_EXACT_MS)
            assert fetching.start == pytest.approx(queued.end, abs=_EXACT_MS)
        whole = sum(stage.took for stage in story.of(Kind.STAGE))
        assert story.summary.took == pytest.approx(whole, abs=_EXACT_MS)
        assert story.summary.end == pytest.approx(story.of(Kind.STAGE)[-1].end, abs=_EXACT_MS)
    assert seen > 5_000


def test_a_submission_lies_within_its_request_and_no_worker_comes_before_it_stands(stories: list[_Story]) -> None:
    for story in stories:
        (submit,) = story.of(Kind.SUBMIT)
        requests = [*story.of(Kind.PAGE_REQUEST), *story.of(Kind.API_REQUEST)]
        assert submit.end <= min(request.end for request in requests if request.series.name.startswith("POST "))
        assert all(request.series.outcome == Outcome.OK for request in requests[:1])
        if (queued := story.stage("queued")) is not None:
            assert queued.end >= submit.end


def test_videos_without_captions_are_two_of_a_hundred_fetched_and_nobodys_failure(stories: list[_Story]) -> None:
    fetched = [story for story in stories if any(rung.series.name == "youtube" for rung in story.of(Kind.RUNG))]
    ours = Counter(story.summary.code for story in fetched)
    of_video = [story for story in fetched if lies_with_the_video(story.summary.code)]
    assert 0.015 < len(of_video) / len(fetched) < 0.025
    assert ours["captions_disabled"] > ours["video_unavailable"] > 0
    for story in of_video:
        assert story.outcome == Outcome.CLIENT_ERROR
        assert story.of(Kind.CAUSE) == []
        assert {call.series.outcome for call in story.of(Kind.CALL)} == {"ok"}


def test_no_rung_is_tried_after_a_failure_that_none_could_change(stories: list[_Story]) -> None:
    rungs = {
        code: {
            tuple(rung.series.name for rung in story.of(Kind.RUNG)) for story in stories if story.summary.code == code
        }
        for code in ("captions_disabled", "video_unavailable")
    }
    assert rungs["captions_disabled"] == {("youtube", "yt_dlp", "youtube_proxy")}
    assert rungs["video_unavailable"] == {("youtube",)}


def test_what_a_person_cancels_or_gets_at_once_leaves_no_stages(stories: list[_Story]) -> None:
    ended = Counter(story.outcome for story in stories)
    assert ended["cancelled"] > 50
    assert ended["cached"] > 200
    for story in stories:
        if story.outcome in {Outcome.CANCELLED, Outcome.CACHED}:
            assert story.of(Kind.STAGE) == []
        if story.outcome == Outcome.CACHED:
            assert story.summary.took == 0.0


def test_recording_makes_the_same_of_the_same_work(stories: list[_Story]) -> None:
    """What the worker would have told of these stages and rungs, counted by the code that counts them."""
    for story in stories:
        if story.outcome in {Outcome.CANCELLED, Outcome.CACHED}:
            continue
        recording = FakeRecording()
        _tell(SummaryFigures(recording), story)
        counted = Counter(
            (event.kind.value, event.name, event.outcome.value, (event.detail or {}).get("code", ""))
            for event in recording.events
        )
        simulated = Counter(
            (step.series.kind, step.series.name, step.series.outcome, step.code)
            for step in story.steps
            if step.series.kind in {Kind.CAUSE, Kind.STAGE, Kind.RUNG, Kind.SUMMARY}
        )
        assert simulated == counted


def _tell(figures: SummaryFigures, story: _Story) -> None:
    """As core.jobs.run_record does, attempt by attempt and then all at its end."""
    tried: list[AttemptDocument] = []
    for rung in story.of(Kind.RUNG):
        took_s = rung.took / 1_000 if rung.took else None
        name, how, why = rung.series.name, RungOutcome(rung.series.outcome), rung.code or None
        figures.tried(RungAttempt(rung=name, outcome=how, code=why, message="", duration_ms=round(rung.took)))
        tried.append({"rung": name, "outcome": how.value, "code": why, "message": "", "seconds": took_s})
    stages: list[StageDocument] = [
        {"name": step.series.name, "state": "done", "seconds": step.took / 1_000, "detail": ""}
        for step in story.of(Kind.STAGE)
    ]
    code = story.summary.code
    outcome = _outcome_of(code) if code else Outcome.OK
    bands = {"unknown": None, "under 5 min": 1, "5–20 min": 6, "20–60 min": 21, "1–2 h": 61, "over 2 h": 121}
    minutes = bands[story.summary.series.name]
    standing = StandingSummary(
        asked_at=NOW - timedelta(milliseconds=story.summary.took), user_id=ANONYMOUS_USER,
        duration_ms=None if minutes is None else minutes * 60_000,
    )  # fmt: skip
    figures.ended(
        [standing], outcome, at=NOW, detail={"code": code} if code else None, longest=longest_part(stages, tried)
    )
    figures.worked(stages, at=NOW, failed_in=stages[-1]["name"] if code else None)


def test_failures_are_numbered_as_the_ladder_ranks_them() -> None:
    ranked = [rule.failure for rule in RULES]
    assert list(OF_CAPTIONS) == sorted(OF_CAPTIONS, key=ranked.index)
    assert CODES[1 : 1 + len(OF_CAPTIONS)] == OF_CAPTIONS
