"""The topics of a system, with the configuration of its catalog."""

from __future__ import annotations

import asyncio

from chassis.hub.port import Hub, Topic
from chassis.messages import Catalog


def topic_of(messages: Catalog, name: str, *, temporary: bool = False) -> Topic:
    """Return the topic `name` with the configuration of the catalog."""
    return Topic(
        name=name,
        partitions=messages.partitions,
        retention=messages.retention,
        temporary=temporary,
    )


async def declare_all(hub: Hub, messages: Catalog) -> None:
    """Declare all topics of the catalog.

    Raises:
        Unavailable: The hub is unavailable.
    """
    await asyncio.gather(*(hub.declare(topic_of(messages, name)) for name in messages.topics))
