"""Topics on Kafka: their creation, configuration, offsets and removal."""

# confluent_kafka.admin does not list what it exports.
# pyright: reportPrivateImportUsage=false

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import structlog
from confluent_kafka import KafkaError, KafkaException, TopicCollection, TopicPartition
from confluent_kafka.admin import (
    AdminClient,
    AlterConfigOpType,
    ConfigEntry,
    ConfigResource,
    NewTopic,
    OffsetSpec,
    ResourceType,
)

from chassis.errors import Unavailable
from chassis.hub.kafka.config import HEADROOM, MAX_MESSAGE_BYTES
from chassis.hub.port import SLOTS, Topic
from chassis.hub.requests import NoTopic, Requests

_PATIENCE = 120.0  # seconds: many processes start at once, on brokers that start, too
_PAUSE = 0.3
_LOOK = 0.05
# What brokers answer while a partition gets a leader, or another one: the newer metadata may be
# that of the client (KIP-320) or that of the broker.
_MOVING = frozenset(
    {
        KafkaError.LEADER_NOT_AVAILABLE,
        KafkaError.NOT_LEADER_FOR_PARTITION,
        KafkaError.REPLICA_NOT_AVAILABLE,
        KafkaError.FENCED_LEADER_EPOCH,
        KafkaError.UNKNOWN_LEADER_EPOCH,
        KafkaError.OFFSET_NOT_AVAILABLE,
    }
)

_log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Description:
    """What the brokers say of a topic.

    Attributes:
        id: Its id, which another topic of this name does not have.
        partitions: The number of partitions.
    """

    id: str
    partitions: int


class Topics:
    """The topics of a cluster."""

    def __init__(self, admin: AdminClient, requests: Requests) -> None:
        self._admin = admin
        self._requests = requests

    async def declare(self, topic: Topic) -> Description:
        """Create or configure a topic, as soon as the brokers can."""
        async with asyncio.timeout(_PATIENCE):
            while True:
                try:
                    return await self.ensure(topic)
                except (KafkaException, TimeoutError) as error:
                    _log.warning("event hub is slow", topic=topic.name, error=repr(error))
                    await asyncio.sleep(_PAUSE)

    async def ensure(self, topic: Topic) -> Description:
        """Create or configure a topic."""
        async with self._requests.guard():
            try:
                found = await self.describe(topic.name)
            except NoTopic:
                await self._create(topic)
                return await self._until_described(topic.name)
            await self._configure(topic)
            return found

    async def describe(self, name: str) -> Description:
        """Return what the brokers say of a topic.

        Raises:
            NoTopic: There is none of this name.
        """
        found = (await self.describe_all([name]))[name]
        if found is None:
            raise NoTopic(f"event hub: there is no topic {name}")
        if found.partitions > SLOTS:
            raise Unavailable(f"{name} has {found.partitions} partitions, but {SLOTS} is the limit")
        return found

    async def describe_all(self, names: Iterable[str]) -> dict[str, Description | None]:
        """Return what the brokers say of topics; None for those that they do not have."""
        futures = self._admin.describe_topics(TopicCollection(list(names)))
        return {name: await _description(future) for name, future in futures.items()}

    async def first_offsets(self, name: str, partitions: Iterable[int]) -> dict[int, int]:
        """Return the offset of the first message that is still there, by partition."""
        earliest: OffsetSpec = OffsetSpec.earliest()  # type: ignore[no-untyped-call]
        return await self._offsets(name, partitions, earliest)

    async def next_offsets(self, name: str, partitions: Iterable[int]) -> dict[int, int]:
        """Return the offset that the next message will have, by partition."""
        latest: OffsetSpec = OffsetSpec.latest()  # type: ignore[no-untyped-call]
        return await self._offsets(name, partitions, latest)

    async def delete(self, name: str) -> None:
        """Delete a topic, and wait until it is gone."""
        async with self._requests.guard():
            with suppress(NoTopic):
                await _answer(self._admin.delete_topics([name])[name])
                while True:
                    await self.describe(name)
                    await asyncio.sleep(_LOOK)

    async def _offsets(
        self, name: str, partitions: Iterable[int], which: OffsetSpec
    ) -> dict[int, int]:
        wanted = {TopicPartition(name, partition): which for partition in partitions}
        async with self._requests.guard():
            while True:
                futures = self._admin.list_offsets(wanted)
                try:
                    return {at.partition: await _offset(each) for at, each in futures.items()}
                except KafkaException as error:
                    if error.args[0].code() not in _MOVING:
                        raise
                await asyncio.sleep(_LOOK)

    async def _create(self, topic: Topic) -> None:
        """Create a topic. Its replicas are as the brokers' `default.replication.factor` says."""
        new = NewTopic(topic.name, topic.partitions, config=dict(_config(topic)))
        try:
            await _answer(self._admin.create_topics([new])[topic.name])
        except KafkaException as error:
            if error.args[0].code() != KafkaError.TOPIC_ALREADY_EXISTS:
                raise

    async def _until_described(self, name: str) -> Description:
        while True:
            with suppress(NoTopic):
                return await self.describe(name)
            await asyncio.sleep(_LOOK)

    async def _configure(self, topic: Topic) -> None:
        """Change what differs in the configuration of a topic."""
        resource = ConfigResource(ResourceType.TOPIC, topic.name)
        entries = await _answer(self._admin.describe_configs([resource])[resource])
        changed = [
            ConfigEntry(name, value, incremental_operation=AlterConfigOpType.SET)
            for name, value in _config(topic).items()
            if entries[name].value != value
        ]
        if changed:
            change = ConfigResource(ResourceType.TOPIC, topic.name, incremental_configs=changed)
            await _answer(self._admin.incremental_alter_configs([change])[change])


def _config(topic: Topic) -> Mapping[str, str]:
    return {
        "cleanup.policy": "delete",
        "retention.ms": str(int(topic.retention.total_seconds() * 1000)),
        "max.message.bytes": str(MAX_MESSAGE_BYTES + HEADROOM),
        "message.timestamp.type": "LogAppendTime",
    }


async def _description(future: Future[Any]) -> Description | None:
    try:
        found = await _answer(future)
    except NoTopic:
        return None
    return Description(str(found.topic_id), len(found.partitions))


async def _offset(future: Future[Any]) -> int:
    offset: int = (await _answer(future)).offset
    return offset


async def _answer(future: Future[Any]) -> Any:
    try:
        return await asyncio.wrap_future(future)
    except KafkaException as error:
        if error.args[0].code() == KafkaError.UNKNOWN_TOPIC_OR_PART:
            raise NoTopic(f"event hub: {error.args[0].str()}") from error
        raise
