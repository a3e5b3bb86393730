"""The errors of the runtime. A rule that does not hold is `chassis.domain.Refused`."""

from __future__ import annotations


class NotOwner(Exception):
    """The aggregate belongs to another user than the caller."""


class VersionMismatch(Exception):
    """The aggregate has another version than the caller expects."""

    def __init__(self, *, expected: int, actual: int) -> None:
        super().__init__(f"expected version {expected}, but it is {actual}")
        self.expected = expected
        self.actual = actual


class Conflict(Exception):
    """A concurrent write was faster; nothing was written."""


class KeyReused(Exception):
    """A command with the id of an earlier one is another command: its fingerprint differs."""


class AlreadyHandled(Exception):
    """The message was handled before, with `result`; nothing was written."""

    def __init__(self, result: str | None) -> None:
        super().__init__("already handled")
        self.result = result


class Unavailable(Exception):
    """A store or the hub is temporarily unavailable."""


class InvalidQuery(ValueError):
    """A query that is not valid: `field` is unknown, or cannot have the given value."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class InvalidCursor(InvalidQuery):
    """A page cursor that this query has not issued."""

    def __init__(self) -> None:
        super().__init__("cursor", "is not a cursor of this query")
