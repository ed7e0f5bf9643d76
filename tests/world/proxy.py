"""A vendor's proxy on this machine: it asks for a password, keeps the sessions it saw, and goes on by way of another.

with SessionProxy(youtube.internet.proxy_url()) as proxy:
    source = YouTubeCaptions(proxy_url=proxy.address(), ...)
    proxy.sessions        # each that came through, in order
"""

from __future__ import annotations

import base64
import re
import socket
import threading
from typing import Self
from urllib.parse import urlsplit

PASSWORD = "pr0xy/s3cret"  # to be quoted in an address
_USER = re.compile(r"customer-tester-sessid-(\w+)")
_HEAD_END = b"\r\n\r\n"


class SessionProxy:
    """Answers CONNECT alone, as HTTPS wants it. The first `dead_exits` that come are refused with 502."""

    def __init__(self, onward: str, *, dead_exits: int = 0) -> None:
        self.sessions: list[str] = []
        self.refused = 0
        self._onward = urlsplit(onward)
        self._dead_exits = dead_exits
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._open: list[socket.socket] = []

    def __enter__(self) -> Self:
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._open:
            connection.close()

    def address(self, *, password: str = "pr0xy%2Fs3cret") -> str:
        port = self._listener.getsockname()[1]
        return f"http://customer-tester-sessid-{{session}}:{password}@127.0.0.1:{port}"

    def _accept(self) -> None:
        while True:
            try:
                connection, _address = self._listener.accept()
            except OSError:
                return
            self._open.append(connection)
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection: socket.socket) -> None:
        head = _read_head(connection)
        session = self._admitted(head)
        if session is None:
            self.refused += 1
            _refuse(connection, "407 Proxy Authentication Required")
            return
        if session not in self.sessions:
            self.sessions.append(session)
        if len(self.sessions) <= self._dead_exits:
            _refuse(connection, "502 Bad Gateway")
            return
        self._join(connection, head.split(b" ")[1])

    def _admitted(self, head: bytes) -> str | None:
        """The session of a client that knows the password."""
        found = re.search(rb"proxy-authorization: basic (\S+)", head, re.IGNORECASE)
        if found is None:
            return None
        user, _, password = base64.b64decode(found[1]).decode().partition(":")
        match = _USER.fullmatch(user)
        return match[1] if match and password == PASSWORD else None

    def _join(self, connection: socket.socket, target: bytes) -> None:
        onward = socket.create_connection((self._onward.hostname or "", self._onward.port or 0))
        self._open.append(onward)
        known = base64.b64encode(f"{self._onward.username}:{self._onward.password}".encode())
        onward.sendall(b"CONNECT " + target + b" HTTP/1.1\r\nProxy-Authorization: Basic " + known + _HEAD_END)
        _read_head(onward)
        connection.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        threading.Thread(target=_pour, args=(onward, connection), daemon=True).start()
        _pour(connection, onward)


def _read_head(connection: socket.socket) -> bytes:
    head = b""
    while _HEAD_END not in head and (piece := connection.recv(4096)):
        head += piece
    return head


def _refuse(connection: socket.socket, status: str) -> None:
    connection.sendall(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
    connection.close()


def _pour(source: socket.socket, sink: socket.socket) -> None:
    try:
        while piece := source.recv(65536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return
