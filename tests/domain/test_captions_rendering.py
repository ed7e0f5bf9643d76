"""Captions written out and read back: nothing is lost on the way."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.captions import BadCaptionTimes, parse_caption_text, parse_captions, to_srt, to_vtt
from core.domain.captions.parsed import CaptionFormat
from core.domain.cleaning import clean_cues
from core.domain.timecode import MAX_TIME_MS
from core.domain.transcript import Cue, Segment, TranscriptSource

CUES = (
    Cue(start_ms=0, end_ms=1500, text="a < b & c > d, 100 % — “sure” -->"),
    Cue(start_ms=1500, end_ms=4_118_000, text="- two lines\n42", speaker="Ana <Müller> & co"),
    Cue(start_ms=36_000_000, end_ms=36_000_001, text="\u200fمرحبا &amp; <i>x</i> {\\an8} 今天"),
)


def test_vtt_keeps_everything() -> None:
    parsed = parse_caption_text(to_vtt(CUES, language="pt-BR"))
    assert (parsed.format, parsed.language) == (CaptionFormat.VTT, "pt-BR")
    assert parsed.cues == CUES
    assert parsed.notes == ()


def test_srt_keeps_everything_but_writes_the_speaker_into_the_text() -> None:
    parsed = parse_captions(to_srt(CUES).encode())
    assert parsed.format == CaptionFormat.SRT
    assert [(cue.start_ms, cue.end_ms) for cue in parsed.cues] == [(cue.start_ms, cue.end_ms) for cue in CUES]
    assert [cue.text for cue in parsed.cues] == [CUES[0].text, f"Ana <Müller> & co: {CUES[1].text}", CUES[2].text]


def test_speakers_that_srt_wrote_into_the_text_are_found_again() -> None:
    said = [("Anna", "hello there"), ("Bob", "oh hi"), ("Anna", "how are you")]
    segments = [
        Segment(start_ms=at * 1000, end_ms=at * 1000 + 900, text=text, speaker=name)
        for at, (name, text) in enumerate(said)
    ]
    parsed = parse_caption_text(to_srt(segments))
    assert list(clean_cues(parsed.cues, language=None, source=TranscriptSource.UPLOAD).segments) == segments


def test_a_spoken_line_that_looks_like_times_starts_no_cue() -> None:
    spoken = "1\n00:00:01,000 --> 00:00:02,000\nreads the screen"
    cue = Cue(start_ms=0, end_ms=1000, text=spoken)
    assert len(parse_caption_text(to_srt([cue])).cues) == 1
    assert parse_caption_text(to_vtt([cue])).cues == (cue,)


@pytest.mark.parametrize("render", [to_srt, to_vtt])
def test_a_transcript_without_times_is_not_written_with_invented_ones(render: object) -> None:
    assert callable(render)
    with pytest.raises(BadCaptionTimes, match="no times"):
        render([Segment(start_ms=None, end_ms=None, text="Hello")])


# Everything that can stand on a line: no line ends, no control characters, nothing that is stripped at its edges.
line_text = (
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), max_size=30)
    | st.sampled_from(["-->", "<v Bob>", "<i>x</i>", "&lt;", "&amp;amp;", "42", "NOTE", "WEBVTT", "1:00", "{\\an8}"])
).map(lambda text: " ".join(text.split()))
words = line_text.filter(lambda text: any(char.isalnum() for char in text))
cue_text = st.lists(line_text.filter(bool), max_size=2).flatmap(
    lambda lines: words.map(lambda word: "\n".join([*lines, word]))
)


@st.composite
def cue_lists(draw: st.DrawFn, speakers: st.SearchStrategy[str | None]) -> tuple[Cue, ...]:
    spans = draw(st.lists(st.tuples(st.integers(0, MAX_TIME_MS - 1), st.integers(0, 60_000)), min_size=1, max_size=6))
    return tuple(
        Cue(
            start_ms=start_ms,
            end_ms=min(start_ms + length_ms, MAX_TIME_MS),
            text=draw(cue_text),
            speaker=draw(speakers),
        )
        for start_ms, length_ms in spans
    )


names = st.none() | words


@given(cue_lists(names))
@settings(deadline=None, derandomize=True, max_examples=150)
def test_any_cues_come_back_out_of_vtt_unchanged(cues: tuple[Cue, ...]) -> None:
    assert parse_caption_text(to_vtt(cues)).cues == cues


@given(cue_lists(st.none()))
@settings(deadline=None, derandomize=True, max_examples=150)
def test_any_cues_without_speakers_go_from_srt_to_vtt_and_back_unchanged(cues: tuple[Cue, ...]) -> None:
    from_srt = parse_caption_text(to_srt(cues)).cues
    from_vtt = parse_caption_text(to_vtt(from_srt)).cues
    assert from_srt == from_vtt == parse_caption_text(to_srt(from_vtt)).cues == cues
