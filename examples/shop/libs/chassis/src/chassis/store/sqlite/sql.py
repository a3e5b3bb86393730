"""The SQL of the SQLite store: its tables, and queries over the fields of JSON documents."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from chassis.store.port import Collection, Condition, Kind, Operator, Query, Scalar, Sort
from chassis.store.prefixes import successor

T = TypeVar("T", Decimal, datetime)

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def table(collection: str) -> str:
    """Return the table of a collection. Its name comes from a declaration, never a request."""
    return f"documents_{_checked(collection)}"


def create(collection: Collection) -> tuple[str, ...]:
    """Return the statements that create a missing table and its missing indexes."""
    name, kinds = table(collection.name), _kinds(collection)
    statements = [
        f"CREATE TABLE IF NOT EXISTS {name} "
        "(id TEXT PRIMARY KEY, version INTEGER NOT NULL, data TEXT NOT NULL)"
    ]
    for sorts in collection.indexes:
        columns = ", ".join(_ordering(sort, kinds) for sort in sorts)
        index = "_".join(_checked(sort.field) + "_d" * sort.descending for sort in sorts)
        statements.append(f"CREATE INDEX IF NOT EXISTS {name}_by_{index} ON {name} ({columns})")
    for index, fields in unique_indexes(collection).items():
        columns = ", ".join(_value(field, kinds) for field in fields)
        statements.append(f"CREATE UNIQUE INDEX IF NOT EXISTS {index} ON {name} ({columns})")
    return tuple(statements)


def unique_indexes(collection: Collection) -> dict[str, tuple[str, ...]]:
    """Return the fields of each unique index, by its name."""
    name = table(collection.name)
    return {f"{name}_unique_{'_'.join(map(_checked, each))}": each for each in collection.unique}


def select(collection: Collection, query: Query) -> tuple[str, list[Scalar]]:
    """Return the statement of a query, and its parameters."""
    kinds = _kinds(collection)
    where, parameters = _where(query, kinds)
    order = ", ".join([*(_ordering(sort, kinds) for sort in query.sort), "id"])
    sql = f"SELECT id, version, data FROM {table(collection.name)}{where} ORDER BY {order} LIMIT ?"
    return sql, [*parameters, query.limit]


def count(collection: Collection, query: Query) -> tuple[str, list[Scalar]]:
    """Return the statement that counts the documents of a query up to its limit."""
    where, parameters = _where(query, _kinds(collection))
    sql = f"SELECT count(*) FROM (SELECT 1 FROM {table(collection.name)}{where} LIMIT ?)"
    return sql, [*parameters, query.limit]


def compare_decimals(left: str, right: str) -> int:
    """Compare exact numbers, as a collation."""
    return _compare(Decimal, left, right)


def compare_instants(left: str, right: str) -> int:
    """Compare dates with times, as a collation."""
    return _compare(_instant, left, right)


def _where(query: Query, kinds: dict[str, Kind]) -> tuple[str, list[Scalar]]:
    parts = [_condition(condition, kinds) for condition in query.where]
    if query.after is not None:
        parts.append(_after(query.sort, query.after, kinds))
    where = f" WHERE {' AND '.join(sql for sql, _ in parts)}" if parts else ""
    return where, [_parameter(value) for _, values in parts for value in values]


def _condition(condition: Condition, kinds: dict[str, Kind]) -> tuple[str, list[Scalar]]:
    column = _value(condition.field, kinds)
    match condition.operator, condition.value:
        case Operator.IN, tuple(values):
            return _in(column, values)
        case Operator.PREFIX, str(prefix):
            return _prefix(f"{column} COLLATE BINARY", prefix)
        case Operator.EQUAL, (None | str() | int() | float()) as value:
            return f"{column} IS ?", [value]
        case (
            Operator.LESS | Operator.AT_MOST | Operator.GREATER | Operator.AT_LEAST as operator,
            (None | str() | int() | float()) as value,
        ):
            return _comparison(column, operator, value)
    raise ValueError(f"{condition.value!r} is not a valid value for {condition.operator.name}")


def _in(column: str, values: tuple[Scalar, ...]) -> tuple[str, list[Scalar]]:
    listed = json.dumps([value for value in values if value is not None])
    sql = f"{column} IN (SELECT value FROM json_each(?))"
    return (f"({sql} OR {column} IS NULL)" if None in values else sql), [listed]


def _prefix(column: str, prefix: str) -> tuple[str, list[Scalar]]:
    end = successor(prefix)
    if end is None:
        return f"{column} >= ?", [prefix]
    return f"({column} >= ? AND {column} < ?)", [prefix, end]


def _comparison(column: str, operator: Operator, value: Scalar) -> tuple[str, list[Scalar]]:
    """None comes before all values, but SQL compares nothing with NULL."""
    match operator, value:
        case Operator.LESS, None:
            return "0", []
        case Operator.AT_MOST, None:
            return f"{column} IS NULL", []
        case Operator.GREATER, None:
            return f"{column} IS NOT NULL", []
        case Operator.AT_LEAST, None:
            return "1", []
        case ((Operator.LESS | Operator.AT_MOST), _):
            return f"({column} {operator.value} ? OR {column} IS NULL)", [value]
    return f"{column} {operator.value} ?", [value]


def _parameter(value: Scalar) -> Scalar:
    """SQLite has integers of 64 bits; larger ones in a document are floating point numbers."""
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        try:
            return float(value)
        except OverflowError:
            return math.inf if value > 0 else -math.inf
    return value


def _after(
    sorts: tuple[Sort, ...], after: tuple[Scalar, ...], kinds: dict[str, Kind]
) -> tuple[str, list[Scalar]]:
    """Return (a > ?) OR (a IS ? AND b < ?) OR (a IS ? AND b IS ? AND id > ?), nulls first."""
    alternatives: list[str] = []
    parameters: list[Scalar] = []
    same: list[str] = []
    for sort, value in zip((*sorts, Sort("id")), after, strict=True):
        column = (
            "id" if sort.field == "id" and len(same) == len(sorts) else _value(sort.field, kinds)
        )
        if (step := _step(column, sort.descending, value)) is not None:
            alternatives.append(" AND ".join([*same, step]))
            parameters += [*after[: len(same)], *([] if value is None else [value])]
        same.append(f"{column} IS ?")
    return "(" + " OR ".join(f"({alternative})" for alternative in alternatives) + ")", parameters


def _step(column: str, descending: bool, value: Scalar) -> str | None:
    """Return the condition for rows after `value` in one column; None if there can be none."""
    if value is None:
        return None if descending else f"{column} IS NOT NULL"
    return f"({column} < ? OR {column} IS NULL)" if descending else f"{column} > ?"


def _ordering(sort: Sort, kinds: dict[str, Kind]) -> str:
    return _value(sort.field, kinds) + " DESC" * sort.descending


def _value(field: str, kinds: dict[str, Kind]) -> str:
    extracted = f"json_extract(data, '$.{_checked(field)}')"
    match kinds[field]:
        case Kind.DECIMAL | Kind.INSTANT as kind:
            return f"{extracted} COLLATE {kind.value}"
        case _:
            return extracted


def _kinds(collection: Collection) -> dict[str, Kind]:
    return {field.key: field.kind for field in collection.fields if field.kind is not Kind.JSON}


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        raise ValueError(f"{name!r} is not a valid SQL name")
    return name


def _compare(parse: Callable[[str], T], left: str, right: str) -> int:
    try:
        a, b = parse(left), parse(right)
    except (ValueError, InvalidOperation):  # not written by us: any total order will do
        return (left > right) - (left < right)
    return (a > b) - (a < b)


def _instant(text: str) -> datetime:
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
