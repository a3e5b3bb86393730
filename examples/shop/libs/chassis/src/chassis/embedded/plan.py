"""The plan of a run: ports, server configurations, and the command of every process."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass

from chassis import gateway
from chassis.embedded import engines, envoy, nats_server
from chassis.embedded.engines import Servers
from chassis.embedded.errors import EmbeddedError
from chassis.embedded.options import Options
from chassis.embedded.paths import ProjectPaths
from chassis.embedded.ports import LOOPBACK, free_ports, is_in_use
from chassis.embedded.state import Plan, Planned
from chassis.embedded.topology import GATEWAY, HUB, Topology

RUNNER = "chassis.run"
# Seconds in which a copy still serves while the gateway learns that it is not ready any more.
_DRAIN_DELAY = "2"


def fingerprint(paths: ProjectPaths, topology: Topology, options: Options, servers: Servers) -> str:
    """Return a fingerprint of everything that the plan depends on."""
    digest = hashlib.sha256(paths.topology.read_bytes())
    config = paths.root / topology.gateway.config
    digest.update(config.read_bytes() if config.exists() else b"")
    digest.update(repr(_settings(paths)).encode())
    digest.update(repr((options.each, options.replicas, sys.executable)).encode())
    if options.real:
        digest.update(servers.digest.encode())
    return digest.hexdigest()[:16]


def make_plan(paths: ProjectPaths, topology: Topology, options: Options, servers: Servers) -> Plan:
    """Choose the ports, write the configurations of the servers and return the plan.

    Args:
        paths: The paths of the project.
        topology: The units and processes.
        options: How the units are spread over processes, and the port of the gateway.
        servers: Where the servers of the engines come from.

    Raises:
        EmbeddedError: The port is in use, or a name is reserved.
    """
    chosen = topology.chosen_engines(options)
    port = options.gateway_port
    gateway_port = topology.gateway.port if port is None else port
    if gateway_port and is_in_use(gateway_port):
        raise EmbeddedError(
            f"port {gateway_port} is in use by another program: stop it, or choose another port "
            "with GATEWAY_PORT=8081 (0: any free one)"
        )
    copies = _copies(topology, options)
    if taken := copies.keys() & set(servers.started):
        raise EmbeddedError(f"a unit is called like its server: set {taken.pop().upper()}_URL")
    units = [(copy, unit) for copy in copies for unit in copies[copy].units]
    nats_port, admin_port, any_port, *unit_ports = free_ports(3 + len(units))
    gateway_port = gateway_port or any_port
    ports = dict(zip(units, unit_ports, strict=True))
    addresses = _addresses(ports)
    variables = _variables(paths, gateway_port=gateway_port, admin_port=admin_port)
    command = envoy.command(paths, topology.gateway.config, variables, addresses)
    urls = engines.prepare(paths, topology.system, servers)
    hub = engines.hub_variables(paths, chosen.event_hub, f"nats://{LOOPBACK}:{nats_port}")
    env = {**hub, **_environment(paths, topology, addresses)}
    return Plan(
        system=topology.system,
        fingerprint=fingerprint(paths, topology, options, servers),
        nats_port=0 if chosen.event_hub else nats_port,
        servers={engine: engines.shown(url) for engine, url in urls.items()},
        contained=servers.contained,
        gateway_port=gateway_port,
        gateway_scheme="https" if os.environ.get("GATEWAY_TLS_CERTIFICATE") else "http",
        admin_port=admin_port,
        processes=(
            *([] if chosen.event_hub else [_hub(paths, topology, nats_port)]),
            *(engines.server_process(paths, engine) for engine in servers.started),
            *(
                _process(
                    name,
                    copy,
                    topology,
                    {unit: ports[name, unit] for unit in copy.units},
                    {**env, **engines.store_variables(paths, copy.units, chosen.stores)},
                )
                for name, copy in copies.items()
            ),
            Planned(name=GATEWAY, copy_of=GATEWAY, command=command, env={}, units={}),
        ),
    )


@dataclass(frozen=True, slots=True)
class _Copy:
    """A copy of the process `copy_of`; `siblings` are all of its copies."""

    copy_of: str
    siblings: int
    units: tuple[str, ...]


def _copies(topology: Topology, options: Options) -> dict[str, _Copy]:
    """Return the copies of all processes by name.

    Raises:
        EmbeddedError: Two of them have the same name.
    """
    copies: dict[str, _Copy] = {}
    for process, units in topology.grouped(options).items():
        names = topology.copies(process, options)
        if twice := copies.keys() & set(names):
            raise EmbeddedError(f"two processes are called {twice.pop()!r}")
        copies |= {name: _Copy(process, len(names), units) for name in names}
    return copies


def _addresses(ports: Mapping[tuple[str, str], int]) -> dict[str, tuple[int, ...]]:
    """Return the ports of all copies of each unit."""
    addresses: dict[str, tuple[int, ...]] = {}
    for (_, unit), port in ports.items():
        addresses[unit] = (*addresses.get(unit, ()), port)
    return addresses


def _hub(paths: ProjectPaths, topology: Topology, port: int) -> Planned:
    command = nats_server.command(paths, name=topology.system, port=port)
    return Planned(name=HUB, copy_of=HUB, command=command, env={}, units={})


def _process(
    name: str, copy: _Copy, topology: Topology, ports: Mapping[str, int], env: Mapping[str, str]
) -> Planned:
    entries = (f"{topology.units[unit]}@{LOOPBACK}:{port}" for unit, port in ports.items())
    drains = copy.siblings > 1 and "DRAIN_DELAY" not in os.environ
    return Planned(
        name=name,
        copy_of=copy.copy_of,
        command=(sys.executable, "-m", RUNNER, *entries),
        env={**env, "DRAIN_DELAY": _DRAIN_DELAY} if drains else env,
        units={unit: _url(port) for unit, port in ports.items()},
    )


def _environment(
    paths: ProjectPaths, topology: Topology, addresses: Mapping[str, tuple[int, ...]]
) -> dict[str, str]:
    """Return the settings of the units as environment variables."""
    peers = {unit: "|".join(map(_url, ports)) for unit, ports in addresses.items()}
    return {
        "DATA_DIR": paths.relative(paths.data),
        "JWKS_FILE": paths.relative(paths.jwks),
        "ISSUER": topology.auth.issuer,
        "AUDIENCE": topology.auth.audience,
        "TOKEN_TYPE": topology.auth.token_type,
        "ROLES_CLAIM": topology.auth.roles_claim,
        "PEERS": ",".join(f"{unit}={urls}" for unit, urls in peers.items()),
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "INFO"),
    }


def _variables(paths: ProjectPaths, *, gateway_port: int, admin_port: int) -> dict[str, str]:
    """Return the values of the variables in the gateway's configuration."""
    return {
        "GATEWAY_HOST": LOOPBACK,
        "GATEWAY_PORT": str(gateway_port),
        "GATEWAY_ADMIN_PORT": str(admin_port),
        **_settings(paths),
    }


def _settings(paths: ProjectPaths) -> dict[str, str]:
    """Return the variables that settings of the environment decide."""
    try:
        return gateway.variables({**os.environ, "JWKS_FILE": paths.relative(paths.jwks)})
    except gateway.GatewayError as error:
        raise EmbeddedError(str(error)) from error


def _url(port: int) -> str:
    scheme = "https" if os.environ.get("MESH_TLS_CERTIFICATE") else "http"
    return f"{scheme}://{LOOPBACK}:{port}"
