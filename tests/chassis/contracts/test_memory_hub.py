from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from chassis.hub.port import Hub
from chassis.testing.memory_hub import MemoryHub

from .hub_contract import Connect, HubContract


class TestMemoryHub(HubContract):
    @pytest.fixture
    async def hub(self) -> AsyncIterator[Hub]:
        hub = MemoryHub()
        yield hub
        await hub.close()

    @pytest.fixture
    async def connect(self, hub: MemoryHub) -> Connect:
        """All members use the same memory."""

        async def connect() -> Hub:
            await asyncio.sleep(0)
            return hub

        return connect
