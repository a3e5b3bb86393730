"""Reads the stores of the shop: whoever does that knows the engines, but not their adapters."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, Protocol

from tests.faults import envelopes
from tests.faults.snapshot import DeadLetter, Document, Event
from tests.faults.stores.cassandra import CassandraStore
from tests.faults.stores.mongodb import MongoStore
from tests.faults.stores.postgresql import PostgresStore
from tests.faults.stores.redis import RedisStore
from tests.faults.stores.sqlite import SqliteStore
from tests.fleet.deployment import Deployment

_AGGREGATES = {
    "Product": ("product", "product"),
    "Cart": ("cart", "cart"),
    "StockItem": ("inventory", "stock_item"),
    "Payment": ("payment", "payment"),
    "Shipment": ("shipping", "shipment"),
}
_SERVICES = ("product", "cart", "order", "inventory", "payment", "shipping")
_PROJECTIONS = ("order_history", "catalog")
_ENGINES = {
    "product": "mongodb",
    "catalog": "mongodb",
    "cart": "redis",
    "order_history": "cassandra",
}


class Store(Protocol):
    """The store of a unit."""

    def documents(self, collection: str) -> dict[str, Document]:
        """Return the documents of a collection by id."""
        ...

    def events(self) -> Iterable[bytes]:
        """Return the envelopes of all events, the oldest of each stream first."""
        ...

    def count(self, what: str) -> int:
        """Return how many entries the `outbox`, `inbox` or `timers` have."""
        ...


class Stores:
    """The stores of all units."""

    def __init__(self, stores: Mapping[str, Store]) -> None:
        self._stores = stores

    def read(self) -> dict[str, Any]:
        """Return the fields of a snapshot that are in the stores."""
        of = self._stores
        return {
            "aggregates": {
                name: of[unit].documents(table) for name, (unit, table) in _AGGREGATES.items()
            },
            "rows": {name: of[name].documents(name) for name in _PROJECTIONS},
            "replicas": of["cart"].documents("product_replica"),
            "sagas": {
                instance.data["key"]: instance
                for instance in of["order"].documents("checkout_saga").values()
            },
            "dead_letters": tuple(self._dead_letters()),
            "orders": self._orders(),
            "waiting": dict(self._waiting()),
        }

    def progress(self) -> tuple[int, ...]:
        """Return figures that change as long as something is being done."""
        inboxes = (self._stores[unit].count("inbox") for unit in (*_SERVICES, *_PROJECTIONS))
        return (*(count for _, count in self._waiting()), *inboxes)

    def _orders(self) -> dict[str, tuple[Event, ...]]:
        found: dict[str, list[Event]] = {}
        for raw in self._stores["order"].events():
            event = envelopes.parse(raw, topic="order", position=0)
            assert isinstance(event, Event)
            found.setdefault(event.subject, []).append(event)
        return {id: tuple(events) for id, events in found.items()}

    def _dead_letters(self) -> Iterator[DeadLetter]:
        for unit in (*_SERVICES, *_PROJECTIONS):
            for letter in self._stores[unit].documents("chassis_dead_letters").values():
                found = letter.data
                yield DeadLetter(
                    group=found["group"], reason=found["reason"], message=found["message"]
                )

    def _waiting(self) -> Iterator[tuple[str, int]]:
        for unit in _SERVICES:
            yield f"{unit} outbox", self._stores[unit].count("outbox")
        order = self._stores["order"]
        yield "order timers", order.count("timers")
        yield "answers to the saga", len(order.documents("checkout_saga_awaited"))


def of(deployment: Deployment) -> Stores:
    """Return the stores of a deployment."""
    units = (*_SERVICES, *_PROJECTIONS)
    if not deployment.servers:
        return Stores({unit: SqliteStore(deployment.data / f"{unit}.db") for unit in units})
    kinds: dict[str, Callable[[str, str], Store]] = {
        "postgresql": PostgresStore,
        "mongodb": MongoStore,
        "redis": RedisStore,
        "cassandra": CassandraStore,
    }
    engines = {unit: _ENGINES.get(unit, "postgresql") for unit in units}
    return Stores(
        {
            unit: kinds[engine](deployment.servers[engine].url, unit)
            for unit, engine in engines.items()
        }
    )
