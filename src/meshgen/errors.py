"""The error that every stage raises for a mistake of the user's."""

from __future__ import annotations

DEFECT = "this is a defect of meshgen: please report it with the spec"
"""The hint of errors that no input should be able to cause."""


class MeshgenError(Exception):
    """An error of the user's, such as a folder in use or a missing file.

    Attributes:
        message: What is wrong, in one sentence; further lines give details.
        hint: What to do about it, if there is something to say.
    """

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
