from __future__ import annotations

import pytest

from core.domain.progress import ProgressTracker, first_progress
from core.domain.run import STAGE_START_RATIO, Stage, StageReport


class HandClock:
    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        return self.now_s


def tracker(clock: HandClock, *, has_words: bool = False) -> ProgressTracker:
    return ProgressTracker(has_words=has_words, queued_s=3.0, now_s=clock)


def test_each_stage_keeps_the_seconds_it_really_took() -> None:
    clock = HandClock()
    progress = tracker(clock)
    for stage, seconds in ((Stage.FETCHING, 2.5), (Stage.READING, 1.25), (Stage.CHAPTERS, 0.5)):
        progress.take(StageReport(stage=stage))
        clock.now_s += seconds
    took = {row["name"]: (row["state"], row["seconds"]) for row in progress.moment().stages}
    assert took["queued"] == ("done", 3.0)
    assert took["fetching_captions"] == ("done", 2.5)
    assert took["reading"] == ("done", 1.25)
    assert took["chapters"] == ("now", 0.5)
    assert took["writing"] == ("waiting", None)


def test_the_ratio_lies_between_the_starts_of_two_stages_by_the_share_reported() -> None:
    progress = tracker(HandClock())
    progress.take(StageReport(stage=Stage.CHAPTERS, share=0.5))
    middle = (STAGE_START_RATIO[Stage.CHAPTERS] + STAGE_START_RATIO[Stage.WRITING]) / 2
    assert progress.moment().ratio == pytest.approx(middle)
    progress.take(StageReport(stage=Stage.DONE))
    assert progress.moment().ratio == 1.0


def test_a_report_on_a_stage_that_is_behind_changes_nothing() -> None:
    progress = tracker(HandClock())
    progress.take(StageReport(stage=Stage.WRITING, share=0.3, detail="3 of 10"))
    before = progress.moment()
    assert not progress.take(StageReport(stage=Stage.READING, share=0.9, detail="late"))
    assert progress.moment() == before


def test_where_the_words_are_supplied_there_is_no_fetching_and_reading_starts_at_nothing() -> None:
    progress = tracker(HandClock(), has_words=True)
    progress.take(StageReport(stage=Stage.READING))
    moment = progress.moment()
    assert moment.ratio == 0.0
    assert "fetching_captions" not in [row["name"] for row in moment.stages]


def test_a_takeover_keeps_what_the_former_attempt_waited_and_fetched() -> None:
    clock = HandClock()
    former = tracker(clock)
    former.take(StageReport(stage=Stage.FETCHING, detail="from YouTube"))
    clock.now_s += 4
    former.take(StageReport(stage=Stage.READING))
    clock.now_s += 60
    earlier = former.moment().stages
    progress = ProgressTracker(has_words=False, queued_s=90.0, now_s=clock, earlier=earlier)
    progress.take(StageReport(stage=Stage.READING))
    rows = {row["name"]: row for row in progress.moment().stages}
    assert rows["queued"]["seconds"] == 3.0
    assert (rows["fetching_captions"]["seconds"], rows["fetching_captions"]["detail"]) == (4.0, "from YouTube")
    assert rows["reading"]["seconds"] == 0.0


def test_the_first_moment_waits_in_the_queue() -> None:
    moment = first_progress(has_words=False)
    assert (moment.stage, moment.ratio) == (Stage.QUEUED, 0.0)
    assert [row["state"] for row in moment.stages] == ["now", *["waiting"] * 6]
