"""What is said of a batch: its name, how far it is, and what a row's state is called."""

from __future__ import annotations

from core.domain.batch import Batch, BatchCounts, BatchItem, BatchState, ItemState
from pages.words import STAGE_NAMES, percent

_STATES: dict[ItemState, tuple[str, str]] = {
    ItemState.WAITING: ("", "waiting"),
    ItemState.QUEUED: ("now", "in the queue"),
    ItemState.RUNNING: ("now", "being read"),
    ItemState.DONE: ("ok", "done"),
    ItemState.FAILED: ("warn", "not summarised"),
    ItemState.CANCELLED: ("", "stopped"),
    ItemState.LEFT_OUT: ("", "left out"),
    ItemState.DELETED: ("", "summary deleted"),
}
_RETRIES = {ItemState.LEFT_OUT: "Put back", ItemState.DELETED: "Make it again", ItemState.CANCELLED: "Start again"}


def batch_name(batch: Batch) -> str:
    """Its title, else what kind of list it is."""
    if batch.title:
        return batch.title
    if batch.source_url:
        return "Playlist" if "list=" in batch.source_url else f"Channel {batch.source_url.rpartition('/')[2]}"
    many = batch.counts.total + batch.counts.left_out
    return "One video" if many == 1 else f"{many:,} videos"


def progress_words(batch: Batch) -> str:
    """ "12 of 40 done, 2 failed, 2 being read, 24 waiting": what there is none of is not said."""
    if batch.state is BatchState.LISTING:
        return "The list is being read"
    if batch.state is BatchState.FAILED:
        return "The list could not be read"
    return _counted(batch.counts)


def state_words(item: BatchItem) -> tuple[str, str]:
    """Tone and words of a row's state; of one that is being read, its real stage and how far it is."""
    tone, words = _STATES[item.state]
    if item.state is ItemState.RUNNING and item.stage is not None:
        words = STAGE_NAMES.get(item.stage.value, words)
        if item.ratio is not None:
            words = f"{words} · {percent(item.ratio)}"
    return tone, words


def retry_words(item: BatchItem) -> str:
    return _RETRIES.get(item.state, "Try again")


def item_title(item: BatchItem) -> str:
    return item.title or f"Video {item.video_id}"


def _counted(counts: BatchCounts) -> str:
    parts = [
        f"{counts.done:,} of {counts.total:,} done",
        *(f"{many:,} {word}" for many, word in (
            (counts.failed, "failed"), (counts.cancelled, "stopped"), (counts.open, "being read"),
            (counts.waiting, "waiting"), (counts.left_out, "left out"),
        ) if many),
    ]  # fmt: skip
    return ", ".join(parts)
