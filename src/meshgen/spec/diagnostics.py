"""Findings: errors in a spec with their positions and hints."""

from __future__ import annotations

from dataclasses import dataclass

from meshgen.errors import MeshgenError


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A position in a text file; both numbers start at 1."""

    line: int
    column: int


NOWHERE = Position(1, 1)
MOST_FINDINGS = 1000
"""After so many, nothing more is looked for: nobody reads them, and each takes time."""


@dataclass(frozen=True, slots=True)
class Finding:
    """An error: where, what is wrong, and what to do about it."""

    at: Position
    message: str
    hint: str | None = None


class TooManyFindings(Exception):  # noqa: N818 - it ends a search, and is no error
    """There are `MOST_FINDINGS`."""


class SpecError(MeshgenError):
    """A spec with findings; `path` is the path as given, `text` the file's content."""

    def __init__(self, path: str, text: str, findings: tuple[Finding, ...]) -> None:
        more = ", and more that are not shown" if len(findings) >= MOST_FINDINGS else ""
        number = f"{len(findings)} finding{'s' if len(findings) != 1 else ''}"
        super().__init__(f"{path}: {number}{more}")
        self.path = path
        self.text = text
        self.findings = findings
