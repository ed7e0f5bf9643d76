"""What holds for any input: nothing but refusals is raised, segments are valid, cleaning twice changes nothing."""

from __future__ import annotations

from contextlib import suppress
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.captions import parse_caption_text, parse_captions
from core.domain.cleaning import clean_cues
from core.domain.timecode import MAX_TIME_MS
from core.domain.transcript import Cue, NoteCode, Transcript, TranscriptSource, pack_segments, unpack_segments
from core.errors import AppError
from tests.domain.test_captions_formats import SAMPLES, TTML, VTT
from tests.domain.test_cleaning import YOUTUBE_ROLLING

EXAMPLES = settings(deadline=None, derandomize=True, max_examples=250)
SOURCE = TranscriptSource.UPLOAD

# Words and scraps of syntax, so that chance hits the rules and not only their outskirts.
SCRAPS = [
    "no",
    "yes",
    "so what",
    "hello there",
    "Anna: ",
    "BOB: ",
    "a < b",
    "3%",
    "今天",
    "。",
    "مرحبا",
    "<i>",
    "</i>",
    "<b>",
    "<c>",
    "<v Bob>",
    "</v>",
    "<00:00:01.000>",
    "{\\an8}",
    "&lt;",
    "&amp;",
    "&#39;",
    "&#8238;",
    "[Music]",
    "[CLS]",
    "(applause)",
    "(so it is)",
    "♪",
    ">>",
    ">> ",
    "- ",
    "\x00",
    "\u200b",
    "\u200f",
    "\u202e",
    "\u202a",
    "\u202c",
    "\u2067",
    "\u2069",
    "\ufeff",
    "́",
    "�",
    "\n",
    "\n\n",
    " ",
    ". ",
    "-->",
    "00:00:01,000 --> 00:00:02,000",
    "1",
    "WEBVTT\n\n",
    "NOTE",
    "0:01",
    "0:02 ",
    "00:01.000 --> 00:02.000",
    "0:00:01.000,0:00:02.000",
    "<transcript>",
    '<text start="1">',
    "</text>",
    "<tt>",
    '<p begin="1s">',
    '{"events":',
    "[{",
    '"text":',
    '"start":1',
    "}]",
    "<!DOCTYPE",
    "-00:00:01,000 --> 00:00:02,000",
    "99:59:59,000 --> 99:59:59,999",
]
scraps = st.lists(st.sampled_from(SCRAPS) | st.text(max_size=3), max_size=25).map("".join)


@st.composite
def broken_samples(draw: st.DrawFn) -> str:
    """A real file with a piece missing, doubled or replaced."""
    text = draw(st.sampled_from([*SAMPLES.values(), VTT, TTML, YOUTUBE_ROLLING]))
    start, end = sorted((draw(st.integers(0, len(text))), draw(st.integers(0, len(text)))))
    return text[:start] + draw(st.sampled_from([*SCRAPS, "", text[start:end] * 2])) + text[end:]


def read_and_clean(text: str | bytes) -> Transcript | None:
    with suppress(AppError):
        parsed = parse_captions(text) if isinstance(text, bytes) else parse_caption_text(text)
        return clean_cues(parsed.cues, language=parsed.language, source=SOURCE, notes=parsed.notes)
    return None


def check_segments(transcript: Transcript) -> None:
    """What Segment and Transcript promise."""
    segments = transcript.segments
    assert segments
    for segment in segments:
        assert segment.text == " ".join(segment.text.split()) != ""
        assert segment.speaker is None or segment.speaker == " ".join(segment.speaker.split()) != ""
        if segment.start_ms is None or segment.end_ms is None:
            assert not transcript.timed
            assert segment.start_ms is segment.end_ms is None
        else:
            assert transcript.timed
            assert 0 <= segment.start_ms < segment.end_ms <= MAX_TIME_MS
    for earlier, later in pairwise(segments):
        if earlier.end_ms is not None and later.start_ms is not None:
            assert earlier.end_ms <= later.start_ms
    assert unpack_segments(pack_segments(segments)) == segments
    assert all(note.count > 0 for note in transcript.notes)


@given(st.binary(max_size=400))
@EXAMPLES
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    read_and_clean(data)


@given(scraps, st.sampled_from(["utf-8", "utf-16", "cp1252", "gb18030"]))
@EXAMPLES
def test_scraps_in_any_encoding_are_read_or_refused(text: str, encoding: str) -> None:
    transcript = read_and_clean(text.encode(encoding, "replace"))
    if transcript is not None:
        check_segments(transcript)


@given(scraps | broken_samples())
@EXAMPLES
def test_any_paste_is_refused_or_becomes_a_valid_transcript(text: str) -> None:
    transcript = read_and_clean(text)
    if transcript is not None:
        check_segments(transcript)


times = st.none() | st.integers(-3000, 12_000) | st.integers(-(10**9), 10**9)
speakers = st.sampled_from([None, None, "Anna", "Bob"])
cue_texts = st.lists(st.sampled_from([scrap for scrap in SCRAPS if len(scrap) < 14]), max_size=6).map("".join)


@st.composite
def cue_lists(draw: st.DrawFn, starts: st.SearchStrategy[int | None], texts: st.SearchStrategy[str]) -> list[Cue]:
    rows = draw(st.lists(st.tuples(starts, times, texts, speakers), min_size=1, max_size=8))
    return [Cue(start_ms=start, end_ms=end, text=text, speaker=who) for start, end, text, who in rows]


def clean(cues: list[Cue]) -> Transcript | None:
    with suppress(AppError):
        return clean_cues(cues, language=None, source=SOURCE)
    return None


@given(cue_lists(times, cue_texts))
@EXAMPLES
def test_any_cues_become_valid_segments(cues: list[Cue]) -> None:
    transcript = clean(cues)
    if transcript is not None:
        check_segments(transcript)


# A name cut in two by the end of a line is one only after the first cleaning, so names come in texts of one line.
settled_texts = cue_texts.map(lambda text: text.replace("\n", " ") if ":" in text else text)


@given(cue_lists(st.integers(0, 10_000), settled_texts) | cue_lists(st.none(), settled_texts))
@EXAMPLES
def test_cleaning_what_is_clean_changes_nothing(cues: list[Cue]) -> None:
    once = clean(cues)
    if once is None:
        return
    again = [Cue(start_ms=s.start_ms, end_ms=s.end_ms, text=s.text, speaker=s.speaker) for s in once.segments]
    assert clean_cues(again, language=None, source=SOURCE).segments == once.segments


WORDS = ("no", "yes", "so what", "a < b", "3%", "R&D", "今天", "[CLS]", "x[0]", "-->", "a > b")
plain_words = st.lists(st.sampled_from(WORDS), min_size=1, max_size=5).map(lambda words: " ".join(["ok", *words]))


@given(cue_lists(st.integers(0, 10_000), plain_words))
@EXAMPLES
def test_no_plain_word_is_lost_but_in_exact_repeats(cues: list[Cue]) -> None:
    transcript = clean(cues)
    if transcript is None or any(note.code is NoteCode.REPEATS_MERGED for note in transcript.notes):
        return
    said = sorted("".join(cue.text for cue in cues).replace(" ", ""))
    assert sorted("".join(segment.text for segment in transcript.segments).replace(" ", "")) == said
