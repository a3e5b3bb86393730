"""Bare psycopg: one transaction of three statements for each command, on pooled connections."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from bench.engines.work import Command, cart, event_of

_CONNECTIONS = 9  # as many as the adapter has
_SCHEMA = """
CREATE SCHEMA bare
CREATE TABLE carts (customer_id uuid PRIMARY KEY, version bigint NOT NULL, product_id uuid NOT NULL,
    quantity bigint NOT NULL, price numeric NOT NULL, changed_at timestamptz NOT NULL)
CREATE TABLE inbox (message text PRIMARY KEY, result text)
CREATE TABLE outbox (position bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    topic text NOT NULL, subject text NOT NULL, id text NOT NULL, type text NOT NULL,
    data bytea NOT NULL)
"""
_STATE = """
INSERT INTO bare.carts VALUES (%(customer_id)s, 1, %(product_id)s, %(quantity)s, %(price)s,
    %(changed_at)s)
ON CONFLICT (customer_id) DO UPDATE SET version = carts.version + 1,
    product_id = excluded.product_id, quantity = excluded.quantity, price = excluded.price,
    changed_at = excluded.changed_at
"""
_INBOX = "INSERT INTO bare.inbox VALUES (%s, %s)"
_OUTBOX = """INSERT INTO bare.outbox (topic, subject, id, type, data) VALUES (%s, %s, %s, %s, %s)"""


@asynccontextmanager
async def bare(url: str) -> AsyncIterator[Command]:
    """Return the command on a database."""
    async with await AsyncConnection.connect(url, autocommit=True) as connection:
        await connection.execute("DROP SCHEMA IF EXISTS bare CASCADE")
        await connection.execute(_SCHEMA)
    async with AsyncConnectionPool(url, min_size=_CONNECTIONS, max_size=_CONNECTIONS) as pool:

        async def command(customer: UUID, version: int) -> None:
            event = event_of(customer, version)
            async with pool.connection() as connection, connection.pipeline():
                await connection.execute(_STATE, cart(customer))
                await connection.execute(_INBOX, (event.id, json.dumps({"version": version})))
                await connection.execute(
                    _OUTBOX, (event.topic, event.subject, event.id, event.type, event.data)
                )

        yield command
