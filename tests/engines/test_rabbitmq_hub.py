from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from chassis.hub.port import Hub
from chassis.hub.rabbitmq.hub import RabbitHub, connect_rabbitmq

from tests.chassis.contracts.hub_contract import Connect, HubContract, LostServerContract
from tests.servers.rabbitmq import RabbitServer


class TestRabbitHub(HubContract):
    arrivals = 20_000  # its client is written in Python: as many as elsewhere take minutes

    @pytest.fixture
    async def connect(self, rabbitmq_url: str) -> AsyncIterator[Connect]:
        hubs: list[RabbitHub] = []

        async def connect() -> Hub:
            hubs.append(await connect_rabbitmq(rabbitmq_url, "test"))
            return hubs[-1]

        yield connect
        await asyncio.gather(*(hub.close() for hub in hubs))

    @pytest.fixture
    async def hub(self, connect: Connect) -> Hub:
        return await connect()


class TestKilledRabbitMQ(LostServerContract):
    @pytest.fixture
    def server(self, rabbitmq_server: RabbitServer) -> RabbitServer:
        return rabbitmq_server

    @pytest.fixture
    async def hub(self, server: RabbitServer) -> AsyncIterator[Hub]:
        hub = await connect_rabbitmq(server.url, "test")
        yield hub
        await hub.close()
