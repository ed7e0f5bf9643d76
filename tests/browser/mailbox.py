"""What the application mails, taken by a server in a thread of its own: the tests' loop is busy with the browser."""

from __future__ import annotations

import asyncio
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.world.mail import MailServer, mail_server


class Mailbox:
    """Everybody's mail."""

    def __init__(self, server: MailServer) -> None:
        self._server = server

    @property
    def smtp_url(self) -> str:
        return f"smtp://127.0.0.1:{self._server.port}"

    async def link_to(self, address: str, path: str, *, within_s: float = 20) -> str:
        """The newest link with this path that was mailed to this address, once it is there. Each is given once."""
        ends = time.monotonic() + within_s
        while time.monotonic() < ends:
            for mail in reversed(self._server.mails):
                found = re.search(rf"http://\S+{path}\S*", mail.get_content())
                if mail["To"] == address and found:
                    self._server.mails.remove(mail)
                    return found[0]
            await asyncio.sleep(0.05)
        raise AssertionError(f"no mail with {path} came to {address}")


@contextmanager
def mailbox() -> Iterator[Mailbox]:
    ready, kept = threading.Event(), []
    loop = asyncio.new_event_loop()
    ending = asyncio.Event()

    async def serve() -> None:
        async with mail_server() as server:
            kept.append(server)
            ready.set()
            await ending.wait()

    thread = threading.Thread(target=loop.run_until_complete, args=(serve(),))
    thread.start()
    try:
        assert ready.wait(10)
        yield Mailbox(kept[0])
    finally:
        loop.call_soon_threadsafe(ending.set)
        thread.join(10)
        loop.close()
