"""The engines that a spec names: adapters, client libraries, and the stores of units.

The adapter of an engine is a package of the chassis named after it. NATS and SQLite are in every
project, because the embedded mode runs on them.
"""

from __future__ import annotations

from meshgen.spec.model import Projection, Service, Spec
from meshgen.system.model import ChassisView, EnginesView, ExtraView, StoreView

EMBEDDED = ("nats", "sqlite")
RELATIONAL = ("postgresql", "sqlserver")
"""The engines whose adapters share the package `sql`."""

CLIENTS = {
    "cassandra": ("cassandra-driver>=3.29",),
    "kafka": ("confluent-kafka>=2.16",),
    "mongodb": ("pymongo>=4.15",),
    "postgresql": ("psycopg[binary]>=3.3", "psycopg-pool>=3.3", "sqlalchemy>=2.1"),
    "rabbitmq": ("aio-pika>=9.5",),
    "redis": ("redis>=7",),
}
"""The client libraries of each engine; their pins are in `templates/parts/requirements`."""


def engines_view(spec: Spec) -> EnginesView:
    """Return the engines of `spec`."""
    hub = spec.event_hub.engine
    units: tuple[Service | Projection, ...] = (*spec.services, *spec.projections)
    stores = tuple(
        StoreView(unit=unit.name, engine=unit.store.engine)
        for unit in units
        if unit.store.engine not in EMBEDDED
    )
    return EnginesView(
        event_hub=hub if hub not in EMBEDDED else None,
        stores=stores,
        clients=_with_clients(hub, *(store.engine for store in stores)),
    )


def chassis_view(spec: Spec) -> ChassisView:
    """Return the adapters that the units of `spec` run on, and their client libraries."""
    engines = engines_view(spec)
    stores = {"sqlite", *(store.engine for store in engines.stores)}
    shared = {"sql"} if stores & set(RELATIONAL) else set()
    return ChassisView(
        hubs=tuple(sorted({"nats", spec.event_hub.engine})),
        stores=tuple(sorted(stores | shared)),
        extras=tuple(ExtraView(name=name, requirements=CLIENTS[name]) for name in engines.clients),
    )


def extras(event_hub: str, store: str) -> tuple[str, ...]:
    """Return the extras of the chassis that a unit on these engines needs."""
    return _with_clients(event_hub, store)


def _with_clients(*engines: str) -> tuple[str, ...]:
    return tuple(sorted(CLIENTS.keys() & set(engines)))
