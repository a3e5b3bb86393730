"""How the system is shipped: the processes as images, and the servers that they need."""

from __future__ import annotations

from dataclasses import dataclass

from meshgen.system.model.capacity import RulesView, SizeView


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitAddress:
    """Where a unit is reached."""

    unit: str
    variable: str
    """The prefix of its environment variables: `ORDER`."""
    host: str
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerPort:
    """The server of an engine, and the port for its clients."""

    engine: str
    port: int
    clients: tuple[str, ...]
    """The hosts of the deployables that use it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """An environment variable."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployedUnit:
    """A unit of a deployable."""

    name: str
    entry: str
    """Where its declaration is: `shop_order.service:service`."""
    port: int


@dataclass(frozen=True, slots=True, kw_only=True)
class MigrationView:
    """What prepares the stores of a deployable on servers, once, before its units start."""

    host: str
    """Its name in a network and in Kubernetes: `order-migrate`."""
    units: tuple[str, ...]
    """The units with these stores."""
    engines: tuple[str, ...]
    """The engines of these stores, sorted."""
    settings: tuple[Setting, ...]
    """Where the servers of the stores are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployableView:
    """A process, which is an image, and a container of it for each copy."""

    name: str
    host: str
    """Its name in a network, in images and in Kubernetes: `order-history`."""
    units: tuple[DeployedUnit, ...]
    folders: tuple[str, ...]
    """The folders of its packages, besides `libs/`."""
    extras: tuple[str, ...]
    """The extras of the chassis that it needs."""
    unused: tuple[str, ...]
    """The packages of installed distributions that are taken out of its image."""
    settings: tuple[Setting, ...]
    """What differs from other deployables: where its servers and peers are."""
    engines: tuple[str, ...]
    """The engines whose servers it uses, sorted."""
    called_by: tuple[str, ...]
    """The hosts that call its units: the gateway, and deployables with backends for frontends."""
    calls: tuple[UnitAddress, ...]
    """The units of other deployables that it calls."""
    stateful: tuple[DeployedUnit, ...]
    """The units that have a store."""
    migration: MigrationView | None
    """What prepares its stores; none if no store is on a server."""
    stores_files: bool
    """Whether a unit has its store in a file, so that the deployable needs a volume."""
    size: SizeView


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertView:
    """An alert of Prometheus."""

    alert: str
    """Its name: `OutboxAge`."""
    expression: str
    duration: str
    """How long it must hold: `5m`."""
    severity: str
    summary: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ObservabilityView:
    """What is watched, with or without service level objectives."""

    alerts: tuple[AlertView, ...]
    dashboard: dict[str, object]
    """A dashboard of Grafana, in its own JSON."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeployView:
    """Images, containers, and the servers of the engines that the spec names."""

    issuer: str
    roles_claim: str
    token_type: str
    audience: str
    partitions: int
    """Partitions of each topic, the largest number of copies that have work."""
    servers: tuple[ServerPort, ...]
    """The servers of the engines that the spec names, sorted."""
    deployables: tuple[DeployableView, ...]
    addresses: tuple[UnitAddress, ...]
    """Where each unit is."""
    gateway: SizeView
    connections: int
    """The largest number of connections to PostgreSQL."""
    rules: RulesView | None
    """Rules on error budgets; None without service level objectives."""
    observability: ObservabilityView
