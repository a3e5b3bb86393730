"""A discrete-event simulation of a system: what the formulas of the capacity model leave out.

Requests arrive at random; each operation waits for a thread of a copy of its unit, then for a core,
and takes an exponential time around its measured cost. What it publishes goes to the units that
handle it; messages that wait for the same copy of a unit are handled as a batch. So queues, bursts,
batches and the order of things are there, which a sum of costs does not know.

simpy is used because processes that wait for resources read as they are; it is pure Python without
dependencies, and only this needs it.
"""

from __future__ import annotations

import random
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import simpy

from meshgen.capacity.costs import Costs
from meshgen.capacity.operations import Operation

Events: TypeAlias = Generator[simpy.Event, Any, None]
Waiting: TypeAlias = list[tuple[Operation, simpy.Event]]
"""Messages, and what happens when each is handled."""

_TICK = 0.1  # seconds between two moments of idle work
_BATCH = 256  # messages, at most
_HUB, _GATEWAY, _DRIVER = "event hub", "gateway", "load driver"


@dataclass(frozen=True, slots=True, kw_only=True)
class Setup:
    """What is simulated.

    Attributes:
        units: The units of each process.
        copies: Copies of each process and of the `gateway`.
        cores: Cores that all share; None if each copy has one of its own.
        driver: Milliseconds of the load driver for an arrival, on the same cores.
    """

    costs: Costs
    units: Mapping[str, tuple[str, ...]]
    copies: Mapping[str, int]
    cores: int | None
    driver: float = 0.0


@dataclass(slots=True)
class Result:
    """What came of it.

    Attributes:
        seconds: The time that was simulated.
        busy: Processor seconds by process, of all copies.
        answered: Seconds until each request was answered.
        finished: Seconds until everything had happened that an arrival led to.
        arrivals: The number of arrivals.
    """

    seconds: float
    busy: dict[str, float] = field(default_factory=dict)
    answered: list[float] = field(default_factory=list)
    finished: list[float] = field(default_factory=list)
    arrivals: int = 0

    @property
    def cpu(self) -> float:
        """Processor seconds of all processes but the load driver, a second."""
        return sum(v for name, v in self.busy.items() if name != _DRIVER) / self.seconds

    def within(self, limit: float) -> float:
        """Return the share of arrivals of which everything happened within `limit` seconds."""
        return sum(each <= limit for each in self.finished) / max(1, self.arrivals)


def quantile(values: list[float], share: float) -> float:
    """Return the value that a share of `values` does not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))] if ordered else float("inf")


class Simulation:
    """Runs a load on a setup, with a seed: the same each time."""

    def __init__(self, setup: Setup, seed: int = 1) -> None:
        self._setup = setup
        self._random = random.Random(seed)
        self._env = simpy.Environment()
        self._cores = simpy.Resource(self._env, setup.cores) if setup.cores else None
        self._process = {unit: name for name, units in setup.units.items() for unit in units}
        self._threads = {
            name: [simpy.Resource(self._env) for _ in range(copies)]
            for name, copies in setup.copies.items()
        }
        self._threads[_HUB] = [simpy.Resource(self._env, setup.cores or 1_000)]
        self._threads[_DRIVER] = [simpy.Resource(self._env)]
        self._waiting: dict[tuple[str, int], Waiting] = {}
        self._result = Result(seconds=0.0)

    def run(self, load: tuple[tuple[float, tuple[Operation, ...]], ...], seconds: float) -> Result:
        """Simulate `load`: arrivals a second, and the requests of each, one after the other."""
        self._result.seconds = seconds
        for rate, requests in load:
            self._env.process(self._arrivals(rate, requests))
        costs = self._setup.costs
        for name, units in self._setup.units.items():
            idle = costs.idle_process + len(units) * costs.idle_unit
            for _ in self._threads[name]:
                self._env.process(self._idles(name, idle))
                self._env.process(self._idles(_HUB, len(units) * costs.idle_hub))
        for _ in self._threads[_GATEWAY]:
            self._env.process(self._idles(_GATEWAY, costs.idle_gateway))
        self._env.run(until=seconds)
        return self._result

    def _arrivals(self, rate: float, requests: tuple[Operation, ...]) -> Events:
        while True:
            yield self._env.timeout(self._random.expovariate(rate))
            self._result.arrivals += 1
            self._env.process(self._arrival(requests))

    def _arrival(self, requests: tuple[Operation, ...]) -> Events:
        began = self._env.now
        following: list[simpy.Event] = []
        if self._setup.driver:
            yield from self._work(_DRIVER, self._setup.driver)
        for request in requests:
            asked = self._env.now
            yield from self._work(_GATEWAY, self._setup.costs.request)
            yield from self._request(request, following)
            self._result.answered.append(self._env.now - asked)
        while following:  # it grows meanwhile
            yield following.pop()
        self._result.finished.append(self._env.now - began)

    def _request(self, request: Operation, following: list[simpy.Event]) -> Events:
        yield from self._work(self._process[request.unit], self._cost(request))
        if request.kind == "endpoint":
            parts = (self._env.process(self._request(part, following)) for part in request.then)
            yield self._env.all_of(list(parts))
        else:
            self._publish(request, following)

    def _publish(self, operation: Operation, following: list[simpy.Event]) -> None:
        if operation.topics:
            following.append(self._env.process(self._published(operation, following)))

    def _published(self, operation: Operation, following: list[simpy.Event]) -> Events:
        yield from self._work(_HUB, self._setup.costs.hub * sum(n for _, n in operation.topics))
        for message in operation.then:
            for _ in range(message.times):
                following.append(self._env.process(self._handled(message, following)))

    def _handled(self, message: Operation, following: list[simpy.Event]) -> Events:
        copies = self._threads[self._process[message.unit]]
        copy = self._random.randrange(len(copies))
        waiting = self._waiting.setdefault((message.unit, copy), [])
        handled = self._env.event()
        waiting.append((message, handled))
        if len(waiting) == 1:
            self._env.process(self._consumes(message.unit, copies[copy], waiting))
        yield handled
        self._publish(message, following)

    def _consumes(self, unit: str, thread: simpy.Resource, waiting: Waiting) -> Events:
        """Handle what waits for a copy of a unit, in batches, until nothing does."""
        costs = self._setup.costs
        while waiting:
            with thread.request() as turn:
                yield turn
                batch = waiting[:_BATCH]
                mean = costs.message + (len(batch) - 1) * costs.batched
                yield from self._compute(self._process[unit], self._around(mean))
            del waiting[: len(batch)]
            for _, handled in batch:
                handled.succeed()

    def _cost(self, operation: Operation) -> float:
        costs = self._setup.costs
        match operation.kind:
            case "command":
                return costs.command
            case "query":
                return costs.query
            case "endpoint":
                return costs.endpoint
            case "message":
                raise ValueError(f"{operation.unit} handles messages in batches")

    def _work(self, name: str, mean: float) -> Events:
        """Take a thread of a copy, and a core, for a time around `mean` milliseconds."""
        with self._random.choice(self._threads[name]).request() as thread:
            yield thread
            yield from self._compute(name, self._around(mean))

    def _around(self, mean: float) -> float:
        """Return random seconds; `mean` is in milliseconds."""
        return self._random.expovariate(1000 / mean)

    def _compute(self, name: str, seconds: float) -> Events:
        if self._cores is None:
            yield self._env.timeout(seconds)
        else:
            with self._cores.request() as core:
                yield core
                yield self._env.timeout(seconds)
        self._result.busy[name] = self._result.busy.get(name, 0.0) + seconds

    def _idles(self, name: str, milliseconds: float) -> Events:
        """Do in each tick what an idle process does."""
        due = self._random.uniform(0, _TICK)
        while True:
            yield self._env.timeout(max(0.0, due - self._env.now))
            yield from self._compute(name, milliseconds / 1000 * _TICK)
            due += _TICK
