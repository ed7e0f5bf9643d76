from __future__ import annotations

import asyncio
import time

from core.domain.telemetry import KINDS, Kind
from core.telemetry.process_samples import ProcessSamples
from tests.fakes import FakeRecording


async def test_a_process_is_sampled_in_the_units_of_its_kinds() -> None:
    recording = FakeRecording()
    samples = ProcessSamples(recording, "web", interval_s=0.05)
    samples.start()
    async with asyncio.timeout(10):
        while not recording.of(Kind.LOOP_LAG):  # noqa: ASYNC110  # what is waited for rings no bell
            await asyncio.sleep(0.01)
    await samples.close()
    [memory, *_] = recording.of(Kind.MEMORY)
    assert memory.name == "web"
    assert 20e6 < memory.value * KINDS[Kind.MEMORY].scale < 20e9
    assert all(0 <= event.value * KINDS[Kind.CPU].scale < 64 for event in recording.of(Kind.CPU))


async def test_a_loop_that_was_held_up_shows_by_how_much() -> None:
    recording = FakeRecording()
    samples = ProcessSamples(recording, "web", interval_s=0.1)
    samples.start()
    await asyncio.sleep(0.02)
    time.sleep(0.08)  # noqa: ASYNC251  # what must not happen, made to happen
    async with asyncio.timeout(10):
        while not recording.of(Kind.LOOP_LAG):  # noqa: ASYNC110  # what is waited for rings no bell
            await asyncio.sleep(0.01)
    await samples.close()
    assert recording.of(Kind.LOOP_LAG)[0].value > 60
