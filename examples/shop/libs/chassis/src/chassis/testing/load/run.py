"""A load test from its start to its verdict, with the command line and the events of Locust."""

from __future__ import annotations

import time
from argparse import ArgumentParser
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import gevent
import gevent.event
import locust
import locust.stats
from locust.env import Environment
from locust.stats import console_logger

from chassis.embedded.errors import EmbeddedError
from chassis.testing.load.arrivals import Arrivals
from chassis.testing.load.objectives import Measured, Objectives, missed, objectives_of
from chassis.testing.load.processor import NOTHING, Cost, Idle, Used, comparison, used
from chassis.testing.system import System

_MISSED, _NOT_RUN = 1, 2
_KINDS_OF_FAILURES = 20


class Run:
    """What the arrivals of all kinds share."""

    def __init__(
        self,
        environment: Environment,
        system: System,
        *,
        root: Path,
        idle: Idle,
        scale: float,
        seconds: float,
    ) -> None:
        self.system = system
        self.scale = scale
        self.seconds = seconds
        self.failures: Counter[tuple[str, str]] = Counter()
        self.problem: str | None = "the test was interrupted"
        self._root = root
        self._idle = idle
        self._environment = environment
        self._preparing = self._arriving = len(environment.user_classes)
        self._prepared = gevent.event.Event()
        self._began = 0.0
        self._cost = NOTHING
        self._before: Used | None = None
        self.processor = ""

    def begin_together(self, predicted: Cost) -> float:
        """Wait until all arrivals are prepared, and return the time when the peak begins.

        Args:
            predicted: What all arrivals of the kind cost.
        """
        self._cost += predicted
        self._preparing -= 1
        if not self._preparing:
            self._environment.stats.clear_all()
            self._before = used(self._root)
            self._began = time.perf_counter()
            self._prepared.set()
        self._prepared.wait()
        return self._began

    def unfinished(self, name: str, error: str) -> None:
        """Note that an arrival went wrong."""
        self.failures[name, error] += 1

    def done(self) -> None:
        """Note that all arrivals of a kind are over; the last one ends the test."""
        self._arriving -= 1
        if not self._arriving:
            self.processor = self._compared(time.perf_counter() - self._began)
            self.problem = None
            self._quit()

    def abort(self, problem: str) -> None:
        """End the test without a result."""
        self.problem = problem
        self._quit()

    def verdict(self, objectives: Mapping[str, Objectives]) -> Iterator[str]:
        """Yield the objectives that were missed."""
        for entry in self._environment.stats.entries.values():
            measured = Measured(
                name=f"{entry.method} {entry.name}",
                requests=entry.num_requests,
                errors=entry.num_failures,
                p95=entry.get_response_time_percentile(0.95),
                p99=entry.get_response_time_percentile(0.99),
            )
            yield from missed(measured, objectives_of(entry.name, objectives))
        for (name, error), times in self.failures.most_common(_KINDS_OF_FAILURES):
            yield f"{name}: {times} not finished: {error}"

    def _compared(self, seconds: float) -> str:
        before, after = self._before, used(self._root)
        if before is None or after is None:
            return comparison(self._cost, None, seconds)
        idle = self._idle.of(after.processes, after.units)
        return comparison(self._cost + idle * seconds, after.cost - before.cost, seconds)

    def _quit(self) -> None:
        """End the test from outside of its users, which it ends."""
        if self._environment.runner:
            gevent.spawn(self._environment.runner.quit)


def load_test(root: Path, objectives: Mapping[str, Objectives], *, idle: Idle) -> None:
    """Make a locustfile a test of `objectives`.

    Its exit code is 1 if one is missed, and 2 if the test could not be run.

    Args:
        root: The folder of the project.
        objectives: The objectives by path: of all requests at and below it, unless a longer path
            has its own. `/` is all others.
        idle: What the system costs in a second, whatever the rate is.
    """
    locust.stats.PERCENTILES_TO_REPORT = [0.5, 0.95, 0.99]

    def add_options(parser: ArgumentParser, **_: object) -> None:
        parser.add_argument("--rate", type=float, default=1.0, help="Multiple of the peak")
        parser.add_argument("--seconds", type=float, default=60.0, help="How long it lasts")

    def begin(environment: Environment, **_: object) -> None:
        options: Any = environment.parsed_options
        try:
            system = System.reachable(root)
        except EmbeddedError as error:
            raise SystemExit(f"error: {error}") from error
        environment.host = system.url
        options.num_users = options.spawn_rate = len(environment.user_classes)
        Arrivals.peak = Run(
            environment,
            system,
            root=root,
            idle=idle,
            scale=options.rate,
            seconds=options.seconds,
        )

    lines: list[str] = []

    def judge(environment: Environment, **_: object) -> None:
        """Judge before Locust prints, which resets the statistics with `--json-file`."""
        run = Arrivals.peak
        found = list(run.verdict(objectives))
        if run.problem:
            environment.process_exit_code = _NOT_RUN
            lines.append(run.problem)
        else:
            environment.process_exit_code = _MISSED if found else 0
            lines.extend((run.processor, *(found or ["all objectives are met"])))

    def report(**_: object) -> None:
        for line in lines:
            console_logger.info(line)

    events: Any = locust.events  # listeners have no types
    events.init_command_line_parser.add_listener(add_options)
    events.init.add_listener(begin)
    events.quitting.add_listener(judge)
    events.quit.add_listener(report)
