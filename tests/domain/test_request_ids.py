from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.domain.request_ids import began_at, new_request_id, parse_request_id

moments = st.floats(min_value=3e7, max_value=7e9).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))


@given(moments)
def test_a_number_tells_to_the_millisecond_when_its_request_began(at: datetime) -> None:
    number = new_request_id(at)
    assert number.version == 7
    assert number.variant == "specified in RFC 4122"
    assert timedelta() <= at - began_at(number) < timedelta(milliseconds=1)


@given(moments, st.integers(min_value=1, max_value=10_000))
def test_later_numbers_are_larger(at: datetime, ms: int) -> None:
    assert new_request_id(at) < new_request_id(at + timedelta(milliseconds=ms))


def test_no_two_numbers_of_one_moment_are_the_same() -> None:
    at = datetime(2026, 11, 23, tzinfo=UTC)
    assert len({new_request_id(at) for _ in range(10_000)}) == 10_000


def test_the_example_of_the_specification_is_read() -> None:
    number = UUID("017F22E2-79B0-7CC3-98C4-DC0C0C07398F")  # RFC 9562, A.6
    assert began_at(number) == datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)


def test_a_number_of_another_kind_tells_no_time() -> None:
    with pytest.raises(ValueError, match="version 7"):
        began_at(uuid4())


def test_what_is_no_number_is_none() -> None:
    number = new_request_id(datetime(2026, 11, 23, tzinfo=UTC))
    assert parse_request_id(number.hex) == number
    assert parse_request_id("edge-7") is None
    assert parse_request_id(None) is None
