"""The process that fetches and computes: `python -m core.jobs.engine_child`, one order on stdin, events on stdout.

It never touches the database, and ends when its worker does: stdin stays open for as long as that lives.
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO

from core.domain.packed import pack_transcript, unpack_transcript
from core.domain.rendering import render_document
from core.domain.run import RunState, Stage, StageReport
from core.domain.summary import EngineName, SummaryDraft
from core.domain.transcript import Transcript
from core.domain.video import Video
from core.errors import AppError, InvalidInput
from core.jobs.messages import (
    DraftWritten,
    EngineEvent,
    EngineOrder,
    WordsFetched,
    WorkCrashed,
    WorkFailed,
    decode_order,
    encode_event,
    failure_of,
)
from core.ports import SummaryEngine

# Pages come first: the engine takes what they leave of the processor.
NICENESS = 5
_PARENT_GONE = 3

Tell = Callable[[EngineEvent], None]


def main() -> None:
    """Carries out the order on stdin; whatever happens is told on stdout."""
    order = decode_order(sys.stdin.buffer.readline())
    threading.Thread(target=_exit_with_worker, args=(sys.stdin.buffer,), daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    out, sys.stdout = sys.stdout.buffer, sys.stderr  # what a library prints must not stand between events

    def tell(event: EngineEvent) -> None:
        out.write(encode_event(event))
        out.flush()

    try:
        carry_out(order, tell)
    except AppError as error:
        tell(WorkFailed(failure=failure_of(error), video=getattr(error, "video", None)))
    except Exception as error:  # the type alone is told: a message may hold words of the transcript
        tell(WorkCrashed(kind=type(error).__name__, where=_where(error)))


def carry_out(order: EngineOrder, tell: Tell) -> None:
    """Fetches the words where they are not given, lets the engine read them, and counts what it wrote."""
    transcript, video = _words(order, tell)
    draft = _engine(order.engine).summarize(transcript, video, report=tell)
    tell(_written(draft, transcript, video))


def _words(order: EngineOrder, tell: Tell) -> tuple[Transcript, Video]:
    if order.transcript is not None:
        return unpack_transcript(order.transcript), order.video
    if order.video.id is None:
        raise InvalidInput("There is neither a transcript nor an address to fetch one from.")
    from core.integrations.caption_sources import caption_sources
    from core.services.captions import fetch_captions

    tell(StageReport(stage=Stage.FETCHING))
    sources = caption_sources(order.settings, tell)
    fetched = fetch_captions(order.video.id, sources, languages=order.languages, on_attempt=tell)
    tell(WordsFetched(transcript=pack_transcript(fetched.transcript), video=fetched.video))
    return fetched.transcript, fetched.video


def _engine(name: str) -> SummaryEngine:
    from core.summarizing.offline import OfflineEngine

    return {EngineName.OFFLINE: OfflineEngine}[EngineName(name)]()


def _written(draft: SummaryDraft, transcript: Transcript, video: Video) -> DraftWritten:
    """The draft with its figures as every reader will see them: lines, how many are supported, share covered."""
    document = render_document(id="", status=RunState.DONE, draft=draft, transcript=transcript, video=video)
    points = [point for chapter in document["chapters"] for point in chapter["points"]]
    lines = [*document["tldr"], *points, *document["key_moments"]]
    return DraftWritten(
        draft=draft.to_json(),
        engine_version=draft.engine_version,
        lines=len(lines),
        supported_lines=sum(line["supported"] for line in lines),
        coverage=document["coverage"]["ratio"],
    )


def _exit_with_worker(orders: BinaryIO) -> None:
    while orders.read(1):
        pass
    os._exit(_PARENT_GONE)


def _where(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1] if frames else None
    return f"{Path(last.filename).name}:{last.lineno}" if last else "unknown"


if __name__ == "__main__":
    main()
