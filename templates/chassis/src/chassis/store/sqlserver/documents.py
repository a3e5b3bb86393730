"""Documents as rows and back, as the driver has values."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from chassis.store.port import Delete, Kind, Put
from chassis.store.sql.documents import Converters
from chassis.store.sql.tables import DocumentTable
from chassis.store.sql.texts import escaped, with_marked_end
from chassis.store.sqlserver.dialect import exact
from chassis.store.sqlserver.rows import rows_json


def put_rows(table: DocumentTable, puts: Iterable[Put]) -> str:
    """Return the rows of documents: id, version, expected version, and fields but the id.

    Raises:
        ValueError: A column cannot have a value.
    """
    fields = [
        (field.key, _WRITTEN.get(field.kind, _unchanged))
        for field in table.collection.fields
        if field.key != table.collection.id
    ]
    return rows_json(_row(put, json.loads(put.data), fields) for put in puts)


def delete_rows(deletes: Iterable[Delete]) -> str:
    """Return the rows of documents to remove: id and expected version."""
    return rows_json((_text(delete.id), delete.expected) for delete in deletes)


def _row(
    put: Put, data: Mapping[str, Any], fields: Iterable[tuple[str, Callable[[Any], Any]]]
) -> list[Any]:
    found = [(data.get(key), written) for key, written in fields]
    values = [None if value is None else written(value) for value, written in found]
    return [_text(put.id), put.version, put.expected, *values]


def _text(value: str) -> str:
    return with_marked_end(escaped(value))


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _unchanged(value: Any) -> Any:
    return value


_WRITTEN: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: _text,
    Kind.ENUM: _text,
    Kind.DECIMAL: exact,
    Kind.JSON: _json,
}


def _decimal(value: Decimal) -> str:
    """Return a decimal without the zeros that fill its column."""
    whole, _, fraction = format(value, "f").partition(".")
    fraction = fraction.rstrip("0")
    return f'"{whole}.{fraction}"' if fraction else f'"{whole}"'


def _instant(value: datetime) -> str:
    return f'"{value.astimezone(UTC).replace(tzinfo=None).isoformat()}Z"'


def _date(value: date) -> str:
    return f'"{value.isoformat()}"'


def _boolean(value: bool) -> str:
    return "true" if value else "false"


CONVERTERS: Converters = {
    Kind.INTEGER: str,
    Kind.NUMBER: repr,
    Kind.BOOLEAN: _boolean,
    Kind.DECIMAL: _decimal,
    Kind.INSTANT: _instant,
    Kind.DATE: _date,
    Kind.JSON: _unchanged,
}
