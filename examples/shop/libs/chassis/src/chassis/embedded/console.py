"""What the commands print: one line that moves on a terminal, plain lines elsewhere."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TextIO


class Console:
    """Standard output as the commands use it."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._terminal = self._stream.isatty()
        self._coloured = self._terminal and "NO_COLOR" not in os.environ
        self._moving = False

    def line(self, text: str = "") -> None:
        self.clear()
        print(text, file=self._stream, flush=True)

    def progress(self, text: str) -> None:
        """Say how far it is: the line is overwritten on a terminal and left out elsewhere."""
        if self._terminal:
            self.clear()
            self._stream.write(text)
            self._stream.flush()
            self._moving = True

    def good(self, text: str) -> str:
        return self._painted(text, "32")

    def bad(self, text: str) -> str:
        return self._painted(text, "31")

    def table(self, head: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
        """Print `rows` under `head`, the columns aligned. Colours in the last column only."""
        widths = [max(len(row[i]) for row in (head, *rows)) for i in range(len(head) - 1)]
        for row in (head, *rows):
            cells = (cell.ljust(width) for cell, width in zip(row, widths, strict=False))
            self.line("  ".join((*cells, row[-1])).rstrip())

    def clear(self) -> None:
        """Take back what `progress` said."""
        if self._moving:
            self._stream.write("\r\x1b[K")
            self._moving = False

    def _painted(self, text: str, colour: str) -> str:
        return f"\x1b[{colour}m{text}\x1b[0m" if self._coloured else text
