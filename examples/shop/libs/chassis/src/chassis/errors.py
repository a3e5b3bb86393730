"""What can go wrong around a decision. Rules of the domain are `chassis.domain.Refused`."""

from __future__ import annotations


class NotOwner(Exception):
    """The caller commands an aggregate that belongs to somebody else."""


class VersionMismatch(Exception):
    """The caller expected another version of the aggregate than the current one."""

    def __init__(self, *, expected: int, actual: int) -> None:
        super().__init__(f"expected version {expected}, but it is {actual}")
        self.expected = expected
        self.actual = actual


class Conflict(Exception):
    """Somebody else wrote the same thing in between; nothing was written."""


class AlreadyHandled(Exception):
    """The message was handled before, with `result`. Nothing was written."""

    def __init__(self, result: str | None) -> None:
        super().__init__("already handled")
        self.result = result


class Unavailable(Exception):
    """A store or the hub cannot do its work for now; trying again later may help."""


class InvalidQuery(ValueError):
    """A query that cannot be carried out: `field` is unknown, or has a value it cannot have."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class InvalidCursor(InvalidQuery):
    """A page cursor that was not handed out by this query."""

    def __init__(self) -> None:
        super().__init__("cursor", "is not one of this query")
