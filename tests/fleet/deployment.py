"""What is to run: the processes of examples/shop, each unit several times behind its gateway."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

import yaml
from chassis.embedded.ports import LOOPBACK, free_ports

from tests.servers.server import Server
from tests.trees import tracked_files

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "shop"
HUB, GATEWAY = "nats", "gateway"


@dataclass(frozen=True, slots=True, kw_only=True)
class Process:
    """A process to run. `unit` is the unit that it serves; None for the hub and the gateway."""

    name: str
    unit: str | None
    url: str
    command: tuple[str, ...]
    env: Mapping[str, str]

    @property
    def is_bff(self) -> bool:
        """Whether it has no store and no consumers."""
        return self.unit in ("web", "mobile", "backoffice")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """The processes of the shop in the folder `root`.

    Attributes:
        root: The folder.
        gateway_url: The URL of the gateway.
        nats_url: The URL of NATS, if there are no servers.
        processes: The processes.
        servers: By engine, the servers that the units use; none: they use NATS and SQLite.
    """

    root: Path
    gateway_url: str
    nats_url: str
    processes: tuple[Process, ...]
    servers: Mapping[str, Server] = field(default_factory=dict)

    @property
    def niceness(self) -> int:
        """How far the processes stand back for servers, which have machines of their own elsewhere.

        One that is started again could not, if dozens of processes that wait for it came first.
        """
        return 10 if self.servers else 0

    @property
    def data(self) -> Path:
        """The folder of the stores."""
        return self.root / ".local" / "data"

    def of_unit(self, unit: str) -> tuple[Process, ...]:
        """Return the processes of one unit."""
        return tuple(process for process in self.processes if process.unit == unit)

    def with_env(self, env: Mapping[str, str]) -> Deployment:
        """Return the deployment with more variables for every process that runs a unit."""
        return replace(
            self,
            processes=tuple(
                process if process.unit is None else replace(process, env={**process.env, **env})
                for process in self.processes
            ),
        )


def copy_shop(root: Path) -> None:
    """Copy the example to `root` and prepare its environment; one of an earlier run is kept."""
    for path in tracked_files(EXAMPLE):
        target = root / path
        if target.exists() and target.read_bytes() == (EXAMPLE / path).read_bytes():
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(EXAMPLE / path, target)
    _make(root, ".venv/.ready")


def plan(
    root: Path, *, replicas: int, servers: Mapping[str, Server] = MappingProxyType({})
) -> Deployment:
    """Return the processes that `make up` would start, each unit `replicas` times.

    Local data of an earlier run is removed. The keys, ports and configurations are those of the
    embedded mode, which is started and stopped for that. `servers` are those of the engines that
    the units shall use, by engine.
    """
    local = root / ".local"
    shutil.rmtree(local, ignore_errors=True)
    urls = {f"{engine.upper()}_URL": server.url for engine, server in servers.items()}
    _make(root, "up", **({"ENGINES": "real", **urls} if servers else {}))
    state = json.loads((local / "state.json").read_bytes())["plan"]
    _make(root, "down")
    shutil.rmtree(local / "data")
    shutil.rmtree(local / "nats", ignore_errors=True)
    (local / "data").mkdir()
    (local / "urls").mkdir()
    for engine, server in servers.items():
        (local / "urls" / engine).write_text(server.url)
    processes = [process for planned in state["processes"] for process in _each(planned, replicas)]
    _balance(root / ".local" / "envoy.yaml", processes)
    return Deployment(
        root=root,
        gateway_url=f"http://{LOOPBACK}:{state['gateway_port']}",
        nats_url=f"nats://{LOOPBACK}:{state['nats_port']}",
        processes=tuple(
            replace(process, url=f"http://{LOOPBACK}:{state['gateway_port']}")
            if process.name == GATEWAY
            else process
            for process in processes
        ),
        servers=servers,
    )


def _make(root: Path, target: str, **variables: str) -> None:
    env = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH")}
    subprocess.run(
        ["make", "--silent", target, "PROCESSES=each"],
        cwd=root,
        env={**env, "GATEWAY_PORT": "0", **variables},
        check=True,
        stdout=subprocess.DEVNULL,
    )


def _each(planned: Mapping[str, Any], replicas: int) -> list[Process]:
    """Return a planned process, and its copies on other ports if it runs a unit."""
    command, units = tuple(planned["command"]), planned["units"]
    if not units:
        name = str(planned["name"])
        return [Process(name=name, unit=None, url="", command=command, env=planned["env"])]
    (unit, url), *_ = units.items()
    port = url.rpartition(":")[2]
    found = []
    for number, other in enumerate([port, *map(str, free_ports(replicas - 1))], 1):
        moved = tuple(part.replace(f":{port}", f":{other}") for part in command)
        found.append(
            Process(
                name=f"{unit}-{number}",
                unit=unit,
                url=url.replace(f":{port}", f":{other}"),
                command=moved,
                env=planned["env"],
            )
        )
    return found


def _balance(config: Path, processes: Sequence[Process]) -> None:
    """Let the gateway balance the load between the processes of each unit."""
    envoy = yaml.safe_load(config.read_text("utf-8"))
    for cluster in envoy["static_resources"]["clusters"]:
        ports = [
            int(process.url.rpartition(":")[2])
            for process in processes
            if process.unit == cluster["name"]
        ]
        addresses = [{"address": LOOPBACK, "port_value": port} for port in ports]
        cluster["load_assignment"]["endpoints"] = [
            {
                "lb_endpoints": [
                    {"endpoint": {"address": {"socket_address": address}}} for address in addresses
                ]
            }
        ]
    config.write_text(yaml.safe_dump(envoy, sort_keys=False), "utf-8")
