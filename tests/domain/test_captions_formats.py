"""Each caption format as it is met in the wild; the samples are written by hand after files that tools really make."""

from __future__ import annotations

import json
from collections.abc import Iterable

import pytest

from core.domain.captions import CaptionFormat, ParsedCaptions, parse_caption_text, parse_captions
from core.domain.captions.reading import FORMATS
from core.domain.transcript import Cue, Note, NoteCode

SRT = "1\n00:00:01,000 --> 00:00:02,500\nHello there\n\n2\n00:00:02,500 --> 00:00:04,000\nGeneral\nKenobi\n"


def rows(parsed: ParsedCaptions) -> list[tuple[int | None, int | None, str]]:
    return [(cue.start_ms, cue.end_ms, cue.text) for cue in parsed.cues]


def texts(cues: Iterable[Cue]) -> list[str]:
    return [cue.text for cue in cues]


SAMPLES = {
    CaptionFormat.SRT: SRT,
    CaptionFormat.VTT: "WEBVTT\n\n00:01.000 --> 00:02.500\nHello there\n\n00:02.500 --> 00:04.000\nGeneral\nKenobi\n",
    CaptionFormat.SBV: "0:00:01.000,0:00:02.500\nHello there\n\n0:00:02.500,0:00:04.000\nGeneral\nKenobi\n",
    CaptionFormat.JSON3: json.dumps(
        {
            "wireMagic": "pb3",
            "events": [
                {"tStartMs": 1000, "dDurationMs": 1500, "segs": [{"utf8": "Hello "}, {"utf8": "there"}]},
                {"tStartMs": 2500, "dDurationMs": 1500, "segs": [{"utf8": "General\nKenobi"}]},
            ],
        }
    ),
    CaptionFormat.JSON_SEGMENTS: json.dumps(
        [
            {"text": "Hello there", "start": 1.0, "duration": 1.5},
            {"text": "General\nKenobi", "start": 2.5, "duration": 1.5},
        ]
    ),
    CaptionFormat.SRV1: '<?xml version="1.0" encoding="utf-8" ?><transcript><text start="1" dur="1.5">'
    "Hello there</text>"
    '<text start="2.5" dur="1.5">General\nKenobi</text></transcript>',
    CaptionFormat.SRV3: '<timedtext format="3"><body><p t="1000" d="1500"><s>Hello</s><s t="300"> there</s></p>'
    '<p t="2500" d="1500">General<br/>Kenobi</p></body></timedtext>',
    CaptionFormat.TTML: '<tt xmlns="http://www.w3.org/ns/ttml"><body><div><p begin="1s" end="2.5s">Hello there</p>\n'
    '<p begin="00:00:02.500" dur="1500ms">General<br/>Kenobi</p></div></body></tt>',
    CaptionFormat.TIMED_TEXT: "[0:01 - 0:02.5] Hello there\n[0:02.5 - 0:04] General\nKenobi\n",
    CaptionFormat.PLAIN_TEXT: "Hello there\n\nGeneral\nKenobi\n",
}


def test_every_format_has_a_sample_and_a_reader() -> None:
    assert set(SAMPLES) == set(CaptionFormat) == {reader.format for reader in FORMATS}


@pytest.mark.parametrize("caption_format", SAMPLES)
def test_a_format_is_told_by_its_content_and_read(caption_format: CaptionFormat) -> None:
    parsed = parse_captions(SAMPLES[caption_format].encode())

    assert parsed.format == caption_format
    assert texts(parsed.cues) == ["Hello there", "General\nKenobi"]
    if caption_format is not CaptionFormat.PLAIN_TEXT:
        assert [(cue.start_ms, cue.end_ms) for cue in parsed.cues] == [(1000, 2500), (2500, 4000)]
    assert parsed.notes == ()


@pytest.mark.parametrize("caption_format", SAMPLES)
@pytest.mark.parametrize("line_end", ["\r\n", "\r"])
def test_line_ends_make_no_difference(caption_format: CaptionFormat, line_end: str) -> None:
    written = SAMPLES[caption_format]
    assert parse_caption_text(written.replace("\n", line_end)).cues == parse_caption_text(written).cues


def test_a_name_that_says_another_format_is_noted() -> None:
    notes = parse_captions(SAMPLES[CaptionFormat.SBV].encode(), filename="talk.fr.SRT").notes
    assert notes == (Note(code=NoteCode.FORMAT_DIFFERS, detail="named .srt, read as sbv"),)
    assert parse_captions(SRT.encode(), filename="talk.srt").notes == ()
    assert parse_captions(SRT.encode(), filename="talk.unknown").notes == ()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252"])
def test_western_text_is_decoded(encoding: str) -> None:
    written = SRT.replace("Hello there", "Ça va, c’est déjà l’été ; où êtes-vous né, garçon ?")
    parsed = parse_captions(written.encode(encoding))
    assert parsed.cues[0].text == "Ça va, c’est déjà l’été ; où êtes-vous né, garçon ?"


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1251", "Привет, меня зовут Мэтью, и сегодня мы поговорим о трансформерах и о том, как они устроены"),
        ("gb18030", "大家好，欢迎来到课程，我们将学习机器学习的基础知识，谢谢大家观看这个视频"),
        ("shift_jis", "こんにちは、みなさん。今日は機械学習について話します。ありがとうございました"),
        ("euc-kr", "안녕하세요 여러분 오늘은 기계 학습에 대해 이야기하겠습니다"),
    ],
)
def test_other_encodings_are_detected_and_noted(encoding: str, text: str) -> None:
    parsed = parse_captions(SRT.replace("Hello there", text).encode(encoding))
    assert parsed.cues[0].text == text
    assert [note.code for note in parsed.notes] == [NoteCode.DECODED_AS]


def test_one_damaged_character_does_not_turn_utf8_into_another_encoding() -> None:
    written = SRT.replace("Hello there", "Grüße aus Köln und Übersee, schöne Größe öfter über ähnliche Äpfel").encode()
    parsed = parse_captions(written.replace(b"General", b"G\xffneral"))
    assert parsed.cues[0].text.startswith("Grüße aus Köln")
    assert parsed.notes == (Note(code=NoteCode.DECODED_AS, detail="utf-8, 1 unreadable characters"),)


# -- SRT -------------------------------------------------------------------------------------------------------------


def test_srt_without_blank_lines_numbers_or_milliseconds_is_read() -> None:
    parsed = parse_caption_text(
        "1\n0:00:01.000 --> 0:00:02.5\nno blank line\n2\n00:00:03 -> 00:00:04\nshort arrow\n"
        "00: 00: 05, 000 --> 00: 00: 06, 000\nspaces, no number\n\n00:00:07,000 --> \nno end"
    )
    assert rows(parsed) == [
        (1000, 2500, "no blank line"),
        (3000, 4000, "short arrow"),
        (5000, 6000, "spaces, no number"),
        (7000, None, "no end"),
    ]


def test_an_empty_line_inside_a_cue_does_not_cut_its_words_off() -> None:
    parsed = parse_caption_text(SRT.replace("Hello there", "\nHello\n\nthere"))
    assert texts(parsed.cues) == ["Hello\nthere", "General\nKenobi"]
    assert parsed.notes == ()


def test_a_number_that_is_spoken_is_not_taken_for_the_next_cues_number() -> None:
    parsed = parse_caption_text(
        "1\n00:00:01,000 --> 00:00:02,000\nThe answer is\n42\n\n2\n00:00:02,000 --> 00:00:03,000\n7\n"
    )
    assert texts(parsed.cues) == ["The answer is\n42", "7"]


def test_a_cue_whose_times_cannot_be_read_is_skipped_and_counted() -> None:
    parsed = parse_caption_text(
        SRT + "\n3\n00:00:xx,000 --> 00:00:09,000\nlost\n\n4\n00:00:09,000 --> 00:00:10,000\nkept\n"
    )
    assert texts(parsed.cues) == ["Hello there", "General\nKenobi", "kept"]
    assert parsed.notes == (Note(code=NoteCode.BAD_CUES_SKIPPED, count=1),)


def test_coordinates_behind_the_times_are_no_text() -> None:
    parsed = parse_caption_text("1\n00:00:01,000 --> 00:00:02,000 X1:100 X2:200 Y1:1 Y2:2\nHi\n")
    assert rows(parsed) == [(1000, 2000, "Hi")]


# -- VTT -------------------------------------------------------------------------------------------------------------

VTT = """WEBVTT - A talk
Kind: captions
Language: pt-BR

STYLE
::cue { color: white }

REGION
id:fred

NOTE a comment
over two lines

intro
00:01.000 --> 00:04.000 align:start position:0%
<v.loud Ana Müller>a &lt; b &amp; c</v>
<v Bob>Hello

00:04.000 --> 00:06.000
<i>No</i> voice

a paragraph that belongs to nothing

NOTE the end
"""


def test_vtt_header_comments_settings_and_voices() -> None:
    parsed = parse_caption_text(VTT)

    assert (parsed.language, parsed.title) == ("pt-BR", "A talk")
    assert [(cue.speaker, cue.text) for cue in parsed.cues] == [
        ("Ana Müller", "a < b & c"),
        ("Bob", "Hello"),
        (None, "<i>No</i> voice"),
    ]
    assert parsed.notes == (Note(code=NoteCode.BAD_CUES_SKIPPED, count=1),)


def test_vtt_that_lost_its_signature_is_still_vtt() -> None:
    parsed = parse_caption_text("00:01.000 --> 00:02.000 line:0\n<v Bob>R&amp;D\n")
    assert parsed.format == CaptionFormat.VTT
    assert parsed.cues == (Cue(start_ms=1000, end_ms=2000, text="R&D", speaker="Bob"),)


def test_vtt_without_blank_lines_keeps_its_text() -> None:
    parsed = parse_caption_text(
        "WEBVTT\n1\n00:01.000 --> 00:02.000\none\n2\n00:02.000 --> 00:03.000\ntwo\n00:03.000 --> 00:04.000\nthree"
    )
    assert texts(parsed.cues) == ["one", "two", "three"]


# -- YouTube ---------------------------------------------------------------------------------------------------------


def test_json3_windows_and_line_breaks_are_no_cues() -> None:
    events = [
        {"tStartMs": 0, "dDurationMs": 9000, "id": 1, "wpWinPosId": 1, "wsWinStyleId": 1},
        {
            "tStartMs": 160,
            "dDurationMs": 4000,
            "wWinId": 1,
            "segs": [{"utf8": "so"}, {"utf8": " today", "tOffsetMs": 240}],
        },
        {"tStartMs": 2000, "dDurationMs": 2160, "wWinId": 1, "aAppend": 1, "segs": [{"utf8": "\n"}]},
        {"tStartMs": 2010, "dDurationMs": 4000, "wWinId": 1, "segs": [{"utf8": "we "}, {"utf8": "talk"}]},
        {"tStartMs": 5000, "segs": [{"utf8": "open end"}]},
        {"segs": [{"utf8": "no time"}]},
    ]
    parsed = parse_caption_text(json.dumps({"events": events}))

    assert rows(parsed) == [(160, 4160, "so today"), (2010, 6010, "we talk"), (5000, None, "open end")]
    assert parsed.notes == (Note(code=NoteCode.BAD_CUES_SKIPPED, count=1),)


def test_srv1_is_decoded_twice_as_youtube_escapes_it_twice() -> None:
    parsed = parse_caption_text(
        '<transcript><text start="1.2" dur="2.04">it&amp;#39;s &amp;quot;me&amp;quot; &amp;amp; you</text>'
        '<text start="5" dur="0.5"></text><text start="6">R&D&nbsp;&#1;x</text></transcript>'
    )
    assert rows(parsed) == [(1200, 3240, 'it\'s "me" & you'), (6000, None, "R&D\xa0x")]


def test_srv2_and_srv3_count_in_milliseconds() -> None:
    srv3 = (
        '<?xml version="1.0"?><timedtext format="3"><head><ws id="0"/></head><body><w t="0" id="1"/>'
        '<p t="160" d="4000" w="1"><s ac="248">so</s><s t="240"> it&#39;s</s></p><p t="2000" d="10" w="1" a="1">\n</p>'
        "</body></timedtext>"
    )
    assert rows(parse_caption_text(srv3)) == [(160, 4160, "so it's")]
    assert rows(parse_caption_text('<timedtext><text t="1500" d="500">hi</text></timedtext>')) == [(1500, 2000, "hi")]


# -- TTML ------------------------------------------------------------------------------------------------------------

TTML = """<?xml version="1.0" encoding="UTF-8"?>
<tt xmlns="http://www.w3.org/ns/ttml" xmlns:ttp="http://www.w3.org/ns/ttml#parameter"
    xmlns:ttm="http://www.w3.org/ns/ttml#metadata" xml:lang="de"
    ttp:frameRate="24" ttp:frameRateMultiplier="1000 1001" ttp:tickRate="10000000">
  <head><metadata><ttm:title>Ein Titel</ttm:title>
    <ttm:agent xml:id="a1" type="person"><ttm:name type="full">Anna Alt</ttm:name></ttm:agent></metadata></head>
  <body><div begin="10s">
    <p begin="00:00:01:12" end="00:00:02:12" ttm:agent="a1">Hallo
       Welt<br/>zweite <span tts:color="red">Zeile</span></p>
    <p begin="30000000t" dur="2s"><metadata><ttm:desc>not spoken</ttm:desc></metadata>Ticks</p>
    <p><span begin="5s" end="6s">eins </span><span begin="6s" end="7.5s">zwei</span></p>
    <p>ohne Zeit</p>
  </div></body>
</tt>"""


def test_ttml_frames_ticks_offsets_agents_and_spans() -> None:
    parsed = parse_caption_text(TTML)

    assert (parsed.language, parsed.title) == ("de", "Ein Titel")
    assert rows(parsed) == [
        (11_501, 12_501, "Hallo Welt\nzweite Zeile"),
        (13_000, 15_000, "Ticks"),
        (15_000, 17_500, "eins zwei"),
    ]
    assert [cue.speaker for cue in parsed.cues] == ["Anna Alt", None, None]
    assert parsed.notes == (Note(code=NoteCode.BAD_CUES_SKIPPED, count=1),)


def test_prefixed_ttml_is_read_as_well() -> None:
    parsed = parse_caption_text('<tt:tt xmlns:tt="x"><tt:body><tt:p begin="1s" end="2s">Hi</tt:p></tt:body></tt:tt>')
    assert rows(parsed) == [(1000, 2000, "Hi")]


# -- JSON rows -------------------------------------------------------------------------------------------------------


def test_rows_of_speech_to_text_tools_are_read_with_their_speakers() -> None:
    document = {
        "language": "en",
        "segments": [
            {"start": 0, "end": 2.5, "text": " Hello", "speaker": "A"},
            {"start": "2.5", "text": "yo"},
            {"x": 1},
        ],
    }
    parsed = parse_caption_text(json.dumps(document))
    assert parsed.language == "en"
    assert parsed.cues == (
        Cue(start_ms=0, end_ms=2500, text="Hello", speaker="A"),
        Cue(start_ms=2500, end_ms=None, text="yo"),
    )
    assert parsed.notes == (Note(code=NoteCode.BAD_CUES_SKIPPED, count=1),)


# -- Text ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "pasted",
    [
        "0:00 hello there\n0:05 second thing\n1:02:03 late",
        "0:00hello there\n0:05second thing\n1:02:03late",
        "0:00\nhello there\n0:05\nsecond thing\n1:02:03\nlate",
        "Transcript\n\n0:00\nhello there\n\n0:05\nsecond\nthing\n1:02:03\nlate\n",
        "0:00\n0 seconds\nhello there\n0:05\n5 seconds\nsecond thing\n1:02:03\n1 hour, 2 minutes, 3 seconds\nlate",
        "(0:00) hello there\n(0:05) second thing\n(1:02:03) late",
        "[00:00:00] hello there\n[00:00:05] second thing\n[01:02:03] late",
        "00:00 - hello there\n00:05 - second thing\n01:02:03 - late",
    ],
)
def test_text_with_times_is_read_however_it_was_copied(pasted: str) -> None:
    parsed = parse_caption_text(pasted)
    assert parsed.format == CaptionFormat.TIMED_TEXT
    assert [(cue.start_ms, cue.end_ms, " ".join(cue.text.split())) for cue in parsed.cues] == [
        (0, None, "hello there"),
        (5000, None, "second thing"),
        (3_723_000, None, "late"),
    ]
    assert parsed.notes == ()


def test_ranges_and_names_of_meeting_tools_are_read() -> None:
    assert rows(parse_caption_text("[00:00.000 --> 00:05.000]  Hello\n[00:05.000 --> 00:07.500]  world")) == [
        (0, 5000, "Hello"),
        (5000, 7500, "world"),
    ]
    meeting = parse_caption_text("Jane Doe  0:03\nHello there\n\nSpeaker 2  0:09\nWe meet at 10:30\nas agreed")
    assert [(cue.start_ms, cue.speaker, cue.text) for cue in meeting.cues] == [
        (3000, "Jane Doe", "Hello there"),
        (9000, "Speaker 2", "We meet at 10:30\nas agreed"),
    ]


@pytest.mark.parametrize(
    "prose",
    [
        "We start at eight.\n10:30 is when we stop, as we always did.\nAnd then we go home.",
        "Chapter one. It was late, and nobody had slept.\n\n"
        + "The story goes on and on. " * 400
        + "\n3:45 said the clock.",
        "12:30 pm was the time we had agreed on.\nNobody came.\nWe left.",
        "9:00 sharp.\n8:00 was too early.\n7:00 even more so.\n6:00 was the night.",
    ],
)
def test_a_time_that_is_part_of_the_speech_makes_no_timed_text(prose: str) -> None:
    assert parse_caption_text(prose).format == CaptionFormat.PLAIN_TEXT


def test_text_without_times_is_read_by_paragraphs() -> None:
    parsed = parse_caption_text("One line\nand its second.\n\n\nAnother paragraph: [Laughter] (a + b) <3")
    assert rows(parsed) == [
        (None, None, "One line\nand its second."),
        (None, None, "Another paragraph: [Laughter] (a + b) <3"),
    ]
