"""What errors of SQL Server mean to whoever uses a store, by their numbers."""

from __future__ import annotations

import re
from collections.abc import Mapping

from chassis.errors import Duplicate, StoreLost, Unavailable

_AGAIN = {1205, 3960, 3961, 51205}  # victim of a deadlock; conflict with a snapshot; our lock
_DUPLICATE = {2601, 2627}
_LOST = {208, 911, 2760, 4060}  # no such table, database, schema; database cannot be opened
_CONSTRAINTS = {515, 547}  # NULL in a column that needs a value; CHECK
_REFUSED: Mapping[int, str] = {
    220: "a number is out of range",
    232: "a number is out of range",
    241: "a date or time is not valid",
    242: "a date or time is out of range",
    245: "a value has another type",
    1946: "the texts of an index entry are too long together",
    2628: "a text is too long for its column",
    8114: "a value has another type",
    8115: "a number is out of range",
    8152: "a text is too long for its column",
}


class SqlError(Exception):
    """An error of the server or, with number 0, of the connection."""

    def __init__(self, number: int, text: str) -> None:
        super().__init__(f"error {number}" if number else text)  # texts have values
        self.number = number
        self.text = " ".join(text.split())

    @property
    def is_lost_race(self) -> bool:
        """Whether another transaction was in the way, so that this one can be repeated."""
        return self.number in _AGAIN

    @property
    def is_refusal(self) -> bool:
        """Whether a column cannot have a value; the connection is as good as before."""
        return self.number in _REFUSED or self.number in _CONSTRAINTS | _DUPLICATE


def duplicate(error: SqlError, unique: Mapping[str, Duplicate]) -> Duplicate | None:
    """Return the error of unique values that `error` is, if it is one.

    Args:
        error: An error of the server. Its text begins with the names of the index and the table,
            in an order that depends on the language, and the values come after them.
        unique: What each unique index stands for.
    """
    if error.number not in _DUPLICATE:
        return None
    names = re.findall(r"['\"“«]([^'\"”»]+)['\"”»]", error.text)[:2]
    return next((unique[name] for name in names if name in unique), None)


def translated(error: SqlError, where: str) -> Exception:
    """Return `error` as one of the store port.

    Args:
        error: An error of the server or the connection.
        where: The name of the store, without secrets.
    """
    number = error.number
    if number in _LOST:
        return StoreLost(f"{where}: {error.text}")
    if number in _REFUSED:
        return ValueError(f"{where}: {_REFUSED[number]}")
    if number in _CONSTRAINTS:
        return ValueError(f"{where}: {error.text}")
    if number in _DUPLICATE:
        return Unavailable(f"{where}: another transaction has just written the same")
    return Unavailable(f"{where}: {error.text or 'the connection failed'}")
