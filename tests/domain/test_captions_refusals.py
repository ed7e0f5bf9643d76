"""What is not captions is refused with a reason, quickly, and nothing else is raised."""

from __future__ import annotations

import io
import json
import time
import zipfile

import pytest

from core.domain.captions import (
    MAX_CAPTION_BYTES,
    BadCaptions,
    BadCaptionTimes,
    BrokenCaptions,
    CaptionFormat,
    CaptionsTooLarge,
    EmptyCaptions,
    NotCaptions,
    NoWords,
    parse_caption_text,
    parse_captions,
)
from core.domain.cleaning import clean_cues
from core.domain.transcript import NoteCode, TranscriptSource
from core.errors import InvalidInput, TooLarge

ONE_MEGABYTE = 1_000_000
LONG_LINE_CHARS = 250_000


def srt(text: str, times: str = "00:00:01,000 --> 00:00:02,000") -> str:
    return f"1\n{times}\n{text}\n"


def zip_archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("captions.srt", srt("Hello"))
    return file.getvalue()


@pytest.mark.parametrize("data", [b"", b" \r\n\t\n", b"\xef\xbb\xbf", b"\xff\xfe", b"\x00" * 400, b"\xef\xbb\xbf \n"])
def test_an_empty_file_is_refused_as_empty(data: bytes) -> None:
    with pytest.raises(EmptyCaptions, match="empty"):
        parse_captions(data)


def test_an_empty_paste_is_refused_as_empty() -> None:
    with pytest.raises(EmptyCaptions, match="Nothing was pasted"):
        parse_caption_text("\ufeff \n")


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (zip_archive(), "ZIP archive"),
        (b"%PDF-1.7\n%\xe2\xe3\xcf\xd3", "PDF"),
        (b"\x00\x00\x00\x18ftypmp42", "video or audio file"),
        (b"\x1aE\xdf\xa3\x01", "WebM or Matroska"),
        (b"ID3\x04\x00", "MP3"),
        (b"RIFF\x00\x00\x00\x00WAVE", "media file"),
        (b"OggS\x00\x02", "Ogg"),
        (b"\x89PNG\r\n\x1a\n", "PNG"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF", "JPEG"),
        (b"\x1f\x8b\x08\x00", "gzip"),
        (b"{\\rtf1\\ansi Hello}", "RTF"),
        (bytes(range(256)) * 40, "binary file"),
        (b"\x01\x02\x03hello" * 50, "binary file"),
        (b"[Script Info]\nTitle: x\n", "Advanced SubStation"),
        (b"{0}{25}Hello\n{30}{50}there", "MicroDVD"),
        (b"Scenarist_SCC V1.0\n", "Scenarist"),
        (b"<!DOCTYPE html>\n<html><body>Hi</body></html>", "web page"),
        (b"\n<html lang=en><head><title>x</title>", "web page"),
        (b"<!-- saved --><html><pre>" + srt("Hello").encode() + b"</pre></html>", "web page"),
        (b"<div>1</div>", "web page"),
        (b"Page\n" + b"<div><p>menu <a href=x>link</a></p></div>\n" * 9, "web page"),
        (b"<?xml version='1.0'?><rss><channel/></rss>", "XML, but not captions"),
        (b"<?xml version='1.0'?><!DOCTYPE a [<!ENTITY b 'c'>]><transcript>&b;</transcript>", "document type"),
        (b"<!DOCTYPE tt SYSTEM 'file:///etc/passwd'><tt><p begin='1s'>x</p></tt>", "document type"),
        (b'{"a": [1, 2]}', "holds no captions"),
        (b'{"events": 3, "tStartMs": 1}', "holds no captions"),
        (b"[{}, {}]", "holds no captions"),
    ],
)
def test_other_kinds_of_files_are_named(data: bytes, name: str) -> None:
    with pytest.raises(NotCaptions, match=name):
        parse_captions(data)


def test_a_captions_file_that_speaks_of_html_is_not_a_page() -> None:
    parsed = parse_caption_text(
        srt("The <html> tag opens the page, <body> holds <div>, <p>, <a>, <ul>, <li> and <table>")
    )
    assert parsed.format == CaptionFormat.SRT


@pytest.mark.parametrize(
    "text",
    [
        '<transcript><text start="1" dur="1">Hello</text><text start="2"',
        "<tt><body><p begin='1s'>Hello</body></tt>",
        '{"events": [{"tStartMs": 1, "segs": [{"utf8": "Hel',
        '{"a": ' + "[" * 100_000,
        '{"n": ' + "9" * 10_000 + "}",
    ],
)
def test_a_file_that_was_cut_off_is_called_damaged(text: str) -> None:
    with pytest.raises(BrokenCaptions, match="damaged"):
        parse_caption_text(text)


def test_xml_nested_without_end_is_refused() -> None:
    with pytest.raises(NotCaptions, match="too deeply"):
        parse_caption_text("<transcript>" + "<a>" * 100_000)


@pytest.mark.parametrize(
    "text",
    [
        "... --- !!!",
        srt("♪♪♪"),
        srt("[Music]") + "\n" + srt("(applause)\n[موسيقى]"),
        "WEBVTT\n\n",
        "WEBVTT\n\n00:01.000 --> 00:02.000\n",
        "<transcript></transcript>",
        '{"events": [], "tStartMs": 0}',
        "0:00\n[Music]\n0:05\n[Applause]",
    ],
)
def test_captions_without_words_are_refused(text: str) -> None:
    with pytest.raises(NoWords):
        parse_caption_text(text)


def test_marks_of_sound_alone_are_refused_by_name() -> None:
    with pytest.raises(NoWords, match=r"\[Music\]"):
        parse_caption_text(srt("[Music]"))


@pytest.mark.parametrize(
    ("times", "reason"),
    [
        ("-00:00:03,000 --> -00:00:01,000", "negative"),
        ("-00:00:03,000 --> 00:00:01,000", "negative"),
        ("99:00:00,000 --> 99:00:01,000", "past 99:00:00"),
        ("00:00:01,000 --> 99:00:00,001", "past 99:00:00"),
        ("1000:00:00,000 --> 1000:00:01,000", "past 99:00:00"),
    ],
)
def test_impossible_times_are_refused(times: str, reason: str) -> None:
    with pytest.raises(BadCaptionTimes, match=reason):
        parse_caption_text(srt("Hello", times))


def test_impossible_times_are_refused_in_every_format_that_counts() -> None:
    with pytest.raises(BadCaptionTimes):
        parse_caption_text(json.dumps({"events": [{"tStartMs": 10**30, "segs": [{"utf8": "x"}]}]}))
    with pytest.raises(BadCaptionTimes):
        parse_caption_text('<transcript><text start="-4" dur="1">x</text></transcript>')
    with pytest.raises(BadCaptionTimes):
        parse_caption_text('[{"start": 1e308, "text": "x"}]')


def test_captions_up_to_the_limit_are_read_and_larger_ones_refused() -> None:
    line = b"these are ten words that are said again and again\n"
    largest = line * (MAX_CAPTION_BYTES // len(line))
    assert parse_captions(largest).cues
    with pytest.raises(CaptionsTooLarge, match="10 MB"):
        parse_captions(largest + line)
    with pytest.raises(TooLarge):
        parse_caption_text("ü" * (MAX_CAPTION_BYTES // 2 + 1))


@pytest.mark.parametrize(
    "unit",
    ["<", "[", "(", "{\\", "&", "&amp;", "<i>", "<v ", "♪", "\u202e", "\u2067", "a:", "0:00", "\t", ">>", "\x00", "-"],
)
@pytest.mark.parametrize(
    "head", ["", "1\n00:00:01,000 --> 00:00:02,000\nhello ", "WEBVTT\n\n00:01.000 --> 00:02.000\nhi "]
)
def test_a_line_without_end_is_read_or_refused_in_linear_time(head: str, unit: str) -> None:
    """A quadratic rule needs minutes for this; the bound leaves room for a busy machine."""
    text = head + unit * (LONG_LINE_CHARS // len(unit))
    started_s = time.perf_counter()
    try:
        clean_cues(parse_caption_text(text).cues, language=None, source=TranscriptSource.PASTE)
    except BadCaptions as refusal:
        assert refusal.message  # noqa: PT017 - both outcomes are right, time is what is tested
    assert time.perf_counter() - started_s < 3


@pytest.mark.parametrize("run", ["a" * ONE_MEGABYTE, "QUJDREVGR0hJSktM" * 2000, "x" * 20_000 + " y"])
def test_a_megabyte_without_a_space_is_refused(run: str) -> None:
    for text in (run, srt(run)):
        with pytest.raises(NoWords, match="without a space"):
            parse_caption_text(text)


@pytest.mark.parametrize("text", ["real words go on and on " * 40_000, "今天我们学习机器学习。" * 20_000])
def test_a_megabyte_of_real_words_on_one_line_is_split(text: str) -> None:
    transcript = clean_cues(parse_caption_text(text).cues, language=None, source=TranscriptSource.PASTE)
    assert {note.code for note in transcript.notes} == {NoteCode.LONG_LINES_SPLIT}
    assert max(len(segment.text) for segment in transcript.segments) < 500
    assert "".join(segment.text.replace(" ", "") for segment in transcript.segments) == text.replace(" ", "")


def test_every_refusal_is_an_input_error_with_its_own_code() -> None:
    refusals = (EmptyCaptions, NotCaptions, BrokenCaptions, NoWords, BadCaptionTimes, CaptionsTooLarge)
    assert len({refusal.code for refusal in refusals}) == len(refusals)
    assert all(issubclass(refusal, InvalidInput) for refusal in refusals)
