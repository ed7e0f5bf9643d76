"""The process that fetches and computes: `python -m core.jobs.engine_child`, one order on stdin, events on stdout.

It never touches the database, and ends when its worker does: stdin stays open for as long as that lives.
"""

from __future__ import annotations

import os
import sys
import threading
import traceback
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from core.domain.packed import pack_transcript, unpack_transcript
from core.domain.rendering import render_document
from core.domain.run import RunState, Stage, StageReport
from core.domain.summary import SummaryDraft
from core.domain.transcript import Transcript
from core.domain.video import Video
from core.errors import AppError, InvalidInput
from core.jobs.child_purse import AskingPurse
from core.jobs.messages import (
    DraftWritten,
    EngineOrder,
    WordsFetched,
    WorkCrashed,
    WorkFailed,
    decode_answer,
    decode_order,
    failure_of,
)
from core.jobs.telling import Tell, tell_on
from core.ports import FetchedCaptions, Purse, SummaryEngine

# Pages come first: the engine takes what they leave of the processor.
NICENESS = 5
_PARENT_GONE = 3


def main() -> None:
    """Carries out the order on stdin; whatever happens is told on stdout."""
    order = decode_order(sys.stdin.buffer.readline())
    out, sys.stdout = sys.stdout.buffer, sys.stderr  # what a library prints must not stand between events
    tell = tell_on(out)
    purse = AskingPurse(tell)
    threading.Thread(target=_hear_worker, args=(sys.stdin.buffer, purse), daemon=True).start()
    if hasattr(os, "nice"):
        os.nice(NICENESS)
    try:
        carry_out(order, tell, purse)
    except AppError as error:
        tell(WorkFailed(failure=failure_of(error), video=getattr(error, "video", None)))
    except Exception as error:  # the type alone is told: a message may hold words of the transcript
        tell(WorkCrashed(kind=type(error).__name__, where=_where(error)))


def carry_out(order: EngineOrder, tell: Tell, purse: Purse) -> None:
    """Fetches the words where they are not given, lets the engine read them, and counts what it wrote."""
    transcript, video = _words(order, tell, purse)
    draft = _engine(order, tell, purse).summarize(transcript, video, report=tell)
    tell(_written(draft, transcript, video))


def _words(order: EngineOrder, tell: Tell, purse: Purse) -> tuple[Transcript, Video]:
    if order.transcript is not None:
        return unpack_transcript(order.transcript), order.video
    fetched = _heard(order, tell, purse) if order.recording else _fetched(order, tell, purse)
    tell(WordsFetched(transcript=pack_transcript(fetched.transcript), video=fetched.video))
    return fetched.transcript, fetched.video


def _heard(order: EngineOrder, tell: Tell, purse: Purse) -> FetchedCaptions:
    """The words of the recording; it keeps the title it was handed in with."""
    from core.integrations.speech import read_media

    assert order.recording is not None  # noqa: S101  # asked before
    tell(StageReport(stage=Stage.FETCHING))
    language = order.languages[0] if order.languages else None
    heard = read_media(
        Path(order.recording), settings=order.settings, language=language, on_share=_listening(tell), on_call=tell,
        purse=purse,
    )  # fmt: skip
    return replace(heard, video=replace(heard.video, title=order.video.title))


def _listening(tell: Tell) -> Callable[[float], None]:
    return lambda share: tell(StageReport(stage=Stage.FETCHING, share=share, detail=f"{share:.0%} of it heard"))


def _fetched(order: EngineOrder, tell: Tell, purse: Purse) -> FetchedCaptions:
    if order.video.id is None:
        raise InvalidInput("There is neither a transcript nor an address to fetch one from.")
    from core.integrations.caption_sources import caption_sources
    from core.integrations.video_metadata import find_video
    from core.services.captions import fetch_captions

    tell(StageReport(stage=Stage.FETCHING))
    sources = caption_sources(order.settings, tell, purse=purse, on_share=_listening(tell))
    fetched = fetch_captions(order.video.id, sources, languages=order.languages, on_attempt=tell, resting=order.resting)
    return replace(fetched, video=find_video(order.video.id, fetched.video, order.settings, tell))


def _engine(order: EngineOrder, tell: Tell, purse: Purse) -> SummaryEngine:
    if order.model is None:
        from core.summarizing.offline import OfflineEngine

        return OfflineEngine()
    from core.jobs.child_model import model_engine

    return model_engine(order.settings, order.model, tell, purse)


def _written(draft: SummaryDraft, transcript: Transcript, video: Video) -> DraftWritten:
    """The draft with its figures as every reader will see them: lines, how many are supported, share covered."""
    document = render_document(id="", status=RunState.DONE, draft=draft, transcript=transcript, video=video)
    points = [point for chapter in document["chapters"] for point in chapter["points"]]
    entries = [entry for part in document["parts"].values() for entry in part]
    lines = [*document["tldr"], *points, *document["key_moments"], *entries]
    return DraftWritten(
        draft=draft.to_json(),
        engine_version=draft.engine_version,
        lines=len(lines),
        supported_lines=sum(line["supported"] for line in lines),
        coverage=document["coverage"]["ratio"],
    )


def _hear_worker(orders: BinaryIO, purse: AskingPurse) -> None:
    """Hands on what the worker answers; the end of its side is its end, and ours."""
    while line := orders.readline():
        purse.take(decode_answer(line))
    os._exit(_PARENT_GONE)


def _where(error: Exception) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    last = frames[-1] if frames else None
    return f"{Path(last.filename).name}:{last.lineno}" if last else "unknown"


if __name__ == "__main__":
    main()
