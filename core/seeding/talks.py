"""A few real talks, written for this demonstration, summarised by the project's own cleaner and offline engine."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from core.domain.cleaning import clean_cues
from core.domain.packed import PackedTranscript, pack_transcript
from core.domain.rendering import render_document
from core.domain.run import RunState
from core.domain.summary import SummaryDraft
from core.domain.transcript import Cue, TranscriptSource
from core.domain.video import Video

_FILE = Path(__file__).with_name("talks.txt")
_WORDS_A_CUE = 9
# An unhurried speaker says 140 words a minute, and stops for a breath after each sentence.
_MS_A_WORD = 60_000 // 140
_BREATH_MS = 450
_PARAGRAPH_MS = 2_400


@dataclass(frozen=True, slots=True, kw_only=True)
class Talk:
    """One talk with its summary. `lines`, so many of them `supported`, as every reader will see them."""

    title: str
    channel: str
    words: PackedTranscript
    draft: SummaryDraft
    lines: int
    supported: int

    @property
    def tags(self) -> tuple[str, ...]:
        return tuple(tag.name for tag in self.draft.tags)


def make_talks() -> list[Talk]:
    """All of them, in the order of the file. The same each time. Takes a second or two."""
    return [_talk(part) for part in _FILE.read_text("utf-8").split("# ") if part.strip()]


def _talk(part: str) -> Talk:
    from core.summarizing.offline import OfflineEngine

    head, _, body = part.partition("\n")
    title, _, channel = head.partition(" | ")
    transcript = clean_cues(list(_cues(body)), language="en", source=TranscriptSource.UPLOAD)
    video = Video(title=title, duration_ms=transcript.duration_ms)
    draft = OfflineEngine().summarize(transcript, video, report=lambda _report: None)
    document = render_document(id="", status=RunState.DONE, draft=draft, transcript=transcript, video=video)
    points = [point for chapter in document["chapters"] for point in chapter["points"]]
    lines = [*document["tldr"], *points, *document["key_moments"]]
    return Talk(
        title=title, channel=channel.strip(), words=pack_transcript(transcript), draft=draft, lines=len(lines),
        supported=sum(line["supported"] for line in lines),
    )  # fmt: skip


def _cues(body: str) -> Iterator[Cue]:
    """The words as captions: nine at a time, at the pace of speech."""
    at_ms = 1_200
    for paragraph in body.strip().splitlines():
        for sentence in re.split(r"(?<=[.?!])\s+", paragraph):
            words = sentence.split()
            for first in range(0, len(words), _WORDS_A_CUE):
                said = words[first : first + _WORDS_A_CUE]
                end_ms = at_ms + len(said) * _MS_A_WORD
                yield Cue(start_ms=at_ms, end_ms=end_ms, text=" ".join(said))
                at_ms = end_ms
            at_ms += _BREATH_MS
        at_ms += _PARAGRAPH_MS
