"""Every caption file there is goes in, and a summary that can be checked comes out.

Uses the shipped samples always, and the whole of ../shared (248 course captions, podcasts) where it is present.
"""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import jsonschema
import pytest

from core.cli.sources import from_bytes
from core.cli.summarize import Writer, summarize
from core.domain.document import ItemDocument, SummaryDocument
from core.domain.rendering import document_schema
from core.domain.transcript import Transcript
from core.summarizing.offline import OfflineEngine
from tests.conftest import SHARED

SHIPPED = sorted((Path(__file__).parents[1] / "data" / "captions").glob("*.srt"))
COURSES = sorted((SHARED / "fixtures" / "captions").rglob("*.srt"))
TIMED_TEXT = [SHARED / "fixtures" / "youtube" / name for name in ("transcript.xml.static", "transcript_long_hf_en.xml")]
PODCASTS = SHARED / "bench" / "podcasts.jsonl.gz"
OFFLINE = Writer(engine=OfflineEngine())
SCHEMA = jsonschema.Draft202012Validator(document_schema())


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_caption_file_gives_a_summary_that_can_be_checked(path: Path) -> None:
    check_summary(path.read_bytes(), path.name)


@pytest.mark.slow
@pytest.mark.skipif(not COURSES, reason="../shared/fixtures/captions is missing: the course captions are not tried")
@pytest.mark.parametrize("language", sorted({path.parent.name for path in COURSES}))
def test_all_course_captions_of_a_language_give_summaries_that_can_be_checked(language: str) -> None:
    for path in (path for path in COURSES if path.parent.name == language):
        check_summary(path.read_bytes(), path.name)


@pytest.mark.slow
@pytest.mark.parametrize("path", TIMED_TEXT, ids=lambda path: path.name)
def test_youtube_timed_text_gives_a_summary_that_can_be_checked(path: Path) -> None:
    if not path.exists():
        pytest.skip(f"../shared/fixtures/youtube/{path.name} is missing")
    check_summary(path.read_bytes(), path.name)


@pytest.mark.slow
@pytest.mark.skipif(not PODCASTS.exists(), reason="../shared/bench is missing: the podcasts are not tried")
def test_podcasts_turned_into_vtt_give_summaries_that_can_be_checked() -> None:
    with gzip.open(PODCASTS, "rt", encoding="utf-8") as lines:
        for line in lines:
            check_summary(_vtt(json.loads(line)["segments"]), "podcast.vtt")


def check_summary(content: bytes, name: str) -> None:
    """The document is valid, the same twice, its quotes verbatim, its times inside the video."""
    words = from_bytes(content, filename=name, language=None, title=None)
    document = summarize(words, OFFLINE)
    SCHEMA.validate(json.loads(json.dumps(document)))
    assert document == summarize(from_bytes(content, filename=name, language=None, title=None), OFFLINE), name
    items = _items(document)
    assert items, f"{name}: a summary without a line"
    assert document["chapters"], f"{name}: a summary without a chapter"
    for item in items:
        _check_item(item, words.transcript, document, name)
    if document["transcript"] and document["transcript"]["timed"]:
        _check_chapters(document, name)


def _items(document: SummaryDocument) -> list[ItemDocument]:
    points = [point for chapter in document["chapters"] for point in chapter["points"]]
    return [*document["tldr"], *points, *document["key_moments"]]


def _check_item(item: ItemDocument, transcript: Transcript, document: SummaryDocument, name: str) -> None:
    assert item["evidence"], f"{name}: a line without evidence"
    assert item["supported"], f"{name}: the offline engine wrote a line without support: {item}"
    for evidence in item["evidence"]:
        said = "".join(transcript.segments[number].text for number in evidence["segment_ids"])
        assert evidence["quote"].strip(), name
        assert _bare(evidence["quote"]) in _bare(said), f"{name}: {evidence['quote']}"
        first, last = (transcript.segments[evidence["segment_ids"][at]] for at in (0, -1))
        if not transcript.timed:
            assert evidence["start_s"] is None
            continue
        start_s, end_s, duration_s = evidence["start_s"], evidence["end_s"], document["video"]["duration_s"]
        assert None not in (start_s, end_s, duration_s, first.start_ms, last.end_ms)
        bounds = (
            (first.start_ms or 0) / 1000,
            start_s or 0.0,
            end_s or 0.0,
            (last.end_ms or 0) / 1000,
            duration_s or 0.0,
        )
        assert list(bounds) == sorted(bounds), f"{name}: {evidence}"
        assert bounds[1] < bounds[2], f"{name}: {evidence}"


def _check_chapters(document: SummaryDocument, name: str) -> None:
    starts = [chapter["start_s"] for chapter in document["chapters"]]
    ends = [chapter["end_s"] for chapter in document["chapters"]]
    assert starts[0] == 0.0, name
    assert starts[1:] == ends[:-1], name
    assert starts == sorted(starts, key=lambda start: start or 0.0), name
    assert len({chapter["title"] for chapter in document["chapters"]}) == len(document["chapters"]), name
    assert all(chapter["title"].strip() for chapter in document["chapters"]), name


def _bare(text: str) -> str:
    return re.sub(r"\s+", "", text)


def _vtt(segments: list[dict[str, object]]) -> bytes:
    starts = [float(str(segment["start"])) for segment in segments]
    ends = [*starts[1:], starts[-1] + 10.0]
    cues = [
        _cue(segment, start, max(end, start + 0.5)) for segment, start, end in zip(segments, starts, ends, strict=True)
    ]
    return ("WEBVTT\n\n" + "\n".join(cues)).encode()


def _cue(segment: dict[str, object], start: float, end: float) -> str:
    return f"{_stamp(start)} --> {_stamp(end)}\n<v {segment.get('speaker', 'Someone')}>{segment['text']}\n"


def _stamp(seconds: float) -> str:
    ms = round(seconds * 1000)
    return f"{ms // 3_600_000:02}:{ms // 60_000 % 60:02}:{ms // 1000 % 60:02}.{ms % 1000:03}"
