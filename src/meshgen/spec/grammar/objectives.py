"""Service level objectives, and the capacity that is derived from them."""

from __future__ import annotations

from meshgen.spec.grammar.names import ROLE
from meshgen.spec.grammar.shapes import (
    Construct,
    Duration,
    Example,
    Integer,
    Key,
    MapOf,
    NewName,
    OneOf,
    ProcessName,
    RequestName,
    Text,
)

USERS = Integer(1, 1_000_000_000)
REPLICAS = Integer(1, 1000)
ITEMS = Integer(1, 1000)
RATIO = Integer(1, 100)
RATE_PATTERN = "([1-9][0-9]{0,6})/([smh])"
AVAILABILITY_PATTERN = r"(9[0-9](\.[0-9]{1,3})?)%"
UTILIZATION_PATTERN = "([1-9][0-9])%"
CPU_PATTERN = "([1-9][0-9]{0,4})m"
MEMORY_PATTERN = "([1-9][0-9]{0,5})Mi"

_RATE = Text("a rate: `50/s`, `600/m`, `30/h`", pattern=RATE_PATTERN)
_PEAK = RequestName("scenario or request")

LATENCY = Construct(
    name="latency",
    one="a latency",
    meaning="The time of a request at the gateway that 95 or 99 of 100 requests do not exceed.",
    keys=(
        Key(name="p95", shape=Duration(), meaning="The 95th percentile.", otherwise="no objective"),
        Key(name="p99", shape=Duration(), meaning="The 99th percentile.", otherwise="no objective"),
    ),
    examples=(
        Example(
            """\
slo:
  latency: {p95: 200ms, p99: 500ms}
  peak: {order.PlaceOrder: 20/s}
"""
        ),
    ),
)
_AVAILABILITY = Key(
    name="availability",
    shape=Text("a percentage from `90%` to `99.999%`", pattern=AVAILABILITY_PATTERN),
    meaning="The share of requests that are not answered with a server error, over 30 days.",
    otherwise="`99.9%`",
)
LOAD = Construct(
    name="load",
    one="a load",
    meaning="How often a scenario happens, without the steps that only prepare it.",
    keys=(
        Key(name="rate", shape=_RATE, meaning="How often.", required=True),
        Key(
            name="as",
            shape=NewName(ROLE),
            meaning="The role whose steps count; the steps of other roles are preparations.",
            otherwise="all steps count",
        ),
    ),
    examples=(Example("a paid order is confirmed: {rate: 20/s, as: customer}\n", at="slo.peak"),),
)
SLO = Construct(
    name="SLO",
    one="the SLO",
    meaning=(
        "The service level objectives (SLO) of the system, from which its capacity is derived: "
        "`docs/capacity.md` of the project shows how."
    ),
    keys=(
        Key(
            name="users",
            shape=USERS,
            meaning="Users at the same time, at the peak.",
            otherwise="not known: no rate limit is derived",
        ),
        _AVAILABILITY,
        Key(name="latency", shape=LATENCY, meaning="The latency.", otherwise="no objective"),
        Key(
            name="peak",
            shape=MapOf(_PEAK, OneOf((_RATE, LOAD)), least=1),
            meaning=(
                "How often scenarios and requests happen at the busiest time. A request is written "
                "`unit.Command`, `unit.Query`, `unit.Aggregate` or `bff GET /path`."
            ),
            required=True,
            hint="`peak: {service.Command: 20/s}`: what is asked for at the busiest time",
        ),
    ),
    examples=(
        Example(
            """\
slo:
  users: 5000
  availability: 99.9%
  latency: {p95: 200ms, p99: 500ms}
  peak:
    a paid order is confirmed: {rate: 20/s, as: customer}
    order_history.OrdersOfCustomer: 50/s
    web GET /orders: 600/m
"""
        ),
    ),
)
UNIT_SLO = Construct(
    name="narrower SLO",
    one="the SLO of a part",
    meaning=(
        "The objectives of a service, a projection, a BFF or a command, where they differ from "
        "those of the system."
    ),
    keys=(
        Key(
            name="availability",
            shape=_AVAILABILITY.shape,
            meaning="The share of its requests that are not answered with a server error.",
            otherwise="that of the whole",
        ),
        Key(
            name="latency",
            shape=LATENCY,
            meaning="The latency of its requests.",
            otherwise="that of the whole",
        ),
    ),
    examples=(
        Example(
            """\
slo: {peak: {order.PlaceOrder: 20/s}}
services:
  order: {slo: {availability: 99.95%, latency: {p99: 300ms}}}
"""
        ),
    ),
)
UNIT_SLO_KEY = Key(
    name="slo",
    shape=UNIT_SLO,
    meaning="Its service level objectives.",
    otherwise="those of the whole",
)
REPLICA_BOUNDS = Construct(
    name="copies",
    one="the bounds of copies",
    meaning="The bounds of autoscaling.",
    keys=(
        Key(name="min", shape=REPLICAS, meaning="The minimum.", otherwise="derived"),
        Key(name="max", shape=REPLICAS, meaning="The maximum.", otherwise="derived"),
    ),
    examples=(
        Example(
            """\
slo: {peak: {order.PlaceOrder: 20/s}}
capacity:
  processes: {shop: {replicas: {min: 3, max: 12}}}
"""
        ),
    ),
)
PROCESS_CAPACITY = Construct(
    name="process capacity",
    one="the capacity of a process",
    meaning="Values for a process or the `gateway` that replace derived ones.",
    keys=(
        Key(
            name="replicas",
            shape=REPLICA_BOUNDS,
            meaning="How many copies of it run.",
            otherwise="derived",
        ),
        Key(
            name="cpu",
            shape=Text("thousandths of a core: `500m`", pattern=CPU_PATTERN),
            meaning="The processor time that a copy requests.",
            otherwise="derived",
        ),
        Key(
            name="memory",
            shape=Text("mebibytes: `512Mi`", pattern=MEMORY_PATTERN),
            meaning="The memory that a copy requests; its limit is twice as much.",
            otherwise="derived",
        ),
    ),
    examples=(
        Example(
            """\
slo: {peak: {order.PlaceOrder: 20/s}}
capacity:
  processes: {gateway: {replicas: {min: 3}, cpu: 500m, memory: 128Mi}}
"""
        ),
    ),
)
CAPACITY = Construct(
    name="capacity",
    one="the capacity",
    meaning=(
        "Assumptions of the capacity model, and values that replace derived ones. Partitions and "
        "retention are replaced by those of `event_hub`, rate limits by that of `gateway`."
    ),
    keys=(
        Key(
            name="utilization",
            shape=Text("a percentage from `10%` to `99%`", pattern=UTILIZATION_PATTERN),
            meaning="How busy a processor may be at the peak.",
            default="60%",
        ),
        Key(
            name="peak_to_average",
            shape=RATIO,
            meaning="The peak, as a multiple of the average of a day.",
            default=3,
        ),
        Key(
            name="items",
            shape=ITEMS,
            meaning="The average number of items of a list that an `each` goes through.",
            default=3,
        ),
        Key(
            name="processes",
            shape=MapOf(ProcessName("process"), PROCESS_CAPACITY),
            meaning="Processes, units that are in none, and the `gateway`.",
            otherwise="all values are derived",
        ),
    ),
    examples=(
        Example(
            """\
slo: {peak: {order.PlaceOrder: 20/s}}
capacity:
  utilization: 50%
  peak_to_average: 5
  items: 2
  processes:
    shop: {replicas: {min: 3, max: 12}, cpu: 500m}
"""
        ),
    ),
)
