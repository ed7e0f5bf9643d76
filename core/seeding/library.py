"""The rows that people made: accounts, browsers, summaries with their runs, and how far those had come."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
from numpy.typing import NDArray
from psycopg.types.json import Jsonb

from core.domain.ladder import CaptionFailure, TranscriptUnavailable
from core.domain.owner import ANONYMOUS_USER
from core.domain.progress import STAGES_WITHOUT_FETCHING
from core.domain.run import RunState, Stage
from core.domain.summary import EngineName
from core.domain.telemetry import Outcome
from core.domain.transcript import CLEANER_VERSION
from core.errors import AppError, NextStep
from core.seeding.columns import OUTCOMES
from core.seeding.day import Jobs
from core.seeding.failures import CODES, ENGINE_STOPPED
from core.seeding.people import People, Visitors
from core.seeding.plan import Plan, micros_of, moment_of
from core.seeding.talks import Talk
from core.summarizing.version import OFFLINE_ENGINE_VERSION

Row = Sequence[object]
USERS = {"id": "uuid", "email": "text", "email_key": "text", "password_hash": "text", "created_at": "timestamptz"}
VISITORS = {
    "anonymous_id": "text", "first_summary_at": "timestamptz", "registered_at": "timestamptz", "user_id": "uuid",
}  # fmt: skip
TRANSCRIPTS = {
    "id": "uuid", "sha256": "text", "cleaner_version": "int4", "segments": "bytea", "segment_count": "int4",
    "is_timed": "bool", "duration_ms": "int8", "language": "text", "source": "text", "notes": "jsonb",
    "created_at": "timestamptz",
}  # fmt: skip
RUNS = {
    "id": "uuid", "request_key": "text", "cache_key": "text", "engine": "text", "options": "jsonb",
    "transcript_id": "uuid", "version_id": "uuid", "state": "text", "attempt": "int4", "failure": "jsonb",
    "request_id": "uuid", "created_at": "timestamptz", "started_at": "timestamptz", "finished_at": "timestamptz",
}  # fmt: skip
VERSIONS = {
    "id": "uuid", "run_id": "uuid", "transcript_id": "uuid", "engine": "text", "draft": "jsonb", "lines": "int4",
    "supported_lines": "int4", "created_at": "timestamptz",
}  # fmt: skip
SUMMARIES = {
    "id": "uuid", "user_id": "text", "anonymous_id": "text", "run_id": "uuid", "version_id": "uuid", "title": "text",
    "channel": "text", "duration_ms": "int8", "tags": "text[]", "created_at": "timestamptz",
}  # fmt: skip
PROGRESS = {
    "run_id": "uuid", "seq": "int8", "attempt": "int4", "stage": "text", "ratio": "float8", "stages": "jsonb",
    "created_at": "timestamptz", "updated_at": "timestamptz",
}  # fmt: skip

# A hash of the right form that belongs to no password: nobody can sign in to these accounts.
_NO_PASSWORD = "$argon2id$v=19$m=65536,t=3,p=4$c2VlZGVkIGFjY291bnQ$" + "A" * 43
_TITLES = ("{}", "{} (full talk)", "Notes: {}", "{} — recorded live")
_STATES = {
    Outcome.OK: RunState.DONE, Outcome.CACHED: RunState.DONE, Outcome.CANCELLED: RunState.CANCELLED,
    Outcome.FAILED: RunState.FAILED, Outcome.CLIENT_ERROR: RunState.FAILED,
}  # fmt: skip
_PROGRESS_KEPT = timedelta(days=30)
_SECONDS = {Stage.QUEUED: 0.9, Stage.READING: 0.4, Stage.CHAPTERS: 0.4, Stage.WRITING: 1.2, Stage.CHECKING: 0.3}
# Without an account and from before the history: what an archival finds due. As a share of all summaries.
OLD_SHARE = 0.05


class _EngineStopped(AppError):
    """Told as the worker tells it of an engine's process that died."""

    code = ENGINE_STOPPED
    retryable = True
    next_step = NextStep.TRY_AGAIN


@dataclass(frozen=True, slots=True, kw_only=True)
class Piece:
    """One summary with its run, as the rows hold it. `failure` is its code, "" for none."""

    id: UUID
    run_id: UUID
    request_id: UUID
    owner: tuple[str, str | None]
    talk: Talk
    title: str
    outcome: Outcome
    failure: str
    asked_at: datetime
    ended_at: datetime


class Library:
    """Everything by number: the same plan gives the same ids."""

    def __init__(self, plan: Plan, people: People, visitors: Visitors, talks: list[Talk]) -> None:
        self._plan = plan
        self._people = people
        self._visitors = visitors
        self._talks = talks
        self.ids = uuids(np.random.default_rng([plan.seed, 1_000_001]), len(people))
        self._places = {id(talk): place for place, talk in enumerate(talks)}

    def users(self) -> Iterator[Row]:
        for number, created in enumerate(self._people.created_us):
            email = f"person-{number + 1:05d}@example.org"
            yield self.ids[number], email, email, _NO_PASSWORD, moment_of(created)

    def browsers(self) -> Iterator[Row]:
        """Those that made a summary."""
        known = self._visitors
        for number in np.flatnonzero(known.first_summary_us[: known.count] < np.iinfo(np.int64).max):
            account = int(known.account[number])
            registered = None if account < 0 else moment_of(known.registered_us[number])
            user_id = None if account < 0 else self.ids[account]
            yield self._browser(int(number)), moment_of(known.first_summary_us[number]), registered, user_id

    def transcripts(self) -> Iterator[Row]:
        for number, talk in enumerate(self._talks):
            facts = talk.words.facts
            yield (
                self.transcript_id(number), facts.sha256, CLEANER_VERSION, talk.words.segments, facts.segment_count,
                facts.is_timed, facts.duration_ms, facts.language, facts.source, Jsonb(list(facts.notes)),
                self._plan.start,
            )  # fmt: skip

    def versions(self, first_runs: dict[int, Piece]) -> Iterator[Row]:
        """One version a talk; each belongs to the first run that made it."""
        for number, talk in enumerate(self._talks):
            if number in first_runs:
                first = first_runs[number]
                yield (
                    self.version_id(number), first.run_id, self.transcript_id(number), EngineName.OFFLINE.value,
                    Jsonb(talk.draft.to_json()), talk.lines, talk.supported, first.ended_at,
                )  # fmt: skip

    def pieces(self, jobs: Iterable[Jobs]) -> list[Piece]:
        """All summaries, the ones from before the history first."""
        asked = [job for each in jobs for job in self._told(each)]
        return [*self._old(max(30, round(OLD_SHARE * len(asked)))), *asked]

    def place(self, talk: Talk) -> int:
        return self._places[id(talk)]

    def transcript_id(self, number: int) -> UUID:
        return self._uuid("transcript", number)

    def version_id(self, number: int) -> UUID:
        return self._uuid("version", number)

    def _told(self, jobs: Jobs) -> Iterator[Piece]:
        """Those that ended within the history; what was still going on then is left out."""
        for at in np.flatnonzero(jobs.ended_us < micros_of(self._plan.end)):
            number, owner = int(jobs.talk[at]), self._owner(int(jobs.account[at]), int(jobs.visitor[at]))
            request = UUID(int=int(jobs.request[at, 0]) << 64 | int(jobs.request[at, 1]))
            yield self._piece(
                request, owner, number, (OUTCOMES[int(jobs.outcome[at])], CODES[int(jobs.failure[at])]),
                (moment_of(jobs.asked_us[at]), moment_of(jobs.ended_us[at])),
            )  # fmt: skip

    def _old(self, size: int) -> Iterator[Piece]:
        rng = np.random.default_rng([self._plan.seed, 1_000_002])
        requests = uuids(rng, size)
        ages = rng.uniform(91.0, 130.0, size)
        for number in range(size):
            at = self._plan.end - timedelta(days=float(ages[number]))
            owner = (ANONYMOUS_USER, self._digest("old browser", number // 3))
            yield self._piece(requests[number], owner, number, (Outcome.OK, ""), (at, at + timedelta(seconds=6)))

    def _piece(
        self, request: UUID, owner: tuple[str, str | None], number: int, end: tuple[Outcome, str],
        moments: tuple[datetime, datetime],
    ) -> Piece:  # fmt: skip
        """`end`: the outcome and the failure's code; `moments`: asked and ended."""
        talk = self._talks[number % len(self._talks)]
        title = _TITLES[number // len(self._talks) % len(_TITLES)].format(talk.title)
        return Piece(
            id=self._uuid("summary", request.hex), run_id=self._uuid("run", request.hex), request_id=request,
            owner=owner, talk=talk, title=title, outcome=end[0], failure=end[1], asked_at=moments[0],
            ended_at=moments[1],
        )  # fmt: skip

    def _owner(self, account: int, visitor: int) -> tuple[str, str | None]:
        """Whose it is now: what a browser made before its person signed up came along."""
        if account < 0:
            account = int(self._visitors.account[visitor])
        return (ANONYMOUS_USER, self._browser(visitor)) if account < 0 else (str(self.ids[account]), None)

    def _browser(self, number: int) -> str:
        return self._digest("browser", number)

    def _digest(self, *parts: object) -> str:
        return hashlib.sha256(repr((self._plan.seed, *parts)).encode()).hexdigest()

    def _uuid(self, *parts: object) -> UUID:
        return UUID(hex=self._digest(*parts)[:32], version=4)


def runs(library: Library, pieces: Iterable[Piece], first_runs: dict[int, Piece]) -> Iterator[Row]:
    """Those that made a version come first and without it, since versions point back at their runs."""
    for piece in pieces:
        number, state = library.place(piece.talk), _STATES[piece.outcome]
        made_it = first_runs.get(number) is piece
        version_id = library.version_id(number) if state is RunState.DONE and not made_it else None
        key = hashlib.sha256(piece.run_id.bytes).hexdigest()
        yield (
            piece.run_id, key, f"seed {key}" if made_it else None, EngineName.OFFLINE.value,
            Jsonb({"title": piece.title, "engine_version": OFFLINE_ENGINE_VERSION}),
            None if state is RunState.FAILED else library.transcript_id(number), version_id, state.value, 1,
            Jsonb(_failure(piece.failure)) if piece.failure else None, piece.request_id, piece.asked_at, piece.asked_at,
            piece.ended_at,
        )  # fmt: skip


def summaries(library: Library, pieces: Iterable[Piece]) -> Iterator[Row]:
    for piece in pieces:
        is_done = _STATES[piece.outcome] is RunState.DONE
        yield (
            piece.id, *piece.owner, piece.run_id, library.version_id(library.place(piece.talk)) if is_done else None,
            piece.title, piece.talk.channel, piece.talk.words.facts.duration_ms,
            list(piece.talk.tags) if is_done else [], piece.asked_at,
        )  # fmt: skip


def progress(plan: Plan, pieces: Iterable[Piece]) -> Iterator[Row]:
    """Of the last month's runs: those over a week old are due to be archived."""
    done = Jsonb([
        {"name": stage.value, "state": "done", "seconds": _SECONDS.get(stage), "detail": ""}
        for stage in STAGES_WITHOUT_FETCHING
    ])  # fmt: skip
    for piece in pieces:
        if piece.asked_at > plan.end - _PROGRESS_KEPT and _STATES[piece.outcome] is RunState.DONE:
            yield piece.run_id, 6, 1, Stage.DONE.value, 1.0, done, piece.asked_at, piece.ended_at


def first_runs(library: Library, pieces: Iterable[Piece]) -> dict[int, Piece]:
    """For each talk the first run that made a summary of it."""
    found: dict[int, Piece] = {}
    for piece in pieces:
        if piece.outcome is Outcome.OK:
            found.setdefault(library.place(piece.talk), piece)
    return found


def uuids(rng: np.random.Generator, size: int) -> list[UUID]:
    drawn = rng.bytes(16 * size)
    return [UUID(bytes=drawn[16 * at : 16 * at + 16], version=4) for at in range(size)]


def halves(ids: list[UUID]) -> NDArray[np.uint64]:
    """Each id as two numbers."""
    return np.array([(each.int >> 64, each.int & (2**64 - 1)) for each in ids], dtype=np.uint64).reshape(-1, 2)


def _failure(code: str) -> dict[str, object]:
    error = (
        _EngineStopped("The process that reads the transcript stopped before it was done. Nothing is lost: try again.")
        if code == ENGINE_STOPPED
        else TranscriptUnavailable(CaptionFailure(code))
    )
    return {
        "code": error.code, "message": error.message, "next_step": error.next_step.value,
        "retryable": error.retryable, "detail": {},
    }  # fmt: skip
