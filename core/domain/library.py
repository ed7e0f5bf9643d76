"""What faces ask the summaries service for, and what it answers: plain data, no rows, no vendor types."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO
from uuid import UUID

from core.domain.document import SummaryDocument
from core.domain.run import RunState
from core.domain.summary import EngineName, Length
from core.domain.transcript import Transcript


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryOptions:
    """What a person chooses. `engine` None is the best there is; `language` (BCP 47) None writes as it is spoken.

    Language and length are the language model's; the offline engine has neither choice.
    """

    engine: EngineName | None = None
    language: str | None = None
    length: Length = Length.STANDARD


AS_IT_COMES = SummaryOptions()


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineMenu:
    """Which engines this service has, the best first, and the model behind the language model's.

    `recording_mb` is the largest recording that is listened to; None where none is.
    """

    engines: tuple[EngineName, ...]
    model: str | None = None
    recording_mb: int | None = None

    @property
    def has_choice(self) -> bool:
        return len(self.engines) > 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressRequest:
    """A video's address as a person typed it. `languages` in order of preference (BCP 47)."""

    address: str
    languages: tuple[str, ...] = ("en",)
    options: SummaryOptions = AS_IT_COMES


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptionsRequest:
    """Captions that a person supplied: a file's bytes with its name, or pasted text (`is_pasted`).

    `language` (BCP 47) is what the person says it is; it wins over what the file says of itself.
    """

    content: bytes
    filename: str | None = None
    title: str | None = None
    language: str | None = None
    is_pasted: bool = False
    options: SummaryOptions = AS_IT_COMES


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRequest:
    """A recording, audio or video, that a person handed in: its words are heard. `file` stands at its beginning.

    `language` (BCP 47) is the one spoken, where the person says so.
    """

    file: BinaryIO
    size_bytes: int
    filename: str
    title: str | None = None
    language: str | None = None
    options: SummaryOptions = AS_IT_COMES


SummaryRequest = AddressRequest | CaptionsRequest | MediaRequest


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryListItem:
    """A row of the library. `lines` and `supported_lines` count the items of a finished summary."""

    id: UUID
    created_at: datetime
    state: RunState
    title: str | None
    channel: str | None
    video_id: str | None
    duration_s: float | None
    thumbnail_url: str | None
    tags: tuple[str, ...]
    gist: str | None
    lines: int
    supported_lines: int
    failure_message: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryPage:
    """A page of the library, newest first. `next_cursor` is opaque, None on the last page; `total` counts all rows."""

    items: tuple[SummaryListItem, ...]
    total: int
    next_cursor: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryState:
    """One summary as its owner sees it now. `start_s` is the `t=` of the address that was asked for."""

    id: UUID
    created_at: datetime
    state: RunState
    document: SummaryDocument
    start_s: float | None
    has_transcript: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SummaryTranscript:
    """The cleaned transcript of one summary, for the transcript view and exports. `etag` is its digest."""

    transcript: Transcript
    etag: str
