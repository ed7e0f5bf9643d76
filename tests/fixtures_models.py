"""Language models that others wrote, one process each for all tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.world import aimock as aimock_world
from tests.world import llmock as llmock_world
from tests.world.aimock import Aimock
from tests.world.llmock import Llmock


@pytest.fixture(scope="session")
def _running_llmock() -> Iterator[Llmock]:
    llmock_world.require()
    with Llmock() as server:
        yield server


@pytest.fixture
def llmock(_running_llmock: Llmock) -> Llmock:
    """Nothing fails, and nothing is remembered."""
    _running_llmock.expect()
    return _running_llmock


@pytest.fixture(scope="session")
def _running_aimock() -> Iterator[Aimock]:
    aimock_world.require()
    with Aimock() as server:
        yield server


@pytest.fixture
def aimock(_running_aimock: Aimock) -> Aimock:
    """With no canned answer yet."""
    _running_aimock.forget()
    return _running_aimock
