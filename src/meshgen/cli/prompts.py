"""Prompts for arguments that were not given."""

from __future__ import annotations

import sys

import typer

from meshgen.cli.report.report import Report
from meshgen.errors import MeshgenError


class Prompts:
    """Prompts for missing arguments on a terminal; elsewhere `require_complete` names them."""

    def __init__(self, report: Report) -> None:
        terminal = sys.stdin.isatty() and sys.stdout.isatty()
        self.interactive = terminal and not report.json and not report.quiet
        self.prompted = False
        self._missing: list[str] = []

    def text(self, given: str | None, argument: str, question: str) -> str:
        """Return the argument, prompting for it if needed; "" where there is no terminal."""
        if given:
            return given
        if not self.interactive:
            self._missing.append(argument)
            return ""
        self.prompted = True
        return self._prompt(question, None)

    def optional(self, given: str | None, question: str, default: str = "") -> str | None:
        """Return an option, prompting for it only if something else was prompted for."""
        if given or not self.prompted:
            return given
        return self._prompt(question, default) or None

    def several(self, given: list[str], question: str, argument: str | None = None) -> list[str]:
        """Return arguments that may be repeated; with `argument` at least one is required."""
        if given:
            return given
        if argument:
            return _split(self.text(None, argument, question))
        return _split(self.optional(None, question) or "")

    def require_complete(self) -> None:
        """Raise MeshgenError if something is missing."""
        if self._missing:
            names = ", ".join(self._missing)
            raise MeshgenError(
                f"missing: {names}", "pass it, or run the command on a terminal to be prompted"
            )

    def _prompt(self, question: str, default: str | None) -> str:
        try:
            answer: str = typer.prompt(question, default=default, show_default=bool(default))
        except typer.Abort:
            raise MeshgenError("aborted; nothing was changed") from None
        return answer.strip()


def _split(answer: str) -> list[str]:
    return [part for part in answer.replace(",", " ").split() if part]
