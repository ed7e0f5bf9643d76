"""Archival on a test's own database and folder, at a moment that stands still."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.config import Settings
from core.db.database import Database
from core.services.archival import Archival
from tests.factories.aged import NOW
from tests.factories.clocks import HeldClock


@pytest.fixture
def held_clock() -> HeldClock:
    return HeldClock(NOW)


@pytest.fixture
def archival_settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path, event_days=35, archive_rest_ratio=0)


@pytest.fixture
def archival(database: Database, archival_settings: Settings, held_clock: HeldClock) -> Archival:
    """Without a queue: what is started is carried out by the test."""
    return Archival(
        database=database, jobs=None, clock=held_clock, settings=archival_settings, key=lambda: "a key for tests"
    )
