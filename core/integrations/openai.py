"""OpenAI, so far only asked whether its door can be reached."""

from __future__ import annotations

import asyncio
from urllib.parse import urlsplit

from core.integrations.calls import OnCall, outbound

HOST = "api.openai.com"
_HTTPS = 443
# Less than the health check's own patience: a door that is slow is told as slow, not as cancelled.
_TIMEOUT_S = 0.9


def door_of(base_url: str) -> tuple[str, int]:
    """Host and port of an endpoint; the vendor's own where the address names none."""
    parts = urlsplit(base_url)
    return parts.hostname or HOST, parts.port or (80 if parts.scheme == "http" else _HTTPS)


class OpenAiDoor:
    """Asks whether a connection comes about. No request is made, nothing is spent."""

    def __init__(self, on_call: OnCall, *, host: str = HOST, port: int = _HTTPS) -> None:
        self._on_call = on_call
        self._host = host
        self._port = port

    async def is_reachable(self) -> bool:
        """True once a connection stands; OSError where none comes about, TimeoutError where that takes too long."""
        with outbound("openai", "connect", self._on_call):
            async with asyncio.timeout(_TIMEOUT_S):
                _reader, writer = await asyncio.open_connection(self._host, self._port)
            writer.close()
        return True
