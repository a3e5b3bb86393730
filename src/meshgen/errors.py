"""The error that every stage raises for invalid input."""

from __future__ import annotations

BUG = "this is a bug in meshgen: please report it, with the spec"
"""The hint of errors that no input should cause."""


class MeshgenError(Exception):
    """An error in the input or its surroundings, such as a missing file.

    Attributes:
        message: What is wrong, in one sentence; further lines give details.
        hint: What to do about it, if known.
    """

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
