"""Output of the commands: lines, and on a terminal a progress line that is overwritten."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TextIO


class Console:
    """The standard output of the commands."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._terminal = self._stream.isatty()
        self._coloured = self._terminal and "NO_COLOR" not in os.environ
        self._has_progress = False

    def line(self, text: str = "") -> None:
        """Print a line."""
        self.clear()
        print(text, file=self._stream, flush=True)

    def progress(self, text: str) -> None:
        """Show a progress line. It is overwritten on a terminal and omitted elsewhere."""
        if self._terminal:
            self.clear()
            self._stream.write(text)
            self._stream.flush()
            self._has_progress = True

    def good(self, text: str) -> str:
        """Return `text` in the colour of success."""
        return self._coloured_text(text, "32")

    def bad(self, text: str) -> str:
        """Return `text` in the colour of failure."""
        return self._coloured_text(text, "31")

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print an aligned table. Only its last column may have colours."""
        widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head) - 1)]
        for row in (head, *rows):
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=False))
            self.line("  ".join((*cells, row[-1])).rstrip())

    def clear(self) -> None:
        """Remove the progress line."""
        if self._has_progress:
            self._stream.write("\r\x1b[K")
            self._has_progress = False

    def _coloured_text(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._coloured else text
