"""`.local/state.json`: the plan and the state of its processes.

The supervisor writes the file while it runs, else the command that holds the lock.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from chassis.embedded.errors import EmbeddedError
from chassis.embedded.files import write_atomically
from chassis.embedded.paths import ProjectPaths
from chassis.embedded.processes import Running, is_alive
from chassis.embedded.topology import GATEWAY


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A process of the plan.

    Attributes:
        name: The name of the process, e.g. `order-2`.
        copy_of: The name that all copies of the process share, e.g. `order`.
        command: The command that starts it.
        env: Its environment variables.
        units: The URLs of its units by name.
        stop_signal: The name of the signal that stops it.
    """

    name: str
    copy_of: str
    command: tuple[str, ...]
    env: Mapping[str, str]
    units: Mapping[str, str]
    stop_signal: str = "SIGTERM"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The processes and ports of a run.

    Attributes:
        system: The name of the system.
        fingerprint: Changes with everything that the plan depends on.
        nats_port: The port of the event hub; 0 if that is one of `servers`.
        gateway_port: The port of the gateway.
        admin_port: The port of the gateway's admin interface.
        processes: The processes.
        servers: The URLs of the servers of the units' engines, by engine, without passwords. The
            server that is started here is the process with the name of the engine.
        contained: The engines whose servers are in containers.
        gateway_scheme: `https` if the gateway has a certificate.
    """

    system: str
    fingerprint: str
    nats_port: int
    gateway_port: int
    admin_port: int
    processes: tuple[Planned, ...]
    servers: Mapping[str, str] = field(default_factory=dict)
    contained: tuple[str, ...] = ()
    gateway_scheme: str = "http"

    @property
    def own_servers(self) -> tuple[Planned, ...]:
        """The processes that units need: the event hub and the servers that are started here."""
        return tuple(each for each in self.processes if not each.units and each.name != GATEWAY)

    @property
    def gateway_url(self) -> str:
        """The URL of the gateway."""
        return f"{self.gateway_scheme}://127.0.0.1:{self.gateway_port}"

    @property
    def nats_url(self) -> str:
        """The URL of the event hub that was started here."""
        return f"nats://127.0.0.1:{self.nats_port}"

    @property
    def units(self) -> dict[str, str]:
        """The URLs of the units by name: of the first copy, if there are several."""
        return {unit: urls[0] for unit, urls in self.copies.items()}

    @property
    def copies(self) -> dict[str, tuple[str, ...]]:
        """The URLs of all copies of each unit by name."""
        urls: dict[str, tuple[str, ...]] = {}
        for each in self.processes:
            urls |= {unit: (*urls.get(unit, ()), url) for unit, url in each.units.items()}
        return urls


@dataclass(frozen=True, slots=True, kw_only=True)
class Ends:
    """How a process has ended so far.

    Attributes:
        restarts: How often it was started again after it had ended unexpectedly.
        in_a_row: How often it has ended without running well in between.
        last: The reason of the last end, e.g. `exit code 1`; None if there was none.
    """

    restarts: int = 0
    in_a_row: int = 0
    last: str | None = None


NO_ENDS = Ends()


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The plan, its supervisor, and its processes by name.

    Attributes:
        plan: The plan.
        run: Identifies the start: a supervisor serves only the run that it was started for.
        supervisor: The supervisor, once it has begun its work.
        started: The processes as they were started last.
        ends: How they have ended.
    """

    plan: Plan
    run: str
    supervisor: Running | None = None
    started: Mapping[str, Running] = field(default_factory=dict)
    ends: Mapping[str, Ends] = field(default_factory=dict)

    def with_started(self, name: str, running: Running) -> State:
        """Return the state after a process was started."""
        return replace(self, started={**self.started, name: running})

    def with_ends(self, name: str, ends: Ends) -> State:
        """Return the state after a process has ended, or has recovered."""
        return replace(self, ends={**self.ends, name: ends})

    @property
    def alive(self) -> dict[str, Running]:
        """The started processes that are still running."""
        return {name: each for name, each in self.started.items() if is_alive(each)}

    @property
    def is_supervised(self) -> bool:
        """Whether the supervisor is running."""
        return self.supervisor is not None and is_alive(self.supervisor)


def read(paths: ProjectPaths) -> State | None:
    """Return the state, or None if there is none.

    Raises:
        EmbeddedError: The file is damaged.
    """
    try:
        document = json.loads(paths.state.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise _unusable(paths, error) from error
    try:
        return _state(document)
    except (KeyError, TypeError, AttributeError) as error:
        raise _unusable(paths, error) from error


def write(paths: ProjectPaths, state: State) -> None:
    """Write the state atomically."""
    write_atomically(paths.state, json.dumps(asdict(state), indent=2).encode())


def remove(paths: ProjectPaths) -> None:
    """Remove the state."""
    paths.state.unlink(missing_ok=True)


def _state(document: Mapping[str, Any]) -> State:
    plan = dict(document["plan"])
    plan["processes"] = tuple(
        Planned(**{**each, "command": tuple(each["command"])}) for each in plan["processes"]
    )
    plan["contained"] = tuple(plan.get("contained", ()))
    supervisor = document["supervisor"]
    return State(
        plan=Plan(**plan),
        run=document["run"],
        supervisor=supervisor and _running(supervisor),
        started={name: _running(each) for name, each in document["started"].items()},
        ends={name: Ends(**each) for name, each in document["ends"].items()},
    )


def _running(document: Mapping[str, Any]) -> Running:
    return Running(document["pid"], document["started"], tuple(document["command"]))


def _unusable(paths: ProjectPaths, error: Exception) -> EmbeddedError:
    file = paths.relative(paths.state)
    return EmbeddedError(
        f"{file} is damaged ({error}): stop the processes of the system and remove the file"
    )
