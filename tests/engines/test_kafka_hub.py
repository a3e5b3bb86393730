from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
from chassis.hub.kafka.hub import KafkaHub, connect_kafka
from chassis.hub.port import Hub

from tests.chassis.contracts.hub_contract import Connect, HubContract, LostServerContract
from tests.servers.kafka import KafkaServer


class TestKafkaHub(HubContract):
    @pytest.fixture
    async def connect(self, kafka_url: str) -> AsyncIterator[Connect]:
        hubs: list[KafkaHub] = []

        async def connect() -> Hub:
            hubs.append(await connect_kafka(kafka_url, "test"))
            return hubs[-1]

        yield connect
        await asyncio.gather(*(hub.close() for hub in hubs))

    @pytest.fixture
    async def hub(self, connect: Connect) -> Hub:
        return await connect()


class TestKilledKafka(LostServerContract):
    @pytest.fixture
    def server(self, kafka_server: KafkaServer) -> KafkaServer:
        return kafka_server

    @pytest.fixture
    async def hub(self, server: KafkaServer) -> AsyncIterator[Hub]:
        hub = await connect_kafka(server.url, "test")
        yield hub
        await hub.close()
