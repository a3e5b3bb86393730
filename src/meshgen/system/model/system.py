"""The whole system: messages, topics, the gateway, and the mesh of it all."""

from __future__ import annotations

from dataclasses import dataclass

from meshgen.system.model.code import Import
from meshgen.system.model.testing import ScenarioView
from meshgen.system.model.units import BffView, ProjectionView, ServiceView


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """An event or command as the catalog knows it."""

    name: str
    module: str
    type: str
    topic: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A topic of the event hub and the units at its ends."""

    name: str
    messages: tuple[Message, ...]
    senders: tuple[str, ...]
    receivers: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ContractModule:
    """A module of the contracts library.

    `published` is its JSON Schema document as others read it; `schema` the same as the code
    generator reads it: with the base classes, and decimals as numbers to keep bounds. `aliases`
    are the names of renamed fields, by `Class.key`.
    """

    name: str
    published: dict[str, object]
    schema: dict[str, object]
    aliases: dict[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayRoute:
    """A prefix of the gateway and the cluster behind it."""

    prefix: str
    cluster: str
    host_variable: str
    port_variable: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RateLimitView:
    """A token bucket for every caller."""

    rate: int
    burst: int


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayView:
    """The gateway's configuration."""

    issuer: str
    audience: str
    timeout_ms: int
    rate_limit: RateLimitView | None
    cors: tuple[str, ...]
    routes: tuple[GatewayRoute, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Unit:
    """What runs: a service, projection or backend-for-frontend and its composition root."""

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
    """A page that only its owner may read: `owner` is the parameter that must be the caller."""

    function: str
    path: str
    owner: str


@dataclass(frozen=True, slots=True, kw_only=True)
class System:
    """What the files of a unit may say of the system: nothing that another unit changes."""

    name: str
    package: str
    distribution: str
    spec_file: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Mesh:
    """The whole system, resolved.

    `folders` hold units; `retention` is Python source; `example_path` is one to try with a token;
    `generator` is the version of meshgen; `identity` is what topics go by.
    """

    name: str
    identity: str
    package: str
    distribution: str
    summary: str
    generator: str
    spec_file: str
    folders: tuple[str, ...]
    partitions: int
    retention: str
    roles: tuple[str, ...]
    contracts: tuple[ContractModule, ...]
    type_imports: tuple[Import, ...]
    messages: tuple[Message, ...]
    topics: tuple[Topic, ...]
    services: tuple[ServiceView, ...]
    projections: tuple[ProjectionView, ...]
    bffs: tuple[BffView, ...]
    gateway: GatewayView
    example_path: str
    owned_queries: tuple[OwnedQuery, ...]
    units: tuple[Unit, ...]
    processes: tuple[ProcessView, ...]
    scenarios: tuple[ScenarioView, ...]

    @property
    def system(self) -> System:
        """The part of this that stays the same when units come and go."""
        return System(
            name=self.name,
            package=self.package,
            distribution=self.distribution,
            spec_file=self.spec_file,
        )
