"""What can be wrong with a spec, and how it is said."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A place in a text file; both counted from 1."""

    line: int
    column: int


NOWHERE = Position(1, 1)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: where, what, and what to do about it."""

    at: Position
    message: str
    hint: str | None = None


class MeshgenError(Exception):
    """An error of the user's that is not in the spec: a folder in use, a missing file."""

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class SpecError(MeshgenError):
    """A spec with findings; `path` as the user gave it, `text` the file's content."""

    def __init__(self, path: str, text: str, findings: tuple[Finding, ...]) -> None:
        super().__init__(f"{path}: {len(findings)} finding{'s' if len(findings) != 1 else ''}")
        self.path = path
        self.text = text
        self.findings = findings
