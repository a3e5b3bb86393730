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
from chassis.testing.system import System

_MISSED, _NOT_RUN = 1, 2


class Run:
    """What the arrivals of all kinds share."""

    def __init__(
        self, environment: Environment, system: System, *, scale: float, seconds: float
    ) -> None:
        self.system = system
        self.scale = scale
        self.seconds = seconds
        self.failures: Counter[tuple[str, str]] = Counter()
        self.problem: str | None = None
        self._environment = environment
        self._preparing = self._arriving = len(environment.user_classes)
        self._prepared = gevent.event.Event()
        self._began = 0.0

    def begin_together(self) -> float:
        """Wait until all arrivals are prepared, and return the time when the peak begins."""
        self._preparing -= 1
        if not self._preparing:
            self._environment.stats.clear_all()
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
            self._quit()

    def abort(self, problem: str) -> None:
        """End the test without a result."""
        self.problem = self.problem or problem
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
        for (name, error), times in self.failures.items():
            yield f"{name}: {times} not finished: {error}"

    def _quit(self) -> None:
        """End the test from outside of its users, which it ends."""
        if self._environment.runner:
            gevent.spawn(self._environment.runner.quit)


def load_test(root: Path, objectives: Mapping[str, Objectives]) -> None:
    """Make a locustfile a test of `objectives`.

    Its exit code is 1 if one is missed, and 2 if the test could not be run.

    Args:
        root: The folder of the project.
        objectives: The objectives by path: of all requests at and below it, unless a longer path
            has its own. `/` is all others.
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
        Arrivals.peak = Run(environment, system, scale=options.rate, seconds=options.seconds)

    def judge(environment: Environment, **_: object) -> None:
        run = Arrivals.peak
        if run.problem:
            environment.process_exit_code = _NOT_RUN
        else:
            environment.process_exit_code = _MISSED if any(run.verdict(objectives)) else 0

    def report(**_: object) -> None:
        run = Arrivals.peak
        lines = [run.problem] if run.problem else list(run.verdict(objectives))
        for line in lines or ["all objectives are met"]:
            console_logger.info(line)

    events: Any = locust.events  # listeners have no types
    events.init_command_line_parser.add_listener(add_options)
    events.init.add_listener(begin)
    events.quitting.add_listener(judge)
    events.quit.add_listener(report)
