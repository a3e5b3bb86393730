"""Deployables: which units are in an image, what they need and where they are reached."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, count

from meshgen.capacity import CapacityPlan, Size
from meshgen.naming import kebab
from meshgen.spec.model import Spec
from meshgen.system.lower.capacity import gateway_size, process_size, rules_view, size_view
from meshgen.system.lower.images import image_extras, unused
from meshgen.system.lower.observability import observability_view
from meshgen.system.model import (
    BffView,
    DeployableView,
    DeployedUnit,
    DeployView,
    MigrationView,
    ProcessView,
    ServerPort,
    Setting,
    Unit,
    UnitAddress,
)

FIRST_PORT = 8000
PORTS = {
    "cassandra": 9042,
    "kafka": 9092,
    "mongodb": 27017,
    "nats": 4222,
    "postgresql": 5432,
    "rabbitmq": 5672,
    "redis": 6379,
    "sqlserver": 1433,
}
"""The port of each engine's server."""

_GATEWAY = "gateway"
# The names of containers, files and policies beside those of processes.
_TAKEN = (
    _GATEWAY,
    "collector",
    "default-deny",
    "grafana",
    "jaeger",
    "kustomization",
    "names",
    "network-policies",
    "prometheus",
    "settings",
)
_FILE = "sqlite"
_SECRETS = "/run/secrets"
_LOOPBACK = "127.0.0.1"
_CONNECTIONS, _FOR_PEOPLE = 300, 20


@dataclass(frozen=True, slots=True)
class _System:
    """What the settings of a deployable depend on."""

    hub: str
    stores: Mapping[str, str]
    addresses: Mapping[str, UnitAddress]
    calls: Mapping[str, tuple[str, ...]]
    partitions: int
    capacity: CapacityPlan | None
    sizes: Mapping[str, Size]


def deploy_view(
    spec: Spec,
    groups: Mapping[str, tuple[Unit, ...]],
    bffs: Iterable[BffView],
    partitions: int,
    capacity: CapacityPlan | None,
) -> DeployView:
    """Return how the units of `spec` are shipped: a deployable for each process in `groups`."""
    stores = {unit.name: unit.store.engine for unit in (*spec.services, *spec.views)}
    engines = tuple(sorted({spec.event_hub.engine, *stores.values()} - {_FILE}))
    hosts = _hosts(groups, engines)
    addresses = tuple(
        UnitAddress(
            unit=unit.name,
            variable=unit.name.upper(),
            host=hosts[name],
            port=FIRST_PORT + number,
        )
        for name, group in groups.items()
        for number, unit in enumerate(group)
    )
    system = _System(
        hub=spec.event_hub.engine,
        stores=stores,
        addresses={address.unit: address for address in addresses},
        calls={bff.name: bff.calls for bff in bffs},
        partitions=partitions,
        capacity=capacity,
        sizes={size.name: size for size in capacity.sizes} if capacity else {},
    )
    deployables = tuple(_deployable(name, group, system) for name, group in groups.items())
    return DeployView(
        issuer=spec.gateway.issuer,
        roles_claim=spec.gateway.roles_claim,
        token_type=spec.gateway.token_type,
        audience=spec.gateway.audience,
        partitions=partitions,
        servers=_servers(engines, deployables),
        deployables=deployables,
        addresses=addresses,
        gateway=size_view(capacity, system.sizes.get(_GATEWAY), gateway_size()),
        connections=_connections(capacity),
        rules=rules_view(capacity),
        observability=observability_view(spec),
    )


def grouped(
    units: tuple[Unit, ...], processes: tuple[ProcessView, ...]
) -> dict[str, tuple[Unit, ...]]:
    """Return the units of each process; those that are in none are processes of their own."""
    known = {unit.name: unit for unit in units}
    groups = {process.name: tuple(known[name] for name in process.units) for process in processes}
    placed = {name for process in processes for name in process.units}
    return groups | {unit.name: (unit,) for unit in units if unit.name not in placed}


def _hosts(processes: Iterable[str], engines: tuple[str, ...]) -> dict[str, str]:
    """Return the names of processes in the network, where servers have the names of engines."""
    hosts = {process: kebab(process) for process in processes}
    reserved = {*engines, *_TAKEN}
    return {
        process: _free(f"{host}-process", reserved | set(hosts.values()))
        if host in reserved
        else host
        for process, host in hosts.items()
    }


def _free(name: str, taken: Collection[str]) -> str:
    """Return `name`, with a number if it is taken."""
    numbered = (f"{name}-{number}" for number in count(2))
    return next(each for each in chain((name,), numbered) if each not in taken)


def _deployable(name: str, units: tuple[Unit, ...], system: _System) -> DeployableView:
    stores = {system.stores[unit.name] for unit in units if unit.name in system.stores}
    engines = tuple(sorted((stores | {system.hub} if stores else stores) - {_FILE}))
    host = system.addresses[units[0].name].host
    deployed = tuple(
        DeployedUnit(name=unit.name, entry=unit.entry, port=system.addresses[unit.name].port)
        for unit in units
    )
    return DeployableView(
        name=name,
        host=host,
        units=deployed,
        folders=tuple(unit.folder for unit in units),
        extras=image_extras(engines),
        unused=unused(engines),
        settings=tuple(_settings(units, system)),
        engines=engines,
        called_by=_called_by(units, system),
        calls=tuple(call for call in _calls(units, system) if call.host != host),
        stateful=tuple(unit for unit in deployed if unit.name in system.stores),
        migration=_migration(host, units, system),
        stores_files=_FILE in stores,
        size=size_view(
            system.capacity,
            system.sizes.get(name),
            process_size(system.partitions if engines else None),
        ),
    )


def _connections(capacity: CapacityPlan | None) -> int:
    """Return the connections that PostgreSQL must allow, with some for people."""
    servers = capacity.servers if capacity else ()
    used = sum(each.connections for each in servers if each.engine == "postgresql")
    return max(_CONNECTIONS, 100 * math.ceil((used + _FOR_PEOPLE) / 100))


def _migration(host: str, units: tuple[Unit, ...], system: _System) -> MigrationView | None:
    """Return what prepares the stores of `units`; a file is prepared by its unit."""
    engines = _on_servers(units, system)
    if not engines:
        return None
    return MigrationView(
        host=_free(f"{host}-migrate", {each.host for each in system.addresses.values()}),
        units=tuple(engines),
        engines=tuple(sorted(set(engines.values()))),
        settings=tuple(_store_settings(engines)),
    )


def _on_servers(units: tuple[Unit, ...], system: _System) -> dict[str, str]:
    """Return the engine of each store that is on a server, by unit."""
    engines = {unit.name: system.stores.get(unit.name, _FILE) for unit in units}
    return {unit: engine for unit, engine in engines.items() if engine != _FILE}


def _settings(units: tuple[Unit, ...], system: _System) -> Iterator[Setting]:
    if any(unit.name in system.stores for unit in units):
        yield _url("HUB_URL", system.hub)
    yield from _store_settings(_on_servers(units, system))
    if peers := _calls(units, system):
        own = system.addresses[units[0].name].host
        urls = ",".join(f"{peer.unit}=http://{_reach(peer, own)}:{peer.port}" for peer in peers)
        yield Setting(name="PEERS", value=urls)


def _reach(peer: UnitAddress, own: str) -> str:
    """Return the host of a unit as the process on the host `own` calls it.

    Units of one process call each other in it: copies of a process may not reach each other.
    """
    return _LOOPBACK if peer.host == own else peer.host


def _store_settings(engines: Mapping[str, str]) -> Iterator[Setting]:
    return (_url(f"{unit.upper()}_STORE_URL", engine) for unit, engine in engines.items())


def _calls(units: tuple[Unit, ...], system: _System) -> tuple[UnitAddress, ...]:
    """Return the units that the backends for frontends among `units` call."""
    called = {each for unit in units for each in system.calls.get(unit.name, ())}
    return tuple(system.addresses[each] for each in sorted(called))


def _called_by(units: tuple[Unit, ...], system: _System) -> tuple[str, ...]:
    """Return the hosts that call `units` from outside."""
    names = {unit.name for unit in units}
    own = system.addresses[units[0].name].host
    callers = {
        system.addresses[name].host for name, calls in system.calls.items() if names & set(calls)
    }
    return (_GATEWAY, *sorted(callers - {own}))


def _servers(
    engines: tuple[str, ...], deployables: tuple[DeployableView, ...]
) -> tuple[ServerPort, ...]:
    return tuple(
        ServerPort(
            engine=engine,
            port=PORTS[engine],
            clients=tuple(_clients(engine, deployables)),
        )
        for engine in engines
    )


def _clients(engine: str, deployables: tuple[DeployableView, ...]) -> Iterator[str]:
    """Yield the hosts that use the servers of an engine."""
    for each in deployables:
        if engine in each.engines:
            yield each.host
        if each.migration and engine in each.migration.engines:
            yield each.migration.host


def _url(name: str, engine: str) -> Setting:
    """Return the file with the URL of a server, which may have a password."""
    return Setting(name=f"{name}_FILE", value=f"{_SECRETS}/{engine}_url")
