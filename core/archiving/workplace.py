"""What carrying out a run needs from its process."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from pathlib import Path

from core.archiving.faults import Faults
from core.archiving.pacing import Pressure, no_pressure
from core.clock import Clock
from core.db.database import Database


class LeaseLost(Exception):
    """Somebody else carries the run out, or it is over: nothing more may be written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workplace:
    """What carrying out runs needs; one for a process. `stopping` is set once the process is asked to end."""

    database: Database
    clock: Clock
    folder: Path
    heartbeat_s: float
    rest_ratio: float = 6.0
    faults: Faults = field(default_factory=Faults)
    pressure: Pressure = no_pressure
    stopping: asyncio.Event = field(default_factory=asyncio.Event)
