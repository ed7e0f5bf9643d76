"""The transcript ladder: tries its rungs in order until one gives words, and tells what became of each."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from core.domain.broken_track import check_track
from core.domain.ladder import CaptionFailure, FailureContext, TranscriptUnavailable, most_telling
from core.domain.run import RungAttempt, RungOutcome
from core.domain.rungs import NO_WAY_THROUGH, find_rung
from core.ports import CaptionSource, FetchedCaptions

log = logging.getLogger(__name__)

OnAttempt = Callable[[RungAttempt], None]
_NOBODY: Mapping[str, str] = MappingProxyType({})


def fetch_captions(
    video_id: str,
    sources: Sequence[CaptionSource],
    *,
    languages: tuple[str, ...],
    on_attempt: OnAttempt,
    resting: Mapping[str, str] = _NOBODY,
) -> FetchedCaptions:
    """The captions of the first rung that has whole ones; `on_attempt` hears of every rung as it ends.

    A rung is one CaptionSource; adding one is its file in core.integrations, its line where the sources are listed and
    its entry in core.domain.rungs. Those named in `resting` are skipped, with the text that stands there for people.
    Raises the most telling TranscriptUnavailable, with all attempts and whatever metadata any rung saw.
    """
    ladder = _Ladder(on_attempt, resting)
    for source in sources:
        fetched = ladder.climb(source, video_id, languages)
        if fetched is not None:
            return fetched
    raise ladder.outcome()


class _Ladder:
    """One climb: the attempts so far and the failures among them."""

    def __init__(self, on_attempt: OnAttempt, resting: Mapping[str, str]) -> None:
        self._on_attempt = on_attempt
        self._resting = resting
        self._attempts: list[RungAttempt] = []
        self._failures: list[TranscriptUnavailable] = []
        self._closed_roads: set[str] = set()

    def climb(self, source: CaptionSource, video_id: str, languages: tuple[str, ...]) -> FetchedCaptions | None:
        """What this rung gives; None where it fails or is skipped."""
        if reason := self._find_reason_to_skip(source):
            self._record(source, RungOutcome.SKIPPED, reason)
            return None
        started_s = time.monotonic()
        try:
            fetched = source.fetch(video_id, languages=languages)
            whole = replace(fetched, transcript=check_track(fetched.transcript, fetched.video))
        except TranscriptUnavailable as failure:
            self._failures.append(failure)
            if failure.failure in NO_WAY_THROUGH:
                self._closed_roads.add(_road_of(source))
            self._record(source, RungOutcome.FAILED, failure.message, code=failure.code, started_s=started_s)
            _log_failure(source, failure)
            return None
        self._record(source, RungOutcome.OK, "", started_s=started_s)
        return whole

    def outcome(self) -> TranscriptUnavailable:
        """The failure to show once no rung is left."""
        attempts = tuple(self._attempts)
        if not self._failures:
            return TranscriptUnavailable(CaptionFailure.NOT_CONFIGURED, FailureContext(attempts=attempts))
        telling = most_telling(self._failures)
        video = telling.video or next((failure.video for failure in self._failures if failure.video), None)
        return TranscriptUnavailable(telling.failure, replace(telling.context, video=video, attempts=attempts))

    def _find_reason_to_skip(self, source: CaptionSource) -> str:
        if not source.is_configured:
            return "not configured"
        if any(failure.rule.is_final for failure in self._failures):
            return "could not have helped"
        if _road_of(source) in self._closed_roads:
            return "no way through to YouTube just now"
        if self._waits_for_a_block(source):
            return "only after a block"
        if reason := self._resting.get(source.name, ""):
            # Had it been asked it would have failed once more: a way round may be taken, and the end is no mystery.
            self._failures.append(TranscriptUnavailable(CaptionFailure.RESTING))
        return reason

    def _waits_for_a_block(self, source: CaptionSource) -> bool:
        rung = find_rung(source.name)
        failed = {failure.failure for failure in self._failures}
        return rung is not None and bool(rung.only_after) and not rung.only_after & failed

    def _record(
        self,
        source: CaptionSource,
        outcome: RungOutcome,
        message: str,
        *,
        code: str | None = None,
        started_s: float | None = None,
    ) -> None:
        duration_ms = None if started_s is None else round((time.monotonic() - started_s) * 1000)
        attempt = RungAttempt(rung=source.name, outcome=outcome, code=code, message=message, duration_ms=duration_ms)
        self._attempts.append(attempt)
        self._on_attempt(attempt)


def _road_of(source: CaptionSource) -> str:
    rung = find_rung(source.name)
    return rung.road if rung else source.name


def _log_failure(source: CaptionSource, failure: TranscriptUnavailable) -> None:
    level = logging.ERROR if failure.rule.is_operator_fault else logging.INFO
    log.log(level, "caption rung %s failed: %s", source.name, failure.code)
