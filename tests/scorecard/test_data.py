from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from core.scorecard.data import BenchmarkUnreadable, as_captions, read_recordings

ROW = {
    "id": "m1",
    "segments": [
        {"start": 0.0, "dur": 4.0, "text": "Hello, I'm here -- to say: ten words.", "speaker": "A"},
        {"start": 5.0, "text": "Nobody knows when this ends"},
        {"start": 9.0, "text": "the last one", "odd": True},
    ],
    "summary": ["First summary.", "Second."],
    "boundaries": [2],
    "more": {"unknown": 1},
}


def test_plain_and_gzip_files_read_alike(tmp_path: Path) -> None:
    plain, packed = tmp_path / "a.jsonl", tmp_path / "b.gz"
    line = json.dumps(ROW) + "\n\n"
    plain.write_text(line, encoding="utf-8")
    packed.write_bytes(gzip.compress(line.encode()))
    assert read_recordings(plain) == read_recordings(packed)
    (found,) = read_recordings(plain)
    assert (found.id, found.reference, found.boundaries) == ("m1", "First summary.", (2,))
    assert [(s.start_ms, s.end_ms, s.speaker) for s in found.transcript.segments] == [
        (0, 4000, "A"), (5000, 9000, None), (9000, 10_200, None),
    ]  # fmt: skip


@pytest.mark.parametrize("content", [b"", b"not json\n", b'{"id": 1}\n', b"\x1f\x8bbroken", b"[1, 2]\n"])
def test_anything_else_is_refused_with_the_file_named(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_bytes(content)
    with pytest.raises(BenchmarkUnreadable, match=r"bad\.jsonl"):
        read_recordings(path)


def test_a_missing_file_is_refused_too(tmp_path: Path) -> None:
    with pytest.raises(BenchmarkUnreadable):
        read_recordings(tmp_path / "nowhere")


def test_caption_style_keeps_the_words_and_their_times(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(ROW), encoding="utf-8")
    captions = as_captions(read_recordings(path)[0].transcript)
    assert [s.text for s in captions.segments] == [
        "hello i'm here to say ten words nobody", "knows when this ends the last one",
    ]  # fmt: skip
    assert all(segment.speaker is None for segment in captions.segments)
    assert captions.segments[0].start_ms == 0
    assert captions.segments[1].start_ms == 5800
