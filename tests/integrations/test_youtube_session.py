"""The bounded session against servers on loopback sockets that behave badly in ways a proxy would smooth over."""

from __future__ import annotations

import gzip
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import requests

from core.integrations.youtube_session import AnswerTooLarge, BoundedSession, DeadlinePassed, run_within
from tests.world.internet import free_port

Behaviour = Callable[[socket.socket, threading.Event], None]


@pytest.fixture(autouse=True)
def without_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def serve() -> Iterator[Callable[[Behaviour], str]]:
    """Starts a server with the given behaviour for each connection; gives its address."""
    is_over = threading.Event()
    listeners: list[socket.socket] = []
    threads: list[threading.Thread] = []

    def answer(connection: socket.socket, behaviour: Behaviour) -> None:
        with connection:
            connection.recv(65536)
            try:
                behaviour(connection, is_over)
            except OSError:
                return

    def accept(listener: socket.socket, behaviour: Behaviour) -> None:
        while not is_over.is_set():
            try:
                connection, _address = listener.accept()
            except OSError:
                return
            thread = threading.Thread(target=answer, args=(connection, behaviour))
            threads.append(thread)
            thread.start()

    def start(behaviour: Behaviour) -> str:
        listener = socket.create_server(("127.0.0.1", 0))
        listeners.append(listener)
        thread = threading.Thread(target=accept, args=(listener, behaviour))
        threads.append(thread)
        thread.start()
        return f"http://127.0.0.1:{listener.getsockname()[1]}/"

    yield start
    is_over.set()
    for listener in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
    for thread in threads:
        thread.join(timeout=5)


def get(url: str, *, total_s: float = 2.0, timeout_s: float = 0.3, max_bytes: int = 100_000) -> bytes:
    deadline_s = time.monotonic() + total_s
    with BoundedSession(timeout_s=timeout_s, deadline_s=deadline_s, max_bytes=max_bytes) as session:
        return session.get(url).content


def drip(connection: socket.socket, is_over: threading.Event) -> None:
    while not is_over.wait(0.05):
        connection.sendall(b"x")


def test_a_plain_answer_arrives_whole(serve: Callable[[Behaviour], str]) -> None:
    def plain(connection: socket.socket, _is_over: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello")

    assert get(serve(plain)) == b"hello"


def test_a_chunked_and_compressed_answer_arrives_whole(serve: Callable[[Behaviour], str]) -> None:
    packed = gzip.compress(b"hello " * 1000)

    def chunked(connection: socket.socket, _is_over: threading.Event) -> None:
        connection.sendall(
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nContent-Encoding: gzip\r\nConnection: close\r\n\r\n"
        )
        for start in range(0, len(packed), 10):
            piece = packed[start : start + 10]
            connection.sendall(b"%x\r\n%s\r\n" % (len(piece), piece))
        connection.sendall(b"0\r\n\r\n")

    assert get(serve(chunked)) == b"hello " * 1000


def test_a_body_past_the_largest_size_is_dropped(serve: Callable[[Behaviour], str]) -> None:
    def huge(connection: socket.socket, is_over: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n")
        while not is_over.is_set():
            connection.sendall(b"x" * 10_000)

    with pytest.raises(AnswerTooLarge):
        get(serve(huge))


def test_a_small_body_that_unpacks_past_the_largest_size_is_dropped(serve: Callable[[Behaviour], str]) -> None:
    bomb = gzip.compress(b"\0" * 5_000_000)
    assert len(bomb) < 100_000

    def send(connection: socket.socket, _is_over: threading.Event) -> None:
        head = f"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\nConnection: close\r\n\r\n"
        connection.sendall(head.encode() + bomb)

    with pytest.raises(AnswerTooLarge):
        get(serve(send))


def test_silence_ends_with_the_read_timeout(serve: Callable[[Behaviour], str]) -> None:
    def say_nothing(_connection: socket.socket, is_over: threading.Event) -> None:
        is_over.wait(5)

    with pytest.raises(requests.exceptions.ReadTimeout):
        get(serve(say_nothing), timeout_s=0.1)


def test_silence_in_the_middle_of_a_body_is_a_timeout_and_not_a_lost_connection(
    serve: Callable[[Behaviour], str],
) -> None:
    def stall(connection: socket.socket, is_over: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf")
        is_over.wait(5)

    with pytest.raises(requests.exceptions.ReadTimeout):
        get(serve(stall), timeout_s=0.1)


def test_a_dripping_body_ends_with_the_deadline(serve: Callable[[Behaviour], str]) -> None:
    def dripping(connection: socket.socket, is_over: threading.Event) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        drip(connection, is_over)

    started_s = time.monotonic()
    with pytest.raises(DeadlinePassed):
        get(serve(dripping), total_s=0.5)
    assert time.monotonic() - started_s < 1.0


def test_dripping_headers_end_with_the_wall(serve: Callable[[Behaviour], str]) -> None:
    url = serve(drip)
    started_s = time.monotonic()
    with pytest.raises(DeadlinePassed):
        run_within(0.5, lambda: get(url, total_s=0.5))
    assert time.monotonic() - started_s < 1.0


def test_the_wall_hands_on_results_and_errors() -> None:
    assert run_within(1.0, lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        run_within(1.0, lambda: 1 / 0)


def test_a_closed_port_is_a_lost_connection() -> None:
    with pytest.raises(requests.exceptions.ConnectionError):
        get(f"http://127.0.0.1:{free_port()}/")
