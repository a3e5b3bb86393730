"""Stopping processes: the gateway first, then the units, then the servers that they use."""

from __future__ import annotations

import signal
from collections.abc import Collection, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from chassis.embedded import envoy, processes
from chassis.embedded.paths import ProjectPaths
from chassis.embedded.processes import Running
from chassis.embedded.state import Plan, State
from chassis.embedded.topology import GATEWAY

STOP_TIMEOUT = 12.0
KILLED = f"killed: it did not stop within {STOP_TIMEOUT:.0f} s"
_REQUEST_TIMEOUT = 3.0


def stop_one(plan: Plan, name: str, running: Running) -> bool:
    """Stop one process, and return whether it had to be killed."""
    if name == GATEWAY:  # it would drop the requests in flight
        envoy.drain(plan.admin_port, timeout=_REQUEST_TIMEOUT)
    number = next(each.stop_signal for each in plan.processes if each.name == name)
    left = processes.stop([running], timeout=STOP_TIMEOUT, number=signal.Signals[number])
    return bool(left)


def stop_processes(paths: ProjectPaths, found: State) -> list[str]:
    """Stop every process of `found` that is running, and those that were not noted in it.

    Returns:
        The names of the processes that had to be killed.
    """
    alive = found.alive
    stop_strays(paths.root, alive.values())
    gateway = alive.pop(GATEWAY, None)
    servers = {
        each.name: alive.pop(each.name) for each in found.plan.own_servers if each.name in alive
    }
    killed = [GATEWAY] if gateway and stop_one(found.plan, GATEWAY, gateway) else []
    killed += _stop(alive)
    with ThreadPoolExecutor() as pool:
        stops = pool.map(partial(stop_one, found.plan), servers, servers.values())
        killed += [name for name, was_killed in zip(servers, stops, strict=True) if was_killed]
    stop_strays(paths.root, ())  # what servers have started, and left behind
    return killed


def stop_strays(project: Path, known: Collection[Running]) -> None:
    """Stop the processes of `project` that are not in `known`, so that none answers for another."""
    processes.stop(processes.strays(project, known), timeout=STOP_TIMEOUT)


def _stop(running: Mapping[str, Running]) -> list[str]:
    killed = processes.stop(running.values(), timeout=STOP_TIMEOUT)
    return [name for name, each in running.items() if each in killed]
