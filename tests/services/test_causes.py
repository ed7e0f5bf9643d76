"""Each summary that failed or came late names the part of its work that took longest."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from core.db.queries.standing import StandingSummary
from core.domain.document import AttemptDocument, StageDocument
from core.domain.owner import ANONYMOUS_USER
from core.domain.telemetry import Kind, Outcome
from core.services.summary_figures import SummaryFigures, longest_part
from tests.fakes import FakeRecording

NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def stages(**seconds: float | None) -> list[StageDocument]:
    return [{"name": name, "state": "done", "seconds": each, "detail": ""} for name, each in seconds.items()]


def tried(**seconds: float | None) -> list[AttemptDocument]:
    return [
        {"rung": rung, "outcome": "ok", "code": None, "message": "", "seconds": each} for rung, each in seconds.items()
    ]


@pytest.mark.parametrize(
    ("of", "rungs", "longest"),
    [
        (stages(queued=2.0, fetching_captions=31.0, writing=9.0), tried(cache=None, oxylabs=30.0), "rung:oxylabs"),
        (stages(queued=40.0, fetching_captions=31.0), tried(oxylabs=30.0), "stage:queued"),
        # Without times of the rungs the whole of fetching is the part.
        (stages(queued=2.0, fetching_captions=31.0), tried(cache=None), "stage:fetching_captions"),
        (stages(queued=0.1, writing=50.0, done=60.0), [], "stage:writing"),
        (stages(queued=None), [], ""),
        ([], [], ""),
    ],
)
def test_the_longest_part(of: list[StageDocument], rungs: list[AttemptDocument], longest: str) -> None:
    assert longest_part(of, rungs) == longest


@pytest.mark.parametrize(
    ("outcome", "waited_s", "longest", "cause"),
    [
        (Outcome.OK, 29.9, "rung:oxylabs", None),
        (Outcome.OK, 30.0, "rung:oxylabs", "rung:oxylabs"),
        (Outcome.FAILED, 1.0, "stage:writing", "stage:writing"),
        (Outcome.FAILED, 1.0, "", "code:ip_blocked"),
        (Outcome.CANCELLED, 300.0, "stage:queued", None),
        (Outcome.CACHED, 0.1, "", None),
    ],
)
def test_only_what_failed_or_came_late_has_a_cause(
    outcome: Outcome, waited_s: float, longest: str, cause: str | None
) -> None:
    recording = FakeRecording()
    standing = StandingSummary(user_id=ANONYMOUS_USER, asked_at=NOW - timedelta(seconds=waited_s), duration_ms=None)
    SummaryFigures(recording).ended([standing], outcome, at=NOW, detail={"code": "ip_blocked"}, longest=longest)
    causes = [(each.name, each.outcome, each.value) for each in recording.events if each.kind is Kind.CAUSE]
    assert causes == ([] if cause is None else [(cause, outcome, waited_s * 1_000)])
    assert [each.kind for each in recording.events].count(Kind.SUMMARY) == 1


def test_stages_are_told_one_after_the_other() -> None:
    recording = FakeRecording()
    worked = stages(queued=2.0, fetching_captions=31.0, reading=None, writing=9.0, done=0.0)
    SummaryFigures(recording).worked(worked, at=NOW, failed_in="writing")
    assert [(event.name, event.outcome, event.at) for event in recording.of(Kind.STAGE)] == [
        ("writing", Outcome.FAILED, NOW),
        ("fetching_captions", Outcome.OK, NOW - timedelta(seconds=9)),
        ("queued", Outcome.OK, NOW - timedelta(seconds=40)),
    ]
