"""Progress as server-sent events: the present state first, then each change, until the last one."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable

from starlette.responses import Response
from starlette.types import Receive, Scope, Send
from typing_extensions import TypedDict

from core.api.problems import TooManyStreams
from core.domain.document import FailureDocument, ProgressDocument, StageDocument
from core.domain.library import SummaryState
from core.domain.owner import Owner
from core.domain.run import STAGE_START_RATIO, RunState, Stage
from core.domain.telemetry import Kind
from core.ports import NoRecording, Recording

# Below the 30 to 60 seconds after which common proxies close a silent connection.
HEARTBEAT_S = 15.0
# A browser opens at most six connections to a host over HTTP/1.1; more streams than this are a mistake.
MAX_STREAMS_PER_OWNER = 8
_HEADERS = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}


class ProgressEvent(TypedDict):
    """The data of one event. `failure` is null but for a failed summary; nothing follows a final `status`."""

    id: str
    status: str
    seq: int
    stage: str
    ratio: float
    stages: list[StageDocument]
    failure: FailureDocument | None


class OpenStreams:
    """The streams of this process: how many each owner holds, and the way to end them all."""

    def __init__(self, recording: Recording | None = None, *, per_owner: int = MAX_STREAMS_PER_OWNER) -> None:
        self._recording = recording or NoRecording()
        self._per_owner = per_owner
        self._held: Counter[Owner] = Counter()
        self._clients: set[asyncio.Task[None]] = set()

    def take_slot(self, owner: Owner) -> Callable[[], None]:
        """Takes a slot and returns what gives it back; TooManyStreams where all are taken."""
        if self._held[owner] >= self._per_owner:
            self._recording.record(Kind.REFUSAL, "too_many_streams")
            raise TooManyStreams(f"{self._per_owner} progress streams are open already. Close one, then try again.")
        self._held[owner] += 1
        return lambda: self._give_back(owner)

    def await_leave(self, receive: Receive) -> asyncio.Task[None]:
        """Done once the client of a stream has left, or is to be sent away."""
        client = asyncio.create_task(_until_disconnected(receive))
        self._clients.add(client)
        client.add_done_callback(self._clients.discard)
        return client

    def end_all(self) -> None:
        """Ends every stream as if its client had left: the server waits for open answers before it stops."""
        for client in self._clients:
            client.cancel()

    def _give_back(self, owner: Owner) -> None:
        self._held[owner] -= 1
        if self._held[owner] <= 0:
            del self._held[owner]

    def __len__(self) -> int:
        return self._held.total()


class ProgressStream(Response):
    """Sends events until the last state, until the client leaves, or until it may no longer have them, which is asked
    at each event and heartbeat. However it ends, the watch ends and the slot is free.
    """

    media_type = "text/event-stream"

    def __init__(
        self,
        first: SummaryState,
        following: AsyncIterator[SummaryState],
        *,
        streams: OpenStreams,
        release: Callable[[], None],
        may_go_on: Callable[[], Awaitable[bool]] | None = None,
        heartbeat_s: float = HEARTBEAT_S,
    ) -> None:
        super().__init__(headers=_HEADERS)
        del self.headers["content-length"]
        self._first = first
        self._following = following
        self._streams = streams
        self._release = release
        self._may_go_on = may_go_on
        self._heartbeat_s = heartbeat_s

    async def __call__(self, _scope: Scope, receive: Receive, send: Send) -> None:
        leaving = self._streams.await_leave(receive)
        try:
            await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
            await self._send_states(send, leaving)
            await send({"type": "http.response.body", "body": b"", "more_body": False})
        finally:
            leaving.cancel()
            await _close(self._following)
            self._release()

    async def _send_states(self, send: Send, leaving: asyncio.Task[None]) -> None:
        state: SummaryState | None = self._first
        seq = 0
        while state is not None:
            event = progress_event(state, after_seq=seq)
            seq = event["seq"]
            await _send_chunk(send, encode(event))
            state = None if state.state.is_final else await self._next(send, leaving)

    async def _next(self, send: Send, leaving: asyncio.Task[None]) -> SummaryState | None:
        """The next state, with heartbeats sent until it comes; None at the end or for whom no more may be sent."""
        upcoming = asyncio.ensure_future(anext(self._following, None))
        waits: set[asyncio.Future[SummaryState | None] | asyncio.Future[None]] = {upcoming, leaving}
        try:
            while not upcoming.done() and not leaving.done():
                done, _ = await asyncio.wait(waits, timeout=self._heartbeat_s, return_when=asyncio.FIRST_COMPLETED)
                if not done and not await self._is_allowed():
                    return None
                if not done:
                    await _send_chunk(send, b": still here\n\n")
            return upcoming.result() if upcoming.done() and await self._is_allowed() else None
        finally:
            await _call_off(upcoming)

    async def _is_allowed(self) -> bool:
        return self._may_go_on is None or await self._may_go_on()


def progress_event(state: SummaryState, *, after_seq: int = 0) -> ProgressEvent:
    """One state as an event; a finished summary carries no progress of its own, so its stage is the last one."""
    progress = state.document.get("progress") or _bare_progress(state.state, after_seq + 1)
    return ProgressEvent(
        id=str(state.id),
        status=str(state.state),
        seq=progress["seq"],
        stage=progress["stage"],
        ratio=progress["ratio"],
        stages=progress["stages"],
        failure=state.document.get("failure"),
    )


def encode(event: ProgressEvent) -> bytes:
    """The event on the wire; JSON without line breaks is always one `data:` line."""
    data = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    return f"event: progress\nid: {event['seq']}\ndata: {data}\n\n".encode()


def _bare_progress(state: RunState, seq: int) -> ProgressDocument:
    stage = Stage.DONE if state is RunState.DONE else Stage.QUEUED
    return ProgressDocument(seq=seq, stage=str(stage), ratio=STAGE_START_RATIO[stage], stages=[])


async def _until_disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _send_chunk(send: Send, chunk: bytes) -> None:
    await send({"type": "http.response.body", "body": chunk, "more_body": True})


async def _call_off(upcoming: asyncio.Future[SummaryState | None]) -> None:
    if not upcoming.done():
        upcoming.cancel()
        await asyncio.wait({upcoming})


async def _close(states: AsyncIterator[SummaryState]) -> None:
    if isinstance(states, AsyncGenerator):
        await states.aclose()
