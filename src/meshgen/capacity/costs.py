"""What operations cost, as measured by the benchmarks of this repository.

`bench/README.md` has the figures that these are taken from, and `docs/capacity.md` says how to
calibrate them anew. Times are processor time; all of them depend on the machine.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Milliseconds of processor time, and bytes.

    Attributes:
        command: A command over HTTP, in its service, with the publishing of its event.
        query: A query over HTTP, in its unit.
        endpoint: An endpoint of a backend for frontends, without the units that it asks.
        message: A message that a unit handles, with the commit and the publishing that follow.
        batched: A further message in the same batch, which shares the commit. Messages that wait
            are handled in batches; plans do without.
        request: A request, in the gateway.
        hub: A message in the event hub, from the publisher to all its consumers.
        idle_process: A second of a process of units, whatever the rate is.
        idle_unit: A second of each unit of a process, whatever the rate is.
        idle_hub: A second of the event hub, for each unit that is connected to it.
        idle_gateway: A second of the gateway.
        message_bytes: A message in the event hub.
        stored_bytes: What a command or a handled message adds to a store: an estimate, rounded from
            how files grew by an order.
    """

    command: float
    query: float
    endpoint: float
    message: float
    batched: float
    request: float
    hub: float
    idle_process: float
    idle_unit: float
    idle_hub: float
    idle_gateway: float
    message_bytes: int
    stored_bytes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Server:
    """What one server of an engine did, with its clients on the same two cores.

    Attributes:
        per_second: Commits of a store, or messages published to an event hub, in a second.
        connections: Connections of each unit that has its store there; 0 if they do not count.
        more: What to do when one server is not enough.
    """

    per_second: int
    connections: int = 0
    more: str


COSTS = Costs(
    command=0.833,
    query=0.59,
    endpoint=1.22,
    message=2.31,
    batched=0.6,
    request=0.917,
    hub=0.436,
    idle_process=6.62,
    idle_unit=5.12,
    idle_hub=1.93,
    idle_gateway=6.67,
    message_bytes=790,
    stored_bytes=350,
)

HUBS: Mapping[str, Server] = {
    "kafka": Server(
        per_second=15_100,
        more="add brokers and spread the partitions over them",
    ),
    "nats": Server(
        per_second=4_210,
        more="run a cluster; each stream then has its leader on one of the servers",
    ),
    "rabbitmq": Server(
        per_second=3_570,
        more="add nodes; each stream then has its leader on one of them",
    ),
}
STORES: Mapping[str, Server] = {
    "cassandra": Server(per_second=290, more="add nodes; rows are spread by their partition key"),
    "mongodb": Server(
        per_second=1_160,
        connections=16,
        more="give services replica sets of their own, then shard by the id of the aggregate",
    ),
    "postgresql": Server(
        per_second=9_960,
        connections=5,
        more="give services servers of their own: each has a schema of its own already",
    ),
    "redis": Server(
        per_second=5_310,
        connections=9,
        more="give services servers of their own, or use a cluster",
    ),
    "sqlite": Server(
        per_second=9_260,
        more="use a database server: a file belongs to one copy of one unit",
    ),
    "sqlserver": Server(
        per_second=9_960,
        connections=9,
        more="give services databases on servers of their own",
    ),
}
"""Nothing was measured on SQL Server, which has the adapter of relational stores: as PostgreSQL."""
