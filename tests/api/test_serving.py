from __future__ import annotations

import logging
import signal
import socket
from collections.abc import Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from fastapi import FastAPI

from core.api.events import OpenStreams
from core.api.serving import Address, choose_address, run_with
from core.config import ConfigurationError, WorkerMode
from core.errors import Unavailable
from tests.api.conftest import settings_for
from tests.factories.applications import until
from tests.fakes import FakeServices


@pytest.fixture
def taken_port() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_port_zero_picks_a_free_one(tmp_path: Path) -> None:
    address = choose_address(settings_for(tmp_path, port=0))
    assert address.port > 0
    assert address.url == f"http://localhost:{address.port}"
    socket.create_server(("127.0.0.1", address.port)).close()


def test_a_taken_port_is_said_plainly_with_a_way_out(tmp_path: Path, taken_port: int) -> None:
    with pytest.raises(ConfigurationError, match=f"Port {taken_port} is taken .* PORT=0 picks a free one"):
        choose_address(settings_for(tmp_path, port=taken_port))


def test_a_host_that_is_not_ours_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="HOST"):
        choose_address(settings_for(tmp_path, host="192.0.2.1", port=0))


@pytest.mark.parametrize(("host", "origin", "url"), [
    ("127.0.0.1", None, "http://localhost:"),
    ("0.0.0.0", None, "http://localhost:"),
    ("127.0.0.1", "https://sightline.test", "https://sightline.test"),
])  # fmt: skip
def test_the_address_shown_is_one_that_can_be_opened(tmp_path: Path, host: str, origin: str | None, url: str) -> None:
    assert choose_address(settings_for(tmp_path, host=host, port=0, public_origin=origin)).url.startswith(url)


class Life(FakeServices):
    """Notes when it is started and ended."""

    def note(self, what: str) -> None:
        self.events = [*getattr(self, "events", []), what]

    async def start(self) -> None:
        self.note("start")
        if getattr(self, "refusal", None):
            raise self.refusal

    async def close(self) -> None:
        self.note("close")


def application(services: Life, port: int) -> FastAPI:
    @asynccontextmanager
    async def inner(_app: FastAPI):  # noqa: ANN202
        services.note("inner start")
        yield
        services.note("inner end")

    app = FastAPI(lifespan=inner)
    app.state.streams = OpenStreams()
    run_with(app, services, Address(host="127.0.0.1", port=port, url="http://x.test"))
    return app


@pytest.fixture
def life(tmp_path: Path) -> Life:
    return Life(settings_for(tmp_path, worker_mode=WorkerMode.OFF))


async def test_services_start_before_and_end_after_everything_and_the_address_is_told_once_it_answers(
    life: Life, taken_port: int, capsys: pytest.CaptureFixture[str]
) -> None:
    app = application(life, taken_port)
    async with app.router.lifespan_context(app):
        await until(lambda: "ready at http://x.test" in capsys.readouterr().out)
        assert life.events == ["start", "inner start"]
    assert life.events == ["start", "inner start", "inner end", "close"]


@pytest.mark.parametrize("link", [None, "http://x.test/first-admin/secret"])
async def test_a_start_without_an_admin_says_how_to_become_one(
    life: Life, taken_port: int, capsys: pytest.CaptureFixture[str], link: str | None
) -> None:
    asked: list[bool] = []

    async def first_admin_link() -> str | None:
        asked.append(True)
        return link

    life.accounts.roles.first_admin_link = first_admin_link
    app = application(life, taken_port)
    async with app.router.lifespan_context(app):
        await until(lambda: asked)
    said = capsys.readouterr().out.splitlines()
    assert [line.rpartition(" ")[2] for line in said if "no admin yet" in line] == ([link] if link else [])


async def test_a_signal_ends_open_streams_and_reaches_whoever_waited_for_it(life: Life, taken_port: int) -> None:
    heard: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _frame: heard.append(number))
    ended: list[bool] = []
    try:
        app = application(life, taken_port)
        app.state.streams.end_all = lambda: ended.append(True)
        ours = signal.getsignal(signal.SIGTERM)
        async with app.router.lifespan_context(app):
            signal.raise_signal(signal.SIGTERM)
            await until(lambda: ended)
        assert signal.getsignal(signal.SIGTERM) is ours
    finally:
        signal.signal(signal.SIGTERM, before)
    assert heard == [signal.SIGTERM]


async def test_a_part_that_cannot_start_is_told_in_one_line_and_nothing_stays_open(
    life: Life, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logging.getLogger("uvicorn.error"), "disabled", False)
    life.refusal = Unavailable("The database does not answer.")
    app = application(life, 1)
    with pytest.raises(Unavailable):
        async with app.router.lifespan_context(app):
            pytest.fail("it started")
    assert capsys.readouterr().err == "Sightline cannot start. The database does not answer.\n"
    assert life.events == ["start", "close"]
    assert logging.getLogger("uvicorn.error").disabled
