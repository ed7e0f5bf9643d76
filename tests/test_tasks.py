from __future__ import annotations

import asyncio

from core.tasks import end_tasks


async def test_a_task_that_loses_a_cancel_is_ended_by_the_next() -> None:
    lost = asyncio.Event()

    async def loop_that_outlives_errors() -> None:
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError:
                if lost.is_set():
                    raise
                lost.set()

    task = asyncio.create_task(loop_that_outlives_errors())
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await end_tasks(task, again_after_s=0.01)
    assert lost.is_set()
    assert task.cancelled()


async def test_an_error_of_a_task_that_is_ended_is_nobodys_affair() -> None:
    async def failing() -> None:
        raise RuntimeError

    async def resting() -> None:
        await asyncio.sleep(60)

    tasks = [asyncio.create_task(failing()), asyncio.create_task(resting())]
    await asyncio.sleep(0)
    await end_tasks(*tasks)
    assert all(task.done() for task in tasks)


async def test_without_tasks_there_is_nothing_to_wait_for() -> None:
    await end_tasks()
