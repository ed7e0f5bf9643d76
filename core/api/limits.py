"""A limit on what is sent to us, counted as it streams in: nothing is spooled or parsed beyond it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from core.api.refusals import refusal
from core.domain.telemetry import Kind
from core.errors import TooLarge
from core.logging import EventLog, shown_path
from core.ports import NoRecording, Recording

MAX_UPLOAD_BYTES = 10 * 1024 * 1024
# Boundaries, part headers and the other fields of a form.
_FORM_OVERHEAD_BYTES = 256 * 1024
# A client that is answered in the middle of its upload mostly sees a broken connection instead of the answer. So the
# rest is read and thrown away first, up to these bounds; beyond them the connection is simply closed.
_DRAIN_BYTES = 256 * 1024 * 1024
_DRAIN_S = 20.0
_SMALLER = "The captions of a whole day are smaller: check that you chose the caption file and not the video."
_log = EventLog(__name__)


class UploadLimit:
    """Answers 413 where a body is declared, or turns out, to be larger than the limit.

    `form_bytes` are larger limits for forms (multipart) sent to these paths: recordings come in there.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        recording: Recording | None = None,
        max_bytes: int = MAX_UPLOAD_BYTES,
        form_bytes: Mapping[str, int] | None = None,
    ) -> None:
        self._app = app
        self._recording = recording or NoRecording()
        self._max_bytes = max_bytes
        self._form_bytes = form_bytes or {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        most = self._most_bytes(scope) + _FORM_OVERHEAD_BYTES
        body = _CountedBody(receive, send, most)
        if _declared_bytes(scope) > most:
            await self._refuse(scope, body, send)
            return
        try:
            await self._app(scope, body.receive, body.send)
        except Exception:
            if not body.is_refused:
                raise
        if body.is_refused:
            await self._refuse(scope, body, send)

    def _most_bytes(self, scope: Scope) -> int:
        is_form = Headers(scope=scope).get("content-type", "").lower().startswith("multipart/form-data")
        return self._form_bytes.get(scope["path"], self._max_bytes) if is_form else self._max_bytes

    async def _refuse(self, scope: Scope, body: _CountedBody, send: Send) -> None:
        waits_for_go_ahead = Headers(scope=scope).get("expect", "").lower() == "100-continue"
        if body.seen_bytes or not waits_for_go_ahead:
            await body.drain()
        self._recording.record(Kind.REFUSAL, "upload_size")
        _log.info("upload.refused", path=shown_path(scope["path"]), seen_bytes=body.seen_bytes)
        error = TooLarge(
            f"This is larger than {self._most_bytes(scope) // (1024 * 1024)} MB, the most that is taken. {_SMALLER}"
        )
        await refusal(scope, error, is_last_word=True)(scope, body.receive, send)


class _CountedBody:
    """Stands between the server and the application; past the limit the application sees a client that left."""

    def __init__(self, receive: Receive, send: Send, max_bytes: int) -> None:
        self._receive = receive
        self._send = send
        self._max_bytes = max_bytes
        self._is_complete = False
        self._has_started = False
        self._is_over = False
        self.seen_bytes = 0

    @property
    def is_refused(self) -> bool:
        """True once the limit was passed before the application had begun an answer of its own."""
        return self._is_over and not self._has_started

    async def receive(self) -> Message:
        if self._is_over:
            return {"type": "http.disconnect"}
        message = await self._read()
        self._is_over = self.seen_bytes > self._max_bytes
        return {"type": "http.disconnect"} if self._is_over else message

    async def send(self, message: Message) -> None:
        if self._is_over and not self._has_started:
            return
        self._has_started = True
        await self._send(message)

    async def drain(self) -> None:
        """Reads the rest and keeps none of it, within the bounds."""
        try:
            async with asyncio.timeout(_DRAIN_S):
                while not self._is_complete and self.seen_bytes < _DRAIN_BYTES:
                    await self._read()
        except TimeoutError:
            return

    async def _read(self) -> Message:
        message = await self._receive()
        self.seen_bytes += len(message.get("body", b""))
        self._is_complete = message["type"] == "http.disconnect" or not message.get("more_body", False)
        return message


def _declared_bytes(scope: Scope) -> int:
    declared = Headers(scope=scope).get("content-length", "")
    return int(declared) if declared.isdecimal() and len(declared) < 19 else 0
