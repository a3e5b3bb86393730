"""Tasks that are ended have ended, even if something swallows their cancellation."""

from __future__ import annotations

import asyncio

import pytest
from chassis import tasks


async def test_a_task_that_swallows_a_cancellation_is_cancelled_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(tasks, "_AGAIN", 0.01)
    swallowed: list[asyncio.CancelledError] = []

    async def stubborn() -> None:
        while True:
            try:
                await asyncio.sleep(60)
            except asyncio.CancelledError as error:
                if len(swallowed) == 2:
                    raise
                swallowed.append(error)

    task = asyncio.create_task(stubborn())
    await asyncio.sleep(0)
    await tasks.end((task,))
    assert task.cancelled()
    assert len(swallowed) == 2


async def test_results_and_errors_do_not_matter() -> None:
    async def failing() -> None:
        raise ValueError

    async def done() -> int:
        return 1

    failed, finished = asyncio.create_task(failing()), asyncio.create_task(done())
    await tasks.end((failed, finished))
    assert failed.done()
    assert finished.done()
    await tasks.end(())
