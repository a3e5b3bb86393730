"""The whole system: messages, the gateway and the mesh."""

from __future__ import annotations

from dataclasses import dataclass

from meshgen.system.model.asyncapi import AsyncApiView
from meshgen.system.model.capacity import CapacityView
from meshgen.system.model.code import Import
from meshgen.system.model.deploy import DeployView
from meshgen.system.model.engines import ChassisView, EnginesView
from meshgen.system.model.load import LoadView
from meshgen.system.model.testing import ScenarioView
from meshgen.system.model.units import BffView, ProjectionView, ServiceView, StreamView


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An event or command in the catalog."""

    name: str
    module: str
    type: str
    topic: str
    subject: str | tuple[str, ...]
    """The field with the id of the aggregate, or of the key of a stream; a tuple for several."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractModule:
    """A module of the contracts library.

    `published` is its public JSON Schema document; `schema` is the variant for the code generator,
    with base classes, and with decimals as numbers to keep their bounds. `aliases` are the names
    of renamed fields by `Class.key`.
    """

    name: str
    published: dict[str, object]
    schema: dict[str, object]
    aliases: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class SchemaView:
    """A published module of the contracts library."""

    name: str
    document: dict[str, object]
    """JSON Schema, draft 2020-12, with a definition for each message or value."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiView:
    """The HTTP API of a unit."""

    name: str
    """The name of the unit."""
    document: dict[str, object]
    """OpenAPI 3.1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayRoute:
    """A prefix of the gateway and the cluster behind it.

    `stripped` tells whether the unit does not know the prefix. `live` matches the paths, as regular
    expressions, whose responses may be streams of events.
    """

    prefix: str
    cluster: str
    stripped: bool
    live: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayCluster:
    """The instances of a unit; its OpenAPI document is at `document`."""

    name: str
    host_variable: str
    port_variable: str
    document: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PublicPath:
    """A path that callers without a token may use.

    `regex` matches it if it has parameters; `needs` tells whether it must be given any; `below`
    tells whether it stands for all paths below it, too, which routers of the owner's own answer.
    """

    path: str
    regex: str | None
    needs: bool
    below: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimitView:
    """A token bucket for every caller."""

    rate: int
    burst: int
    callers: int
    """The number of callers whose buckets are kept."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddressLimitView:
    """A token bucket for every address."""

    rate: int
    burst: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayView:
    """The gateway's configuration."""

    issuer: str
    audience: str
    roles_claim: str
    token_type: str
    timeout_ms: int
    rate_limit: RateLimitView | None
    address_limit: AddressLimitView
    cors: tuple[str, ...]
    methods: tuple[str, ...]
    public: tuple[PublicPath, ...]
    clusters: tuple[GatewayCluster, ...]
    routes: tuple[GatewayRoute, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """A unit that runs: a service, projection, stream or backend for frontends."""

    name: str
    kind: str
    package: str
    distribution: str
    folder: str
    entry: str
    title: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProcessView:
    """Units that run together."""

    name: str
    units: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnedQuery:
    """A paged query for the owner only; `owner` is the parameter that must be the caller."""

    function: str
    path: str
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """What the files of a unit may depend on: nothing that another unit changes."""

    name: str
    """The name in the spec: `my-shop`."""
    package: str
    """The prefix of all packages: `my_shop`."""
    distribution: str
    """The prefix of all distributions: `my-shop`."""
    spec_file: str
    """The spec named in generated files: `my-shop.yaml`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ProjectView:
    """The files outside of units, which start, test and describe the system."""

    summary: str
    """A short description of the system, without a full stop."""
    generator: str
    """The version of meshgen."""
    folders: tuple[str, ...]
    """The folders that hold units: `services`, `projections`, `streams`, `bffs`."""
    units: tuple[Unit, ...]
    processes: tuple[ProcessView, ...]
    engines: EnginesView
    roles: tuple[str, ...]
    """All roles of commands, queries and scenarios, sorted."""
    gateway: GatewayView
    example_path: str
    """A path of the gateway to try with a token."""
    context_map: str
    """The units and how they are related, as a Mermaid flowchart."""
    owned_queries: tuple[OwnedQuery, ...]
    type_imports: tuple[Import, ...]
    """Imports of the types that scenarios may use."""
    scenarios: tuple[ScenarioView, ...]
    capacity: CapacityView | None
    """The page about capacity; None without service level objectives."""
    load: LoadView | None
    """The load test; None without service level objectives."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CatalogView:
    """All messages of the system, with their topics."""

    system: str
    """The identity of the system, the prefix of its topics."""
    summary: str
    """A short description of the system, without a full stop."""
    modules: tuple[str, ...]
    """The modules of the contracts library that define messages, one per service or stream."""
    messages: tuple[Message, ...]
    asyncapi: AsyncApiView
    """The topics as channels, and what the units do with them."""
    partitions: int
    """Partitions per topic."""
    retention: str
    """How long the event hub keeps messages, as Python source."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mesh:
    """The whole system, resolved."""

    system: System
    project: ProjectView
    catalog: CatalogView
    chassis: ChassisView
    deploy: DeployView
    contracts: tuple[ContractModule, ...]
    apis: tuple[ApiView, ...]
    """They refer to components that all documents have in common."""
    services: tuple[ServiceView, ...]
    projections: tuple[ProjectionView, ...]
    streams: tuple[StreamView, ...]
    bffs: tuple[BffView, ...]
