"""Security headers on every answer, and a fresh nonce on every script of every page."""

from __future__ import annotations

import re
import secrets
from dataclasses import dataclass

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_REPORTING = "report-uri /api/csp-report; report-to csp"
# Answers that are no page run nothing and load nothing.
_DATA_POLICY = f"default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'; {_REPORTING}"
# The embed of YouTube refuses to play without a referrer, so the origin (never the path) is told.
_FIXED = {
    "X-Frame-Options": "SAMEORIGIN",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Permissions-Policy": (
        "accelerometer=(), browsing-topics=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), "
        "magnetometer=(), microphone=(), midi=(), payment=(), usb=()"
    ),
    "Reporting-Endpoints": 'csp="/api/csp-report"',
}
# The operators' guide, word for word.
_TRANSPORT = "max-age=63072000; includeSubDomains; preload"
# Scripts, and whatever may hold the text "<script" without its being one.
_SCRIPT_OR_TEXT = re.compile(
    rb"<!--.*?-->|<(style|title|textarea)\b.*?</\1\s*>|<script\b(?P<rest>.*?)</script\s*>", re.DOTALL | re.IGNORECASE
)


class SecurityHeaders:
    """Adds what is missing; a route that sets a header itself (an embeddable card, say) keeps its own."""

    def __init__(self, app: ASGIApp, *, is_https: bool) -> None:
        self._app = app
        self._is_https = is_https

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        is_https = self._is_https or scope.get("scheme") == "https"
        await self._app(scope, receive, _Answer(scope, send, is_https=is_https).send)


@dataclass(slots=True)
class _Page:
    """An answer in HTML, held back until it is whole: its scripts get the nonce, so its length changes."""

    start: Message
    body: bytearray


class _Answer:
    def __init__(self, scope: Scope, send: Send, *, is_https: bool) -> None:
        self._scope = scope
        self._send = send
        self._is_https = is_https
        self._page: _Page | None = None

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif self._page is None:
            await self._send(message)
        else:
            await self._collect(self._page, message)

    async def _begin(self, message: Message) -> None:
        headers = Headers(raw=message.get("headers", []))
        if headers.get("content-type", "").startswith("text/html") and "content-encoding" not in headers:
            self._page = _Page(message, bytearray())
            return
        await self._send(self._with_headers(message, _DATA_POLICY))

    async def _collect(self, page: _Page, message: Message) -> None:
        page.body += message.get("body", b"")
        if message.get("more_body", False):
            return
        nonce = secrets.token_urlsafe(18)
        body = add_nonce(bytes(page.body), nonce)
        start = self._with_headers(page.start, page_policy(nonce, compiles_templates=self._is_nicegui))
        MutableHeaders(scope=start)["Content-Length"] = str(len(body))
        await self._send(start)
        await self._send({"type": "http.response.body", "body": body, "more_body": False})

    @property
    def _is_nicegui(self) -> bool:
        """True for pages that NiceGUI drew: Vue compiles their templates in the browser."""
        return self._scope.get("nicegui_page_path") is not None

    def _with_headers(self, message: Message, policy: str) -> Message:
        message = {**message, "headers": list(message.get("headers", []))}
        headers = MutableHeaders(scope=message)
        for name, value in _FIXED.items():
            headers.setdefault(name, value)
        headers.setdefault("Content-Security-Policy", policy)
        if self._is_https:
            headers.setdefault("Strict-Transport-Security", _TRANSPORT)
        return message


def page_policy(nonce: str, *, compiles_templates: bool) -> str:
    """The strictest policy a page works under; only NiceGUI's own pages may evaluate code."""
    evaluation = " 'unsafe-eval'" if compiles_templates else ""
    return (
        f"default-src 'self'; script-src 'self' 'nonce-{nonce}'{evaluation}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: https://i.ytimg.com; frame-src https://www.youtube-nocookie.com; object-src 'none'; "
        f"base-uri 'none'; frame-ancestors 'self'; form-action 'self'; {_REPORTING}"
    )


def add_nonce(html: bytes, nonce: str) -> bytes:
    """The page with the nonce in each of its script tags; text that merely looks like one stays as it is."""
    tag = f'<script nonce="{nonce}"'.encode()

    def mark(found: re.Match[bytes]) -> bytes:
        return found.group() if found["rest"] is None else tag + found.group()[len(b"<script") :]

    return _SCRIPT_OR_TEXT.sub(mark, html)
