"""Real captions: the few that are kept beside the tests, and every shared one where that folder is at hand."""

from __future__ import annotations

import time
from itertools import pairwise
from pathlib import Path

import pytest

from core.domain.captions import CaptionFormat, parse_caption_text, parse_captions, to_srt, to_vtt
from core.domain.cleaning import clean_cues
from core.domain.transcript import Cue, NoteCode, Transcript, TranscriptSource
from tests.conftest import SHARED

KEPT = Path(__file__).parents[1] / "data" / "captions"
LONG_TRACK = SHARED / "fixtures" / "youtube" / "transcript_long_hf_en.xml"


def read(path: Path) -> Transcript:
    parsed = parse_captions(path.read_bytes(), filename=path.name)
    return clean_cues(parsed.cues, language=parsed.language, source=TranscriptSource.UPLOAD, notes=parsed.notes)


def check_timed(transcript: Transcript) -> None:
    times = [(s.start_ms, s.end_ms) for s in transcript.segments if s.start_ms is not None and s.end_ms is not None]
    assert len(times) == len(transcript.segments) > 0
    assert all(0 <= start < end for start, end in times)
    assert all(a[1] <= b[0] for a, b in pairwise(times))
    assert not any("whoosh" in segment.text for segment in transcript.segments)


@pytest.mark.parametrize("path", sorted(KEPT.glob("*.srt")), ids=lambda path: path.name)
def test_real_captions_become_valid_transcripts_and_survive_both_formats(path: Path) -> None:
    check_timed(read(path))
    cues = parse_captions(path.read_bytes()).cues
    assert parse_caption_text(to_vtt(cues)).cues == parse_caption_text(to_srt(cues)).cues == cues


def test_the_sbv_file_that_is_called_srt_is_read_as_sbv() -> None:
    parsed = parse_captions((KEPT / "fr_03_really_sbv.srt").read_bytes(), filename="fr_03.srt")
    assert parsed.format == CaptionFormat.SBV
    assert [note.code for note in parsed.notes] == [NoteCode.FORMAT_DIFFERS]
    assert len(parsed.cues) == 44


def test_two_languages_in_a_cue_are_both_kept_and_their_marks_dropped() -> None:
    transcript = read(KEPT / "zh_12.srt")
    assert transcript.segments[0].text == "在接下来的几个视频中， In the next few videos,"
    assert transcript.segments[0].start_ms == 3930


def test_every_shared_caption_file_becomes_a_valid_transcript() -> None:
    files = sorted((SHARED / "fixtures" / "captions").rglob("*.srt"))
    if not files:
        pytest.skip("the shared folder with the course's captions is missing")
    for path in files:
        transcript = read(path)
        check_timed(transcript)
        assert NoteCode.BAD_CUES_SKIPPED not in {note.code for note in transcript.notes}, path.name


def test_five_hours_of_captions_are_read_and_cleaned_at_once() -> None:
    if not LONG_TRACK.exists():
        pytest.skip("the shared folder with the five-hour track is missing")
    started_s = time.perf_counter()
    transcript = read(LONG_TRACK)
    took_s = time.perf_counter() - started_s

    check_timed(transcript)
    assert transcript.duration_ms is not None
    assert transcript.duration_ms > 5 * 3_600_000
    assert took_s < 2  # 0.15 s on a quiet machine; a shared one may be slow


def test_a_long_rolling_track_keeps_its_words_in_order() -> None:
    """Three thousand lines as YouTube rolls them: each is on screen twice and flashes once in between."""
    lines = [f"line number {at} of the talk" for at in range(3000)]
    cues: list[Cue] = []
    for at, (shown, new) in enumerate(pairwise(["start", *lines])):
        cues.append(Cue(start_ms=at * 2000, end_ms=at * 2000 + 1990, text=f"{shown}\n{new}"))
        cues.append(Cue(start_ms=at * 2000 + 1990, end_ms=at * 2000 + 2000, text=f"{new}\n "))
    transcript = clean_cues(cues, language="en", source=TranscriptSource.YOUTUBE_GENERATED)
    assert [segment.text for segment in transcript.segments[1:]] == lines[1:]
