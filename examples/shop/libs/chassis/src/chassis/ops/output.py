"""Output of the operator's commands: aligned tables, or JSON."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping, Sequence
from datetime import datetime

from chassis.embedded.console import Console

_BAR = 30
_PATIENCE = 5.0  # seconds


class Output:
    """Prints rows as a table, or as JSON."""

    def __init__(self, console: Console, *, as_json: bool) -> None:
        self.console = console
        self.as_json = as_json

    def rows(self, rows: Sequence[Mapping[str, object]], *, empty: str) -> None:
        """Print rows with the same keys.

        Args:
            rows: The rows.
            empty: What to print instead of an empty table.
        """
        if self.as_json:
            self.console.line(json.dumps(list(rows), default=_plain, indent=2))
        elif not rows:
            self.console.line(empty)
        else:
            head = [name.upper() for name in rows[0]]
            self.console.table(head, [[_cell(value) for value in row.values()] for row in rows])

    def row(self, row: Mapping[str, object]) -> None:
        """Print one row: a line for each of its values."""
        if self.as_json:
            self.console.line(json.dumps(row, default=_plain, indent=2))
            return
        width = max(map(len, row))
        for name, value in row.items():
            self.console.line(f"{name:<{width}}  {_cell(value)}")

    def record(self, row: Mapping[str, object], line: str) -> None:
        """Print one of many rows as soon as it is known: `line`, or a line of JSON."""
        self.console.line(json.dumps(row, default=_plain) if self.as_json else line)

    def done(self, text: str, **row: object) -> None:
        """Say what was done: as text, or as the JSON of `row`."""
        self.console.line(json.dumps(row, default=_plain, indent=2) if self.as_json else text)

    def hint(self, text: str) -> None:
        """Say what helps, on standard error."""
        self.console.clear()
        print(f"note: {text}", file=sys.stderr, flush=True)

    def progress(self, what: str, done: float, total: float) -> None:
        """Show a progress bar on a terminal."""
        share = done / total if total else 1.0
        self.console.progress(f"{what} [{'#' * int(_BAR * share):<{_BAR}}] {share:4.0%}")


class Patience:
    """Says once, while something is waited for, why it may not go on."""

    def __init__(self, output: Output, hint: str) -> None:
        self._output = output
        self._hint = hint
        self._seen: object = None
        self._since = time.monotonic()

    def look(self, seen: object) -> None:
        """Look at what should change."""
        now = time.monotonic()
        if seen != self._seen:
            self._seen, self._since = seen, now
        elif now - self._since > _PATIENCE:
            self._output.hint(self._hint)
            self._since = float("inf")


def _cell(value: object) -> str:
    match value:
        case None:
            return "-"
        case datetime():
            return value.isoformat(timespec="seconds")
        case dict() | list():
            return json.dumps(value, default=_plain)
        case _:
            return str(value)


def _plain(value: object) -> str:
    return value.isoformat() if isinstance(value, datetime) else str(value)
