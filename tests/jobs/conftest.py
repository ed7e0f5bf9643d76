"""The outside world of the jobs: recorded videos, or a YouTube that takes every call and never answers."""

from __future__ import annotations

import socket
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from core.bootstrap import Services
from core.config import Settings
from tests.factories.applications import services_on, settings_for


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return settings_for(tmp_path)


@pytest.fixture
async def services(database_url: str, settings: Settings) -> AsyncIterator[Services]:
    async with services_on(database_url, settings) as services:
        yield services


class SilentProxy:
    """Takes connections and says nothing, as a host does that hangs. `calls` counts them."""

    def __init__(self) -> None:
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._taken: list[socket.socket] = []
        self._accepting = threading.Thread(target=self._accept, daemon=True)
        self._accepting.start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self._listener.getsockname()[1]}"

    @property
    def calls(self) -> int:
        return len(self._taken)

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._accepting.join(timeout=5)
        for taken in self._taken:
            taken.close()

    def _accept(self) -> None:
        while True:
            try:
                self._taken.append(self._listener.accept()[0])
            except OSError:
                return


@pytest.fixture
def hanging_youtube(monkeypatch: pytest.MonkeyPatch) -> Iterator[SilentProxy]:
    """Whatever is asked of the outside hangs."""
    proxy = SilentProxy()
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.setenv(name, proxy.url)
    yield proxy
    proxy.close()
