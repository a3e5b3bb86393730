"""Processes: starting, recognising and stopping them."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import psutil

from chassis.embedded.errors import EmbeddedError

# In the environment of every supervised process: the folder of its project.
PROJECT = "EMBEDDED_PROJECT"
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
    """Start `command` so that it outlives this process, in a session that Ctrl-C does not reach.

    Args:
        command: The command.
        cwd: Its working directory.
        env: Variables that are added to the environment of this process.
        log: The file that its output is appended to.

    Raises:
        EmbeddedError: The command cannot be started.
    """
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
    return identify(process.pid, command)


def identify(pid: int, command: Sequence[str]) -> Running:
    """Return the process with the id `pid`, which was started just now, or is this one."""
    try:
        started = psutil.Process(pid).create_time()
    except psutil.Error:
        started = time.time()
    return Running(pid, started, tuple(command))


def rotate(log: Path) -> None:
    """Keep the log of the previous run as `.log.1`."""
    if log.exists():
        log.replace(log.with_suffix(".log.1"))


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


def strays(project: Path, known: Collection[Running]) -> list[Running]:
    """Find supervised processes of `project` that are not in `known`, nor their descendants.

    There are some if a supervisor was killed after the start of a process, before it could note it,
    and if a server was killed that has processes of its own.
    """
    pids = {running.pid for running in known}
    found = []
    for process in with_variable(PROJECT, str(project)):
        with suppress(psutil.Error):
            family = {session(process), *(parent.pid for parent in process.parents())}
            if not family & pids:
                command = tuple(process.cmdline())
                found.append(Running(process.pid, process.create_time(), command))
    return found


def with_variable(name: str, value: str) -> Iterator[psutil.Process]:
    """Yield the running processes that have an environment variable with this value."""
    for process in psutil.process_iter():
        with suppress(psutil.Error, OSError):
            if process.environ().get(name) == value and process.status() != psutil.STATUS_ZOMBIE:
                yield process


def session(process: psutil.Process) -> int:
    """Return the id of the session of a process; -1 if it has ended."""
    try:
        return os.getsid(process.pid)
    except ProcessLookupError:
        return -1


def memory(running: Running) -> int:
    """Return the resident memory in bytes; 0 if the process has ended."""
    try:
        return int(psutil.Process(running.pid).memory_info().rss)
    except psutil.Error:
        return 0


def stop(
    processes: Collection[Running],
    *,
    timeout: float,
    number: signal.Signals = signal.SIGTERM,
) -> list[Running]:
    """Stop processes; those that have ended, or are not ours any more, are left alone.

    Args:
        processes: The processes.
        timeout: Seconds between the signal and SIGKILL.
        number: The signal.

    Returns:
        The processes that were killed.
    """
    left = [each for each in processes if is_alive(each)]
    for each in left:
        _signal(each, number)
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
