"""`logs`: the last lines of the logs, and new ones as they are written."""

from __future__ import annotations

import json
import os
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from chassis.embedded import state
from chassis.embedded.console import Console
from chassis.embedded.errors import EmbeddedError
from chassis.embedded.paths import ProjectPaths

_POLL = 0.2
_SUPERVISOR = "supervisor"


def show(root: Path, console: Console, *, name: str | None, count: int, follow: bool) -> None:
    """Print log lines.

    Args:
        root: The folder of the project.
        console: Where to print.
        name: A process or a unit; None for all processes.
        count: The number of lines of each log.
        follow: Whether to go on with new lines.

    Raises:
        EmbeddedError: There are no logs, or none of `name`.
    """
    tails = _tails(ProjectPaths(root), name)
    width = max(len(tail.process) for tail in tails) if len(tails) > 1 else 0

    def show_line(tail: _Tail, line: str) -> None:
        console.line(f"{tail.process:<{width}} | {line}" if width else line)

    for tail in tails:
        for line in tail.last(count):
            show_line(tail, line)
    while follow:
        for tail in tails:
            for line in tail.more():
                show_line(tail, line)
        time.sleep(_POLL)


def last_lines(log: Path, count: int) -> list[str]:
    """Return the last `count` lines of `log`; none if it does not exist."""
    try:
        with log.open("rb") as file:
            return [line.decode("utf-8", "replace").rstrip("\n") for line in deque(file, count)]
    except FileNotFoundError:
        return []


def _tails(paths: ProjectPaths, name: str | None) -> list[_Tail]:
    logs, process_of = _logs(paths)
    if not logs:
        raise EmbeddedError("there are no logs yet: start the system with `make up`")
    if name is None:
        return [_Tail(process, log) for process, log in logs.items()]
    if name in logs:
        return [_Tail(name, logs[name])]
    if name in process_of:
        return [_Tail(process, logs[process], unit=name) for process in process_of[name]]
    raise EmbeddedError(
        f"there is no process or unit {name!r}; there are {', '.join([*logs, *process_of])}"
    )


def _logs(paths: ProjectPaths) -> tuple[dict[str, Path], dict[str, list[str]]]:
    """Return the logs by process, and the processes of each unit, of the current or last run."""
    found = state.read(paths)
    if found is None:
        files = sorted(paths.log("any").parent.glob("*.log"))
        return {log.stem: log for log in files}, {}
    logs = {each.name: paths.log(each.name) for each in found.plan.processes}
    process_of = {
        unit: [each.name for each in found.plan.processes if unit in each.units]
        for unit in found.plan.units
    }
    return {_SUPERVISOR: paths.supervisor_log, **logs}, process_of


class _Tail:
    """Reads the end of one log; with `unit`, without the lines of other units."""

    def __init__(self, process: str, log: Path, unit: str | None = None) -> None:
        self.process = process
        self._log = log
        self._unit = unit
        self._file: BinaryIO | None = None

    def last(self, count: int) -> Iterator[str]:
        """Return the last `count` lines; `more` continues after them."""
        yield from deque(self.more(), maxlen=count)

    def more(self) -> Iterator[str]:
        """Return the complete lines since the last call, also after the log was replaced."""
        if self._file is None and self._log.exists():
            self._file = self._log.open("rb")
        if self._file is None:
            return
        yield from self._lines(self._file)
        if self._is_replaced(self._file):
            self._file.close()
            self._file = None

    def _lines(self, file: BinaryIO) -> Iterator[str]:
        while line := file.readline():
            if not line.endswith(b"\n"):
                file.seek(-len(line), os.SEEK_CUR)
                return
            if self._unit is None or _is_of(line, self._unit):
                yield line.decode("utf-8", "replace").rstrip("\n")

    def _is_replaced(self, file: BinaryIO) -> bool:
        try:
            return self._log.stat().st_ino != os.fstat(file.fileno()).st_ino
        except FileNotFoundError:
            return False


def _is_of(line: bytes, unit: str) -> bool:
    """Return whether a line may be of `unit`; a line that is not a record (a traceback) may."""
    try:
        record = json.loads(line)
    except ValueError:
        return True
    return not isinstance(record, dict) or record.get("service", unit) == unit
