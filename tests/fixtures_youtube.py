"""One recorded YouTube for all tests: the proxy before it takes a second and a half to start."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.world import internet
from tests.world.youtube import FakeYouTube


@pytest.fixture(scope="session")
def recorded_youtube() -> Iterator[FakeYouTube]:
    internet.require()
    with FakeYouTube() as youtube:
        yield youtube


@pytest.fixture
def youtube(recorded_youtube: FakeYouTube, monkeypatch: pytest.MonkeyPatch) -> FakeYouTube:
    """The recorded YouTube, with this process and all it starts looking at it, and its request counts at zero."""
    for name, value in recorded_youtube.internet.env.items():
        monkeypatch.setenv(name, value)
    recorded_youtube.forget_requests()
    return recorded_youtube
