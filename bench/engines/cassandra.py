"""Bare cassandra-driver: a logged batch of three statements for each event of a read model."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

from cassandra import ConsistencyLevel
from cassandra.cluster import Cluster, Session
from cassandra.query import BatchStatement

from bench.engines.work import Command, cart, event_of

_SCHEMA = (
    "DROP KEYSPACE IF EXISTS bare",
    "CREATE KEYSPACE bare WITH replication = {'class': 'SimpleStrategy', 'replication_factor': 1}",
    """CREATE TABLE bare.carts (customer_id uuid PRIMARY KEY, version bigint, product_id uuid,
        quantity bigint, price decimal, changed_at text)""",
    """CREATE TABLE bare.carts_by_price (price decimal, customer_id text, version bigint,
        product_id uuid, quantity bigint, changed_at text, PRIMARY KEY (price, customer_id))""",
    "CREATE TABLE bare.inbox (message text PRIMARY KEY, result text)",
)
_ROW = """INSERT INTO bare.carts (customer_id, version, product_id, quantity, price, changed_at)
    VALUES (?, ?, ?, ?, ?, ?)"""
_BY_PRICE = """INSERT INTO bare.carts_by_price
    (customer_id, version, product_id, quantity, price, changed_at) VALUES (?, ?, ?, ?, ?, ?)"""
_INBOX = "INSERT INTO bare.inbox (message, result) VALUES (?, ?)"


@asynccontextmanager
async def bare(url: str) -> AsyncIterator[Command]:
    """Return the command on a server."""
    parts = urlsplit(url)
    cluster = Cluster([parts.hostname], port=parts.port or 9042)
    session = await asyncio.to_thread(cluster.connect)
    for statement in _SCHEMA:
        await asyncio.to_thread(session.execute, statement, timeout=60)
    row, by_price, inbox = (session.prepare(each) for each in (_ROW, _BY_PRICE, _INBOX))

    async def command(customer: UUID, version: int) -> None:
        state, event = cart(customer), event_of(customer, version)
        values = (
            version,
            UUID(str(state["product_id"])),
            state["quantity"],
            Decimal(str(state["price"])),
            state["changed_at"],
        )
        batch = BatchStatement(consistency_level=ConsistencyLevel.QUORUM)
        batch.add(row, (customer, *values))
        batch.add(by_price, (str(customer), *values))
        batch.add(inbox, (event.id, None))
        await _executed(session, batch)

    yield command
    await asyncio.to_thread(cluster.shutdown)


def _executed(session: Session, batch: BatchStatement) -> asyncio.Future[None]:
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def settle(error: Exception | None) -> None:
        if done.done():
            return
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    def succeeded(_: Any) -> None:
        loop.call_soon_threadsafe(settle, None)

    def failed(error: Exception) -> None:
        loop.call_soon_threadsafe(settle, error)

    session.execute_async(batch).add_callbacks(succeeded, failed)
    return done
