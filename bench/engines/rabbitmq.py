"""Bare aio-pika: confirmed publishes to streams, and a consumer of them."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from zlib import crc32

import aio_pika
from chassis.envelope import Outgoing
from pamqp.common import FieldTable

from bench.engines.work import MESSAGES, PARTITIONS

_AT_ONCE = 1_000
_PREFETCH = 256
_STREAM: FieldTable = {"x-queue-type": "stream"}


async def publish(url: str, topic: str, outgoing: Sequence[Outgoing]) -> float:
    """Publish, and return the messages a second."""
    async with await aio_pika.connect(_amqp(url)) as connection:
        channel = await connection.channel(publisher_confirms=True)
        for number in range(PARTITIONS):
            await channel.declare_queue(f"{topic}-{number}", durable=True, arguments=_STREAM)
        exchange = channel.default_exchange

        async def send(message: Outgoing) -> None:
            body = aio_pika.Message(
                message.data,
                message_id=message.id,
                type=message.type,
                delivery_mode=aio_pika.DeliveryMode.PERSISTENT,
            )
            number = crc32(message.subject.encode()) % PARTITIONS
            await exchange.publish(body, f"{topic}-{number}")

        begin = time.perf_counter()
        for first in range(0, MESSAGES, _AT_ONCE):
            await asyncio.gather(*map(send, outgoing[first : first + _AT_ONCE]))
        return MESSAGES / (time.perf_counter() - begin)


async def read(url: str, topic: str) -> float:
    """Read from the beginning to the end, and return the messages a second."""
    async with await aio_pika.connect(_amqp(url)) as connection:
        channel = await connection.channel()
        await channel.set_qos(_PREFETCH)
        seen, all_seen = 0, asyncio.Event()

        async def see(message: aio_pika.abc.AbstractIncomingMessage) -> None:
            nonlocal seen
            await message.ack()
            seen += 1
            if seen == MESSAGES:
                all_seen.set()

        begin = time.perf_counter()
        for number in range(PARTITIONS):
            queue = await channel.get_queue(f"{topic}-{number}")
            await queue.consume(see, arguments={"x-stream-offset": "first"})
        await all_seen.wait()
        return MESSAGES / (time.perf_counter() - begin)


def _amqp(url: str) -> str:
    return url.replace("rabbitmq://", "amqp://", 1)
