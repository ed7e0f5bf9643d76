"""The state of a page stands in its address: read and written without loss, and never a way to break the page."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qsl, urlsplit
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.period import PRESETS
from core.domain.telemetry import Kind
from core.slos import SLOS
from ops_dashboard.address import HEATS, Address, parse
from tests.factories.clocks import NOON

_MINUTES = st.integers(0, 5_000_000).map(lambda minute: datetime(2020, 1, 1, tzinfo=UTC) + timedelta(minutes=minute))
_NAMES = st.none() | st.text(st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=40)


@st.composite
def addresses(draw: st.DrawFn) -> Address:
    start = draw(st.none() | _MINUTES)
    end = start + timedelta(minutes=draw(st.integers(1, 500_000))) if start else None
    return Address(
        range="" if start else draw(st.sampled_from(sorted(PRESETS))),
        start=start,
        end=end,
        zone=draw(st.sampled_from(["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"])),
        is_compared=draw(st.booleans()),
        slo=draw(st.none() | st.sampled_from(sorted(SLOS))),
        cause=draw(_NAMES | st.just("")),
        request=draw(st.none() | st.uuids()),
        kind=draw(st.none() | st.sampled_from([each.value for each in Kind])),
        name=draw(_NAMES),
        heat=draw(st.sampled_from(HEATS)),
        is_wall=draw(st.booleans()),
    )


def read(href: str) -> Address:
    return parse(dict(parse_qsl(urlsplit(href).query, keep_blank_values=True)))


@given(addresses())
def test_whatever_state_is_written_is_read_again(address: Address) -> None:
    again = read(address.href("/ops"))
    assert again == address
    assert again.problems == ()


_PARAMETERS = ("range", "from", "to", "tz", "compare", "slo", "cause", "request", "kind", "name", "heat", "wall")


@given(st.dictionaries(st.sampled_from(_PARAMETERS), st.text()))
def test_no_address_breaks_the_page(parameters: dict[str, str]) -> None:
    address = parse(parameters)
    assert address.period(NOON).start < address.period(NOON).end
    assert all(problem.endswith(".") for problem in address.problems)


def test_the_state_of_a_page_without_parameters_needs_none() -> None:
    assert parse({}) == Address()
    assert Address().href("/ops") == "/ops"
    assert Address().period(NOON).length == timedelta(days=1)


def test_a_preset_ends_with_the_minute_now_running() -> None:
    period = parse({"range": "1h"}).period(NOON + timedelta(seconds=30))
    assert (period.start, period.end) == (NOON - timedelta(minutes=59), NOON + timedelta(minutes=1))


def test_times_without_an_offset_are_on_the_clock_of_the_page() -> None:
    address = parse({"from": "2026-11-20T00:00", "to": "2026-11-21T12:30", "tz": "Europe/Berlin"})
    assert address.start == datetime(2026, 11, 19, 23, 0, tzinfo=UTC)
    assert address.end == datetime(2026, 11, 21, 11, 30, tzinfo=UTC)
    assert address.range == ""


def test_another_clock_leaves_the_range_where_it_is() -> None:
    berlin = parse({"from": "2026-11-20T00:00", "to": "2026-11-21T12:30", "tz": "Europe/Berlin"})
    utc = read(replace(berlin, zone="UTC").href("/ops"))
    assert (utc.start, utc.end) == (berlin.start, berlin.end)


@pytest.mark.parametrize(
    ("parameters", "sentence"),
    [
        ({"range": "99h"}, "There is no range of that name"),
        ({"tz": "Nowhere/Land"}, "There is no time zone of that name"),
        ({"tz": "../../etc/passwd"}, "There is no time zone of that name"),
        ({"from": "yesterday", "to": "now"}, "needs a start and an end"),
        ({"from": "2026-11-20T00:00"}, "needs a start and an end"),
        ({"from": "2026-11-20T00:00", "to": "2026-11-19T00:00"}, "ends before it begins"),
        ({"from": "2020-01-01T00:00", "to": "2026-01-01T00:00"}, "longer than a year"),
        ({"from": "0001-01-01T00:00+14:00", "to": "2026-01-01T00:00"}, "needs a start and an end"),
        ({"slo": "nope"}, "There is no objective of that name"),
        ({"kind": "nope"}, "There is no kind of request of that name"),
        ({"heat": "nope"}, "There is no heat map of that name"),
        ({"request": "nope"}, "That is not the number of a request"),
        ({"name": "x" * 201}, "is not a name"),
        ({"cause": "a\nb"}, "is not a name"),
    ],
)
def test_what_cannot_be_understood_is_said_and_left_out(parameters: dict[str, str], sentence: str) -> None:
    address = parse(parameters)
    assert address == Address()
    assert sentence in " ".join(address.problems)


def test_going_up_forgets_what_was_chosen_and_keeps_range_and_clock() -> None:
    deep = Address(range="7d", zone="Europe/Berlin", slo="summary-30s", cause="rung:proxy", request=UUID(int=7))
    assert deep.without_drill() == Address(range="7d", zone="Europe/Berlin")
