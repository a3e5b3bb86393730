"""Rows that are one parameter: JSON, which the database splits into typed columns."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Subquery, column, text
from sqlalchemy.types import TypeEngine

from chassis.store.sqlserver.sql import column_type, quoted
from chassis.store.sqlserver.types import BYTES, COLLATION, EXACT, Utf8

_PLAIN = "nvarchar(max)"


def rows_of(parameter: str, columns: Mapping[str, TypeEngine[Any]]) -> Subquery:
    """Return the rows of a parameter, which `rows_json` makes, with these columns in order."""
    names = [quoted(name).replace(":", "\\:") for name in columns]
    typed = list(zip(names, columns.values(), strict=True))
    selected = ", ".join(f"{_value(name, type)} AS {name}" for name, type in typed)
    declared = ", ".join(
        f"{name} {_declared(type)} '$[{number}]'" for number, (name, type) in enumerate(typed)
    )
    sql = f"SELECT {selected} FROM OPENJSON(:{parameter}) WITH ({declared})"
    return text(sql).columns(*(column(*each) for each in columns.items())).subquery("_rows")


def list_of(parameter: str, type: TypeEngine[Any]) -> Any:
    """Return a query of the values in a parameter, which is a JSON array."""
    sql = f"SELECT {_value('[value]', type)} FROM OPENJSON(:{parameter})"
    declared = f"{sql} WITH ([value] {_declared(type, is_compared=True)} '$')"
    return text(declared).columns(column("value", type))


def rows_json(rows: Iterable[Iterable[Any]]) -> str:
    """Return rows as a parameter."""
    return json.dumps(list(map(list, rows)), ensure_ascii=False, default=_plain)


def _declared(type: TypeEngine[Any], *, is_compared: bool = False) -> str:
    if isinstance(type, Utf8) or type is BYTES:
        return _PLAIN  # in the collation of the database, whatever that is
    if type is EXACT and is_compared:
        return "decimal(38, 19)"
    return column_type(type)


def _value(name: str, type: TypeEngine[Any]) -> str:
    if isinstance(type, Utf8):
        length = "8000" if type.length else "max"
        return f"CAST({name} COLLATE {COLLATION} AS varchar({length}))"
    return f"CONVERT(varbinary(max), {name}, 2)" if type is BYTES else name


def _plain(value: object) -> str:
    match value:
        case bytes():
            return value.hex()
        case datetime():
            return value.isoformat()
    raise TypeError(f"{type(value).__name__} is not a value of a row")
