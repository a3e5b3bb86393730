"""The engines that a spec names: adapters, client libraries, and the stores of units.

The adapter of an engine is a package of the chassis named after it. NATS and SQLite are in every
project, because the embedded mode runs on them.
"""

from __future__ import annotations

from meshgen.naming import unit_folder
from meshgen.spec.model import Projection, Service, Spec, Stream
from meshgen.system.model import (
    ChassisView,
    EnginesView,
    ExtraView,
    JobView,
    ServerView,
    StoreView,
)

EMBEDDED = ("nats", "sqlite")
SHARED = {
    "group_commit": ("mongodb", "postgresql", "sqlserver"),
    "relational": ("postgresql", "sqlserver"),
}
"""The packages of `chassis.store` that the adapters of several engines share."""

CLIENTS = {
    "cassandra": ("cassandra-driver>=3.29",),
    "kafka": ("confluent-kafka>=2.16",),
    "mongodb": ("pymongo>=4.15",),
    "postgresql": ("psycopg[binary]>=3.3", "psycopg-pool>=3.3"),
    "rabbitmq": ("aio-pika>=9.5", "aiormq>=6.9"),
    "redis": ("redis>=7",),
    "sqlserver": ("pyopenssl>=25", "python-tds>=1.17"),
}
"""The client libraries of each engine, besides those of the embedded mode.

Each has a file of `templates/parts/requirements` with what it pins.
"""

EXTRAS = frozenset({*CLIENTS, "nats"})
"""The extras of the chassis: the engines whose clients not every unit needs."""


def engines_view(spec: Spec) -> EnginesView:
    """Return the engines of `spec`."""
    hub = spec.event_hub.engine
    units: tuple[Service | Projection | Stream, ...] = (
        *spec.services,
        *spec.projections,
        *spec.streams,
    )
    stores = tuple(
        StoreView(unit=unit.name, engine=unit.store.engine)
        for unit in units
        if unit.store.engine not in EMBEDDED
    )
    clients = _with_clients(hub, *(store.engine for store in stores))
    return EnginesView(
        event_hub=hub if hub not in EMBEDDED else None,
        stores=stores,
        servers=_servers(hub, stores),
        clients=clients,
        jobs=tuple(
            JobView(
                stream=stream.name, engine=stream.job, folder=unit_folder("streams", stream.name)
            )
            for stream in spec.streams
            if stream.job
        ),
    )


def _servers(hub: str, stores: tuple[StoreView, ...]) -> tuple[ServerView, ...]:
    users: dict[str, tuple[str, ...]] = {} if hub in EMBEDDED else {hub: ("the event hub",)}
    for store in stores:
        users[store.engine] = (*users.get(store.engine, ()), store.unit)
    return tuple(
        ServerView(engine=engine, variable=f"{engine.upper()}_URL", users=units)
        for engine, units in users.items()
    )


def chassis_view(spec: Spec) -> ChassisView:
    """Return the adapters that the units of `spec` run on, and their client libraries."""
    engines = engines_view(spec)
    stores = {"sqlite", "sql", *(store.engine for store in engines.stores)}
    shared = {name for name, users in SHARED.items() if set(users) & set(engines.clients)}
    return ChassisView(
        hubs=tuple(sorted({"nats", spec.event_hub.engine})),
        stores=tuple(sorted(stores | shared)),
        jobs=tuple(sorted({job.engine for job in engines.jobs})),
        load=spec.slo is not None,
        extras=tuple(ExtraView(name=name, requirements=CLIENTS[name]) for name in engines.clients),
    )


def extras(event_hub: str, store: str) -> tuple[str, ...]:
    """Return the extras of the chassis that a unit on these engines needs."""
    return tuple(sorted(EXTRAS & {event_hub, store}))


def _with_clients(*engines: str) -> tuple[str, ...]:
    return tuple(sorted(CLIENTS.keys() & set(engines)))
