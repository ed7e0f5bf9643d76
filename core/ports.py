"""What the services need from the outside, in our own words. Adapters implement these; bootstrap picks them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Protocol
from uuid import UUID

from core.domain.mail import Mail
from core.domain.model import ModelAnswer, ModelRequest, Usage
from core.domain.run import StageReport
from core.domain.summary import SummaryDraft
from core.domain.telemetry import Kind, Outcome, Who
from core.domain.transcript import Cue, Transcript
from core.domain.video import Video

Report = Callable[[StageReport], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedCaptions:
    """A cleaned transcript and whatever metadata came with it."""

    transcript: Transcript
    video: Video


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """What a transcriber heard: cues in order, the language (BCP 47) it heard them in, and the length of it all."""

    cues: tuple[Cue, ...]
    language: str | None
    duration_ms: int | None


class CaptionSource(Protocol):
    """One rung of the ladder that fetches captions for an address. It blocks: it runs in the job's own process."""

    name: str

    @property
    def is_configured(self) -> bool: ...

    def fetch(self, video_id: str, *, languages: tuple[str, ...]) -> FetchedCaptions:
        """The captions, or a typed `TranscriptUnavailable` (core.domain.ladder) that carries the metadata if known."""
        ...


class SummaryEngine(Protocol):
    """Turns a transcript into a draft: pure but for what `report` does; the same input gives the same draft."""

    def summarize(self, transcript: Transcript, video: Video, *, report: Report) -> SummaryDraft: ...


class LanguageModel(Protocol):
    """An endpoint that answers in JSON. It blocks, and is called from several threads at once."""

    def complete(self, request: ModelRequest) -> ModelAnswer:
        """One try, with no retry of its own. Raises ModelFailed; never passes a cut answer off as whole."""
        ...


class Purse(Protocol):
    """Leave to spend money. Called from several threads at once; amounts are whole micro-dollars."""

    def reserve(self, most_microusd: int, *, model: str, purpose: str) -> str:
        """A reservation of the most a call can cost. Raises ModelFailed (CAP_REACHED) where a cap would be passed."""
        ...

    def settle(self, reservation: str, cost_microusd: int, usage: Usage) -> None:
        """Books what the call cost in the end; what is never settled stays booked at the reservation."""
        ...


class Transcriber(Protocol):
    """Speech to text. It blocks."""

    name: str

    @property
    def is_configured(self) -> bool: ...

    def transcribe(self, audio: Path, *, language: str | None, on_share: Callable[[float], None]) -> Spoken:
        """The words of an audio or video file with their times; `on_share` hears 0…1 of it. TranscriptUnavailable."""
        ...


class Jobs(Protocol):
    """The queue, as the services see it."""

    async def enqueue_run(self, connection: object, run_id: UUID, *, at: datetime | None = None) -> None:
        """Adds the job that carries out this run, on the driver's connection of the caller's open transaction.

        Row and job are committed or rolled back together. `at` is the earliest moment it begins.
        """
        ...

    async def enqueue_mail(self, connection: object, token_id: UUID, origin: str) -> None:
        """Adds the job that mails the link of this token, on the caller's open transaction.

        `origin` is where the link leads: only the web knows where it can be reached.
        """
        ...

    async def enqueue_archive_run(self, connection: object, run_id: UUID) -> None:
        """Adds the job that carries out this archival or restoration, on the caller's open transaction."""
        ...

    async def enqueue_batch(self, connection: object, batch_id: UUID) -> None:
        """Adds the job that takes this batch as far as it can go, on the caller's open transaction."""
        ...


class PasswordHasher(Protocol):
    """A slow hash. It blocks for tens of milliseconds and takes tens of megabytes: never on the event loop."""

    def hash(self, password: str) -> str: ...

    def verify(self, password: str, password_hash: str) -> bool: ...

    def is_outdated(self, password_hash: str) -> bool:
        """True where a new hash would be stronger."""
        ...


class Mailer(Protocol):
    """Sends one mail. Raises MailFailed (core.domain.mail), which says whether a later try can help."""

    async def send(self, mail: Mail) -> None: ...


Detail = dict[str, str | int | float | bool | None]


class Recording(Protocol):
    """Where everything that happens is counted. Never waits, never fails, never raises."""

    def record(
        self,
        kind: Kind,
        name: str,
        outcome: Outcome = Outcome.OK,
        value: float = 0.0,
        *,
        who: Who = Who.NOBODY,
        count: int = 1,
        request_id: UUID | None = None,
        person: UUID | None = None,
        detail: Detail | None = None,
        at: datetime | None = None,
    ) -> None:
        """Counts `count` events of this kind, each of `value` (in the kind's stored unit, see `KINDS`).

        Without `request_id` the one of the running request is taken, without `at` the present. `detail` (ids, codes,
        places; never what people wrote) makes the row one that is kept whole.
        """
        ...

    def active(self, user_id: UUID) -> None:
        """Notes that this person made, read or asked something today."""
        ...


class NoRecording(Recording):
    """Counts nothing: for command lines and tests."""

    def record(self, *_what: object, **_more: object) -> None:
        return

    def active(self, user_id: UUID) -> None:  # noqa: ARG002  # the protocol's name
        return
