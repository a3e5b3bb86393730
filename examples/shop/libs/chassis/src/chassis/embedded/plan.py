"""What shall run: ports chosen, configurations written, every process' command and environment."""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Mapping

from chassis.embedded import envoy, nats_server
from chassis.embedded.errors import EmbeddedError
from chassis.embedded.places import Places
from chassis.embedded.ports import LOOPBACK, free_ports, is_taken
from chassis.embedded.state import Plan, Planned
from chassis.embedded.topology import GATEWAY, HUB, Topology

RUNNER = "chassis.run"


def fingerprint(places: Places, topology: Topology, *, each: bool) -> str:
    """A word that changes when what is meant to run changes."""
    digest = hashlib.sha256(places.topology.read_bytes())
    gateway = places.root / topology.gateway.config
    digest.update(gateway.read_bytes() if gateway.exists() else b"")
    digest.update(repr((each, sys.executable)).encode())
    return digest.hexdigest()[:16]


def make_plan(places: Places, topology: Topology, *, each: bool, gateway_port: int) -> Plan:
    """Choose the ports and write the servers' configurations. `gateway_port` 0: any free one."""
    if gateway_port and is_taken(gateway_port):
        raise EmbeddedError(
            f"port {gateway_port} is taken by another program: end it, or choose another port "
            "with GATEWAY_PORT=8081 (0: any free one)"
        )
    nats_port, admin_port, any_port, *unit_ports = free_ports(3 + len(topology.units))
    ports = dict(zip(topology.units, unit_ports, strict=True))
    gateway_port = gateway_port or any_port
    variables = _variables(places, ports, gateway_port=gateway_port, admin_port=admin_port)
    hub = nats_server.command(places, name=topology.system, port=nats_port)
    gateway = envoy.command(places, topology.gateway.config, variables)
    env = _environment(places, topology, ports, nats_port)
    return Plan(
        system=topology.system,
        each=each,
        fingerprint=fingerprint(places, topology, each=each),
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
    places: Places, topology: Topology, ports: Mapping[str, int], nats_port: int
) -> dict[str, str]:
    """The settings of the units, as environment variables."""
    return {
        "NATS_URL": f"nats://{LOOPBACK}:{nats_port}",
        "DATA_DIR": places.relative(places.data),
        "JWKS_FILE": places.relative(places.jwks),
        "ISSUER": topology.auth.issuer,
        "AUDIENCE": topology.auth.audience,
        "PEERS": ",".join(f"{unit}={_url(port)}" for unit, port in ports.items()),
        "LOG_LEVEL": os.environ.get("LOG_LEVEL", "INFO"),
    }


def _variables(
    places: Places, ports: Mapping[str, int], *, gateway_port: int, admin_port: int
) -> dict[str, str]:
    """What the gateway's configuration leaves open."""
    variables = {
        "GATEWAY_HOST": LOOPBACK,
        "GATEWAY_PORT": str(gateway_port),
        "GATEWAY_ADMIN_PORT": str(admin_port),
        "JWKS_FILE": places.relative(places.jwks),
    }
    for unit, port in ports.items():
        its_own = {f"{unit.upper()}_HOST": LOOPBACK, f"{unit.upper()}_PORT": str(port)}
        if taken := its_own.keys() & variables.keys():
            raise EmbeddedError(f"no unit can be called {unit!r}: ${{{taken.pop()}}} is taken")
        variables |= its_own
    return variables


def _url(port: int) -> str:
    return f"http://{LOOPBACK}:{port}"
