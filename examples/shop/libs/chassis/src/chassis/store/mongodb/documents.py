"""Documents of a collection as BSON and back."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias
from uuid import UUID

from bson import Int64
from pymongo import DeleteOne, InsertOne, UpdateOne

from chassis.store.mongodb.scalars import (
    decimal,
    instant,
    joined,
    read,
    rounded,
    searched,
    split,
    written,
)
from chassis.store.port import Collection, Delete, Field, Kind, Put, Scalar, Stored

Document: TypeAlias = dict[str, Any]
Term: TypeAlias = tuple[str, Any]

ID, VERSION, MICROS, EXACT = "_id", "_version", "_micros", "_exact"


class Documents:
    """What a collection is in MongoDB; see `chassis.store.mongodb` for the rules."""

    def __init__(self, collection: Collection) -> None:
        self.collection = collection
        self.fields = {field.key: field for field in collection.fields}
        kind = self.fields[collection.id].kind if collection.id else Kind.TEXT
        self._has_uuids = kind is Kind.UUID
        is_id = collection.id is not None and kind in (Kind.UUID, Kind.TEXT)
        self._id_field = collection.id if is_id else None

    def id(self, id: str) -> UUID | str | None:
        """Return the `_id` of the document `id`; None if none can have it."""
        if not self._has_uuids:
            return id
        try:
            uuid = UUID(id)
        except ValueError:
            return None
        return uuid if str(uuid) == id else None

    def paths(self, key: str) -> tuple[str, ...]:
        """Return the paths of what a field is sorted by.

        Raises:
            KeyError: It cannot be compared, or is unknown.
        """
        kind = self.fields[key].kind
        if kind is Kind.JSON:
            raise KeyError(key)
        if kind is Kind.INSTANT:
            return key, f"{MICROS}.{key}"
        return (ID if key == self._id_field else key,)

    def terms(self, key: str, value: Scalar) -> tuple[Term, ...]:
        """Return the paths of a field, and what they are compared with.

        Raises:
            KeyError: It cannot be compared, or is unknown.
            ValueError: The value does not suit it.
        """
        first, *rest = self.paths(key)
        if value is None:
            return (first, None), *((path, None) for path in rest)
        try:
            bson = searched(self.fields[key].kind, value)
        except ValueError:
            kind = self.fields[key].kind.value
            raise ValueError(f"{value!r} is not a valid value for {kind}") from None
        micros = split(instant(str(value)))[1] or None if rest else None
        return (first, bson), *((path, micros) for path in rest)

    def insert(self, put: Put) -> InsertOne[Document]:
        """Return the write of a new document."""
        document: Document = {ID: self._written_id(put), VERSION: Int64(put.version)}
        for path, value in self._values(put):
            if value is not _MISSING:
                key, _, under = path.partition(".")
                if under:
                    document.setdefault(key, {})[under] = value
                else:
                    document[key] = value
        return InsertOne(document)

    def update(self, put: Put) -> UpdateOne:
        """Return the change of a document. Fields that only newer versions know are kept."""
        changed: Document = {VERSION: Int64(put.version)}
        missing: Document = {}
        for path, value in self._values(put):
            if value is _MISSING:
                missing[path] = ""
            else:
                changed[path] = value
        changes: Document = {"$set": changed}
        if missing:
            changes["$unset"] = missing
        return UpdateOne({ID: self._written_id(put), VERSION: Int64(put.expected)}, changes)

    def delete(self, delete: Delete) -> DeleteOne:
        """Return the removal of a document."""
        return DeleteOne({ID: self.id(delete.id), VERSION: Int64(delete.expected)})

    def default(self, field: Field) -> Document:
        """Return what a field is in documents that were written before there was this field."""
        if field.default is None:
            return {}
        terms = self._parts(field, json.loads(field.default))
        return {path: value for path, value in terms if value is not _MISSING}

    def read(self, document: Mapping[str, Any]) -> Stored:
        """Return the document that was stored."""
        values = {key: self._read(field, document) for key, field in self.fields.items()}
        id = str(document[ID])
        return Stored(id, int(document[VERSION]), json.dumps(values, ensure_ascii=False))

    def _read(self, field: Field, document: Mapping[str, Any]) -> Any:
        key = field.key
        if key == self._id_field:
            return str(document[ID])
        value = document.get(key)
        if value is None:
            is_new = field.default is not None and key not in document
            return json.loads(field.default or "null") if is_new else None
        if field.kind is Kind.INSTANT:
            value = joined(value, document.get(MICROS, {}).get(key))
        elif field.kind is Kind.DECIMAL:
            value = document.get(EXACT, {}).get(key, value)
        return read(field.kind, value)

    def _written_id(self, put: Put) -> UUID | str:
        id = self.id(put.id)
        if id is None:
            name = self.collection.name
            raise ValueError(f"{name}: {put.id!r} is not a UUID in canonical form")
        return id

    def _values(self, put: Put) -> Iterator[Term]:
        """Return the paths of all fields, and their values, which may be `_MISSING`."""
        data = json.loads(put.data)
        for key, field in self.fields.items():
            if key == self._id_field:
                continue
            try:
                yield from self._parts(field, data.get(key))
            except (ValueError, TypeError):
                reason = f"{self.collection.name}.{key}: not a valid value for {field.kind.value}"
                raise ValueError(reason) from None  # the cause has the value

    def _parts(self, field: Field, value: Any) -> Iterator[Term]:
        key = field.key
        if value is None:
            if not field.optional and field.kind is not Kind.JSON:
                raise ValueError("null")
            yield key, _MISSING if field.default is None else None
        else:
            yield key, written(field, value)
        if field.kind is Kind.INSTANT:
            micros = 0 if value is None else split(instant(value))[1]
            yield f"{MICROS}.{key}", micros or _MISSING
        elif field.kind is Kind.DECIMAL:
            yield f"{EXACT}.{key}", _MISSING if value is None else _exact(value)


_MISSING: Any = object()


def _exact(value: str) -> Any:
    """Return the text of a decimal, or `_MISSING` if Decimal128 has it as it is written."""
    exact = decimal(value)
    return _MISSING if rounded(exact).as_tuple() == exact.as_tuple() else str(exact)
