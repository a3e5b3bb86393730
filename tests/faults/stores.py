"""Reads the stores of the shop. Nothing else here knows their tables."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

from tests.faults import envelopes
from tests.faults.snapshot import DeadLetter, Document, Event

AGGREGATES = {
    "Product": "product",
    "Cart": "cart",
    "StockItem": "inventory",
    "Payment": "payment",
    "Shipment": "shipping",
}
PROJECTIONS = ("order_history", "catalog")
_SERVICES = ("product", "cart", "order", "inventory", "payment", "shipping")


def read(data: Path) -> dict[str, Any]:
    """Return the fields of a snapshot that are in the stores, in the folder `data`."""
    return {
        "aggregates": {
            name: documents(data, store, f"aggregate_{name}") for name, store in AGGREGATES.items()
        },
        "rows": {name: documents(data, name, "rows") for name in PROJECTIONS},
        "replicas": documents(data, "cart", "replica_Product"),
        "sagas": {
            instance.data["key"]: instance
            for instance in documents(data, "order", "saga_checkout").values()
        },
        "dead_letters": tuple(_dead_letters(data)),
        "orders": _orders(data),
        "waiting": dict(_waiting(data)),
    }


def documents(data: Path, store: str, collection: str) -> dict[str, Document]:
    """Return the documents of a collection by id."""
    rows = _query(data, store, f"SELECT id, version, data FROM documents_{collection}")
    return {id: Document(version, json.loads(text)) for id, version, text in rows}


def rows_with(data: Path, projection: str, field: str, value: str) -> int:
    """Return how many rows of a projection have that text in a field."""
    sql = f"SELECT count(*) FROM documents_rows WHERE json_extract(data, '$.{field}') = '{value}'"
    return int(_query(data, projection, sql)[0][0])


def progress(data: Path) -> tuple[int, ...]:
    """Return figures that change as long as something is being done."""
    return (
        *(count for _, count in _waiting(data)),
        *(_count(data, store, "inbox") for store in (*_SERVICES, *PROJECTIONS)),
    )


def _orders(data: Path) -> dict[str, tuple[Event, ...]]:
    found: dict[str, list[Event]] = {}
    rows = _query(data, "order", "SELECT * FROM events ORDER BY stream, version")
    for _, version, raw in rows:
        event = envelopes.parse(raw, topic="order", position=version)
        assert isinstance(event, Event)
        found.setdefault(event.subject, []).append(event)
    return {id: tuple(events) for id, events in found.items()}


def _dead_letters(data: Path) -> Iterator[DeadLetter]:
    for store in (*_SERVICES, *PROJECTIONS):
        for letter in documents(data, store, "chassis_dead_letters").values():
            found = letter.data
            yield DeadLetter(group=found["group"], reason=found["reason"], message=found["message"])


def _waiting(data: Path) -> Iterator[tuple[str, int]]:
    for store in _SERVICES:
        yield f"{store} outbox", _count(data, store, "outbox")
    yield "order timers", _count(data, "order", "timers")
    yield "answers to the saga", _count(data, "order", "documents_saga_checkout_awaited")


def _count(data: Path, store: str, table: str) -> int:
    rows = _query(data, store, f"SELECT count(*) FROM {table}")
    return int(rows[0][0]) if rows else 0


def _query(data: Path, store: str, sql: str) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(f"file:{data / store}.db?mode=ro", uri=True, timeout=30)) as db:
        return db.execute(sql).fetchall()
