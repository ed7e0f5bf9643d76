"""The time engine: reading, writing and linking times from 0 s to 99 h."""

from __future__ import annotations

import random
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.domain.timecode import (
    MAX_TIME_MS,
    InvalidTimecode,
    MediaRates,
    TimeOutOfRange,
    TimeStyle,
    find_cue_time,
    find_seconds,
    format_timecode,
    parse_time_parameter,
    parse_timecode,
    watch_url,
)

HOUR_MS = 3_600_000
FILE_STYLES = (TimeStyle.SRT, TimeStyle.VTT, TimeStyle.SBV)


@pytest.mark.parametrize(
    ("text", "time_ms"),
    [
        ("00:00:05,850", 5850),
        ("0:00:05.850", 5850),
        ("1:02:03.5", 3_723_500),
        ("10:02:03,004", 36_123_004),
        ("62:03.25", 3_723_250),
        ("0:00", 0),
        ("13:59", 839_000),
        ("1:08:38", 4_118_000),
        ("27:46:40", 100_000_000),
        ("99:00:00", MAX_TIME_MS),
        ("00:00:01.123456", 1123),
        ("00:00:01.999600", 2000),
        ("00:00:01:120", 1120),
        ("00：00：01，000", 1000),
        ("00: 00: 01, 000", 1000),
        ("12.5s", 12_500),
        ("300ms", 300),
        ("1.5h", 5_400_000),
        ("90m", 5_400_000),
        ("00:00:01:15", 1500),
        ("15f", 500),
        ("3t", 3000),
    ],
)
def test_every_written_form_of_a_time_is_read(text: str, time_ms: int) -> None:
    assert parse_timecode(text) == time_ms


def test_frames_and_ticks_count_against_the_given_rates() -> None:
    rates = MediaRates(frame_rate=Fraction(24000, 1001), sub_frames=2, tick_rate=Fraction(10_000_000))

    assert parse_timecode("00:00:01:12", rates=rates) == 1501
    assert parse_timecode("00:00:01:12.1", rates=rates) == 1521
    assert parse_timecode("123456789t", rates=rates) == 12_346


@pytest.mark.parametrize("text", ["", "x", "12", "1:75", "1:62:00", "1:2:3:4:5", "-", "1e3s", "٣:٠٠", "1:00" * 30])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(InvalidTimecode):
        parse_timecode(text)


@pytest.mark.parametrize("text", ["-0:01", "−00:00:01,000", "99:00:00.001", "100:00:00", "9999:00:00", "999999h"])
def test_times_below_zero_or_past_99_hours_are_refused(text: str) -> None:
    with pytest.raises(TimeOutOfRange):
        parse_timecode(text)


@pytest.mark.parametrize("time_ms", [-1, MAX_TIME_MS + 1])
def test_times_out_of_range_are_never_written(time_ms: int) -> None:
    for style in TimeStyle:
        with pytest.raises(TimeOutOfRange):
            format_timecode(time_ms, style)


def test_caption_times_keep_their_sign_for_the_file_to_be_judged_as_a_whole() -> None:
    assert find_cue_time("-00:00:01,000") == -1000
    assert find_cue_time("00:00:75,000") == 75_000
    assert find_cue_time("nonsense") is None


@pytest.mark.parametrize(("text", "time_ms"), [("3.24", 3240), (".5", 500), ("-2", -2000), ("1e5", None), ("", None)])
def test_plain_seconds_are_read_as_decimals(text: str, time_ms: int | None) -> None:
    assert find_seconds(text) == time_ms


@pytest.mark.parametrize(
    ("time_ms", "clock", "srt", "vtt", "sbv"),
    [
        (0, "0:00", "00:00:00,000", "00:00:00.000", "0:00:00.000"),
        (839_999, "13:59", "00:13:59,999", "00:13:59.999", "0:13:59.999"),
        (4_118_500, "1:08:38", "01:08:38,500", "01:08:38.500", "1:08:38.500"),
        (36_000_000, "10:00:00", "10:00:00,000", "10:00:00.000", "10:00:00.000"),
        (100_000_000, "27:46:40", "27:46:40,000", "27:46:40.000", "27:46:40.000"),
    ],
)
def test_times_are_written_for_people_and_for_files(time_ms: int, clock: str, srt: str, vtt: str, sbv: str) -> None:
    styles = (TimeStyle.CLOCK, TimeStyle.SRT, TimeStyle.VTT, TimeStyle.SBV)
    assert [format_timecode(time_ms, style) for style in styles] == [clock, srt, vtt, sbv]


def test_a_hundred_thousand_random_times_come_back_as_they_were() -> None:
    chance = random.Random(20_240_501)
    for _ in range(100_000):
        time_ms = chance.randint(0, MAX_TIME_MS)
        style = chance.choice(FILE_STYLES)
        assert parse_timecode(format_timecode(time_ms, style)) == time_ms
        assert parse_timecode(format_timecode(time_ms)) == time_ms // 1000 * 1000


@given(st.integers(0, MAX_TIME_MS), st.sampled_from(FILE_STYLES))
@settings(deadline=None, derandomize=True)
def test_written_times_are_read_back_exactly(time_ms: int, style: TimeStyle) -> None:
    assert parse_timecode(format_timecode(time_ms, style)) == time_ms


@given(st.integers(0, MAX_TIME_MS))
@settings(deadline=None, derandomize=True)
def test_a_link_and_its_parameter_name_the_same_second(time_ms: int) -> None:
    link = watch_url("dQw4w9WgXcQ", time_ms)
    assert parse_time_parameter(link.rpartition("t=")[2]) == time_ms // 1000 * 1000


@given(st.text(max_size=60))
@settings(deadline=None, derandomize=True, max_examples=300)
def test_no_text_makes_the_time_engine_fail_otherwise(text: str) -> None:
    find_cue_time(text)
    find_seconds(text)
    parse_time_parameter(text)
    with suppress(InvalidTimecode):
        assert 0 <= parse_timecode(text) <= MAX_TIME_MS


@pytest.mark.parametrize(
    ("text", "time_ms"),
    [
        ("1h2m3s", 3_723_000),
        ("1H2M3S", 3_723_000),
        ("90", 90_000),
        ("90s", 90_000),
        ("90.5", 90_500),
        ("1m", 60_000),
        ("5m30", 330_000),
        ("1:02:03", 3_723_000),
        ("28h", 28 * HOUR_MS),
        ("0", 0),
        ("", None),
        ("s", None),
        ("abc", None),
        ("-5", None),
        ("1 2", None),
        ("100h", None),
        ("9" * 30, None),
    ],
)
def test_the_time_of_an_address_is_read_or_ignored(text: str, time_ms: int | None) -> None:
    assert parse_time_parameter(text) == time_ms


def test_links_past_the_hour_go_to_the_right_second() -> None:
    assert watch_url("dQw4w9WgXcQ", 3_723_999) == "https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=3723s"
    assert watch_url("dQw4w9WgXcQ", 10 * HOUR_MS + 1000) == "https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=36001s"
    assert watch_url("dQw4w9WgXcQ", 0) == "https://www.youtube.com/watch?v=dQw4w9WgXcQ&t=0s"
    assert watch_url("dQw4w9WgXcQ") == "https://www.youtube.com/watch?v=dQw4w9WgXcQ"


def test_a_link_is_never_made_from_something_else_than_an_id() -> None:
    with pytest.raises(ValueError, match="video id"):
        watch_url("dQw4w9WgXcQ&x=1", 0)
