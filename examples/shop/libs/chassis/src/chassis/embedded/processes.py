"""Starting, recognising and stopping processes that outlive the command which started them."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from chassis.embedded.errors import EmbeddedError

# The start time is computed from the clock, which may be adjusted meanwhile.
_SAME_START = 2.0
_POLL = 0.01


@dataclass(frozen=True, slots=True)
class Running:
    """A started process. Its number alone says little: numbers are used again."""

    pid: int
    started: float
    command: tuple[str, ...]


def start(command: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Path) -> Running:
    """Start `command` in a session of its own, so that Ctrl-C here does not reach it.

    `env` is added to this process' environment. Its output goes to `log`; the log of the run before
    is kept beside it.
    """
    if log.exists():
        log.replace(log.with_suffix(".log.1"))
    with log.open("ab") as output:
        try:
            process = subprocess.Popen(
                command,
                cwd=cwd,
                env={**os.environ, **env},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise EmbeddedError(f"{command[0]} cannot be started: {error}") from error
    process.returncode = 0  # it is left to itself: no warning here that it still runs
    return Running(process.pid, _started(process.pid), tuple(command))


def is_alive(running: Running) -> bool:
    """Whether it still runs, and is not another process that got its number."""
    try:
        process = psutil.Process(running.pid)
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        if abs(process.create_time() - running.started) <= _SAME_START:
            return True
        return tuple(process.cmdline()) == running.command
    except psutil.Error:
        return False


def memory(running: Running) -> int:
    """Resident memory in bytes, 0 if it is gone."""
    try:
        return int(psutil.Process(running.pid).memory_info().rss)
    except psutil.Error:
        return 0


def stop(processes: Collection[Running], *, patience: float) -> list[Running]:
    """Ask all of `processes` to end, wait `patience` seconds, and end by force those that do not.

    Returns the latter. What is gone already, or is not ours any more, is left alone.
    """
    left = [each for each in processes if is_alive(each)]
    for each in left:
        _signal(each, signal.SIGTERM)
    left = _wait(left, patience)
    for each in left:
        _signal(each, signal.SIGKILL)
    _wait(left, patience)
    return left


def _wait(processes: list[Running], patience: float) -> list[Running]:
    """Wait until all have ended; return those that have not."""
    deadline = time.monotonic() + patience
    while (left := [each for each in processes if is_alive(each)]) and time.monotonic() < deadline:
        time.sleep(_POLL)
    return left


def _signal(running: Running, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        if number is signal.SIGKILL:
            os.killpg(running.pid, number)  # with whatever it has started itself
        else:
            os.kill(running.pid, number)


def _started(pid: int) -> float:
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return time.time()
