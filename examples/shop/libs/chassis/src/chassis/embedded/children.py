"""The processes of a supervisor: those that it has started, and those that it took over."""

from __future__ import annotations

import asyncio
import os
import signal
from asyncio.subprocess import DEVNULL, STDOUT, Process
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from chassis.embedded.errors import EmbeddedError
from chassis.embedded.processes import PROJECT, Running, identify, is_alive
from chassis.embedded.state import Planned

_POLL = 0.25


class Child(Protocol):
    """A running process."""

    @property
    def running(self) -> Running:
        """The process."""
        ...

    async def wait(self) -> str:
        """Wait for the end of the process and return its reason."""
        ...


@dataclass(frozen=True, slots=True)
class Started:
    """A process that this supervisor has started."""

    running: Running
    process: Process

    async def wait(self) -> str:
        """Wait for the exit code."""
        code = await self.process.wait()
        return f"exit code {code}" if code >= 0 else f"killed by {_name(-code)}"


@dataclass(frozen=True, slots=True)
class Adopted:
    """A process that a previous supervisor has started, so that its exit code is unknown."""

    running: Running

    async def wait(self) -> str:
        """Poll until the process has ended."""
        while is_alive(self.running):  # noqa: ASYNC110 - only a parent is told of the end
            await asyncio.sleep(_POLL)
        return "ended"


async def start(planned: Planned, *, root: Path, log: Path) -> Started:
    """Start a process in a session of its own. Its output is appended to `log`.

    Raises:
        EmbeddedError: The process cannot be started.
    """
    try:
        with log.open("ab") as output:
            process = await asyncio.create_subprocess_exec(
                *planned.command,
                cwd=root,
                env={**os.environ, **planned.env, PROJECT: str(root)},
                stdin=DEVNULL,
                stdout=output,
                stderr=STDOUT,
                start_new_session=True,
            )
    except OSError as error:
        raise EmbeddedError(f"{planned.command[0]} cannot be started: {error}") from error
    return Started(identify(process.pid, planned.command), process)


def _name(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
