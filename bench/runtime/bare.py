"""The unit of all costs: a bare FastAPI handler with the commit that a command needs.

`uvicorn bench.runtime.bare:app` serves it; `BARE_STORE` is the file of its store. The handler does
what no implementation can leave out: it validates a body, and commits a state, a message for the
outbox and an entry for the inbox, durably, in one transaction. It is a plain function, as FastAPI
recommends for what blocks: a commit waits for the disk.
"""

from __future__ import annotations

import json
import os
import sqlite3
import threading
from uuid import UUID, uuid4

from fastapi import FastAPI
from pydantic import BaseModel, Field

_SCHEMA = """
CREATE TABLE state (id TEXT PRIMARY KEY, version INTEGER NOT NULL, data TEXT NOT NULL);
CREATE TABLE outbox (position INTEGER PRIMARY KEY, topic TEXT NOT NULL, message BLOB NOT NULL);
CREATE TABLE inbox (message TEXT PRIMARY KEY, result TEXT) WITHOUT ROWID;
"""


class PutItem(BaseModel):
    """The body of the command."""

    product_id: UUID
    quantity: int = Field(ge=1, le=99)


app = FastAPI()
_store = sqlite3.connect(os.environ["BARE_STORE"], isolation_level=None, check_same_thread=False)
_writing = threading.Lock()
_store.execute("PRAGMA journal_mode = WAL")
_store.execute("PRAGMA synchronous = FULL")
_store.executescript(_SCHEMA)


@app.post("/carts/{customer_id}/put-item", status_code=201)
def put_item(customer_id: UUID, item: PutItem) -> dict[str, object]:
    """Put an item into a cart."""
    _commit(str(customer_id), str(uuid4()), item.model_dump_json())
    return {"customer_id": customer_id, "version": 1, "events": ["ItemPutInCart"]}


def _commit(customer: str, message: str, data: str) -> None:
    event = {"id": message, "type": "ItemPutInCart", "subject": customer, "data": data}
    with _writing:
        _store.execute("BEGIN IMMEDIATE")
        _store.execute(
            "INSERT INTO state VALUES (?, 1, ?) "
            "ON CONFLICT (id) DO UPDATE SET version = version + 1, data = excluded.data",
            (customer, data),
        )
        _store.execute("INSERT INTO inbox VALUES (?, ?)", (message, json.dumps({"version": 1})))
        _store.execute(
            "INSERT INTO outbox (topic, message) VALUES (?, ?)",
            ("cart", json.dumps(event).encode()),
        )
        _store.execute("COMMIT")
