"""Documents as rows and back. Columns are read as the text that the database has for them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias
from uuid import UUID

from chassis.store.port import Collection, Delete, Kind, Put, Stored
from chassis.store.sql.texts import escaped, escaped_json, unescaped, unescaped_json

Row: TypeAlias = Sequence[str | None]

_quoted = json.encoder.encode_basestring
_BOOLEANS = {"t": "true", "f": "false"}


class Reader:
    """Makes documents of rows: the id, the version, and the fields of the collection."""

    def __init__(self, collection: Collection) -> None:
        self._parts = [
            (f"{json.dumps(field.key)}:", _JSON.get(field.kind, _text))
            for field in collection.fields
        ]

    def __call__(self, row: Row) -> Stored:
        """Return the document of `row`."""
        id, version, *values = row
        parts = zip(self._parts, values, strict=True)
        data = ",".join([key + ("null" if v is None else of(v)) for (key, of), v in parts])
        return Stored(unescaped(id or ""), int(version or 0), f"{{{data}}}")


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


def is_uuid(id: str) -> bool:
    """Return whether `id` is a UUID in its canonical form."""
    try:
        return str(UUID(id)) == id
    except ValueError:
        return False


def _key(id: str) -> str:
    return f'{{"id":{_quoted(escaped(id))}'


def _array(rows: Iterable[str]) -> str:
    return f"[{','.join(rows)}]"


def _text(value: str) -> str:
    return _quoted(unescaped(value))


def _instant(value: str) -> str:
    """Return an instant, which the database has in UTC, in the form of RFC 3339."""
    return f'"{value.removesuffix("+00").replace(" ", "T", 1)}Z"'


def _unchanged(value: str) -> str:
    return value


_JSON: dict[Kind, Callable[[str], str]] = {
    Kind.INTEGER: _unchanged,
    Kind.NUMBER: _unchanged,
    Kind.BOOLEAN: _BOOLEANS.__getitem__,
    Kind.INSTANT: _instant,
    Kind.JSON: unescaped_json,
}
