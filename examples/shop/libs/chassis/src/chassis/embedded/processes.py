"""Processes that outlive the command that starts them: starting, recognising, stopping."""

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

# Start times are computed from the clock, which may be adjusted in between.
_SAME_START = 2.0
_POLL = 0.01


@dataclass(frozen=True, slots=True)
class Running:
    """A started process. Its id is not enough to recognise it, because ids are reused."""

    pid: int
    started: float
    command: tuple[str, ...]


def start(command: Sequence[str], *, cwd: Path, env: Mapping[str, str], log: Path) -> Running:
    """Start `command` in a session of its own, so that Ctrl-C does not reach it.

    Args:
        command: The command.
        cwd: Its working directory.
        env: Variables that are added to the environment of this process.
        log: The file of its output. The log of the previous run is kept as `.log.1`.

    Raises:
        EmbeddedError: The command cannot be started.
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
    process.returncode = 0  # no warning that it is still running: it outlives this process
    return Running(process.pid, _started(process.pid), tuple(command))


def is_alive(running: Running) -> bool:
    """Return whether the process is still running, and not another one with the same id."""
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
    """Return the resident memory in bytes; 0 if the process has ended."""
    try:
        return int(psutil.Process(running.pid).memory_info().rss)
    except psutil.Error:
        return 0


def stop(processes: Collection[Running], *, timeout: float) -> list[Running]:
    """Stop processes; those that have ended, or are not ours any more, are left alone.

    Args:
        processes: The processes.
        timeout: Seconds between SIGTERM and SIGKILL.

    Returns:
        The processes that were killed.
    """
    left = [each for each in processes if is_alive(each)]
    for each in left:
        _signal(each, signal.SIGTERM)
    left = _wait(left, timeout)
    for each in left:
        _signal(each, signal.SIGKILL)
    _wait(left, timeout)
    return left


def _wait(processes: list[Running], timeout: float) -> list[Running]:
    """Wait until all have ended and return those that have not."""
    deadline = time.monotonic() + timeout
    while (left := [each for each in processes if is_alive(each)]) and time.monotonic() < deadline:
        time.sleep(_POLL)
    return left


def _signal(running: Running, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        if number is signal.SIGKILL:
            os.killpg(running.pid, number)  # including its child processes
        else:
            os.kill(running.pid, number)


def _started(pid: int) -> float:
    try:
        return psutil.Process(pid).create_time()
    except psutil.Error:
        return time.time()
