"""What the web process does around its requests: finding its address, starting and ending its parts, saying so."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from types import FrameType

from fastapi import FastAPI
from starlette.types import Lifespan

from core.bootstrap import Services
from core.config import ConfigurationError, Settings, WorkerMode
from core.errors import AppError
from core.jobs.beside import start_worker_beside
from core.logging import EventLog

_log = EventLog(__name__)
_LOOK_EVERY_S = 0.05
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1", "": "127.0.0.1"}  # noqa: S104  # compared with, not bound to


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """Where the server listens, and what to type into a browser to get there."""

    host: str
    port: int
    url: str


def choose_address(settings: Settings) -> Address:
    """Where to listen; a free port where PORT is 0. ConfigurationError where it cannot be had."""
    try:
        found = socket.getaddrinfo(
            settings.host or None, settings.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )
        ports = [_try_to_bind(family, address) for family, _, _, _, address in found]
    except socket.gaierror:
        raise ConfigurationError(f"HOST={settings.host} is no address that can be found.") from None
    except OSError as error:
        raise ConfigurationError(_why_not(settings, error)) from None
    port = settings.port or ports[0]
    return Address(host=settings.host, port=port, url=settings.public_origin or _local_url(settings.host, port))


def run_with(app: FastAPI, services: Services, address: Address) -> None:
    """Has the services started before the first request and ended after the last one.

    NiceGUI's own start-up handlers run beside the first requests instead, and a failure there would go unnoticed.
    """
    app.router.lifespan_context = _lifespan(app.router.lifespan_context, services, address)


def _lifespan(inner: Lifespan[FastAPI], services: Services, address: Address) -> Lifespan[FastAPI]:
    @asynccontextmanager
    async def around(app: FastAPI) -> AsyncIterator[None]:
        async with contextlib.AsyncExitStack() as parts:
            try:
                await _start(services, parts)
            except AppError as error:
                _say_and_be_quiet(error)
                raise
            await parts.enter_async_context(inner(app))
            parts.enter_context(_ending_streams_on_signals(app))
            announcing = asyncio.create_task(_announce(services, address))
            yield
            announcing.cancel()
            _say("Stopping …")

    return around


async def _start(services: Services, parts: contextlib.AsyncExitStack) -> None:
    """The database first, so that it is the last to end; then the worker that needs it."""
    settings = services.settings
    if settings.database_url is None:
        _say("Starting the embedded database (the first time takes a few seconds) …")
    parts.push_async_callback(services.close)
    await services.start()
    if settings.worker_mode is WorkerMode.AUTO:
        worker = await start_worker_beside(settings)
        parts.push_async_callback(worker.close)


@contextlib.contextmanager
def _ending_streams_on_signals(app: FastAPI) -> Iterator[None]:
    """Has progress streams end when the server is told to stop: else it waits for them until its patience is over."""
    loop = asyncio.get_running_loop()
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def end_and_pass_on(number: int, frame: FrameType | None) -> None:
        loop.call_soon_threadsafe(app.state.streams.end_all)
        before = handlers[signal.Signals(number)]
        if callable(before):
            before(number, frame)

    for number, before in handlers.items():
        if callable(before):
            signal.signal(number, end_and_pass_on)
    try:
        yield
    finally:
        for number, before in handlers.items():
            signal.signal(number, before)


def _say_and_be_quiet(error: AppError) -> None:
    """The reason in plain words; the server's own report of the same, a stack trace, is left out."""
    sys.stderr.write(f"Sightline cannot start. {error.message}\n")
    logging.getLogger("uvicorn.error").disabled = True


async def _announce(services: Services, address: Address) -> None:
    """Says where the application is once a connection to it succeeds: the server listens only after the start.

    Where there is no admin yet, it also says how to become the first one.
    """
    settings = services.settings
    host = _ANY_ADDRESS.get(address.host, address.host)
    while True:
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection(host, address.port)
            writer.close()
            break
        await asyncio.sleep(_LOOK_EVERY_S)
    data = "the database of DATABASE_URL" if settings.database_url else str(settings.data_dir)
    _say(f"Sightline is ready at {address.url} (data: {data}; engine: offline; Ctrl-C ends it)")
    try:
        link = await services.accounts.roles.first_admin_link()
    except AppError as error:
        _log.warning("accounts.first_admin_link", why=error.message)
        return
    if link is not None:
        _say(f"There is no admin yet. Whoever opens this address first becomes one: {link}")


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def _local_url(host: str, port: int) -> str:
    seen = _ANY_ADDRESS.get(host, host)
    if seen in {"127.0.0.1", "::1"}:
        seen = "localhost"
    return f"http://{f'[{seen}]' if ':' in seen else seen}:{port}"


def _try_to_bind(family: int, address: tuple[str, int] | tuple[str, int, int, int] | tuple[int, bytes]) -> int:
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        # As asyncio does: a port whose last connections are only waiting to be forgotten is free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            probe.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        probe.bind(address)
        port: int = probe.getsockname()[1]
        return port


def _why_not(settings: Settings, error: OSError) -> str:
    port = settings.port
    if error.errno == errno.EADDRINUSE:
        return (
            f"Port {port} is taken by another program. Stop that one, or choose another port with PORT, for example "
            f"PORT={port + 1}; PORT=0 picks a free one."
        )
    if error.errno == errno.EACCES:
        return f"Port {port} is reserved for the system's administrator. Choose one above 1023 with PORT."
    return f"Nothing can listen at HOST={settings.host}, PORT={port}: {error.strerror}."
