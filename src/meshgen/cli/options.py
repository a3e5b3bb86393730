"""What all commands share: options, how errors end, how missing arguments are asked for."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from meshgen.cli.report.text import Report
from meshgen.errors import MeshgenError

DIFFERENT = 1
ERROR = 2

Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print nothing but errors.")]


@contextmanager
def errors_reported(report: Report) -> Iterator[None]:
    """Turn every error into a message and exit code 2, never into a traceback."""
    try:
        yield
    except MeshgenError as error:
        report.failed(error)
        raise typer.Exit(ERROR) from None
    except OSError:  # of what is left, only the output: see main
        raise
    except Exception as error:
        if os.environ.get("MESHGEN_DEBUG"):
            raise
        report.defect(error)
        raise typer.Exit(ERROR) from None


class Asking:
    """Asks for missing arguments, on a terminal only; elsewhere `settled` says what is missing."""

    def __init__(self, report: Report) -> None:
        terminal = sys.stdin.isatty() and sys.stdout.isatty()
        self.interactive = terminal and not report.json and not report.quiet
        self.asked = False
        self._missing: list[str] = []

    def text(self, given: str | None, argument: str, question: str) -> str:
        """The argument, asked for if it was not given; "" where nobody can be asked."""
        if given:
            return given
        if not self.interactive:
            self._missing.append(argument)
            return ""
        self.asked = True
        return self._prompt(question, None)

    def optional(self, given: str | None, question: str, default: str = "") -> str | None:
        """An option, asked for only if something else had to be asked for."""
        if given or not self.asked:
            return given
        return self._prompt(question, default) or None

    def several(self, given: list[str], question: str, argument: str | None = None) -> list[str]:
        """Arguments of which there may be many; with `argument` there has to be one."""
        if given:
            return given
        if argument:
            return _split(self.text(None, argument, question))
        return _split(self.optional(None, question) or "")

    def settled(self) -> None:
        """Raise MeshgenError if something is missing."""
        if self._missing:
            names = ", ".join(self._missing)
            raise MeshgenError(f"missing: {names}", "on a terminal you are asked for it")

    def _prompt(self, question: str, default: str | None) -> str:
        try:
            answer: str = typer.prompt(question, default=default, show_default=bool(default))
        except typer.Abort:
            raise MeshgenError("stopped; nothing was changed") from None
        return answer.strip()


def _split(answer: str) -> list[str]:
    return [part for part in answer.replace(",", " ").split() if part]
