"""The errors of the runtime. A rule that does not hold is `chassis.domain.Refused`."""

from __future__ import annotations

from collections.abc import Mapping


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


class Duplicate(Exception):
    """Another document has the same values in fields that are unique; nothing was written."""

    def __init__(self, collection: str, fields: tuple[str, ...]) -> None:
        super().__init__(f"{collection}: another document has the same {', '.join(fields)}")
        self.collection = collection
        self.fields = fields


class KeyReused(Exception):
    """A command with the id of an earlier one is another command: its fingerprint differs."""


class AlreadyHandled(Exception):
    """Messages were handled before; nothing was written. `results` has their results by id."""

    def __init__(self, results: Mapping[str, str | None]) -> None:
        super().__init__(f"already handled: {', '.join(results)}")
        self.results = results


class TooLarge(Exception):
    """A message is larger than the event hub accepts."""

    def __init__(self, type: str, size: int, limit: int) -> None:
        super().__init__(f"{type} has {size} bytes, but the event hub accepts {limit}")


class Unavailable(Exception):
    """A store or the hub is temporarily unavailable."""


class StoreLost(Unavailable):
    """A store was removed, or replaced by another one, while it was open: start again."""


class DataLost(Exception):
    """The store of a service is empty, although the service has published events."""

    def __init__(self, unit: str) -> None:
        super().__init__(
            f"the store of {unit} is empty, but not its topics: restore a backup, "
            f"or accept the loss: ACCEPT_EMPTY_STORE={unit}"
        )


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
