"""`.local/state.json`: the plan and the started processes, for later commands."""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from chassis.embedded.errors import EmbeddedError
from chassis.embedded.files import write_atomically
from chassis.embedded.paths import ProjectPaths
from chassis.embedded.processes import Running, is_alive

WAITING = "waiting for another command to finish"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A process of the plan.

    Attributes:
        name: The name of the process.
        command: The command that starts it.
        env: Its environment variables.
        units: The URLs of its units by name.
    """

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str]
    units: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """The processes and ports of a run.

    Attributes:
        system: The name of the system.
        each: Whether each unit has a process of its own.
        fingerprint: Changes with everything that the plan depends on.
        nats_port: The port of the event hub.
        gateway_port: The port of the gateway.
        admin_port: The port of the gateway's admin interface.
        processes: The processes.
    """

    system: str
    each: bool
    fingerprint: str
    nats_port: int
    gateway_port: int
    admin_port: int
    processes: tuple[Planned, ...]

    @property
    def gateway_url(self) -> str:
        """The URL of the gateway."""
        return f"http://127.0.0.1:{self.gateway_port}"

    @property
    def nats_url(self) -> str:
        """The URL of the event hub."""
        return f"nats://127.0.0.1:{self.nats_port}"

    @property
    def units(self) -> dict[str, str]:
        """The URLs of the units by name."""
        return {unit: url for each in self.processes for unit, url in each.units.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The plan, and the started processes by name."""

    plan: Plan
    started: Mapping[str, Running]

    def with_started(self, name: str, running: Running) -> State:
        """Return the state after another process was started."""
        return replace(self, started={**self.started, name: running})

    @property
    def alive(self) -> dict[str, Running]:
        """The started processes that are still running."""
        return {name: each for name, each in self.started.items() if is_alive(each)}


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


@contextmanager
def locked(
    paths: ProjectPaths, waiting: Callable[[], None], *, timeout: float = 120
) -> Iterator[None]:
    """Hold the lock of the commands that change the state.

    Args:
        paths: The paths of the project.
        waiting: Called once if another command holds the lock.
        timeout: Seconds to wait for the lock.

    Raises:
        EmbeddedError: The timeout has passed.
    """
    paths.create()
    with paths.lock.open("w") as file:
        deadline = time.monotonic() + timeout
        notified = False
        while not _try_lock(file.fileno()):
            if time.monotonic() > deadline:
                raise EmbeddedError("another `up` or `down` of this project does not finish")
            if not notified:
                waiting()
                notified = True
            time.sleep(0.05)
        yield


def _try_lock(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _state(document: Mapping[str, Any]) -> State:
    plan = dict(document["plan"])
    plan["processes"] = tuple(
        Planned(**{**each, "command": tuple(each["command"])}) for each in plan["processes"]
    )
    started = {
        name: Running(each["pid"], each["started"], tuple(each["command"]))
        for name, each in document["started"].items()
    }
    return State(plan=Plan(**plan), started=started)


def _unusable(paths: ProjectPaths, error: Exception) -> EmbeddedError:
    file = paths.relative(paths.state)
    return EmbeddedError(
        f"{file} is damaged ({error}): stop the processes of the system and remove the file"
    )
