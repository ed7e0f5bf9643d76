"""Pages that were opened in a session close when it ends: at once where it ended here, else within seconds."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from urllib.parse import quote
from uuid import UUID

from nicegui import Client, app, background_tasks, core

from core.api.accounts import session_id_of
from core.errors import AppError
from core.logging import EventLog
from core.services.accounts import Accounts

# A ban or a sign-out in another process is seen after so long at the latest.
_LOOK_EVERY_S = 2.0
_log = EventLog(__name__)


def register(accounts: Accounts) -> None:
    """Watches from the first signed-in page on, for as long as there is one."""
    watch = _Watch(accounts)
    app.on_connect(watch.begin)


class _Watch:
    def __init__(self, accounts: Accounts) -> None:
        self._accounts = accounts
        self._is_running = False

    def begin(self, client: Client) -> None:
        if not self._is_running and _session_of(client) is not None:
            self._is_running = True
            background_tasks.create(self._run(), name="watch open sessions")

    async def _run(self) -> None:
        try:
            while open_sessions():
                await asyncio.sleep(_LOOK_EVERY_S)
                await close_ended(self._accounts)
        finally:
            self._is_running = False


def open_sessions() -> frozenset[UUID]:
    """The sessions in which pages of this process are open."""
    return frozenset(found for client in Client.instances.values() if (found := _session_of(client)) is not None)


async def close_ended(accounts: Accounts) -> None:
    """Closes what was opened in sessions that no longer hold."""
    try:
        await close_pages(await accounts.ended_among(open_sessions()))
    except AppError:
        return  # the database is away: the next look asks again
    except Exception as error:  # as above; without the watch nothing would ever be closed again
        _log.exception("open_pages.watch", error)


async def close_pages(session_ids: Collection[UUID]) -> None:
    """Ends every page opened in one of these sessions: its handlers are gone, and its browser is sent to sign in."""
    for client in list(Client.instances.values()):
        if _session_of(client) in session_ids:
            await _close(client)


async def _close(client: Client) -> None:
    path = quote(client.request.url.path, safe="/")
    # Past the page's outbox, which ends with the page.
    await core.sio.emit("open", {"path": f"/sign-in?ended=1&next={path}", "new_tab": False}, room=client.id)
    # A page whose connection broke is to be deleted in a while, if nobody comes back to it: once is enough.
    for document_id in list(client._delete_tasks):  # noqa: SLF001
        client._cancel_delete_task(document_id)  # noqa: SLF001
    if client.id in Client.instances:
        client.delete()


def _session_of(client: Client) -> UUID | None:
    try:
        return session_id_of(client.request)
    except RuntimeError:  # a client that belongs to no request
        return None
