"""HEAD answers as GET does, without a body: routes and pages need to know only GET."""

from __future__ import annotations

import asyncio

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_FOUND = ("route", "root_path", "nicegui_page_path")


class HeadAsGet:
    """Runs a HEAD request as GET and keeps the body back; whoever still streams is told that the client left."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "HEAD":
            await self._app(scope, receive, send)
            return
        answer = _Bodiless(receive, send)
        inner = {**scope, "method": "GET"}
        try:
            await self._app(inner, answer.receive, answer.send)
        finally:
            # The scope is a copy: what was found out about the address is told to those further out.
            scope.update({name: inner[name] for name in _FOUND if name in inner})


class _Bodiless:
    def __init__(self, receive: Receive, send: Send) -> None:
        self._receive = receive
        self._send = send
        self._is_answered = asyncio.Event()
        self._has_body_gone = False

    async def receive(self) -> Message:
        """The request's empty body, then nothing until the answer stands, then the client's leave."""
        if not self._has_body_gone:
            self._has_body_gone = True
            return {"type": "http.request", "body": b"", "more_body": False}
        await self._is_answered.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._send(message)
        elif message["type"] == "http.response.body" and not self._is_answered.is_set():
            await self._send({"type": "http.response.body", "body": b"", "more_body": False})
            self._is_answered.set()
