"""A transcript by a Gumloop flow: a run is started, asked after until it is over, and its output is read.

The flow takes one input called `video_url` and gives one output called `transcript` (any name, where it is the only
one): plain text, captions in a common format, or a list of `text`, `start` and `end` in seconds.
https://docs.gumloop.com/api-reference/running-an-automation/start-automation
"""

from __future__ import annotations

import json
import logging
import random
import time
from collections.abc import Mapping

import requests

from core.domain.captions import BadCaptions, CaptionsTooLarge, NoWords, parse_caption_text
from core.domain.captions.parsed import ParsedCaptions
from core.domain.ladder import CaptionFailure, FailureContext, TranscriptUnavailable
from core.domain.timecode import watch_url
from core.domain.transcript import TranscriptSource
from core.domain.video import Video
from core.integrations.calls import OnCall, uncounted
from core.integrations.tracks import cleaned
from core.integrations.youtube_errors import Observed, explain
from core.integrations.youtube_session import BoundedSession, DeadlinePassed, run_within
from core.ports import FetchedCaptions

log = logging.getLogger(__name__)

VENDOR = "Gumloop"
_ADDRESS = "https://api.gumloop.com/api/v1"
_ANSWER_TIMEOUT_S = 10.0
_MAX_ANSWER_BYTES = 16 * 1024 * 1024
_POLL_PAUSE_S = 2.0
# Asking after a run costs nothing, so a hiccup of the vendor is no reason to give up what was paid for.
_BAD_POLLS_IN_A_ROW = 3
_GONE = frozenset({"FAILED", "TERMINATED", "TERMINATING"})
_REFUSALS = frozenset({401, 403})
# A sentence such as "No transcript was found." is no transcript: ours, about eight seconds of speech.
_FEWEST_UNTIMED_WORDS = 20


class GumloopCaptions:
    """A CaptionSource. Holds settings only. A run is started once and never again: each costs credits."""

    name = "gumloop"

    def __init__(
        self,
        *,
        api_key: str | None,
        user_id: str | None,
        flow_id: str | None,
        total_timeout_s: float = 90.0,
        poll_pause_s: float = _POLL_PAUSE_S,
        on_call: OnCall = uncounted,
    ) -> None:
        self._api_key = api_key
        self._user_id = user_id
        self._flow_id = flow_id
        self._total_timeout_s = total_timeout_s
        self._poll_pause_s = poll_pause_s
        self._on_call = on_call

    @property
    def is_configured(self) -> bool:
        return all((self._api_key, self._user_id, self._flow_id))

    def fetch(self, video_id: str, *, languages: tuple[str, ...]) -> FetchedCaptions:  # noqa: ARG002  # the flow decides
        """The flow's transcript, timed where its answer has times. It tells nothing else of the video."""
        deadline_s = time.monotonic() + self._total_timeout_s
        try:
            return run_within(self._total_timeout_s, lambda: self._run(video_id, deadline_s))
        except TranscriptUnavailable:
            raise
        except Exception as error:
            failure = explain(error, Observed())
            # By name only: a message may hold addresses and keys.
            log.info("gumloop for %s: %s read as %s", video_id, type(error).__qualname__, failure.code)
            raise _failed(failure.failure) from None

    def _run(self, video_id: str, deadline_s: float) -> FetchedCaptions:
        with BoundedSession(
            timeout_s=_ANSWER_TIMEOUT_S,
            deadline_s=deadline_s,
            max_bytes=_MAX_ANSWER_BYTES,
            vendor=self.name,
            on_call=self._on_call,
        ) as session:
            session.headers["Authorization"] = f"Bearer {self._api_key}"
            run_id = self._start(session, video_id)
            outputs = self._wait(session, run_id, deadline_s)
        parsed = _parsed(outputs)
        video = Video(id=video_id, url=watch_url(video_id))
        return cleaned(
            parsed.cues, language=parsed.language, source=TranscriptSource.GUMLOOP, video=video, notes=parsed.notes
        )

    def _start(self, session: BoundedSession, video_id: str) -> str:
        order = {
            "user_id": self._user_id,
            "saved_item_id": self._flow_id,
            "pipeline_inputs": [{"input_name": "video_url", "value": watch_url(video_id)}],
        }
        run_id = _document(session.post(f"{_ADDRESS}/start_pipeline", json=order)).get("run_id")
        if not isinstance(run_id, str) or not run_id:
            raise _failed(CaptionFailure.UNREADABLE_ANSWER)
        return run_id

    def _wait(self, session: BoundedSession, run_id: str, deadline_s: float) -> object:
        """The outputs of the run once it is done. DeadlinePassed where it never is."""
        bad = 0
        while time.monotonic() < deadline_s:
            # Of random length, so that many jobs do not ask in step.
            time.sleep(self._poll_pause_s * random.uniform(0.7, 1.3))  # noqa: S311  # jitter, not a secret
            try:
                run = self._ask(session, run_id)
                bad = 0
            except (TranscriptUnavailable, requests.RequestException) as error:
                bad += 1
                if bad == _BAD_POLLS_IN_A_ROW or not _may_pass(error):
                    raise
                continue
            if run.get("state") == "DONE":
                return run.get("outputs")
            if run.get("state") in _GONE:
                raise _failed(CaptionFailure.SERVICE_FAILED, "the flow ended without a result")
        raise DeadlinePassed

    def _ask(self, session: BoundedSession, run_id: str) -> Mapping[str, object]:
        return _document(
            session.get(f"{_ADDRESS}/get_pl_run", params={"run_id": run_id, "user_id": str(self._user_id)})
        )


def _may_pass(error: TranscriptUnavailable | requests.RequestException) -> bool:
    if isinstance(error, TranscriptUnavailable):
        return error.failure is CaptionFailure.SERVICE_FAILED
    return not isinstance(error, DeadlinePassed)


def _document(answer: requests.Response) -> Mapping[str, object]:
    """The JSON object of an answer. TranscriptUnavailable for a refusal, a fault, or anything else."""
    if answer.status_code in _REFUSALS:
        raise _failed(CaptionFailure.KEY_REFUSED)
    if answer.status_code >= 400:
        raise _failed(CaptionFailure.SERVICE_FAILED, f"it answered {answer.status_code}")
    try:
        document = json.loads(answer.content)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise _failed(CaptionFailure.UNREADABLE_ANSWER)
    return document


def _parsed(outputs: object) -> ParsedCaptions:
    """Cues of the flow's output. TranscriptUnavailable for what can be none: a page, a number, one sentence."""
    try:
        parsed = parse_caption_text(_written(outputs))
    except NoWords:
        raise _failed(CaptionFailure.NO_WORDS) from None
    except CaptionsTooLarge:
        raise _failed(CaptionFailure.ANSWER_TOO_LARGE) from None
    except BadCaptions:
        raise _failed(CaptionFailure.UNREADABLE_ANSWER) from None
    is_timed = any(cue.start_ms is not None for cue in parsed.cues)
    if not is_timed and sum(len(cue.text.split()) for cue in parsed.cues) < _FEWEST_UNTIMED_WORDS:
        raise _failed(CaptionFailure.SERVICE_FAILED, "the flow gave no transcript")
    return parsed


def _written(outputs: object) -> str:
    """The transcript as text: a list of lines is joined, rows with times stay JSON."""
    found = outputs
    if isinstance(outputs, dict):
        found = outputs.get("transcript") or (next(iter(outputs.values())) if len(outputs) == 1 else None)
    if isinstance(found, str):
        return found
    if isinstance(found, list) and found and all(isinstance(line, str) for line in found):
        return "\n".join(found)
    if isinstance(found, list | dict) and found:
        return json.dumps(found)
    raise _failed(CaptionFailure.UNREADABLE_ANSWER)


def _failed(failure: CaptionFailure, reason: str = "") -> TranscriptUnavailable:
    return TranscriptUnavailable(failure, FailureContext(vendor=VENDOR, reason=reason))
