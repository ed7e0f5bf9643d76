"""Many videos asked for at once: what may be asked, the states of a batch and its items, and how they are counted."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from core.domain.addresses import (
    InvalidAddress,
    ListAddress,
    ListKind,
    VideoAddress,
    looks_like_address,
    parse_list_address,
    parse_video_address,
)
from core.domain.library import AS_IT_COMES, SummaryOptions
from core.domain.run import RunState, Stage
from core.domain.video_lists import MOST_LISTED
from core.errors import InvalidInput

MOST_ITEMS = MOST_LISTED
LONGEST_TITLE_CHARS = 200
_MOST_TOLD = 5
_LIST_PATHS = {
    ListKind.PLAYLIST: "playlist?list=",
    ListKind.CHANNEL_ID: "channel/",
    ListKind.HANDLE: "@",
    ListKind.USER: "user/",
    ListKind.CUSTOM_NAME: "c/",
}


class BatchState(StrEnum):
    """LISTING: the playlist or channel is still to be read; FAILED: that could not be done."""

    LISTING = "listing"
    RUNNING = "running"
    PAUSED = "paused"
    DONE = "done"
    FAILED = "failed"


_ALLOWED = {
    BatchState.LISTING: {BatchState.RUNNING, BatchState.FAILED},
    BatchState.RUNNING: {BatchState.PAUSED, BatchState.DONE},
    BatchState.PAUSED: {BatchState.RUNNING, BatchState.DONE},
    BatchState.DONE: {BatchState.RUNNING},
    BatchState.FAILED: {BatchState.LISTING},
}


def batch_states_before(to: BatchState) -> tuple[str, ...]:
    """Values of the states from which a batch may become `to`: every write of a state names them in its WHERE."""
    return tuple(state.value for state in BatchState if to in _ALLOWED[state])


class Place(StrEnum):
    """Where an item stands, as it is stored: how far its summary is, the summary itself knows.

    REFUSED: no summary could be asked for. SKIPPED: its owner left it out.
    """

    WAITING = "waiting"
    STARTED = "started"
    REFUSED = "refused"
    SKIPPED = "skipped"


class ItemState(StrEnum):
    """What a person sees of an item. DELETED: its summary was made and deleted since."""

    WAITING = "waiting"
    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"
    LEFT_OUT = "left_out"
    DELETED = "deleted"

    @property
    def is_open(self) -> bool:
        return self in {ItemState.QUEUED, ItemState.RUNNING}

    @property
    def can_be_retried(self) -> bool:
        return self in {ItemState.FAILED, ItemState.CANCELLED, ItemState.LEFT_OUT, ItemState.DELETED}

    @property
    def can_be_left_out(self) -> bool:
        return self in {ItemState.WAITING, ItemState.FAILED, ItemState.CANCELLED, ItemState.DELETED}


_SHOWN = {
    Place.WAITING: ItemState.WAITING,
    Place.REFUSED: ItemState.FAILED,
    Place.SKIPPED: ItemState.LEFT_OUT,
}


def item_state(place: Place, summary: RunState | None) -> ItemState:
    """`summary` is the state of the item's summary, None where there is none that its owner can see."""
    if place in _SHOWN:
        return _SHOWN[place]
    return ItemState.DELETED if summary is None else ItemState(summary.value)


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchRequest:
    """Either `list_address`, a playlist's or channel's, or `addresses`: one video each, as a person typed them."""

    addresses: tuple[str, ...] = ()
    list_address: str | None = None
    title: str | None = None
    languages: tuple[str, ...] = ("en",)
    options: SummaryOptions = AS_IT_COMES


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchVideo:
    """A video to be summarised. `start_ms` is the `t=` of its address."""

    video_id: str
    start_ms: int | None = None
    title: str | None = None
    duration_ms: int | None = None

    @property
    def address(self) -> str:
        start = "" if self.start_ms is None else f"&t={self.start_ms // 1000}"
        return f"https://www.youtube.com/watch?v={self.video_id}{start}"


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchCounts:
    """How many items are in which state; `open` are those in the queue or being read."""

    done: int = 0
    failed: int = 0
    open: int = 0
    waiting: int = 0
    cancelled: int = 0
    left_out: int = 0

    @property
    def total(self) -> int:
        """All that are to be summarised: what was left out, or deleted since, is not among them."""
        return self.done + self.failed + self.open + self.waiting + self.cancelled

    @property
    def ended_ratio(self) -> float:
        """Share 0..1 of the items that need no more work; 0 of none."""
        return (self.done + self.failed + self.cancelled) / self.total if self.total else 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """A batch as its owner sees it. `mark` differs whenever anything of its items may look different."""

    id: UUID
    created_at: datetime
    title: str | None
    source_url: str | None
    state: BatchState
    failure_message: str | None
    counts: BatchCounts
    mark: str = ""

    @property
    def is_open(self) -> bool:
        """True while something changes without anybody's doing."""
        return self.state in {BatchState.LISTING, BatchState.RUNNING} or self.counts.open > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchItem:
    """A row of a batch; `number` counts from 1. `stage` and `ratio` are of its run, while that is open."""

    number: int
    video_id: str
    title: str | None
    channel: str | None
    duration_s: float | None
    thumbnail_url: str | None
    state: ItemState
    stage: Stage | None
    ratio: float | None
    summary_id: UUID | None
    failure_message: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchPage:
    """A page of somebody's batches, newest first. `next_cursor` is None on the last one; `total` counts all."""

    items: tuple[Batch, ...]
    total: int
    next_cursor: str | None


def read_videos(lines: Sequence[str]) -> tuple[BatchVideo, ...]:
    """The videos that these lines name, in order, each once. A line may hold several addresses, or none.

    Raises InvalidInput, which tells the numbers of the lines at fault and what is wrong with each.
    """
    found: dict[str, BatchVideo] = {}
    wrong: dict[int, str] = {}
    for number, address in _addresses(lines):
        try:
            video = parse_video_address(address)
        except InvalidAddress as error:
            wrong.setdefault(number, error.message)
        else:
            found.setdefault(video.video_id, _video(video))
    if wrong:
        raise _unreadable(wrong)
    if not found:
        raise InvalidInput("No addresses were given. Write the address of one video on each line.")
    if len(found) > MOST_ITEMS:
        raise InvalidInput(
            f"These are {len(found):,} videos; a batch holds {MOST_ITEMS} at most. Give fewer at a time."
        )
    return tuple(found.values())


def list_url(address: ListAddress) -> str:
    """The address of a playlist or channel, written in our own way: nothing else of what was typed is kept."""
    return f"https://www.youtube.com/{_LIST_PATHS[address.kind]}{address.name}"


def find_batch(text: str) -> BatchRequest | None:
    """What was typed as a batch: two addresses or more, or that of a playlist or channel. None for anything else.

    One broken address among others is no reason to take them for a transcript: the refusal names its line.
    """
    lines = text.splitlines()
    addresses = [address for _number, address in _addresses(lines)]
    if len(addresses) == 1 and _names_list_alone(addresses[0]):
        return BatchRequest(list_address=addresses[0])
    if len(addresses) < 2 or not all(map(looks_like_address, addresses)):
        return None
    readable = sum(_names_video(address) for address in addresses)
    return BatchRequest(addresses=tuple(lines)) if 2 * readable >= len(addresses) else None


def _addresses(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Each with the number of its line, from 1."""
    for number, line in enumerate(lines, start=1):
        for address in line.split():
            yield number, address


def _video(address: VideoAddress) -> BatchVideo:
    return BatchVideo(video_id=address.video_id, start_ms=address.start_ms)


def _names_video(address: str) -> bool:
    try:
        parse_video_address(address)
    except InvalidAddress:
        return False
    return True


def _names_list_alone(address: str) -> bool:
    """A video that was opened from a list is still the one video that was asked for."""
    if _names_video(address):
        return False
    try:
        parse_list_address(address)
    except InvalidAddress:
        return False
    return True


def _unreadable(wrong: dict[int, str]) -> InvalidInput:
    told = [f"Line {number}: {message}" for number, message in wrong.items()]
    more = f" So are {len(told) - _MOST_TOLD:,} more lines." if len(told) > _MOST_TOLD else ""
    return InvalidInput(" ".join(told[:_MOST_TOLD]) + more, detail={"errors": told[:100]})
