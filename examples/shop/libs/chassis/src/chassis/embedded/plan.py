"""The plan of a run: ports, server configurations, and the command of every process."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping

from chassis.embedded import envoy, nats_server
from chassis.embedded.errors import EmbeddedError
from chassis.embedded.paths import ProjectPaths
from chassis.embedded.ports import LOOPBACK, free_ports, is_in_use
from chassis.embedded.state import Plan, Planned
from chassis.embedded.topology import GATEWAY, HUB, Topology

RUNNER = "chassis.run"


def fingerprint(paths: ProjectPaths, topology: Topology, *, each: bool) -> str:
    """Return a fingerprint of everything that the plan depends on."""
    digest = hashlib.sha256(paths.topology.read_bytes())
    gateway = paths.root / topology.gateway.config
    digest.update(gateway.read_bytes() if gateway.exists() else b"")
    digest.update(repr((each, sys.executable)).encode())
    return digest.hexdigest()[:16]


def make_plan(paths: ProjectPaths, topology: Topology, *, each: bool, gateway_port: int) -> Plan:
    """Choose the ports, write the configurations of the servers and return the plan.

    Args:
        paths: The paths of the project.
        topology: The units and processes.
        each: Whether each unit runs in a process of its own.
        gateway_port: The port of the gateway; 0 for any free one.

    Raises:
        EmbeddedError: The port is in use, or a name is reserved.
    """
    if gateway_port and is_in_use(gateway_port):
        raise EmbeddedError(
            f"port {gateway_port} is in use by another program: stop it, or choose another port "
            "with GATEWAY_PORT=8081 (0: any free one)"
        )
    nats_port, admin_port, any_port, *unit_ports = free_ports(3 + len(topology.units))
    ports = dict(zip(topology.units, unit_ports, strict=True))
    gateway_port = gateway_port or any_port
    variables = _variables(paths, ports, gateway_port=gateway_port, admin_port=admin_port)
    hub = nats_server.command(paths, name=topology.system, port=nats_port)
    gateway = envoy.command(paths, topology.gateway.config, variables)
    env = _environment(paths, topology, ports, nats_port)
    return Plan(
        system=topology.system,
        each=each,
        fingerprint=fingerprint(paths, topology, each=each),
        nats_port=nats_port,
        gateway_port=gateway_port,
        admin_port=admin_port,
        processes=(
            Planned(name=HUB, command=hub, env={}, units={}),
            *(
                _process(name, units, topology, ports, env)
                for name, units in topology.grouped(each=each).items()
            ),
            Planned(name=GATEWAY, command=gateway, env={}, units={}),
        ),
    )


def _process(
    name: str,
    units: tuple[str, ...],
    topology: Topology,
    ports: Mapping[str, int],
    env: Mapping[str, str],
) -> Planned:
    entries = (f"{topology.units[unit]}@{LOOPBACK}:{ports[unit]}" for unit in units)
    return Planned(
        name=name,
        command=(sys.executable, "-m", RUNNER, *entries),
        env=env,
        units={unit: _url(ports[unit]) for unit in units},
    )


def _environment(
    paths: ProjectPaths, topology: Topology, ports: Mapping[str, int], nats_port: int
) -> dict[str, str]:
    """Return the settings of the units as environment variables."""
    return {
        "NATS_URL": f"nats://{LOOPBACK}:{nats_port}",
        "DATA_DIR": paths.relative(paths.data),
        "JWKS_FILE": paths.relative(paths.jwks),
        "ISSUER": topology.auth.issuer,
        "AUDIENCE": topology.auth.audience,
        "PEERS": ",".join(f"{unit}={_url(port)}" for unit, port in ports.items()),
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "INFO"),
    }


def _variables(
    paths: ProjectPaths, ports: Mapping[str, int], *, gateway_port: int, admin_port: int
) -> dict[str, str]:
    """Return the values of the variables in the gateway's configuration."""
    variables = {
        "GATEWAY_HOST": LOOPBACK,
        "GATEWAY_PORT": str(gateway_port),
        "GATEWAY_ADMIN_PORT": str(admin_port),
        "JWKS_FILE": paths.relative(paths.jwks),
    }
    for unit, port in ports.items():
        own = {f"{unit.upper()}_HOST": LOOPBACK, f"{unit.upper()}_PORT": str(port)}
        if reserved := own.keys() & variables.keys():
            raise EmbeddedError(
                f"a unit cannot be called {unit!r}: ${{{reserved.pop()}}} is reserved"
            )
        variables |= own
    return variables


def _url(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"
