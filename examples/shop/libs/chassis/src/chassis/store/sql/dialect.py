"""What databases do differently: their types, and some clauses of statements."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy import Column, ColumnElement, Index, Select
from sqlalchemy.types import TypeEngine

from chassis.store.port import Field


@dataclass(frozen=True, slots=True, kw_only=True)
class Types:
    """The types of columns that all units have.

    Attributes:
        key: Text that is in a key or index.
        text: Any other text.
        integer: An integer of 64 bits.
        instant: A date and time.
        data: Bytes.
        store: The id of a store.
    """

    key: TypeEngine[Any]
    text: TypeEngine[Any]
    integer: TypeEngine[Any]
    instant: TypeEngine[Any]
    data: TypeEngine[Any]
    store: TypeEngine[Any]


class Dialect(Protocol):
    """The idioms of a database.

    Attributes:
        types: The types of the tables that every unit has.
        wide: The type of a number that an integer is compared with, but that is none of 64 bits.
    """

    @property
    def types(self) -> Types: ...
    @property
    def wide(self) -> TypeEngine[Any]: ...

    def column_type(self, field: Field, *, is_key: bool) -> TypeEngine[Any]:
        """Return the type of a field's column, which may be a part of a key or index."""
        ...

    def options(self, *, is_short: bool, is_numbered: bool = False) -> dict[str, Any]:
        """Return the options of a table.

        Args:
            is_short: Whether its rows are, so that they may be in the index of the primary key.
            is_numbered: Whether its primary key is a number, and none is used again.
        """
        ...

    def check(self, column: str, field: Field) -> tuple[str, tuple[str, ...]] | None:
        """Return the condition on a column, and the values in it, all as SQL; None if any is."""
        ...

    def default(self, field: Field) -> str | None:
        """Return the default of a field's column as SQL."""
        ...

    def unique_index(self, name: str, columns: Sequence[Column[Any]]) -> Index:
        """Return an index where no two rows share values, unless one of them is null."""
        ...

    def ordered(self, column: Column[Any], descending: bool) -> ColumnElement[Any]:
        """Return the order by a column where null comes before all values."""
        ...

    def limited(self, select: Select[Any]) -> Select[Any]:
        """Return a query whose number of rows is limited by the parameter `limit`."""
        ...

    def listed(self, column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
        """Return the condition that a value is in the list that is the parameter `name`."""
        ...

    def array(self, values: Sequence[Any]) -> Any:
        """Return a list as a parameter."""
        ...

    def prefixed(
        self, column: ColumnElement[Any], name: str, *, is_open: bool
    ) -> ColumnElement[bool]:
        """Return the condition that a text begins with the parameters of `prefix(name, ...)`."""
        ...

    def prefix(self, name: str, prefix: str) -> tuple[dict[str, Any], bool]:
        """Return the parameters for a prefix, and whether no text comes after those with it."""
        ...

    def text(self, text: str) -> str:
        """Return text as it is stored; see `chassis.store.sql.texts`."""
        ...

    def instant(self, value: str) -> str:
        """Return a date and time as a parameter.

        Raises:
            ValueError: It is none.
        """
        ...

    def number(self, value: float) -> float:
        """Return a floating point number, which may be infinite, as a parameter."""
        ...

    def decimal(self, value: str) -> str:
        """Return an exact number as a parameter.

        Raises:
            ValueError: It is none.
        """
        ...
