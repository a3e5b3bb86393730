"""`topology.toml`: the units of the system, their processes, and the gateway."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chassis.embedded.errors import EmbeddedError
from chassis.embedded.options import MOST_REPLICAS, Options

HUB = "nats"
GATEWAY = "gateway"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """The gateway: its port, and its configuration file relative to the project."""

    port: int
    config: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """The required issuer, audience and type of tokens, the claim with roles, and the roles."""

    issuer: str
    audience: str
    token_type: str
    roles_claim: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Engines:
    """The engines that the system is made for.

    Attributes:
        event_hub: The engine of the event hub; None for NATS.
        stores: The engines of the stores that are not SQLite, by unit.
    """

    event_hub: str | None
    stores: Mapping[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        """The names of the engines, sorted."""
        hub = {self.event_hub} if self.event_hub else set()
        return tuple(sorted(hub | set(self.stores.values())))


EMBEDDED = Engines(event_hub=None, stores={})


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """The system.

    Attributes:
        system: The name of the system.
        gateway: The gateway.
        auth: The requirements of tokens.
        units: Where each unit is declared, as `module:attribute`, by name.
        processes: The units of each process by name.
        replicas: How often a process runs, by its name.
        engines: The engines of the event hub and of the stores.
    """

    system: str
    gateway: Gateway
    auth: Auth
    units: Mapping[str, str]
    processes: Mapping[str, tuple[str, ...]]
    replicas: Mapping[str, int]
    engines: Engines

    def grouped(self, options: Options) -> dict[str, tuple[str, ...]]:
        """Return the units of each process. Unlisted units, or all if `each`, have their own."""
        processes = {} if options.each else dict(self.processes)
        shared = {unit for units in processes.values() for unit in units}
        return processes | {unit: (unit,) for unit in self.units if unit not in shared}

    def chosen_engines(self, options: Options) -> Engines:
        """Return the engines to run on."""
        return self.engines if options.real else EMBEDDED

    def copies(self, process: str, options: Options) -> tuple[str, ...]:
        """Return the names of the copies of `process`: `order`, `order-2`, `order-3`."""
        count = self.replicas.get(process, options.replicas)
        return (process, *(f"{process}-{number}" for number in range(2, count + 1)))


def load(path: Path) -> Topology:
    """Read the topology.

    Raises:
        EmbeddedError: The file is missing or not valid.
    """
    try:
        document = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise EmbeddedError(
            f"there is no {path.name} in {path.parent}: run this in the project's root folder"
        ) from None
    except (OSError, ValueError) as error:
        raise EmbeddedError(f"{path.name} cannot be read: {error}") from error
    try:
        topology = _topology(document)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise EmbeddedError(f"{path.name} is not valid: {_reason(error)}") from error
    _check(path.name, topology)
    return topology


def _topology(document: Mapping[str, Any]) -> Topology:
    gateway, auth = document["gateway"], document["auth"]
    engines = document.get("engines", {})
    return Topology(
        system=str(document["system"]),
        gateway=Gateway(port=int(gateway["port"]), config=str(gateway["config"])),
        auth=Auth(
            issuer=str(auth["issuer"]),
            audience=str(auth["audience"]),
            token_type=str(auth.get("token_type", "at+jwt")),
            roles_claim=str(auth.get("roles_claim", "roles")),
            roles=tuple(map(str, auth["roles"])),
        ),
        units={name: str(entry) for name, entry in document["units"].items()},
        processes={
            name: tuple(map(str, units)) for name, units in document.get("processes", {}).items()
        },
        replicas={name: int(count) for name, count in document.get("replicas", {}).items()},
        engines=Engines(
            event_hub=str(hub) if (hub := engines.get("event_hub")) else None,
            stores={unit: str(engine) for unit, engine in engines.get("stores", {}).items()},
        ),
    )


def _reason(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)


def _check(file: str, topology: Topology) -> None:
    if not topology.units:
        raise EmbeddedError(f"{file}: [units] is empty")
    for name, entry in topology.units.items():
        if not all(entry.partition(":")):
            raise EmbeddedError(f"{file}: [units] {name}: {entry!r} is not module:attribute")
    assigned: dict[str, str] = {}
    for process, units in topology.processes.items():
        for unit in units:
            if unit not in topology.units:
                raise EmbeddedError(f"{file}: [processes] {process}: there is no unit {unit!r}")
            if unit in assigned:
                raise EmbeddedError(
                    f"{file}: {unit!r} is in two processes, {assigned[unit]}, {process}"
                )
            assigned[unit] = process
    for name, count in topology.replicas.items():
        if name not in topology.units and name not in topology.processes:
            raise EmbeddedError(f"{file}: [replicas] {name}: there is no such process")
        if not 1 <= count <= MOST_REPLICAS:
            raise EmbeddedError(
                f"{file}: [replicas] {name}: {count} is not from 1 to {MOST_REPLICAS}"
            )
    for unit in topology.engines.stores:
        if unit not in topology.units:
            raise EmbeddedError(f"{file}: [engines.stores] {unit}: there is no such unit")
    for engine in topology.engines.names:
        if not re.fullmatch("[a-z]+", engine):
            raise EmbeddedError(f"{file}: [engines] {engine!r} is not the name of an engine")
    names = [*topology.units, *topology.processes]
    if reserved := next((name for name in names if name in (HUB, GATEWAY)), None):
        raise EmbeddedError(f"{file}: {reserved!r} is a reserved name")
