"""Documents as rows and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from pydantic_core import from_json, to_json
from sqlalchemy import bindparam, delete, select, update
from sqlalchemy.dialects.sqlite import insert

from chassis.store.port import Delete, Kind, Put
from chassis.store.sql.documents import Converters, is_uuid
from chassis.store.sql.tables import DocumentTable
from chassis.store.sql.texts import escaped
from chassis.store.sqlite.dialect import exact, instant
from chassis.store.sqlite.sql import positional

Row: TypeAlias = tuple[Any, ...]


def _json(value: Any) -> str:
    return to_json(value).decode()


_WRITTEN: Mapping[Kind, Callable[[Any], Any]] = {
    Kind.TEXT: escaped,
    Kind.ENUM: escaped,
    Kind.NUMBER: float,
    Kind.DECIMAL: exact,
    Kind.INSTANT: instant,
    Kind.JSON: _json,
}


class DocumentStatements:
    """The statements for the documents of a collection, and their parameters.

    Attributes:
        table: The table.
        get: Reads a document.
        insert: Writes new documents; those whose id exists are left out.
        update: Writes documents that have the expected version.
        delete: Removes documents that have the expected version.
    """

    def __init__(self, table: DocumentTable) -> None:
        others = {key: column for key, column in table.columns.items() if column is not table.id}
        is_this = table.id == bindparam(" id")
        expected = table.version == bindparam(" expected")
        new: dict[str, Any] = {name: bindparam(f" {name}") for name in table.table.columns.keys()}  # noqa: SIM118
        changed: dict[str, Any] = {
            table.version.name: bindparam(" version"),
            **{each.name: bindparam(f" new {each.name}") for each in others.values()},
        }
        self.table = table
        self.get = positional(
            select(table.id, table.version, *table.columns.values()).where(is_this)
        )
        self.insert = positional(
            insert(table.table).values(new).on_conflict_do_nothing(index_elements=[table.id])
        )
        self.update = positional(update(table.table).values(changed).where(is_this, expected))
        self.delete = positional(delete(table.table).where(is_this, expected))
        self._fields = [
            (field.key, _WRITTEN.get(field.kind))
            for field in table.collection.fields
            if field.key in others
        ]

    def new_row(self, put: Put) -> Row:
        """Return the parameters of `insert`.

        Raises:
            ValueError: The document cannot have its id, or a value.
        """
        id = escaped(put.id)
        if self.table.has_uuids and not is_uuid(id):
            raise ValueError(f"{put.collection}: {id!r} is not a UUID in canonical form")
        return id, put.version, *self._values(put)

    def changed_row(self, put: Put) -> Row:
        """Return the parameters of `update`.

        Raises:
            ValueError: The document cannot have a value.
        """
        return put.version, *self._values(put), escaped(put.id), put.expected

    def deleted_row(self, delete: Delete) -> Row:
        """Return the parameters of `delete`."""
        return escaped(delete.id), delete.expected

    def _values(self, put: Put) -> list[Any]:
        get = from_json(put.data).get
        return [
            value if value is None or written is None else written(value)
            for value, written in [(get(key), written) for key, written in self._fields]
        ]


def _quoted(value: str) -> str:
    """Return as JSON what has no quotes in it."""
    return f'"{value}"'


def _unchanged(value: str) -> str:
    return value


CONVERTERS: Converters = {
    Kind.UUID: _quoted,
    Kind.INTEGER: str,
    Kind.NUMBER: repr,
    Kind.BOOLEAN: ("false", "true").__getitem__,
    Kind.DECIMAL: _quoted,
    Kind.INSTANT: _quoted,
    Kind.DATE: _quoted,
    Kind.JSON: _unchanged,
}
