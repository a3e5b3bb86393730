"""The SQL of the SQLite store: its tables, and queries over the fields of JSON documents."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import TypeVar

from chassis.store.port import Collection, Kind, Query, Scalar, Sort

T = TypeVar("T", Decimal, datetime)

SCHEMA = """
CREATE TABLE IF NOT EXISTS events (
    stream TEXT NOT NULL, version INTEGER NOT NULL, envelope BLOB NOT NULL,
    PRIMARY KEY (stream, version)
);
CREATE TABLE IF NOT EXISTS outbox (
    position INTEGER PRIMARY KEY, topic TEXT NOT NULL, envelope BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS inbox (
    message TEXT PRIMARY KEY, result TEXT, handled_at REAL NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS inbox_by_age ON inbox (handled_at);
CREATE TABLE IF NOT EXISTS timers (
    id TEXT PRIMARY KEY, due REAL NOT NULL, handler TEXT NOT NULL, data TEXT NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS timers_by_due ON timers (due);
"""

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def table(collection: str) -> str:
    """Return the table of a collection. Its name comes from a declaration, never a request."""
    return f"documents_{_checked(collection)}"


def create(collection: Collection) -> tuple[str, ...]:
    """Return the statements that create a missing table and its missing indexes."""
    name, kinds = table(collection.name), dict(collection.fields)
    statements = [
        f"CREATE TABLE IF NOT EXISTS {name} "
        "(id TEXT PRIMARY KEY, version INTEGER NOT NULL, data TEXT NOT NULL)"
    ]
    for index in collection.indexes:
        columns = ", ".join(_ordering(sort, kinds) for sort in index)
        fields = "_".join(_checked(sort.field) + "_d" * sort.descending for sort in index)
        statements.append(f"CREATE INDEX IF NOT EXISTS {name}_by_{fields} ON {name} ({columns})")
    return tuple(statements)


def select(collection: Collection, query: Query) -> tuple[str, list[Scalar]]:
    """Return the statement of a query, and its parameters."""
    kinds = dict(collection.fields)
    conditions = [f"{_value(field, kinds)} IS ?" for field, _ in query.where]
    parameters = [value for _, value in query.where]
    if query.after is not None:
        condition, values = _after(query.sort, query.after, kinds)
        conditions.append(condition)
        parameters += values
    where = f" WHERE {' AND '.join(conditions)}" if conditions else ""
    order = ", ".join([*(_ordering(sort, kinds) for sort in query.sort), "id"])
    sql = f"SELECT id, version, data FROM {table(collection.name)}{where} ORDER BY {order} LIMIT ?"
    return sql, [*parameters, query.limit]


def compare_decimals(left: str, right: str) -> int:
    """Compare exact numbers, as a collation."""
    return _compare(Decimal, left, right)


def compare_instants(left: str, right: str) -> int:
    """Compare dates with times, as a collation."""
    return _compare(_instant, left, right)


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
        case Kind.PLAIN:
            return extracted
        case kind:
            return f"{extracted} COLLATE {kind.value}"


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
