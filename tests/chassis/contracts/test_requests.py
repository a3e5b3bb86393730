"""Requests to a broker: what ends them."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from chassis.hub.requests import Requests


async def answered_when_cancelled() -> None:
    """Wait like `asyncio.wait_for` before Python 3.12, whose result comes with a cancellation."""
    with suppress(asyncio.CancelledError):
        await asyncio.sleep(3600)


async def test_a_cancellation_that_a_client_drops_is_not_lost() -> None:
    requests, begun = Requests(), asyncio.Event()

    async def run() -> None:
        async with requests.guard():
            begun.set()
            await answered_when_cancelled()
        raise AssertionError("it goes on")

    task = asyncio.create_task(run())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def test_a_lost_connection_ends_a_request_whose_client_drops_that() -> None:
    requests = Requests()
    asyncio.get_running_loop().call_soon(requests.fail)
    with pytest.raises(TimeoutError):
        async with requests.guard():
            await answered_when_cancelled()
