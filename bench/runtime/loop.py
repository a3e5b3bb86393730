"""The floor of a projection: a loop by hand over the same clients, with the same durability.

`python -m bench.runtime.loop NATS_URL STREAM FILE COUNT` reads a stream into a table and prints the
seconds that it took, and its processor seconds. Each batch is one transaction with its position.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import time

import nats
import uvloop
from nats.js.api import AckPolicy, ConsumerConfig

_BATCH = 200
_STATUS = {
    "OrderPlaced": "placed",
    "OrderConfirmed": "confirmed",
    "OrderShipped": "shipped",
    "OrderCancelled": "cancelled",
}


async def main(url: str, stream: str, file: str, count: int) -> None:
    """Read `count` messages."""
    store = sqlite3.connect(file, isolation_level=None)
    store.execute("PRAGMA journal_mode = WAL")
    store.execute("PRAGMA synchronous = FULL")
    store.execute("CREATE TABLE position (stream TEXT PRIMARY KEY, position INTEGER)")
    store.execute("CREATE TABLE rows (id TEXT PRIMARY KEY, data TEXT NOT NULL)")
    client = await nats.connect(url)
    config = ConsumerConfig(ack_policy=AckPolicy.ALL, max_ack_pending=2 * _BATCH)
    began, used = time.perf_counter(), time.process_time()
    subscription = await client.jetstream().pull_subscribe(
        "", durable="by-hand", stream=stream, config=config
    )
    done = 0
    while done < count:
        messages = await subscription.fetch(min(_BATCH, count - done), timeout=10)
        store.execute("BEGIN IMMEDIATE")
        for message in messages:
            _apply(store, json.loads(message.data))
        last = messages[-1].metadata.sequence.stream
        store.execute("INSERT OR REPLACE INTO position VALUES (?, ?)", (stream, last))
        store.execute("COMMIT")
        await messages[-1].ack()
        done += len(messages)
    await client.flush()
    print(json.dumps([time.perf_counter() - began, time.process_time() - used]))
    await client.close()


def _apply(store: sqlite3.Connection, envelope: dict[str, object]) -> None:
    data = envelope["data"]
    assert isinstance(data, dict)
    status = _STATUS[str(envelope["type"]).split(".")[-2]]
    found = store.execute("SELECT data FROM rows WHERE id = ?", (data["order_id"],)).fetchone()
    row = json.loads(found[0]) if found else {}
    fields = ("customer_id", "order_id", "placed_at", "total")
    row.update({name: data[name] for name in fields if name in data})
    row["status"] = status
    store.execute("INSERT OR REPLACE INTO rows VALUES (?, ?)", (data["order_id"], json.dumps(row)))


if __name__ == "__main__":
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])))
