"""Bare nats-py: JetStream publishes with acknowledgements, and an ordered consumer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence

import nats
from chassis.envelope import Outgoing

from bench.engines.work import MESSAGES

_AT_ONCE = 1_000


async def publish(url: str, stream: str, outgoing: Sequence[Outgoing]) -> float:
    """Publish, and return the messages a second."""
    client = await nats.connect(url)
    jetstream = client.jetstream()
    await jetstream.add_stream(name=stream, subjects=[f"{stream}.>"])
    begin = time.perf_counter()
    for first in range(0, MESSAGES, _AT_ONCE):
        await asyncio.gather(
            *(
                jetstream.publish(f"{stream}.{each.subject}", each.data)
                for each in outgoing[first : first + _AT_ONCE]
            )
        )
    spent = time.perf_counter() - begin
    await client.close()
    return MESSAGES / spent


async def read(url: str, stream: str) -> float:
    """Read from the beginning to the end, and return the messages a second."""
    client = await nats.connect(url)
    begin, seen = time.perf_counter(), 0
    subscription = await client.jetstream().subscribe(f"{stream}.>", ordered_consumer=True)
    async for _ in subscription.messages:
        seen += 1
        if seen == MESSAGES:
            break
    spent = time.perf_counter() - begin
    await client.close()
    return MESSAGES / spent
