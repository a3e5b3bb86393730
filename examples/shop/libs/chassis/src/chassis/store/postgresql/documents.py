"""Documents as rows and back. Columns are read as the text that PostgreSQL has for them."""

from __future__ import annotations

from collections.abc import Iterable

from chassis.store.port import Delete, Kind, Put
from chassis.store.sql.documents import Converters, encoded
from chassis.store.sql.texts import escaped, escaped_json, unescaped_json

_BOOLEANS = {"t": "true", "f": "false"}


def put_rows(puts: Iterable[Put]) -> str:
    """Return the JSON array of what statements write."""
    return _array(
        f'{_key(put.id)},"version":{put.version},"expected":{put.expected},'
        f'"data":{escaped_json(put.data)}}}'
        for put in puts
    )


def delete_rows(deletes: Iterable[Delete]) -> str:
    """Return the JSON array of what statements remove."""
    return _array(f'{_key(delete.id)},"expected":{delete.expected}}}' for delete in deletes)


def _key(id: str) -> str:
    return f'{{"id":{encoded(escaped(id))}'


def _array(rows: Iterable[str]) -> str:
    return f"[{','.join(rows)}]"


def _instant(value: str) -> str:
    """Return an instant, which the database has in UTC, in the form of RFC 3339."""
    return f'"{value.removesuffix("+00").replace(" ", "T", 1)}Z"'


def _unchanged(value: str) -> str:
    return value


CONVERTERS: Converters = {
    Kind.INTEGER: _unchanged,
    Kind.NUMBER: _unchanged,
    Kind.BOOLEAN: _BOOLEANS.__getitem__,
    Kind.INSTANT: _instant,
    Kind.JSON: unescaped_json,
}
