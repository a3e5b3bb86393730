"""Bare PyMongo: one transaction of three writes for each command, in pooled sessions."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any
from uuid import UUID

from bson import Binary, Decimal128
from pymongo import AsyncMongoClient, WriteConcern
from pymongo.asynchronous.client_session import AsyncClientSession

from bench.engines.work import Command, cart, event_of

_CONNECTIONS = 16  # as many as the adapter has


@asynccontextmanager
async def bare(url: str) -> AsyncIterator[Command]:
    """Return the command on a server."""
    async with AsyncMongoClient[dict[str, Any]](url, maxPoolSize=_CONNECTIONS) as client:
        await client.drop_database("bare")
        database = client.get_database("bare", write_concern=WriteConcern("majority", j=True))
        for name in ("carts", "inbox", "outbox"):
            await database.create_collection(name)

        async def command(customer: UUID, version: int) -> None:
            event, id = event_of(customer, version), Binary.from_uuid(customer)
            state = {**_bson(cart(customer)), "_id": id, "_version": version}

            async def write(session: AsyncClientSession) -> None:
                await database.carts.replace_one({"_id": id}, state, upsert=True, session=session)
                await database.inbox.insert_one(
                    {"_id": event.id, "result": {"version": version}}, session=session
                )
                await database.outbox.insert_one(
                    {
                        "topic": event.topic,
                        "subject": event.subject,
                        "id": event.id,
                        "type": event.type,
                        "data": event.data,
                    },
                    session=session,
                )

            async with client.start_session() as session:
                await session.with_transaction(write)

        yield command


def _bson(state: dict[str, object]) -> dict[str, object]:
    return {
        "product_id": Binary.from_uuid(UUID(str(state["product_id"]))),
        "quantity": state["quantity"],
        "price": Decimal128(str(state["price"])),
        "changed_at": datetime.fromisoformat(str(state["changed_at"])),
    }
