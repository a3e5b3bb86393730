"""Bare redis-py: one MULTI of three commands for each command, on pooled connections."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

from redis.asyncio import BlockingConnectionPool, Redis

from bench.engines.work import Command, cart, event_of

_CONNECTIONS = 10  # as many as the adapter has


@asynccontextmanager
async def bare(url: str) -> AsyncIterator[Command]:
    """Return the command on a server."""
    pool = BlockingConnectionPool.from_url(url, max_connections=_CONNECTIONS, protocol=2)
    async with Redis.from_pool(pool) as redis:

        async def command(customer: UUID, version: int) -> None:
            event = event_of(customer, version)
            async with redis.pipeline(transaction=True) as pipeline:
                state: dict[Any, Any] = {**cart(customer), "version": version}
                pipeline.hset(f"{{bare}}:carts:{customer}", mapping=state)
                pipeline.hset("{bare}:inbox", event.id, json.dumps({"version": version}))
                pipeline.xadd(
                    "{bare}:outbox",
                    {
                        "topic": event.topic,
                        "subject": event.subject,
                        "id": event.id,
                        "type": event.type,
                        "data": event.data,
                    },
                )
                await pipeline.execute()

        yield command
