"""What the operators' figures hear of summaries: asked for, ended, served at once, and by whom they are read."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from core.db.queries.standing import StandingSummary
from core.domain.document import AttemptDocument, StageDocument
from core.domain.library import AddressRequest, MediaRequest, SummaryRequest
from core.domain.owner import ANONYMOUS_USER, Owner
from core.domain.run import RungAttempt, RungOutcome, Stage
from core.domain.telemetry import KINDS, Kind, Outcome, Pace, Who, length_band
from core.errors import AppError
from core.metrics.selections import BAD
from core.ports import Detail, Recording

_MS = timedelta(milliseconds=1)
# ISO 639-1. Tags come from strangers' files: what is none of these is counted as one.
_LANGUAGES = frozenset(
    """
    aa ab ae af ak am an ar as av ay az ba be bg bi bm bn bo br bs ca ce ch co cr cs cu cv cy da de dv dz ee el en
    eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy hz ia id ie ig ii ik io is it iu ja
    jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li ln lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb
    nd ne ng nl nn no nr nv ny oc oj om or os pa pi pl ps pt qu rm rn ro ru rw sa sc sd se sg si sk sl sm sn so sq
    sr ss st su sv sw ta te tg th ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu
    """.split()  # noqa: SIM905  # a list of 184 strings reads worse
)
_RUNG_OUTCOMES = {RungOutcome.OK: Outcome.OK, RungOutcome.FAILED: Outcome.FAILED}


class Submitting:
    """One submission while it is made. `is_served`: it was answered from earlier work."""

    def __init__(self) -> None:
        self.is_served = False


class SummaryFigures:
    """The words in which summaries are counted, in one place for the services and the worker."""

    def __init__(self, recording: Recording) -> None:
        self._recording = recording

    @contextmanager
    def submitting(self, request: SummaryRequest, owner: Owner) -> Iterator[Submitting]:
        """Around one submission: how long until its id stands, and whether it was taken."""
        made, began_s = Submitting(), time.perf_counter()
        outcome = Outcome.SERVER_ERROR
        try:
            yield made
            outcome = Outcome.CACHED if made.is_served else Outcome.OK
        except TimeoutError:
            outcome = Outcome.TIMEOUT
            raise
        except AppError as error:
            outcome = Outcome.CLIENT_ERROR if error.status < 500 else Outcome.SERVER_ERROR
            raise
        finally:
            took_ms = (time.perf_counter() - began_s) * 1000
            self._recording.record(Kind.SUBMIT, _way(request), outcome, took_ms, who=who(owner), person=person(owner))
        self.seen_by(owner)

    def seen_by(self, owner: Owner) -> None:
        """This person made or read something today."""
        if (user := person(owner)) is not None:
            self._recording.active(user)

    def looked_up(self, cache: str, *, is_hit: bool) -> None:
        self._recording.record(Kind.CACHE, cache, Outcome.HIT if is_hit else Outcome.MISS)

    def ended(
        self,
        standing: Sequence[StandingSummary],
        outcome: Outcome,
        *,
        at: datetime,
        detail: Detail | None = None,
        longest: str = "",
    ) -> None:
        """Each of these summaries ended at `at`: counted with the time since it was asked for.

        `longest` is the part of the work that took longest (`longest_part`): of those that failed or came late it is
        counted as the cause.
        """
        for each in standing:
            owner = Owner(user_id=each.user_id, anonymous_id=None)
            waited_ms = max((at - each.asked_at) / _MS, 0.0)
            band = length_band(each.duration_ms)
            self._recording.record(
                Kind.SUMMARY, band, outcome, waited_ms, who=who(owner), person=person(owner), detail=detail
            )
            if outcome in BAD or (outcome is Outcome.OK and _is_late(waited_ms)):
                cause = longest or f"code:{(detail or {}).get('code', 'unknown')}"
                self._recording.record(
                    Kind.CAUSE, cause, outcome, waited_ms, who=who(owner), person=person(owner), detail=detail
                )

    def tried(self, attempt: RungAttempt) -> None:
        """A rung of the ladder; one that was skipped was not tried."""
        outcome = _RUNG_OUTCOMES.get(attempt.outcome)
        if outcome is not None:
            detail: Detail | None = {"code": attempt.code} if attempt.code else None
            self._recording.record(Kind.RUNG, attempt.rung, outcome, attempt.duration_ms or 0, detail=detail)

    def worked(self, stages: Sequence[StageDocument], *, at: datetime, failed_in: str | None = None) -> None:
        """The time each stage took, the last of them until `at`; `failed_in` names the one that did not end well.

        Each is told to have ended where the next began: in a request's story they stand one after the other.
        """
        for stage in reversed(stages):
            if stage["seconds"] is not None and stage["name"] != Stage.DONE:
                outcome = Outcome.FAILED if stage["name"] == failed_in else Outcome.OK
                self._recording.record(Kind.STAGE, stage["name"], outcome, stage["seconds"] * 1000, at=at)
                at -= timedelta(seconds=stage["seconds"])

    def finished(self, engine: str, language: str | None, *, count: int) -> None:
        """So many summaries by this engine, of words in this language."""
        if count:
            self._recording.record(Kind.ENGINE, engine, count=count)
            self._recording.record(Kind.LANGUAGE, _base_language(language), count=count)

    def wrote(self, engine: str, *, lines: int, supported_lines: int, coverage: float | None) -> None:
        """What became of this engine's draft: its lines, and the share of the speech it covers."""
        for name, count in (("supported", supported_lines), ("unsupported", lines - supported_lines)):
            if count:
                self._recording.record(Kind.LINES, name, count=count)
        if coverage is not None:
            self._recording.record(Kind.COVERAGE, engine, value=coverage / KINDS[Kind.COVERAGE].scale)


def longest_part(stages: Sequence[StageDocument], attempts: Sequence[AttemptDocument]) -> str:
    """The part of a summary's work that took longest, as kind:name; "" where nothing was timed.

    While captions are fetched, the rungs are the parts.
    """
    timed = {f"{Kind.RUNG}:{each['rung']}": each["seconds"] for each in attempts if each["seconds"]}
    has_rungs = bool(timed)
    for stage in stages:
        if stage["seconds"] and stage["name"] != Stage.DONE and not (has_rungs and stage["name"] == Stage.FETCHING):
            timed[f"{Kind.STAGE}:{stage['name']}"] = stage["seconds"]
    return max(timed, key=lambda part: timed[part] or 0.0, default="")


def who(owner: Owner) -> Who:
    return Who.ANONYMOUS if owner.user_id == ANONYMOUS_USER else Who.USER


def person(owner: Owner) -> UUID | None:
    """The account's id; None for anonymous people."""
    return None if owner.user_id == ANONYMOUS_USER else UUID(owner.user_id)


def _is_late(waited_ms: float) -> bool:
    return KINDS[Kind.SUMMARY].pace(waited_ms) is not Pace.FAST


def _way(request: SummaryRequest) -> str:
    if isinstance(request, AddressRequest):
        return "address"
    if isinstance(request, MediaRequest):
        return "recording"
    return "paste" if request.is_pasted else "file"


def _base_language(tag: str | None) -> str:
    base = (tag or "").partition("-")[0].lower()
    if not base:
        return "unknown"
    return base if base in _LANGUAGES else "other"
