"""All that records in one process, started and ended with it."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from core.clock import Clock
from core.config import Settings
from core.db.database import Database
from core.integrations.calls import recorded
from core.telemetry.flushing import Flusher
from core.telemetry.log_events import LogEvents
from core.telemetry.process_samples import ProcessSamples
from core.telemetry.recorder import Recorder

if TYPE_CHECKING:
    from core.integrations.sentry import Sentry


class ProcessTelemetry:
    """Writes what `recorder` counts, has it count the process itself and its log, and tells Sentry where one is set."""

    def __init__(self, recorder: Recorder, database: Database, clock: Clock, settings: Settings) -> None:
        self._recorder = recorder
        self._settings = settings
        self._flusher = Flusher(recorder, database, clock)
        self._samples = ProcessSamples(recorder, recorder.process)
        self._log_events = LogEvents(recorder)
        self._sentry: Sentry | None = None

    def start(self) -> None:
        """Belongs to the running event loop from now on; the database need not answer yet."""
        self._flusher.start()
        self._samples.start()
        logging.getLogger().addHandler(self._log_events)
        if self._settings.sentry_dsn is not None:
            from core.integrations.sentry import Sentry

            self._sentry = Sentry(self._settings, process=self._recorder.process, on_call=recorded(self._recorder))
            self._sentry.start()

    async def flush(self) -> None:
        """Writes at once what was recorded so far. Raises what the database raises."""
        await self._flusher.flush()

    async def close(self) -> None:
        """Writes what is left. To be called before the database is closed, and after all else that records."""
        logging.getLogger().removeHandler(self._log_events)
        await self._samples.close()
        if self._sentry is not None:
            await asyncio.to_thread(self._sentry.close)
            self._sentry = None
        await self._flusher.close()
