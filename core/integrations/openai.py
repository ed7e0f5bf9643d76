"""OpenAI, so far only asked whether its door can be reached."""

from __future__ import annotations

import asyncio

HOST = "api.openai.com"
_HTTPS = 443


async def is_openai_reachable() -> bool:
    """True once a connection stands; OSError where none comes about. No request is made, nothing is spent."""
    _reader, writer = await asyncio.open_connection(HOST, _HTTPS)
    writer.close()
    return True
