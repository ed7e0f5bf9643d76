"""Chapters and titles where the truth is known: course videos joined end to end.

Run: `uv run python -m tests.benchmarks.chapters_synthetic FOLDER TITLES.csv` with a folder of caption files and a
table with the columns `title` and `srt_filename`. Prints Pk with the true and the automatic count, beside systems that
read nothing, and how many titles share a content word with the video's real title (and with another's: chance).
"""

from __future__ import annotations

import csv
import random
import sys
from dataclasses import replace
from itertools import accumulate
from pathlib import Path
from statistics import fmean

from core.domain.captions.reading import parse_captions
from core.domain.cleaning import clean_cues
from core.domain.transcript import Transcript, TranscriptSource
from core.domain.words import content_stems
from core.scorecard import lectures
from core.scorecard.data import Recording
from core.summarizing.sentences import split_sentences
from core.summarizing.titles import chapter_titles

JOINS, SEED = 25, 3
_GAP_MS = 500


def main(folder: Path, table: Path) -> None:
    with table.open(encoding="utf-8", newline="") as lines:
        titles = {Path(row["srt_filename"]).name: row["title"] for row in csv.DictReader(lines)}
    videos = [(titles[path.name], _read(path)) for path in sorted(folder.glob("*.srt")) if path.name in titles]
    chooser = random.Random(SEED)
    samples = [chooser.sample(videos, chooser.randint(4, 12)) for _ in range(JOINS)]
    for name, is_told in (("true count", True), ("automatic count", False)):
        scores = [_score([video for _title, video in sample], is_told=is_told) for sample in samples]
        means = {system: fmean(score[system]["pk"] for score in scores) for system in scores[0]}
        print(f"Pk, {name}: {', '.join(f'{system} {mean:.1f}' for system, mean in means.items())}")
    own, other = zip(*(_shared(sample) for sample in samples), strict=True)
    print(
        f"titles sharing a word with the video's own: {100 * fmean(own):.1f} %, another's: {100 * fmean(other):.1f} %"
    )


def _read(path: Path) -> Transcript:
    parsed = parse_captions(path.read_bytes(), filename=path.name)
    return clean_cues(parsed.cues, language="en", source=TranscriptSource.UPLOAD)


def _score(videos: list[Transcript], *, is_told: bool) -> lectures.ChapterScores:
    true = tuple(accumulate(len(video.segments) for video in videos))[:-1]
    recording = Recording(id="", transcript=_join(videos), reference=None, boundaries=true)
    return lectures._score(recording, true, len(videos) if is_told else None)


def _join(videos: list[Transcript]) -> Transcript:
    segments = []
    offset_ms = 0
    for video in videos:
        for one in video.segments:
            times = (offset_ms + (one.start_ms or 0), offset_ms + (one.end_ms or 0))
            segments.append(replace(one, start_ms=times[0], end_ms=times[1]))
        offset_ms += (video.duration_ms or 0) + _GAP_MS
    return replace(videos[0], segments=tuple(segments))


def _shared(sample: list[tuple[str, Transcript]]) -> tuple[float, float]:
    """Shares of titles with a word of the own real title, and of the next video's."""
    written = chapter_titles([split_sentences(video) for _title, video in sample], "en")
    words = [set(content_stems(title, "en")) for title in written]
    real = [set(content_stems(title, "en")) for title, _video in sample]
    shifted = real[1:] + real[:1]
    own = fmean(bool(a & b) for a, b in zip(words, real, strict=True))
    return own, fmean(bool(a & b) for a, b in zip(words, shifted, strict=True))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
