"""Rows as documents: what is read becomes the JSON of the document again."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeAlias
from uuid import UUID

from chassis.store.port import Collection, Kind, Stored
from chassis.store.sql.texts import unescaped

Converters: TypeAlias = Mapping[Kind, Callable[[Any], str]]

encoded = json.encoder.encode_basestring


class Reader:
    """Makes documents of rows: the id, the version, and the fields of the collection."""

    def __init__(self, collection: Collection, converters: Converters) -> None:
        """Convert values as the driver returns them to JSON by `converters`; others are text."""
        self._parts = [
            (f"{json.dumps(field.key)}:", converters.get(field.kind, json_text))
            for field in collection.fields
        ]

    def __call__(self, row: Sequence[Any]) -> Stored:
        """Return the document of `row`."""
        id, version, *values = row
        parts = zip(self._parts, values, strict=True)
        data = ",".join([key + ("null" if v is None else of(v)) for (key, of), v in parts])
        return Stored(unescaped(id), int(version), f"{{{data}}}")


def json_text(value: str) -> str:
    """Return stored text as JSON."""
    return encoded(unescaped(value))


def is_uuid(id: str) -> bool:
    """Return whether `id` is a UUID in its canonical form."""
    try:
        return str(UUID(id)) == id
    except ValueError:
        return False
