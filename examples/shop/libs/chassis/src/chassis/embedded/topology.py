"""`topology.toml`: which units the system has, which run together, and what the gateway checks."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chassis.embedded.errors import EmbeddedError

HUB = "nats"
GATEWAY = "gateway"


@dataclass(frozen=True, slots=True, kw_only=True)
class Gateway:
    """The port clients use, and Envoy's configuration (a path below the project's root)."""

    port: int
    config: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Auth:
    """What a token must say, and the roles there are."""

    issuer: str
    audience: str
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Topology:
    """The system. `units`: name -> `module:attribute`; `processes`: name -> units in it."""

    system: str
    gateway: Gateway
    auth: Auth
    units: Mapping[str, str]
    processes: Mapping[str, tuple[str, ...]]

    def grouped(self, *, each: bool) -> dict[str, tuple[str, ...]]:
        """Process name -> its units. Units nobody lists, or all if `each`, have their own."""
        processes = {} if each else dict(self.processes)
        shared = {unit for units in processes.values() for unit in units}
        return processes | {unit: (unit,) for unit in self.units if unit not in shared}


def load(path: Path) -> Topology:
    """Read `path`; an `EmbeddedError` says what is missing or wrong in it."""
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
        raise EmbeddedError(f"{path.name} is not a topology: {_said(error)}") from error
    _check(path.name, topology)
    return topology


def _topology(document: Mapping[str, Any]) -> Topology:
    gateway, auth = document["gateway"], document["auth"]
    return Topology(
        system=str(document["system"]),
        gateway=Gateway(port=int(gateway["port"]), config=str(gateway["config"])),
        auth=Auth(
            issuer=str(auth["issuer"]),
            audience=str(auth["audience"]),
            roles=tuple(map(str, auth["roles"])),
        ),
        units={name: str(entry) for name, entry in document["units"].items()},
        processes={
            name: tuple(map(str, units)) for name, units in document.get("processes", {}).items()
        },
    )


def _said(error: Exception) -> str:
    return f"{error} is missing" if isinstance(error, KeyError) else str(error)


def _check(file: str, topology: Topology) -> None:
    if not topology.units:
        raise EmbeddedError(f"{file}: [units] is empty: there is nothing to run")
    for name, entry in topology.units.items():
        if not all(entry.partition(":")):
            raise EmbeddedError(f"{file}: [units] {name}: {entry!r} is not module:attribute")
    taken: dict[str, str] = {}
    for process, units in topology.processes.items():
        for unit in units:
            if unit not in topology.units:
                raise EmbeddedError(f"{file}: [processes] {process}: no unit is called {unit!r}")
            if unit in taken:
                raise EmbeddedError(
                    f"{file}: {unit!r} is in two processes, {taken[unit]}, {process}"
                )
            taken[unit] = process
    names = [*topology.units, *topology.processes]
    if reserved := next((name for name in names if name in (HUB, GATEWAY)), None):
        raise EmbeddedError(f"{file}: {reserved!r} is the name of a part of the system itself")
