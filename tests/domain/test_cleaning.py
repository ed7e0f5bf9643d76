"""The cleaner: what speech in captions really looks like is repaired and counted, and no word of it is lost."""

from __future__ import annotations

import pytest

from core.domain.captions import BadCaptionTimes, NoWords, parse_caption_text
from core.domain.cleaning import clean_cues
from core.domain.transcript import Cue, Note, NoteCode, Segment, Transcript, TranscriptSource

Times = tuple[int | None, int | None]


def clean(*cues: Cue) -> Transcript:
    return clean_cues(cues, language="en", source=TranscriptSource.UPLOAD)


def timed(*rows: tuple[int, int | None, str]) -> Transcript:
    return clean(*(Cue(start_ms=start, end_ms=end, text=text) for start, end, text in rows))


def one_by_one(*texts: str) -> Transcript:
    """Cues of two seconds, each right behind the other."""
    return timed(*((at * 2000, at * 2000 + 2000, text) for at, text in enumerate(texts)))


def spoken(transcript: Transcript) -> list[str]:
    return [segment.text for segment in transcript.segments]


def laid_out(transcript: Transcript) -> list[tuple[int | None, int | None, str]]:
    return [(segment.start_ms, segment.end_ms, segment.text) for segment in transcript.segments]


def counts(transcript: Transcript) -> dict[NoteCode, int]:
    return {note.code: note.count for note in transcript.notes}


# -- Text ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        ("  two\n lines\t here\u00a0now ", "two lines here now"),
        ("it&#39;s &quot;me&quot; &amp;amp; you", 'it\'s "me" & you'),
        ("<i>slanted</i> and <font color='red'>red</font>", "slanted and red"),
        ("{\\an8}on top {\\i1}too{\\i0}", "on top too"),
        ("so<00:00:01.000><c> today</c><c.colorE5E5E5> we</c>", "so today we"),
        ("<v Bob>hello</v>", "hello"),
        ("<b>unclosed", "unclosed"),
        ("one<br>two<br/>three", "one two three"),
        ("&lt;i&gt;not&lt;/i&gt; the original", "not the original"),
        (">> thank you", "thank you"),
        (">>> and now", "and now"),
        ("- So let's go", "So let's go"),
        ("-\nSo let's go", "So let's go"),
        ("- Here?\n- There.", "Here? There."),
        ("[Music] and then", "and then"),
        ("♪ la la la ♪", "la la la"),
        ("(applause) thank you (laughter)", "thank you"),
        ("cafe\u0301", "café"),
        ("a\x00b\x1bc \ufeffd\u00ade", "abc de"),
        ("wo\u200brd", "word"),
        ("lone \ud800 surrogate", "lone surrogate"),
        ("well\n...", "well ..."),
        ("今天\n我们", "今天我们"),
        ("今天\nwe learn", "今天 we learn"),
    ],
)
def test_what_is_not_speech_is_taken_out(raw: str, text: str) -> None:
    assert spoken(one_by_one(raw)) == [text]


@pytest.mark.parametrize(
    "text",
    [
        "a < b and b > c, so a <c",
        "conversion = 3% & rising; R&D at AT&T",
        "see example.com/?a=1&copy=2",
        "the <b> tag and the <i> tag make text bold",
        "<s> and </s>.",
        "[CLS] and [SEP] and [UNK]",
        "[SEP]",
        "index [i] of x[0] is (i + 1)",
        "the model (which is empty here) works",
        "(which contains the model predictions)",
        '["labels"]',
        "cin >> x and x << 2",
        "-5 degrees, then - well - plus 3",
        "{'a': {1, 2}} and \\n",
        "5 * 3 * 2 = 30",
        "x --> y",
        "12:30 it was",
        "https://example.com/a?b=c#d",
        "🏳️‍🌈 family 👩‍👩‍👧",
        "می‌خواهم",
        "ไทย\u200bไทย",
    ],
)
def test_speech_that_looks_like_markup_is_never_eaten(text: str) -> None:
    transcript = one_by_one(text)
    assert spoken(transcript) == [text]
    assert transcript.notes == ()


def test_chevrons_inside_lines_go_where_the_captions_mark_speakers_by_them() -> None:
    assert spoken(one_by_one(">> okay", "right >> yeah so")) == ["okay", "right yeah so"]


def test_marks_of_direction_stay_and_overrides_go() -> None:
    transcript = one_by_one(
        "\u202bمرحبا\u202c",
        "\u200fهذا \u202eاختبار\u202c hello\u200e!",
        "\u2067نص\u2069 \u2066open",
        "\u061cok\u202c \u2069",
        "\u2067a\u202ab\u2069",
    )
    assert spoken(transcript) == [
        "\u202bمرحبا\u202c",
        "\u200fهذا اختبار hello\u200e!",
        "\u2067نص\u2069 open",
        "\u061cok",
        "\u2067ab\u2069",
    ]
    assert counts(transcript) == {NoteCode.BIDI_OVERRIDES_REMOVED: 6}


def test_every_repair_is_counted() -> None:
    transcript = one_by_one("<i>a</i>", "b\x00\x01", "[Music]", "[Music] c", ">> d")
    assert counts(transcript) == {
        NoteCode.MARKUP_REMOVED: 3,
        NoteCode.SOUND_MARKS_REMOVED: 2,
        NoteCode.CONTROL_CHARACTERS_REMOVED: 2,
    }


@pytest.mark.parametrize(
    "mark",
    [
        "[Music]",
        "[ Music ]",
        "[MUSIC PLAYING]",
        "(air whooshing)",
        "(smiley snapping)",
        "♪♪",
        "(indistinct)",
        "*laughs*",
        "[Musique]",
        "[Música]",
        "[Musik]",
        "[музыка]",
        "[موسيقى]",
        "（空气呼啸）",
        "（介绍呼呼）",
        "[音乐]",
        "[박수]",
        "...",
    ],
)
def test_cues_that_are_only_a_mark_of_sound_are_dropped(mark: str) -> None:
    transcript = one_by_one("before", mark, "after")
    assert spoken(transcript) == ["before", "after"]
    assert counts(transcript) == {NoteCode.SOUND_MARKS_REMOVED: 1}


def test_nothing_but_marks_is_refused() -> None:
    with pytest.raises(NoWords):
        one_by_one("[Music]", "♪", "\x00")
    with pytest.raises(NoWords):
        clean()


# -- Repeats ---------------------------------------------------------------------------------------------------------

YOUTUBE_ROLLING = """WEBVTT
Kind: captions
Language: en

00:00:00.160 --> 00:00:02.149 align:start position:0%
\x20
hello<00:00:00.320><c> everyone</c>

00:00:02.149 --> 00:00:02.159 align:start position:0%
hello everyone
\x20

00:00:02.159 --> 00:00:04.500 align:start position:0%
hello everyone
welcome<00:00:03.000><c> back</c>

00:00:04.500 --> 00:00:04.510 align:start position:0%
welcome back
\x20

00:00:04.510 --> 00:00:06.000 align:start position:0%
welcome back
no

00:00:06.000 --> 00:00:06.010 align:start position:0%
no
\x20

00:00:06.010 --> 00:00:07.000 align:start position:0%
no
no
"""


def test_rolling_captions_say_each_line_once_at_its_first_time() -> None:
    transcript = clean_cues(
        parse_caption_text(YOUTUBE_ROLLING).cues, language="en", source=TranscriptSource.YOUTUBE_GENERATED
    )
    assert laid_out(transcript) == [
        (160, 2149, "hello everyone"),
        (2159, 4500, "welcome back"),
        (4510, 6000, "no"),
        (6010, 7000, "no"),
    ]
    assert counts(transcript)[NoteCode.REPEATS_MERGED] == 6


def test_rolling_windows_of_three_lines_are_merged_as_well() -> None:
    assert spoken(one_by_one("a one", "a one\nb two", "a one\nb two\nc three", "b two\nc three\nd four")) == [
        "a one",
        "b two",
        "c three",
        "d four",
    ]


def test_a_line_that_grows_word_by_word_is_said_once() -> None:
    transcript = one_by_one("so", "so what", "so what is", "so what is this", "and", "and that")
    assert " ".join(spoken(transcript)) == "so what is this and that"


def test_real_repeats_are_kept() -> None:
    said = ["No.", "No.", "No.", "You are the one", "no no no", "La la la", "in between", "La la la"]
    transcript = one_by_one(*said)
    assert spoken(transcript) == said
    assert transcript.notes == ()


def test_two_lines_that_happen_to_repeat_once_in_a_long_file_are_kept() -> None:
    said = [f"line {at}" for at in range(20)]
    transcript = one_by_one(*said, "and he said\nno", "no\nnever")
    assert spoken(transcript)[-2:] == ["and he said no", "no never"]


def test_a_repeat_too_short_to_be_said_is_a_flash_even_where_its_end_is_open() -> None:
    assert spoken(timed((0, None, "once"), (1000, None, "once"), (1010, None, "then"))) == ["once", "then"]


def test_copies_at_the_same_time_are_one() -> None:
    transcript = timed((0, 2000, "twice"), (0, 2000, "twice"), (1000, 3000, "twice"), (3000, 4000, "twice"))
    assert laid_out(transcript) == [(0, 3000, "twice"), (3000, 4000, "twice")]
    assert counts(transcript) == {NoteCode.REPEATS_MERGED: 2}


# -- Times -----------------------------------------------------------------------------------------------------------


def test_overlapping_cues_end_where_the_next_begins() -> None:
    transcript = timed((0, 4000, "one"), (2000, 6000, "two"), (6000, 7000, "three"))
    assert laid_out(transcript) == [(0, 2000, "one"), (2000, 6000, "two"), (6000, 7000, "three")]
    assert counts(transcript) == {NoteCode.OVERLAPS_TRIMMED: 1}


def test_cues_out_of_order_are_sorted_and_equal_starts_keep_their_order() -> None:
    transcript = timed((4000, 5000, "last"), (0, 1000, "first"), (2000, 3000, "b"), (2000, 3000, "a"))
    assert laid_out(transcript) == [(0, 1000, "first"), (2000, 3000, "b a"), (4000, 5000, "last")]
    assert counts(transcript) == {NoteCode.REORDERED: 3, NoteCode.OVERLAPS_TRIMMED: 1}


def test_speakers_who_start_together_share_the_time_by_the_length_of_what_they_say() -> None:
    transcript = clean(
        Cue(start_ms=0, end_ms=4000, text="a" * 30, speaker="Ana"),
        Cue(start_ms=0, end_ms=4000, text="b" * 10, speaker="Bob"),
    )
    assert transcript.segments == (
        Segment(start_ms=0, end_ms=3000, text="a" * 30, speaker="Ana"),
        Segment(start_ms=3000, end_ms=4000, text="b" * 10, speaker="Bob"),
    )


def test_more_speakers_than_milliseconds_still_give_valid_segments() -> None:
    cues = [Cue(start_ms=0, end_ms=2, text=name, speaker=name) for name in "ABCD"]
    transcript = clean(*cues)
    assert laid_out(transcript) == [(0, 1, "A"), (1, 2, "B C D")]


def test_cues_without_length_last_as_long_as_their_words_take() -> None:
    transcript = timed((1000, 1000, "hello world"), (5000, 4000, "five words of this cue"), (6000, 6000, "end"))
    assert laid_out(transcript) == [
        (1000, 2000, "hello world"),
        (5000, 6000, "five words of this cue"),
        (6000, 7000, "end"),
    ]
    assert counts(transcript) == {NoteCode.ZERO_LENGTH: 3}


def test_an_open_end_is_the_next_start() -> None:
    assert laid_out(timed((0, None, "one"), (90_000, None, "two words"))) == [
        (0, 90_000, "one"),
        (90_000, 91_000, "two words"),
    ]


def test_some_negative_times_start_at_zero() -> None:
    transcript = timed((-3000, -1000, "before"), (-500, 2000, "across"), (2000, 3000, "after"))
    assert laid_out(transcript) == [(0, 2000, "before across"), (2000, 3000, "after")]
    assert counts(transcript)[NoteCode.NEGATIVE_TIMES_CLAMPED] == 2


def test_impossible_times_are_refused_here_too() -> None:
    with pytest.raises(BadCaptionTimes):
        timed((-3000, -1000, "all"), (-500, 2000, "negative"))
    with pytest.raises(BadCaptionTimes):
        timed((99 * 3_600_000, None, "too late"))


def test_one_single_cue_is_enough() -> None:
    assert laid_out(timed((0, 1500, "Hello"))) == [(0, 1500, "Hello")]


def test_a_very_long_cue_stays_one_segment() -> None:
    text = "many words " * 500
    assert laid_out(timed((0, 600_000, text))) == [(0, 600_000, text.strip())]


def test_text_without_a_time_among_timed_cues_belongs_to_the_cue_before() -> None:
    transcript = clean(
        Cue(start_ms=None, end_ms=None, text="title"),
        Cue(start_ms=0, end_ms=1000, text="one"),
        Cue(start_ms=None, end_ms=None, text="more"),
    )
    assert laid_out(transcript) == [(0, 1000, "title one more")]


# -- Speakers --------------------------------------------------------------------------------------------------------


def speakers(transcript: Transcript) -> list[tuple[str | None, str]]:
    return [(segment.speaker, segment.text) for segment in transcript.segments]


def test_given_speakers_are_kept_and_cleaned() -> None:
    transcript = clean(Cue(start_ms=0, end_ms=1, text="hi", speaker=" <i>Ana</i>\n\x00Alt "))
    assert speakers(transcript) == [("Ana Alt", "hi")]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("ANNA", "BOB"),
        ("Anna Alt", "Bob van Berg"),
        ("Speaker 1", "Speaker 2"),
        ("Анна", "Борис"),
        ("主持人", "嘉宾"),
        ("Q", "A"),
    ],
)
def test_names_before_most_cues_are_speakers(first: str, second: str) -> None:
    transcript = one_by_one(f"{first}: hello", f"{second}: hi there", f"{first}: fine")
    assert speakers(transcript) == [(first, "hello"), (second, "hi there"), (first, "fine")]


def test_names_that_come_back_throughout_a_file_are_speakers() -> None:
    turns = [
        text for at in range(10) for text in (f"ANNA: turn {at}", "goes on", "and on", f"BOB: turn {at}", "goes on")
    ]
    transcript = one_by_one(*turns)
    assert speakers(transcript)[:5] == [
        ("ANNA", "turn 0"),
        (None, "goes on"),
        (None, "and on"),
        ("BOB", "turn 0"),
        (None, "goes on"),
    ]


def test_two_speakers_in_one_cue_become_two_segments() -> None:
    transcript = one_by_one("ANNA: hello\nBOB: hi", "ANNA: again\nand more")
    assert speakers(transcript) == [("ANNA", "hello"), ("BOB", "hi"), ("ANNA", "again and more")]


def test_a_name_on_a_line_of_its_own_speaks_the_lines_below() -> None:
    transcript = one_by_one("ANNA:\nhello\nthere", "BOB:\nhi", "ANNA: bye")
    assert speakers(transcript) == [("ANNA", "hello there"), ("BOB", "hi"), ("ANNA", "bye")]


def test_points_and_sounds_beside_a_name_make_no_segment_of_their_own() -> None:
    transcript = one_by_one("...\nANNA: hello", "BOB: (so it goes)", "BOB: hi")
    assert speakers(transcript) == [("ANNA", "hello"), ("BOB", "hi")]
    assert counts(transcript) == {NoteCode.SOUND_MARKS_REMOVED: 2}


@pytest.mark.parametrize(
    "said",
    [
        ["Note: this matters", "and this", "Note: that too", "Note: and that", "so", "it", "goes"],
        ["Let me say: yes", "there it is: no", "so we did: that"],
        ["Remember: never", "one", "two", "three", "four", "five"],
        ["http://example.com", "http://example.org"],
        ["At 12:30 we go", "At 12:45 we stop"],
    ],
)
def test_words_before_a_colon_are_not_taken_for_speakers(said: list[str]) -> None:
    transcript = one_by_one(*said)
    assert speakers(transcript) == [(None, text) for text in said]


# -- Untimed ---------------------------------------------------------------------------------------------------------


def untimed(*paragraphs: str) -> Transcript:
    return clean(*(Cue(start_ms=None, end_ms=None, text=text) for text in paragraphs))


def test_paragraphs_without_times_are_segments_without_times() -> None:
    transcript = untimed("One line\nand its second.", "[Music]", "Another.")
    assert laid_out(transcript) == [(None, None, "One line and its second."), (None, None, "Another.")]
    assert not transcript.timed
    assert transcript.duration_ms is None


def test_long_paragraphs_are_cut_between_sentences() -> None:
    sentence = "This sentence has exactly nine words, as promised here."
    transcript = untimed(" ".join([sentence] * 20))
    assert all(len(text.split()) <= 75 and text.endswith("here.") for text in spoken(transcript))
    assert " ".join(spoken(transcript)) == " ".join([sentence] * 20)
    assert transcript.notes == ()


def test_text_without_sentences_is_cut_between_words() -> None:
    transcript = untimed("word " * 200)
    assert [len(text.split()) for text in spoken(transcript)] == [75, 75, 50]


def test_chinese_is_cut_between_sentences_too() -> None:
    transcript = untimed("今天我们学习机器学习的基础知识。" * 40)
    assert all(text.endswith("。") and len(text) <= 150 for text in spoken(transcript))
    assert "".join(spoken(transcript)) == "今天我们学习机器学习的基础知识。" * 40


def test_speakers_of_an_untimed_transcript_start_segments() -> None:
    transcript = untimed("Anna: hello\nhow are you\nBob: fine", "Anna: good")
    assert speakers(transcript) == [("Anna", "hello how are you"), ("Bob", "fine"), ("Anna", "good")]


# -- Notes -----------------------------------------------------------------------------------------------------------


def test_notes_of_the_reader_are_kept_and_added_to() -> None:
    notes = [
        Note(code=NoteCode.DECODED_AS, detail="cp1251"),
        Note(code=NoteCode.BAD_CUES_SKIPPED, count=2),
        Note(code=NoteCode.BAD_CUES_SKIPPED, count=1),
    ]
    cues = [Cue(start_ms=0, end_ms=1000, text="<i>hi</i>")]
    transcript = clean_cues(cues, language="ru", source=TranscriptSource.PASTE, notes=notes)
    assert transcript.notes == (
        Note(code=NoteCode.MARKUP_REMOVED, count=2),
        Note(code=NoteCode.BAD_CUES_SKIPPED, count=3),
        Note(code=NoteCode.DECODED_AS, count=1, detail="cp1251"),
    )
    assert (transcript.language, transcript.source) == ("ru", TranscriptSource.PASTE)
