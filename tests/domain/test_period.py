from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.period import (
    DAY,
    HOUR,
    LONGEST,
    MINUTE,
    PRESETS,
    TIER_LENGTH,
    Period,
    Tier,
    floor_minute,
    own_range,
    pieces,
    preset,
    zone_of,
)
from core.errors import InvalidInput

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
ZONES = (
    "UTC", "Europe/Berlin", "America/New_York", "Asia/Kolkata", "Asia/Kathmandu", "Australia/Lord_Howe",
    "America/St_Johns", "Africa/Cairo", "Pacific/Apia",
)  # fmt: skip
minutes = st.integers(0, 2 * 366 * 24 * 60).map(lambda n: datetime(2025, 1, 1, tzinfo=UTC) + n * MINUTE)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def lengths(period: Period) -> list[timedelta]:
    return [end - start for start, end in pairwise(period.edges())]


@pytest.mark.parametrize(
    ("name", "bins", "width"),
    [
        ("1h", 60, MINUTE),
        ("6h", 72, 5 * MINUTE),
        ("24h", 96, 15 * MINUTE),
        ("7d", 84, 2 * HOUR),
        ("30d", 120, 6 * HOUR),
        ("90d", 90, DAY),
    ],
)
def test_a_preset_has_bins_of_a_fixed_width(name: str, bins: int, width: timedelta) -> None:
    period = preset(name, NOON - MINUTE)
    assert period.end == NOON
    assert period.width == width
    # A range that begins between two edges has one bin more, and a short one at each end.
    assert len(period.edges()) - 1 in {bins, bins + 1}
    assert set(lengths(period)[1:-1]) == {width}


def test_a_preset_ends_with_the_minute_that_is_running() -> None:
    period = preset("1h", NOON + timedelta(seconds=59))
    assert (period.start, period.end) == (NOON - 59 * MINUTE, NOON + MINUTE)


def test_the_period_before_has_the_same_length_and_ends_where_this_one_begins() -> None:
    period = preset("7d", NOON)
    assert period.before.end == period.start
    assert period.before.length == period.length


@pytest.mark.parametrize("name", ["", "2h", "30D", "1h "])
def test_an_unknown_preset_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        preset(name, NOON)


@pytest.mark.parametrize("end", [NOON, NOON - MINUTE, NOON + LONGEST + MINUTE])
def test_a_range_that_is_empty_reversed_or_endless_is_refused(end: datetime) -> None:
    with pytest.raises(InvalidInput):
        Period(start=NOON, end=end)


@pytest.mark.parametrize(
    ("start", "end"),
    [
        ("0001-01-01T00:00:00+00:00", "0001-01-03T00:00:00+00:00"),  # there is no period before
        ("0001-01-01T00:00:00+23:00", "0001-01-03T00:00:00+00:00"),  # in UTC there is no such moment
        ("9999-12-01T00:00:00+00:00", "9999-12-31T23:59:00+00:00"),
        ("9999-12-01T00:00:00+00:00", "9999-12-31T23:59:00-23:00"),
        ("1999-12-31T23:59:00+00:00", "2000-02-01T00:00:00+00:00"),
        ("2199-12-31T00:00:00+00:00", "2200-01-01T00:01:00+00:00"),
    ],
)
def test_a_range_at_the_ends_of_the_calendar_is_refused(start: str, end: str) -> None:
    with pytest.raises(InvalidInput):
        own_range(datetime.fromisoformat(start), datetime.fromisoformat(end))


def test_a_range_of_one_s_own_has_whole_minutes_in_utc() -> None:
    period = own_range(
        datetime.fromisoformat("2000-01-01T01:00:59+01:00"),
        datetime.fromisoformat("2000-01-01T00:09:00Z"),
        "Asia/Tokyo",
    )
    assert period == Period(start=at("2000-01-01T00:00"), end=at("2000-01-01T00:09"), zone="Asia/Tokyo")


@pytest.mark.parametrize("name", ["Mars/Olympus", "", "../etc/passwd", "/etc/passwd", "a\0b"])
def test_an_unknown_zone_is_refused(name: str) -> None:
    with pytest.raises(InvalidInput):
        zone_of(name)


def test_the_day_on_which_clocks_go_forward_is_a_bin_of_23_hours() -> None:
    period = Period(start=at("2026-03-01T00:00"), end=at("2026-04-20T00:00"), zone="Europe/Berlin")
    edges = period.edges()
    place = edges.index(at("2026-03-28T23:00"))
    assert edges[place + 1] == at("2026-03-29T22:00")
    assert lengths(period)[place] == 23 * HOUR


def test_the_day_on_which_clocks_go_back_is_a_bin_of_25_hours() -> None:
    period = Period(start=at("2026-09-20T00:00"), end=at("2026-11-20T00:00"), zone="America/New_York")
    edges = period.edges()
    place = edges.index(at("2026-11-01T04:00"))
    assert edges[place + 1] == at("2026-11-02T05:00")
    assert lengths(period)[place] == 25 * HOUR


def test_where_midnight_itself_is_left_out_the_day_begins_when_the_clocks_change() -> None:
    period = Period(start=at("2026-04-01T00:00"), end=at("2026-05-20T00:00"), zone="Africa/Cairo")
    # On 24 April 2026 Cairo goes from 23:59 to 01:00.
    place = period.edges().index(at("2026-04-23T22:00"))
    assert lengths(period)[place] == 23 * HOUR


def test_where_the_clock_moves_by_half_an_hour_the_day_has_24_and_a_half() -> None:
    period = Period(start=at("2026-03-01T00:00"), end=at("2026-05-01T00:00"), zone="Australia/Lord_Howe")
    assert timedelta(hours=24, minutes=30) in lengths(period)


def test_days_of_a_zone_with_half_hours_begin_at_its_own_midnight() -> None:
    period = Period(start=at("2026-09-01T00:00"), end=at("2026-11-01T00:00"), zone="Asia/Kolkata")
    assert {(edge.hour, edge.minute) for edge in period.edges()[1:-1]} == {(18, 30)}


def test_bins_of_hours_lie_on_whole_hours_of_utc_in_a_zone_with_half_hours() -> None:
    period = Period(start=at("2026-11-16T12:00"), end=at("2026-11-23T12:00"), zone="Asia/Kathmandu")
    assert {edge.minute for edge in period.edges()} == {0}


def test_bins_of_minutes_lie_on_the_clock_of_the_zone() -> None:
    period = Period(start=at("2026-11-23T00:07"), end=at("2026-11-24T00:07"), zone="Asia/Kathmandu")
    local = [edge.astimezone(ZoneInfo("Asia/Kathmandu")) for edge in period.edges()[1:-1]]
    assert {each.minute % 15 for each in local} == {0}


@given(start=minutes, length=st.integers(1, 366 * 24 * 60), zone=st.sampled_from(ZONES))
def test_edges_rise_from_the_start_to_the_end_and_are_few(start: datetime, length: int, zone: str) -> None:
    period = Period(start=start, end=start + length * MINUTE, zone=zone)
    edges = period.edges()
    assert (edges[0], edges[-1]) == (period.start, period.end)
    assert all(first < second for first, second in pairwise(edges))
    assert len(edges) <= 370
    assert all(edge.second == edge.microsecond == 0 for edge in edges)


@given(
    start=minutes,
    length=st.integers(1, 40 * 24 * 60),
    dirty=st.sets(st.integers(0, 41 * 24), max_size=8),
)
def test_pieces_cover_the_range_exactly_never_overlap_and_lie_on_their_tiers(
    start: datetime, length: int, dirty: set[int]
) -> None:
    end = start + length * MINUTE
    first_hour = start.replace(minute=0)
    hours = {first_hour + number * HOUR for number in dirty}
    found = pieces(start, end, dirty=hours)
    assert (found[0].start, found[-1].end) == (start, end)
    assert all(first.end == second.start for first, second in pairwise(found))
    assert all(first.tier is not second.tier for first, second in pairwise(found))
    for piece in found:
        if piece.tier is Tier.MINUTE:
            continue
        length_of = TIER_LENGTH[piece.tier]
        midnight = datetime(2020, 1, 1, tzinfo=UTC)
        assert (piece.start - midnight) % length_of == (piece.end - midnight) % length_of == timedelta()
        assert not any(piece.start <= hour < piece.end for hour in hours)


def test_a_whole_month_is_read_by_the_day_with_hours_and_minutes_at_its_ends() -> None:
    found = pieces(at("2026-10-01T22:30"), at("2026-11-01T01:15"))
    assert [(piece.tier, piece.start, piece.end) for piece in found] == [
        (Tier.MINUTE, at("2026-10-01T22:30"), at("2026-10-01T23:00")),
        (Tier.HOUR, at("2026-10-01T23:00"), at("2026-10-02T00:00")),
        (Tier.DAY, at("2026-10-02T00:00"), at("2026-11-01T00:00")),
        (Tier.HOUR, at("2026-11-01T00:00"), at("2026-11-01T01:00")),
        (Tier.MINUTE, at("2026-11-01T01:00"), at("2026-11-01T01:15")),
    ]


def test_a_dirty_hour_is_read_by_the_minute_and_its_day_by_the_hour() -> None:
    found = pieces(at("2026-11-01T00:00"), at("2026-11-03T00:00"), dirty={at("2026-11-01T05:00")})
    assert [(piece.tier, piece.start.hour, piece.end.hour) for piece in found] == [
        (Tier.HOUR, 0, 5),
        (Tier.MINUTE, 5, 6),
        (Tier.HOUR, 6, 0),
        (Tier.DAY, 0, 0),
    ]


def test_one_minute_is_one_piece() -> None:
    found = pieces(NOON, NOON + MINUTE)
    assert [(piece.tier, piece.start, piece.end) for piece in found] == [(Tier.MINUTE, NOON, NOON + MINUTE)]


def test_a_moment_is_floored_to_its_minute_in_utc() -> None:
    local = datetime(2026, 11, 23, 13, 4, 59, 999, tzinfo=ZoneInfo("Asia/Kathmandu"))
    assert floor_minute(local) == at("2026-11-23T07:19")


def test_presets_are_in_order_of_length() -> None:
    assert list(PRESETS.values()) == sorted(PRESETS.values())
