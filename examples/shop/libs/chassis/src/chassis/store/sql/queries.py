"""Queries of documents as statements.

The statement depends on the shape of a query, which is the query without its values, so there are
few of them and each is compiled once. Null has a shape of its own: SQL compares nothing with it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeAlias

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    and_,
    bindparam,
    false,
    func,
    literal_column,
    or_,
    select,
    true,
)

from chassis.errors import InvalidCursor
from chassis.store.port import Condition, Kind, Operator, Query, Scalar, Sort
from chassis.store.sql.dialect import Dialect
from chassis.store.sql.documents import is_uuid
from chassis.store.sql.tables import DocumentTable

Values: TypeAlias = dict[str, Any]

_BITS_64 = range(-(2**63), 2**63)
_BEYOND = 2**64
_COMPARED = (Operator.LESS, Operator.AT_MOST, Operator.GREATER, Operator.AT_LEAST, Operator.EQUAL)


@dataclass(frozen=True, slots=True)
class Shape:
    """What the statement of a query depends on.

    Attributes:
        where: The field and operator of each condition, and what kind of value it has.
        sort: The sort.
        after: What kind of value each sort field continues after; None for the first page.
    """

    where: tuple[tuple[str, Operator, str], ...]
    sort: tuple[Sort, ...]
    after: tuple[str, ...] | None


_NULL, _VALUE, _WIDE, _OPEN, _WITH_NULL = "null", "value", "wide", "open", "with null"


def shaped(table: DocumentTable, query: Query) -> tuple[Shape, Values]:
    """Return the shape of a query, and its values by parameter.

    Raises:
        InvalidCursor: Documents cannot have the id to continue after.
        KeyError: The collection has no such field.
        ValueError: A value does not suit its operator or field.
    """
    kinds = {field.key: field.kind for field in table.collection.fields}
    parameters = _Parameters(table.dialect, {"limit": query.limit})
    where = []
    for number, condition in enumerate(query.where):
        kind = _searched(kinds, condition.field)
        form = parameters.add(f"w{number}", kind, condition)
        where.append((condition.field, condition.operator, form))
    after = None
    if query.after is not None:
        *sorted_by, id = query.after
        pairs = enumerate(zip(query.sort, sorted_by, strict=True))
        after = tuple(
            parameters.add_one(f"a{number}", _searched(kinds, sort.field), value)
            for number, (sort, value) in pairs
        )
        if table.has_uuids and not is_uuid(str(id)):
            raise InvalidCursor
        parameters.values["id"] = table.dialect.text(str(id))
    for sort in query.sort:
        _searched(kinds, sort.field)
    return Shape(tuple(where), query.sort, after), parameters.values


def find(table: DocumentTable, shape: Shape) -> Select[Any]:
    """Return the statement that finds documents."""
    order = [
        table.dialect.ordered(table.columns[sort.field], sort.descending) for sort in shape.sort
    ]
    columns = table.id, table.version, *table.columns.values()
    found = select(*columns).where(_where(table, shape)).order_by(*order, table.id)
    return table.dialect.limited(found)


def count(table: DocumentTable, shape: Shape) -> Select[Any]:
    """Return the statement that counts documents up to a limit."""
    one: Select[Any] = (
        select(literal_column("1").label("one"))
        .select_from(table.table)
        .where(_where(table, shape))
    )
    return select(func.count()).select_from(table.dialect.limited(one).subquery())


def _where(table: DocumentTable, shape: Shape) -> ColumnElement[bool]:
    parts = [
        _condition(table, field, operator, form, f"w{number}")
        for number, (field, operator, form) in enumerate(shape.where)
    ]
    if shape.after is not None:
        parts.append(_after(table, shape.sort, shape.after))
    return and_(true(), *parts)


def _condition(
    table: DocumentTable, field: str, operator: Operator, form: str, name: str
) -> ColumnElement[bool]:
    column, dialect = table.columns[field], table.dialect
    match operator, form:
        case Operator.IN, _:
            listed = dialect.listed(column, name)
            return or_(listed, column.is_(None)) if form == _WITH_NULL else listed
        case Operator.PREFIX, _:
            return dialect.prefixed(column, name, is_open=form == _OPEN)
        case ((Operator.EQUAL | Operator.AT_MOST), "null"):
            return column.is_(None)
        case Operator.LESS, "null":
            return false()
        case Operator.GREATER, "null":
            return column.is_not(None)
        case Operator.AT_LEAST, "null":
            return true()
    type = dialect.wide if form == _WIDE else column.type
    compared = _compared(column, operator, bindparam(name, type_=type))
    below = operator in (Operator.LESS, Operator.AT_MOST)
    return or_(compared, column.is_(None)) if below else compared


def _compared(
    column: ColumnElement[Any], operator: Operator, value: BindParameter[Any]
) -> ColumnElement[bool]:
    if operator is Operator.EQUAL:
        return column == value
    compare: Callable[[Any], ColumnElement[bool]] = column.bool_op(operator.value)
    return compare(value)


def _after(
    table: DocumentTable, sorts: tuple[Sort, ...], forms: tuple[str, ...]
) -> ColumnElement[bool]:
    """Return (a > ?) OR (a = ? AND b < ?) OR (a = ? AND b = ? AND id > ?), nulls first."""
    alternatives: list[ColumnElement[bool]] = []
    same: list[ColumnElement[bool]] = []
    for number, (sort, form) in enumerate(zip(sorts, forms, strict=True)):
        name = f"a{number}"
        if not (sort.descending and form == _NULL):
            step = Operator.LESS if sort.descending else Operator.GREATER
            alternatives.append(and_(*same, _condition(table, sort.field, step, form, name)))
        same.append(_condition(table, sort.field, Operator.EQUAL, form, name))
    alternatives.append(and_(*same, table.id > bindparam("id", type_=table.id.type)))
    return and_(_begin(table, sorts, forms), or_(*alternatives))


def _begin(
    table: DocumentTable, sorts: tuple[Sort, ...], forms: tuple[str, ...]
) -> ColumnElement[bool]:
    """Return a condition that follows from the others, but that an index can begin at."""
    if not sorts:
        return true()
    step = Operator.AT_MOST if sorts[0].descending else Operator.AT_LEAST
    return _condition(table, sorts[0].field, step, forms[0], "a0")


@dataclass(frozen=True, slots=True)
class _Parameters:
    dialect: Dialect
    values: Values

    def add(self, name: str, kind: Kind, condition: Condition) -> str:
        """Add the values of a condition, and return what kind of value it has."""
        match condition.operator, condition.value:
            case Operator.IN, tuple(listed):
                self.values[name] = self.dialect.array(self._listed(kind, listed))
                return _WITH_NULL if None in listed else _VALUE
            case Operator.PREFIX, str(prefix) if kind in (Kind.TEXT, Kind.ENUM):
                values, is_open = self.dialect.prefix(name, prefix)
                self.values.update(values)
                return _OPEN if is_open else _VALUE
            case operator, (None | str() | int() | float()) as value if operator in _COMPARED:
                return self.add_one(name, kind, value)
        raise _invalid(condition.value, condition.operator.name)

    def add_one(self, name: str, kind: Kind, value: Scalar) -> str:
        if value is None:
            return _NULL
        self.values[name] = self._value(kind, value)
        return _WIDE if isinstance(self.values[name], Decimal) else _VALUE

    def _listed(self, kind: Kind, values: tuple[Scalar, ...]) -> list[Any]:
        """Return the values that a field can have."""
        parameters = [self._value(kind, value) for value in values if value is not None]
        return [each for each in parameters if not isinstance(each, Decimal)]

    def _value(self, kind: Kind, value: Scalar) -> Any:
        match kind, value:
            case Kind.BOOLEAN, bool():
                return value
            case ((Kind.INTEGER | Kind.NUMBER | Kind.DECIMAL), bool()):
                pass
            case Kind.INTEGER, (int() | float()) if value == value:
                return _integer(value)
            case Kind.NUMBER, (int() | float()):
                return self.dialect.number(_float(value))
            case Kind.DECIMAL, (int() | float() | str()):
                return self.dialect.decimal(str(value))
            case Kind.INSTANT, str():
                return self.dialect.instant(value)
            case ((Kind.TEXT | Kind.ENUM | Kind.UUID | Kind.DATE), str()):
                return self.dialect.text(value)
        raise _invalid(value, kind.value)


def _integer(value: int | float) -> int | Decimal:
    """Return a number that compares with integers of 64 bits as `value` does."""
    if isinstance(value, int) and value in _BITS_64:  # a float in a range is searched for
        return value
    if not -_BEYOND < value < _BEYOND:
        return Decimal(_BEYOND if value > 0 else -_BEYOND)
    below = math.floor(value)
    return Decimal(below) if below == value else below + Decimal("0.5")


def _float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def _searched(kinds: dict[str, Kind], field: str) -> Kind:
    if kinds[field] is Kind.JSON:
        raise KeyError(field)
    return kinds[field]


def _invalid(value: object, what: str) -> ValueError:
    return ValueError(f"{value!r} is not a valid value for {what}")
