"""Timing whole processes from outside, by the operating system's own accounting."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figures:
    """Seconds of processor and wall clock, mebibytes of the largest process: the least of each.

    Other work on the machine only ever adds to a figure, so the least says most.
    """

    cpu: float
    wall: float
    memory: float


def measure(
    command: Sequence[str], before: Callable[[], None] = lambda: None, runs: int = 5
) -> Figures:
    """Run `command` `runs` times after one warm-up and return the least figures.

    `before` is called ahead of each run. Raises CalledProcessError if a run fails.
    """
    found = []
    for _ in range(runs + 1):
        before()
        found.append(_once(command))
    counted = found[1:]
    return Figures(*(min(column) for column in zip(*counted, strict=True)))


def _once(command: Sequence[str]) -> tuple[float, float, float]:
    began = time.perf_counter()
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        assert process.stderr is not None
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, stderr=errors)
    wall = time.perf_counter() - began
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024
