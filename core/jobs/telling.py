"""The engine process's one way to speak: a line at a time, from whichever thread."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import BinaryIO

from core.jobs.messages import EngineEvent, encode_event

Tell = Callable[[EngineEvent], None]


def tell_on(out: BinaryIO) -> Tell:
    """What writes events to `out`, each whole and at once."""
    lock = threading.Lock()

    def tell(event: EngineEvent) -> None:
        line = encode_event(event)
        with lock:
            out.write(line)
            out.flush()

    return tell
