"""Conditions and sorts, as they hold for documents that were read."""

from __future__ import annotations

from collections.abc import Callable
from functools import cmp_to_key
from typing import Any, TypeAlias

from chassis.errors import InvalidCursor
from chassis.store.cassandra.layout import Document, Layout
from chassis.store.cassandra.values import comparable, operand
from chassis.store.port import Condition, Field, Kind, Operator, Query, Scalar

Match: TypeAlias = Callable[[Document], bool]
Position: TypeAlias = tuple[Any, ...]  # the values of the sort, then the id

_COMPARE: dict[Operator, Callable[[int], bool]] = {
    Operator.EQUAL: lambda order: order == 0,
    Operator.LESS: lambda order: order < 0,
    Operator.AT_MOST: lambda order: order <= 0,
    Operator.GREATER: lambda order: order > 0,
    Operator.AT_LEAST: lambda order: order >= 0,
}


class Matcher:
    """A query, checked, so that documents can be compared with it."""

    def __init__(self, layout: Layout, query: Query) -> None:
        """Check a query.

        Raises:
            InvalidCursor: Documents cannot have the id to continue after.
            KeyError: The collection has no such field.
            ValueError: A value does not suit its operator or field.
        """
        self._layout = layout
        self._sort = [(_searched(layout, each.field), each.descending) for each in query.sort]
        self._conditions = [_match(_searched(layout, each.field), each) for each in query.where]
        self.after = None if query.after is None else self._position(query.after)
        self.key = cmp_to_key(self._compare)

    def __call__(self, document: Document) -> bool:
        """Return whether a document is behind the position to continue after, and matches."""
        return all(holds(document) for holds in self._conditions) and (
            self.after is None or self._compare(self.position(document), self.after) > 0
        )

    def position(self, document: Document) -> Position:
        """Return where a document is in the sort."""
        values = (comparable(field.kind, document.cells[field.key]) for field, _ in self._sort)
        return (*values, self._layout.id_cell(document.id))

    def _position(self, after: tuple[Scalar, ...]) -> Position:
        *values, id = after
        if not self._layout.is_id(str(id)):
            raise InvalidCursor
        pairs = zip(self._sort, values, strict=True)
        sorted_by = (operand(field.kind, value) for (field, _), value in pairs)
        return (*sorted_by, self._layout.id_cell(str(id)))

    def _compare(self, left: Position, right: Position) -> int:
        directions = (*(descending for _, descending in self._sort), False)
        for a, b, descending in zip(left, right, directions, strict=True):
            if order := compared(a, b):
                return -order if descending else order
        return 0


def compared(left: Any, right: Any) -> int:
    """Return -1, 0 or 1: how values are sorted. None comes first."""
    if left is None or right is None:
        return (left is not None) - (right is not None)
    return int(left > right) - int(left < right)


def _searched(layout: Layout, key: str) -> Field:
    field = layout.fields[key]
    if field.kind is Kind.JSON or key in layout.foreign:
        raise KeyError(key)
    return field


def _match(field: Field, condition: Condition) -> Match:
    kind, key = field.kind, field.key

    def value(document: Document) -> Any:
        return comparable(kind, document.cells[key])

    match condition.operator, condition.value:
        case Operator.IN, tuple(listed):
            values = {operand(kind, each) for each in listed}
            return lambda document: value(document) in values
        case Operator.PREFIX, str(prefix) if kind in (Kind.TEXT, Kind.ENUM):
            prefix.encode()
            return lambda document: str(document.cells[key] or "").startswith(prefix) and (
                document.cells[key] is not None
            )
        case operator, (None | str() | int() | float()) as one if operator in _COMPARE:
            wanted, holds = operand(kind, one), _COMPARE[operator]
            return lambda document: holds(compared(value(document), wanted))
    name = condition.operator.name
    raise ValueError(f"{condition.value!r} is not a valid value for {name}")
