"""`.local/state.json`: what is meant to run and what was started, for every later command."""

from __future__ import annotations

import fcntl
import json
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from typing import Any

from chassis.embedded.errors import EmbeddedError
from chassis.embedded.files import write_whole
from chassis.embedded.places import Places
from chassis.embedded.processes import Running, is_alive

WAITING = "another command is at work, waiting for it"


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A process that is meant to run. `units`: the units in it and where they listen."""

    name: str
    command: tuple[str, ...]
    env: Mapping[str, str]
    units: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that is meant to run, with every port chosen.

    `each`: every unit has a process of its own. `fingerprint` changes with the topology.
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
        return f"http://127.0.0.1:{self.gateway_port}"

    @property
    def nats_url(self) -> str:
        return f"nats://127.0.0.1:{self.nats_port}"

    @property
    def units(self) -> dict[str, str]:
        """Unit -> the URL it listens on."""
        return {unit: url for each in self.processes for unit, url in each.units.items()}


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """The plan and, by name, the processes that were started for it."""

    plan: Plan
    started: Mapping[str, Running]

    def with_started(self, name: str, running: Running) -> State:
        return replace(self, started={**self.started, name: running})

    @property
    def alive(self) -> dict[str, Running]:
        """Those of the started processes that still run."""
        return {name: each for name, each in self.started.items() if is_alive(each)}


def read(places: Places) -> State | None:
    """The state as last written, None if there is none."""
    try:
        document = json.loads(places.state.read_bytes())
    except FileNotFoundError:
        return None
    except ValueError as error:
        raise _unusable(places, error) from error
    try:
        return _state(document)
    except (KeyError, TypeError, AttributeError) as error:
        raise _unusable(places, error) from error


def write(places: Places, state: State) -> None:
    """Write it at once: a reader sees the old state or the new one."""
    write_whole(places.state, json.dumps(asdict(state), indent=2).encode())


def remove(places: Places) -> None:
    places.state.unlink(missing_ok=True)


@contextmanager
def locked(places: Places, waiting: Callable[[], None], *, patience: float = 120) -> Iterator[None]:
    """One command at a time changes what runs; `waiting` is called if another one is at it."""
    places.make()
    with places.lock.open("w") as file:
        deadline = time.monotonic() + patience
        told = False
        while not _try_lock(file.fileno()):
            if time.monotonic() > deadline:
                raise EmbeddedError(
                    "another `up` or `down` of this project does not come to an end"
                )
            if not told:
                waiting()
                told = True
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


def _unusable(places: Places, error: Exception) -> EmbeddedError:
    file = places.relative(places.state)
    return EmbeddedError(
        f"{file} cannot be understood ({error}): end the system's processes by hand and remove it"
    )
